"""Systems on the stimulus set, people on the same measures, behaviour classes, speed.

    python bench/bench_duplex.py human TIMING        # writes people's values (human.json)
    python bench/bench_duplex.py board STIMULI [--every N] [--work DIR] [--write]
    python bench/bench_duplex.py behaviours [--write]
    python bench/bench_duplex.py speed [--peers PYTHON] [--write]

STIMULI is made by `interactspeech evaluate stimuli -o STIMULI` (660 items, voices of hibari). TIMING
is a folder of timing files of conversations of two (PriMock57's TextGrids): both speakers of each are
measured in turn, their events by this package's rules. The listener, Silero, smart-turn and rules are
deciders: a bot that never yields talks, each decider scores the two tracks as they come, and the bot
is taken to stop where the score first reaches a threshold.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from interactspeech.evaluation.duplex import duplex_recordings, endpointing, score_recordings
from interactspeech.evaluation.duplex.behaviour import classify_behaviour
from interactspeech.evaluation.duplex.bots import BOTS, BotSettings, ReferenceBot
from interactspeech.evaluation.duplex.channels import channel_activity_of
from interactspeech.evaluation.duplex.curve import (
    YieldCurve,
    YieldPoint,
    yield_curve,
    yield_point,
)
from interactspeech.evaluation.duplex.live import (
    RATE,
    ScenarioItem,
    play_to,
    read_user,
    scenario_items,
)
from interactspeech.evaluation.duplex.outcomes import EventOutcome, event_outcomes
from interactspeech.evaluation.duplex.recordings import DuplexRecording
from interactspeech.evaluation.duplex.reports import curve_svg, interval
from interactspeech.evaluation.duplex.scoring import human_values
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusTruth
from interactspeech.evaluation.events.floor_bids import BidScorer, listener_scorer
from interactspeech.listener import Listener
from interactspeech.listener.model import FUTURE
from interactspeech.models.vad import Detector, speech_spans
from interactspeech.signal.intervals import difference, intervals
from interactspeech.signal.log_mel import STEP, LogMel

PAGE = Path(__file__).parents[1] / "docs/bench/duplex.md"
CURVE = Path(__file__).parents[1] / "docs/bench/duplex_curve.svg"
HUMAN = Path(__file__).parents[1] / "src/interactspeech/evaluation/duplex/human.json"
LISTENER_AT = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
TALK_AT = (0.12, 0.2, 0.32, 0.48, 0.64, 0.8, 1.0, 1.4)


def human(folder: str) -> None:
    """Measure people and write what the reports show beside a system's values."""
    recordings = duplex_recordings([folder], speaker="both")
    scores = score_recordings(recordings, "people")
    source = f"{Path(folder).name}, {len(scores.items)} sides, events by rules"
    values = {
        m.key: {"value": round(m.value, 4), "n": m.n, "source": source}
        for m in scores.measures
        if m.n >= 10 and not math.isnan(m.value)
    }
    through = scores.point.talked_through
    values["ignore.all"] = {"value": round(through.value, 4), "n": through.n, "source": source}
    HUMAN.write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    print(f"{len(values)} measures of {source}; lost {len(scores.lost)}")


def stopped(talk: np.ndarray, at: float | None) -> np.ndarray:
    """The bot's talk if it stops at a time and starts no more."""
    if at is None:
        return talk
    end = np.iinfo(np.int64).max
    return difference(talk, intervals([(round(at * RATE), end)]))


Score = np.ndarray


def decided(
    items: Sequence[ScenarioItem],
    talk: Mapping[str, np.ndarray],
    scores: Mapping[str, Score],
    threshold: float,
) -> list[EventOutcome]:
    """Outcomes if the bot stops where a score first reaches the threshold while it talks."""
    found: list[EventOutcome] = []
    for item in items:
        first = int(talk[item.name][0, 0]) if len(talk[item.name]) else 0
        over = np.flatnonzero(scores[item.name] >= threshold)
        times = (over + 1) * STEP / RATE
        times = times[times > first / RATE]
        at = float(times[0]) if len(times) else None
        found += event_outcomes(item.name, item.truth.events, stopped(talk[item.name], at), RATE)
    return found


def board(folder: str, write: bool, every: int = 1, work: str = "", with_ends: bool = True) -> None:
    found = [i for i in scenario_items(Path(folder)) if isinstance(i, ScenarioItem)]
    items = found[::every]
    users = {item.name: read_user(item) for item in items}
    curves: list[YieldCurve] = []
    for name, settings in BOTS.items():
        if name == "eager":
            continue
        outcomes = []
        for item in items:
            bot = ReferenceBot(settings, name)
            heard = channel_activity_of(play_to(bot, users[item.name], item.truth), RATE, "energy")
            outcomes += event_outcomes(item.name, item.truth.events, heard, RATE, bot.log())
        curves.append(yield_curve(f"bot {name}", [yield_point(outcomes)]))
        print(name, curves[-1].area, flush=True)
    never = ReferenceBot(BotSettings(yield_delay=None), "never")
    tracks = {i.name: play_to(never, users[i.name], i.truth) for i in items}
    talk = {name: channel_activity_of(track, RATE, "energy") for name, track in tracks.items()}
    listener = Listener.load()
    deciders: dict[str, tuple[BidScorer, Sequence[float]]] = {
        "listener": (listener_scorer(listener), LISTENER_AT),
        "energy, seconds of talk": (talk_scorer("energy"), TALK_AT),
        "Silero, seconds of talk": (talk_scorer("silero"), TALK_AT),
    }
    for name, (scorer, thresholds) in deciders.items():
        began = time.process_time()
        scores = kept_scores(work, name, items, scorer, users, tracks)
        seconds = time.process_time() - began
        points = [
            yield_point(decided(items, talk, scores, threshold), f"{threshold:g}")
            for threshold in thresholds
        ]
        curves.append(yield_curve(name, points))
        print(name, curves[-1].area, f"{seconds:.0f} s", flush=True)
    rows = [row(curve, point) for curve in curves for point in curve.points]
    ends = endpoints(items, users, listener) if with_ends else []
    lines = page(items, len(found), curves, rows, ends)
    print("\n".join(lines))
    if write:
        PAGE.write_text("\n".join(lines) + "\n", "utf-8")
        CURVE.write_text(standalone(curve_svg(curves)), "utf-8")


def talk_scorer(vad: Detector) -> BidScorer:
    """How long the user has talked, in seconds, while the system does: as `duration_scorer`, with
    the system's channel read by its level.
    """

    def scores(samples: np.ndarray) -> np.ndarray:
        steps = -(-samples.shape[1] // STEP)
        talk = np.zeros((2, steps), np.bool_)
        for side, detector in ((0, vad), (1, "energy")):
            for start, end in speech_spans(samples[side], RATE, detector):  # type: ignore[arg-type]
                talk[side, start // STEP : -(-end // STEP)] = True
        found = np.zeros((2, steps), np.float32)
        run = 0.0
        for k in range(steps):
            run = run + STEP / RATE if talk[0, k] else 0.0
            found[0, k] = run if talk[1, max(0, k - 10) : k + 1].any() else 0.0
        return found

    return scores


def kept_scores(
    work: str,
    name: str,
    items: Sequence[ScenarioItem],
    scorer: BidScorer,
    users: Mapping[str, np.ndarray],
    tracks: Mapping[str, np.ndarray],
) -> dict[str, Score]:
    """A decider's scores, kept in a folder so that a run goes on where it stopped."""
    found: dict[str, Score] = {}
    for item in items:
        place = Path(work) / name.split(",", maxsplit=1)[0] / f"{item.name}.npy"
        if work and place.exists():
            found[item.name] = np.load(place, allow_pickle=False)
            continue
        found[item.name] = scorer(np.stack((users[item.name], tracks[item.name])))[0]
        if work:
            place.parent.mkdir(parents=True, exist_ok=True)
            np.save(place, found[item.name])
    return found


def standalone(svg: str) -> str:
    return svg.replace("<svg ", "<svg xmlns='http://www.w3.org/2000/svg' ", 1).replace(
        "currentColor", "#444"
    )


def row(curve: YieldCurve, point: YieldPoint) -> list[str]:
    kinds = [
        f"{right / of:.2f}" if of else "-"
        for right, of in (
            point.kinds.get(kind, (0, 0))
            for kind in ("backchannel", "vocal_tic", "cough", "laugh", "side_talk",
                         "background_speech", "noise")
        )
    ]  # fmt: skip
    return [
        curve.system, point.setting, interval(point.yielded), str(point.yielded.n),
        interval(point.talked_through), str(point.talked_through.n), *kinds, f"{curve.area:.3f}",
    ]  # fmt: skip


def endpoints(
    items: Sequence[ScenarioItem], users: Mapping[str, np.ndarray], listener: Listener
) -> list[list[str]]:
    """eot-bench's policies on pauses inside sentences and on ends of turns."""
    asked = [i for i in items if i.truth.group == "pause"]
    spans = [
        (i, e, "hold" if e.kind == "pause" else "eot")
        for i in asked
        for e in i.truth.events
        if e.kind in {"pause", "turn_end"}
    ]
    rows = []
    for name, times, scorer in (
        ("smart-turn v3.2", (0.2, 0.4, 0.6, 0.8, 1.0), smart_turn_scorer()),
        ("listener, shift", tuple(round(0.1 * k, 1) for k in range(1, 16)), shift_scorer(listener)),
    ):
        cases = []
        for item, event, label in spans:
            begins = event.start if label == "hold" else event.end
            length = event.end - event.start if label == "hold" else endpointing.LONGEST_HOLD
            here = [t for t in times if t <= length]
            values = scorer(users[item.name], [begins + t for t in here])
            cases.append(
                endpointing.SilenceCase(
                    "hold" if label == "hold" else "eot", length, tuple(here), tuple(values)
                )
            )
        rows.append([name, *costs(endpointing.policy_sweep(cases))])
        if not any(r[0] == "silence alone" for r in rows):
            rows.insert(0, ["silence alone", *costs(endpointing.silence_baseline(cases))])
        print(rows[-1], flush=True)
    return rows


def costs(points: Sequence[endpointing.PolicyPoint]) -> list[str]:
    cells = []
    for budget in endpointing.LATENCY_BUDGETS:
        best = endpointing.lowest_cutoffs(points, budget)
        cells.append(f"{best.cutoff_rate:.1%}" if best else "-")
    for budget in endpointing.CUTOFF_BUDGETS:
        best = endpointing.lowest_latency(points, budget)
        cells.append(f"{best.mean_latency:.2f} s" if best else "-")
    return cells


Endpointer = Callable[[np.ndarray, Sequence[float]], list[float]]


def smart_turn_scorer() -> Endpointer:
    from interactspeech.models.smart_turn import SmartTurn

    model = SmartTurn()

    def scores(user: np.ndarray, times: Sequence[float]) -> list[float]:
        return [model.complete(user[max(0, round(t * RATE) - 8 * RATE) : round(t * RATE)])
                for t in times]  # fmt: skip

    return scores


def shift_scorer(listener: Listener) -> Endpointer:
    def scores(user: np.ndarray, times: Sequence[float]) -> list[float]:
        both = np.stack((user, np.zeros_like(user)))
        mel = LogMel(2)(np.pad(both, ((0, 0), (0, -both.shape[1] % STEP))))
        found, _ = listener.predict(mel, listener.initial_state())
        mine = found[0, :, FUTURE].astype(np.float64).sum(axis=-1)
        theirs = found[1, :, FUTURE].astype(np.float64).sum(axis=-1)
        shift = theirs / np.maximum(mine + theirs, 1e-9)
        return [
            float(shift[min(max(round(t * RATE) // STEP - 1, 0), len(shift) - 1)]) for t in times
        ]

    return scores


def page(
    items: Sequence[ScenarioItem],
    total: int,
    curves: Sequence[YieldCurve],
    rows: Sequence[Sequence[str]],
    ends: Sequence[Sequence[str]],
) -> list[str]:
    people = human_values()
    lines = [
        "# Duplex systems on one ruler",
        "",
        "Written by `python bench/bench_duplex.py board STIMULI --write`; stimuli:",
        f"`interactspeech evaluate stimuli -o STIMULI` ({len(items)} of {total} items). Brackets are 95 %",
        "intervals by bootstrap over items. Deciders are heard offline over a bot that never yields;",
        "their thresholds are swept, and the area is that of the whole sweep.",
        "",
        "![Yielding against selectivity](duplex_curve.svg)",
        "",
        (
            f"People ({people['yield.rate'].source}): {people['yield.rate'].value:.3f} of "
            f"{people['yield.rate'].n} interruptions yielded to within 2 s,"
        ),
        f"{people['ignore.all'].value:.3f} of {people['ignore.all'].n} backchannels talked through.",
        "",
        (
            "| system | setting | interruptions yielded to | n | all others talked through | n | backchannel"
            " | tic | cough | laugh | side talk | background | noise | area |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *("| " + " | ".join(r) + " |" for r in rows),
        "",
        "## Ends of turns",
        "",
        "eot-bench's sweep of policies on the pauses inside sentences and the ends of turns of the",
        f"{sum(i.truth.group == 'pause' for i in items)} items with a pause. The pauses are made: the",
        "first half of a sentence, spoken by itself, and then the second.",
        "",
        "| endpointer | holds cut off at 300 ms | at 600 ms | latency at 5 % cut off | at 10 % |",
        "|---|---:|---:|---:|---:|",
        *("| " + " | ".join(r) + " |" for r in ends),
        "",
    ]
    if not ends:
        lines = lines[: lines.index("## Ends of turns")]
    lines += [
        "The windows are tau-voice's: a system that is told to ignore something is right if it talks on",
        "for one second. So a rule that waits for a second of talk before it yields passes both windows,",
        "whatever it was that talked, and the area flatters it: read it with how soon a system yields.",
        "",
    ]
    best = max(curves, key=lambda c: c.area if not c.system.startswith("bot") else 0)
    lines.append(f"Of the deciders, {best.system} has the largest area, {best.area:.3f}.")
    return lines


def behaviours(write: bool) -> None:
    """The rules on constructed items of Full-Duplex-Bench v1.5's classes."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))
    items = importlib.import_module("behaviour_items")
    talking = [classify_behaviour(*x).behaviour == wanted for wanted, *x in items.keeps_talking()]
    others: dict[str, list[bool]] = {}
    for wanted, *x in items.other_classes():
        others.setdefault(wanted, []).append(classify_behaviour(*x).behaviour == wanted)
    lines = [
        "",
        "## Behaviour classes",
        "",
        "Constructed items (words with a recogniser's jitter). The class of Full-Duplex-Bench's pull",
        "request #16, a system that rightly keeps talking through a backchannel:",
        f"{np.mean(talking):.1%} of {len(talking)} right (its judge gpt-4o: 47.5 % of 300).",
        "The other classes, after an interruption at which the system stops: "
        + ", ".join(f"{kind} {np.mean(hits):.1%} of {len(hits)}" for kind, hits in others.items())
        + ". The rules' own author made these items.",
    ]
    append("## Behaviour classes", lines, write)


def append(head: str, lines: Sequence[str], write: bool) -> None:
    """Print a section, and put it at the end of the page in place of an older one."""
    print("\n".join(lines))
    if write:
        before, _, rest = PAGE.read_text("utf-8").partition(f"\n{head}\n")
        _, later, after = rest.partition("\n## ")
        kept = before.rstrip("\n") + (f"\n\n## {after.rstrip()}" if later else "")
        PAGE.write_text(kept + "\n" + "\n".join(lines) + "\n", "utf-8")


def speed(write: bool, peers: str = "") -> None:
    """An hour with words given, and minutes of sound without."""
    rng = np.random.default_rng(0)
    length = 3600 * RATE

    def talk() -> np.ndarray:
        return intervals(
            np.sort(rng.choice(length, 2 * 1200, replace=False)).reshape(-1, 2).tolist()
        )

    events = tuple(
        StimulusEvent("interruption" if k % 2 else "backchannel", t, t + 0.5)
        for k, t in enumerate(np.sort(rng.uniform(0, 3590, 400)).tolist())
    )
    truth = StimulusTruth("hour", 3600.0, events)
    recording = DuplexRecording("hour", RATE, length, talk(), talk(), truth=truth)
    times = []
    for _ in range(5):
        began = time.process_time()
        score_recordings([recording])
        times.append(time.process_time() - began)
    lines = [
        "",
        "## Speed",
        "",
        f"An hour of two tracks with who talks when given, 400 events: {np.median(times):.2f} s of one",
        f"core (median of {len(times)}; {min(times):.2f} to {max(times):.2f}).",
    ]
    minutes = 10
    bot = ReferenceBot(BotSettings(answer_seconds=40.0))
    asked = tuple(StimulusEvent("turn_end", t, t + 2.0) for t in range(1, minutes * 60 - 50, 50))
    user = np.zeros(minutes * 60 * RATE, np.float32)
    voice = np.resize(play_to(bot, np.zeros(20 * RATE, np.float32),
                              StimulusTruth("v", 20.0, (StimulusEvent("turn_end", 0.0, 0.1),)))[RATE:],
                      2 * RATE)  # fmt: skip
    for event in asked:
        user[round(event.start * RATE) : round(event.end * RATE)] = voice
    user += 1e-3 * rng.standard_normal(len(user)).astype(np.float32)
    system = play_to(bot, user, StimulusTruth("s", minutes * 60.0, asked))
    began = time.process_time()
    activity = importlib.import_module("interactspeech.evaluation.duplex.channels")
    activity.channel_fault(user, system, RATE)
    rows = [activity.channel_activity_of(x, RATE) for x in (user, system)]
    score_recordings([DuplexRecording("m", RATE, len(user), *rows,
                                      truth=StimulusTruth("m", minutes * 60.0, asked))])  # fmt: skip
    spent = time.process_time() - began
    lines += [
        f"{minutes} minutes of sound without words, the user's channel by Silero, the system's by",
        f"level, channels checked: {minutes * 60 / spent:.0f} times real time in processor time.",
    ]
    if peers:
        lines += ["", *beside(Path(peers), np.stack((user, system), axis=1), minutes)]
    append("## Speed", lines, write)


CALL_AI = """
import sys
from call_ai_metrics import CallAnalyzer
print(CallAnalyzer().analyze(sys.argv[1], speakers=["user", "system"]).turns[:1])
"""


def beside(python: Path, sound: np.ndarray, minutes: int) -> list[str]:
    """Processor time of whole processes on one two-channel file, three runs each in turn."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "call.wav"
        soundfile.write(path, sound, RATE)
        hotato = python.with_name("hotato")
        ways = {
            "interactspeech evaluate duplex": [
                sys.executable, "-m", "interactspeech", "evaluate", "duplex", str(path)
            ],
            "the same, --activity energy --no-check-channels": [
                sys.executable, "-m", "interactspeech", "evaluate", "duplex", str(path),
                "--activity", "energy", "--no-check-channels",
            ],
            "call-ai-metrics 0.1.0": [str(python), "-c", CALL_AI, str(path)],
            "hotato 1.20.0, scan": [
                str(hotato), "scan", "--stereo", str(path), "--caller-channel", "0",
                "--agent-channel", "1", "--format", "json", "--out", f"{folder}/found.json",
            ],
        }  # fmt: skip
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(3):
            for name, command in ways.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, check=False, capture_output=True, cwd=folder)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                times[name].append(
                    after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
                )
    return [
        f"The same {minutes} minutes as one file, whole processes, processor time (median of three,",
        "in turn in one run); each measures other things:",
        "",
        "| program | seconds | times real time |",
        "|---|---:|---:|",
        *(
            f"| {name} | {np.median(t):.1f} | {minutes * 60 / np.median(t):.0f} |"
            for name, t in times.items()
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("part", choices=["human", "board", "behaviours", "speed"])
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--work", default="", help="keep the deciders' scores in this folder")
    parser.add_argument("--skip-ends", action="store_true", help="leave the endpointers out")
    parser.add_argument("--every", type=int, default=1, help="look at every n-th stimulus")
    parser.add_argument("--peers", default="", help="Python with call-ai-metrics and hotato")
    options = parser.parse_args()
    if options.part == "human":
        human(options.folder)
    elif options.part == "board":
        board(options.folder, options.write, options.every, options.work, not options.skip_ends)
    elif options.part == "behaviours":
        behaviours(options.write)
    else:
        speed(options.write, options.peers)


if __name__ == "__main__":
    main()

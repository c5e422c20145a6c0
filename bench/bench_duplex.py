"""Systems on the stimulus set, people on the same measures, behaviour classes, speed.

    python bench/bench_duplex.py human TIMING [--labelled DIR]   # writes people's values (human.json)
    python bench/bench_duplex.py board STIMULI [--every N] [--work DIR] [--write]
    python bench/bench_duplex.py behaviours [--write]
    python bench/bench_duplex.py speed [--peers PYTHON] [--write]

STIMULI is made by `interactspeech evaluate stimuli -o STIMULI` (660 items, voices of hibari). TIMING
is a folder of timing files: primock57 and voxconverse (conversations of two), mrda and ami_nxt
(meetings); each speaker is measured in turn, events by this package's rules. DIR holds recordings
whose events people marked. The listener, Silero, smart-turn and rules are
deciders: a bot that never yields talks, each decider scores the two tracks as they come, and the bot
is taken to stop where the score first reaches a threshold.
"""

from __future__ import annotations

import argparse
import importlib
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.errors import InteractSpeechError
from interactspeech.evaluation.duplex import duplex_recordings, endpointing, score_recordings
from interactspeech.evaluation.duplex.behaviour import classify_behaviour
from interactspeech.evaluation.duplex.bots import BOTS, BotSettings, ReferenceBot
from interactspeech.evaluation.duplex.channels import channel_activity_of
from interactspeech.evaluation.duplex.curve import (
    TAU_VOICE,
    YIELD_RULES,
    YieldCurve,
    YieldPoint,
    YieldRule,
    hull_area,
    yield_curve,
    yield_point,
)
from interactspeech.evaluation.duplex.curve_plot import curve_svg
from interactspeech.evaluation.duplex.dialogues import overlap_outcomes
from interactspeech.evaluation.duplex.live import (
    RATE,
    ScenarioItem,
    play_to,
    read_user,
    scenario_items,
)
from interactspeech.evaluation.duplex.outcomes import EventOutcome, event_outcomes
from interactspeech.evaluation.duplex.people import (
    HumanLengths,
    HumanPoint,
    HumanReference,
    HumanValue,
    human_reference,
)
from interactspeech.evaluation.duplex.recordings import DuplexRecording, activity_of_words
from interactspeech.evaluation.duplex.reports import interval
from interactspeech.evaluation.duplex.stimulus import TO_IGNORE, StimulusEvent, StimulusTruth
from interactspeech.evaluation.duplex.timed_words import TimedWord
from interactspeech.evaluation.events.floor_bids import BidScorer, listener_scorer
from interactspeech.evaluation.events.labelled_recordings import (
    labelled_recordings,
    marked_dialogue,
)
from interactspeech.evaluation.events.metrics import Estimate
from interactspeech.formats import Report, read
from interactspeech.listener import Listener
from interactspeech.listener.model import FUTURE
from interactspeech.models.smart_turn import SmartTurn
from interactspeech.models.vad import Detector, speech_spans
from interactspeech.records import Dialogue
from interactspeech.signal.intervals import difference, intervals
from interactspeech.signal.log_mel import STEP, LogMel
from interactspeech.turntaking import Timeline, dgslm, label
from interactspeech.turntaking.distribution import Distribution, tabulate
from interactspeech.turntaking.statistics import distances

PAGE = Path(__file__).parents[1] / "docs/bench/duplex.md"
HUMAN = Path(__file__).parents[1] / "src/interactspeech/evaluation/duplex/human.json"
LISTENER_AT = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
TALK_AT = (0.12, 0.2, 0.32, 0.48, 0.64, 0.8, 1.0, 1.4)
SMART_AT = (0.1, 0.3, 0.5, 0.7, 0.9, 0.97)
#: Seconds into a silence at which smart-turn is asked.
ASKED_AFTER = 0.2
#: That the bot talks with over which deciders are heard: speech to a detector of speech.
VOICE = "hibari:m_caleb"
STRICT = next(rule for rule in YIELD_RULES if rule.name == "within_1s")
PICTURES = {"duplex_curve.svg": TAU_VOICE, "duplex_curve_strict.svg": STRICT}
#: Sections that other parts write.
KEPT = ("## Behaviour classes", "## Speed")


def human(timing: str, labelled: str = "") -> None:
    """Measure people and write what the reports show beside a system's values.

    Args:
        timing: folder of primock57, voxconverse (conversations of two), mrda and ami_nxt (meetings).
        labelled: folder of recordings of two whose events people marked.
    """
    folders = {
        name: Path(timing) / name for name in ("primock57", "voxconverse", "mrda", "ami_nxt")
    }
    recordings = list(duplex_recordings([folders["primock57"]], speaker="both"))
    scores = score_recordings(recordings, "people")
    source = f"primock57, {len(scores.items)} sides, events by rules"
    values = {
        m.key: HumanValue(round(m.value, 4), m.n, source)
        for m in scores.measures
        if m.n >= 10 and not math.isnan(m.value) and not m.key.endswith(".wasserstein")
    }
    through = scores.point.talked_through
    values["ignore.all"] = HumanValue(round(through.value, 4), through.n, source)
    lengths: dict[str, HumanLengths] = {}
    pooled = dgslm_lengths(conversations(folders["primock57"]))
    others = dgslm_lengths(d for d in conversations(folders["voxconverse"]) if len(d.speakers) == 2)
    for kind, seconds in pooled.items():
        made = tabulate(seconds)
        made = Distribution(made.levels, tuple(round(x, 4) for x in made.values))
        lengths[kind] = HumanLengths("primock57, 57 conversations", len(seconds), made)
        values[f"dgslm.{kind}.wasserstein"] = HumanValue(
            round(distances(others[kind], made).wasserstein, 4), len(others[kind]),
            "voxconverse, its conversations of two, against primock57",
        )  # fmt: skip
    points: list[HumanPoint] = []
    sources: dict[str, Callable[[], Iterable[Dialogue]]] = {
        "consultations of two (PriMock57), events by rules": lambda: conversations(
            folders["primock57"]
        ),
        "meetings (ICSI/MRDA), events by rules": lambda: conversations(folders["mrda"]),
        "meetings (AMI), backchannels by annotators": lambda: conversations(folders["ami_nxt"]),
    }
    if labelled:
        marked = labelled_recordings(labelled)
        title = f"{len(marked)} recordings of two, events marked by hand"
        sources[title] = lambda: map(marked_dialogue, marked)
    for title, found in sources.items():
        outcomes = [o for dialogue in found() for o in overlap_outcomes(dialogue)]
        for rule in YIELD_RULES:
            point = yield_point(outcomes, rule=rule)
            shares = (rounded(x) for x in (point.yielded, point.talked_through))
            points.append(HumanPoint(title, rule.name, *shares))
            print(title, rule.name, points[-1].yielded, points[-1].talked_through, flush=True)
    data = msgspec.json.encode(HumanReference(values, tuple(points), lengths))
    HUMAN.write_bytes(msgspec.json.format(data, indent=1) + b"\n")
    print(f"{len(values)} measures of {source}; lost {len(scores.lost)}")


def rounded(share: Estimate) -> Estimate:
    """Four decimals; of one recording nothing is known about others, so its interval is all."""
    low, high = (0.0, 1.0) if math.isnan(share.low) else (share.low, share.high)
    return Estimate(*(round(x, 4) for x in (share.value, low, high)), share.n)


def conversations(folder: Path) -> Iterator[Dialogue]:
    """Conversations of a folder of timing files, with events by rules beside those of annotators."""
    report = Report()
    for dialogue in read([folder], report=report):
        yield label(dialogue)
    for error in report.errors:
        print(error, flush=True)


def dgslm_lengths(dialogues: Iterable[Dialogue]) -> dict[str, np.ndarray]:
    """Seconds of all IPUs, pauses, gaps and overlaps of conversations."""
    found: dict[str, list[np.ndarray]] = {kind: [] for kind in dgslm.KINDS}
    for dialogue in dialogues:
        lengths = dgslm.dgslm_statistics(Timeline.of(dialogue)).lengths
        for kind in dgslm.KINDS:
            found[kind].append(lengths[kind] / dialogue.rate)
    return {kind: np.concatenate(some) for kind, some in found.items()}


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


#: A system and its settings: name -> setting -> what it did at every event.
Behaviours = dict[str, dict[str, list[EventOutcome]]]


def board(folder: str, write: bool, every: int = 1, work: str = "", with_ends: bool = True) -> None:
    found = [i for i in scenario_items(Path(folder)) if isinstance(i, ScenarioItem)]
    items = found[::every]
    users = {item.name: read_user(item) for item in items}
    done: Behaviours = {}
    for name, settings in BOTS.items():
        if name == "eager":
            continue
        outcomes = done.setdefault(f"bot {name}", {}).setdefault("", [])
        for item in items:
            bot = ReferenceBot(settings, name)
            heard = channel_activity_of(play_to(bot, users[item.name], item.truth), RATE, "energy")
            outcomes += event_outcomes(item.name, item.truth.events, heard, RATE, bot.log())
        print(name, flush=True)
    never = ReferenceBot(BotSettings(yield_delay=None, voice=VOICE), "never")
    tracks = {i.name: play_to(never, users[i.name], i.truth) for i in items}
    talk = {name: channel_activity_of(track, RATE, "energy") for name, track in tracks.items()}
    listener = Listener.load()
    deciders: dict[str, tuple[BidScorer, Sequence[float]]] = {
        "listener": (listener_scorer(listener), LISTENER_AT),
        "energy, seconds of talk": (talk_scorer("energy"), TALK_AT),
        "Silero, seconds of talk": (talk_scorer("silero"), TALK_AT),
    }
    judge = smart_turn()
    if judge is not None:
        deciders["smart-turn, user's turn complete"] = (turn_scorer(judge), SMART_AT)
    for name, (scorer, thresholds) in deciders.items():
        began = time.process_time()
        scores = kept_scores(work, name, items, scorer, users, tracks)
        seconds = time.process_time() - began
        done[name] = {
            f"{threshold:g}": decided(items, talk, scores, threshold) for threshold in thresholds
        }
        print(name, f"{seconds:.0f} s", flush=True)
    ends = endpoints(items, users, listener, judge) if with_ends else []
    lines = page(items, len(found), done, ends, judge is not None)
    print("\n".join(lines))
    if write:
        written = PAGE.read_text("utf-8") if PAGE.exists() else ""
        kept = [written[written.index(h) :].split("\n## ")[0] for h in KEPT if h in written]
        PAGE.write_text(
            "\n".join([*lines, ""]) + "".join(f"\n{x.rstrip()}\n" for x in kept), "utf-8"
        )
        for name, rule in PICTURES.items():
            svg = curve_svg(list(curves_by(done, rule).values()), rule)
            PAGE.with_name(name).write_text(standalone(svg), "utf-8")


def curves_by(done: Behaviours, rule: YieldRule) -> dict[str, YieldCurve]:
    """Each system's curve under a rule."""
    return {
        name: yield_curve(
            name, [yield_point(o, setting, rule=rule) for setting, o in settings.items()]
        )
        for name, settings in done.items()
    }


def smart_turn() -> SmartTurn | None:
    """The judge, where its weights can be had."""
    try:
        made = SmartTurn()
        made.complete(np.zeros(RATE, np.float32))
    except InteractSpeechError as error:
        print(f"smart-turn is left out: {error}", flush=True)
        return None
    return made


def turn_scorer(judge: SmartTurn) -> BidScorer:
    """How sure smart-turn is that what the user said over the system is a whole turn, asked once in
    each silence of the user, .2 s into it (as Pipecat does); 0 between.
    """

    def scores(samples: np.ndarray) -> np.ndarray:
        found = np.zeros((2, -(-samples.shape[1] // STEP)), np.float32)
        for _, end in speech_spans(samples[0], RATE, "silero"):
            asked = end + round(ASKED_AFTER * RATE)
            step = -(-asked // STEP)
            if step <= found.shape[1]:
                heard = samples[0, max(0, asked - 8 * RATE) : asked]
                found[0, step - 1] = judge.complete(heard)
        return found

    return scores


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


KINDS = ("backchannel", "vocal_tic", "cough", "laugh", "side_talk", "background_speech", "noise")


def row(curve: YieldCurve, point: YieldPoint) -> list[str]:
    kinds = [
        f"{right / of:.2f}" if of else "-"
        for right, of in (point.kinds.get(kind, (0, 0)) for kind in KINDS)
    ]
    return [
        curve.system, point.setting, interval(point.yielded), str(point.yielded.n),
        interval(point.talked_through), str(point.talked_through.n), *kinds, f"{curve.area:.3f}",
    ]  # fmt: skip


def areas(done: Behaviours) -> list[list[str]]:
    """The area of each system under each rule, with its interval by bootstrap over items."""
    rows = []
    for name, settings in done.items():
        cells = [name]
        for rule in YIELD_RULES:
            area = curves_by({name: settings}, rule)[name].area
            low, high = area_interval(settings, rule)
            cells.append(f"{area:.3f} [{low:.2f}, {high:.2f}]")
        rows.append(cells)
    return rows


def area_interval(
    settings: Mapping[str, Sequence[EventOutcome]], rule: YieldRule, draws: int = 300
) -> tuple[float, float]:
    """95 % of the areas of draws of items with replacement: every setting on the same draw."""
    asked = [
        [o for o in outcomes if o.talking and o.right is not None
         and (o.kind == "interruption" or o.kind in TO_IGNORE)]
        for outcomes in settings.values()
    ]  # fmt: skip
    names = sorted({o.item for some in asked for o in some})
    place = {name: k for k, name in enumerate(names)}
    right, of = (np.zeros((len(asked), 2, len(names))) for _ in range(2))
    for k, some in enumerate(asked):
        for one in some:
            side = int(one.kind != "interruption")
            right[k, side, place[one.item]] += rule.right(one)
            of[k, side, place[one.item]] += 1
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        pick = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        shares = (right @ pick) / np.maximum(of @ pick, 1)
        found.append(hull_area([(float(x), float(y)) for x, y in shares]))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def delay(outcomes: Sequence[EventOutcome]) -> str:
    """Median seconds until it is silent, of interruptions that it yields to within 2 s."""
    found = [o.yield_latency for o in outcomes if o.kind == "interruption" and o.right]
    return f"{np.median([x for x in found if x is not None]):.2f}" if found else "-"


def endpoints(
    items: Sequence[ScenarioItem],
    users: Mapping[str, np.ndarray],
    listener: Listener,
    judge: SmartTurn | None,
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
    ways: list[tuple[str, tuple[float, ...], Endpointer]] = [
        ("listener, shift", tuple(round(0.1 * k, 1) for k in range(1, 16)), shift_scorer(listener))
    ]
    if judge is not None:
        ways.insert(0, ("smart-turn v3.2", (0.2, 0.4, 0.6, 0.8, 1.0), smart_turn_scorer(judge)))
    for name, times, scorer in ways:
        cases = []
        for item, event, kind in spans:
            begins = event.start if kind == "hold" else event.end
            length = event.end - event.start if kind == "hold" else endpointing.LONGEST_HOLD
            here = [t for t in times if t <= length]
            values = scorer(users[item.name], [begins + t for t in here])
            cases.append(
                endpointing.SilenceCase(
                    "hold" if kind == "hold" else "eot", length, tuple(here), tuple(values)
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


def smart_turn_scorer(model: SmartTurn) -> Endpointer:
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
    done: Behaviours,
    ends: Sequence[Sequence[str]],
    judged: bool,
) -> list[str]:
    lines = [
        "# Duplex systems on one ruler",
        "",
        "Written by `python bench/bench_duplex.py board STIMULI --write`; stimuli:",
        f"`interactspeech evaluate stimuli -o STIMULI` ({len(items)} of {total} items). Brackets are 95 %",
        "intervals by bootstrap over items. Deciders are heard offline over a bot that never",
        f"yields (voice {VOICE}: over the test engine's tones the listener never yields, for it does not",
        "hear the system talk);",
        "their thresholds are swept, and the area is that of the whole sweep. smart-turn is a judge of",
        "ends of turns and not of interruptions: it is asked .2 s into each silence of the user whether",
        "what was said is a whole turn, and the bot is stopped if it is; its proper task is the last table"
        + ("." if judged else " (left out: its weights were not to be had)."),
        "",
        "## The area, under five rules",
        "",
        "tau-voice's windows: an interruption is yielded to if the system is silent within 2 s; all else is",
        "ignored if it talks on for one second. A rule that waits for a second of talk before it yields",
        "passes both windows, whatever it was that talked. Under the other rules nothing but an",
        "interruption may silence the system until a second after it has ended, and yielding must come",
        "within 2, 1 or .5 s; in the last column an interruption counts 1 - latency / 2 s.",
        "",
        "| system | " + " | ".join(rule.title for rule in YIELD_RULES) + " |",
        "|---|" + "---:|" * len(YIELD_RULES),
        *("| " + " | ".join(cells) + " |" for cells in areas(done)),
        "",
        *(f"![{rule.title}]({name})" for name, rule in PICTURES.items()),
        "",
        "## People",
        "",
        "What people did over whose talk another began to interrupt (also in vain) or gave feedback.",
        "Where no event was marked by hand, rules decide what it is by the one who talks over the",
        "other. People who stop at a backchannel were often at the end of what they had to say; a bot",
        "never is. So people's points are no ceiling, and their share of backchannels talked through is a",
        "lower bound of how often people go on because they want to.",
        "",
        "| people | rule | interruptions yielded to | n | backchannels talked through | n |",
        "|---|---|---:|---:|---:|---:|",
        *(
            f"| {p.source} | {titles[p.rule]} | {interval(p.yielded)} | {p.yielded.n} | "
            f"{interval(p.talked_through)} | {p.talked_through.n} |"
            for p in human_reference().points
            for titles in ({rule.name: rule.title for rule in YIELD_RULES},)
        ),
        "",
    ]  # fmt: skip
    for rule in (TAU_VOICE, STRICT):
        curves = curves_by(done, rule)
        rows = [
            [*row(curve, point)[:-1], delay(done[name][point.setting])]
            for name, curve in curves.items()
            for point in curve.points
        ]
        lines += [
            f"## Every setting: {rule.title}",
            "",
            "The last column: median seconds until it is silent, of interruptions yielded to within 2 s.",
            "",
            (
                "| system | setting | interruptions yielded to | n | all others talked through | n | backchannel"
                " | tic | cough | laugh | side talk | background | noise | yields after |"
            ),
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            *("| " + " | ".join(r) + " |" for r in rows),
            "",
        ]
    if ends:
        lines += [
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

    def said() -> tuple[TimedWord, ...]:
        """About 9,000 words: stretches of 2 to 30 words with silences between."""
        words, at = [], float(rng.uniform(0, 2))
        while at < 3590:
            for _ in range(int(rng.integers(2, 30))):
                size = float(rng.uniform(0.12, 0.4))
                words.append(TimedWord("word", at, at + size))
                at += size
            at += float(rng.uniform(0.3, 7.0))
        return tuple(w for w in words if w.known_end < 3600)

    words = said(), said()
    talk = [activity_of_words(w, RATE, 0.2, length) for w in words]
    events = tuple(
        StimulusEvent("interruption" if k % 2 else "backchannel", t, t + 0.5)
        for k, t in enumerate(np.sort(rng.uniform(0, 3590, 400)).tolist())
    )
    truth = StimulusTruth("hour", 3600.0, events)
    recording = DuplexRecording("hour", RATE, length, *talk, *words, truth=truth)
    times = []
    for _ in range(5):
        began = time.process_time()
        score_recordings([recording])
        times.append(time.process_time() - began)
    lines = [
        "",
        "## Speed",
        "",
        f"An hour of two tracks with words given ({len(words[0]):,} and {len(words[1]):,}), 400 events:",
        f"{np.median(times):.2f} s of one core (median of {len(times)}; {min(times):.2f} to {max(times):.2f}; bar: 1 s).",
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
        f"level, channels checked: {minutes * 60 / spent:.0f} times real time in processor time (bar: 60).",
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
    parser.add_argument("--labelled", default="", help="recordings whose events people marked")
    parser.add_argument("--work", default="", help="keep the deciders' scores in this folder")
    parser.add_argument("--skip-ends", action="store_true", help="leave the endpointers out")
    parser.add_argument("--every", type=int, default=1, help="look at every n-th stimulus")
    parser.add_argument("--peers", default="", help="Python with call-ai-metrics and hotato")
    options = parser.parse_args()
    if options.part == "human":
        human(options.folder, options.labelled)
    elif options.part == "board":
        board(options.folder, options.write, options.every, options.work, not options.skip_ends)
    elif options.part == "behaviours":
        behaviours(options.write)
    else:
        speed(options.write, options.peers)


if __name__ == "__main__":
    main()

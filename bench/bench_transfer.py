"""What a small turn-taking model learns from our dialogues, and how it does on recordings of people.

    python bench/bench_transfer.py --ami FOLDER --real FOLDER [--seeds 2] [--write]

A recurrent model that sees who talks when (both sides' activity, 20 frames a second, and nothing of
the sound) learns to foresee both sides' activity in the four bins of voice activity projection (0 to
0.2, 0.6, 1.2, 2 s; Ekstedt and Skantze 2022). Trained on our built dialogues, on the timing model
alone, and on meetings of AMI (NXT words; --ami), each for as many steps; then asked about marked
events of real two-channel recordings (--real: folders of audio.flac, activity.rttm, events.json).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from interactspeech import formats
from interactspeech.corpus import Corpus
from interactspeech.evaluation.events.labelled_recordings import labelled_recordings
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.timing import TimingModel, simulate

PAGE = Path(__file__).parents[1] / "docs/bench/transfer.md"
HZ = 20
BINS = np.array([0, 4, 12, 24, 40])
CONTEXT, BATCH = 200, 16
TASKS = {
    "shift or hold": "0.2 s into a silence of both that ends within 2 s: whether the other talks next",
    "short or long": "0.2 s after somebody who was silent for 1 s came in on the other's talk: whether "
    "they talk on for more than 1 s, or for less, with 1 s of silence after it",
    "short talk to come": "0.2 s before such a short talk, against moments of the same speaker's "
    "talk with none of the other's in 2 s",
}


@dataclass(frozen=True)
class Talk:
    """Who talks a frame, and which frames count: bool of shape ``(2, n)`` and ``(n,)``."""

    active: Any
    counts: Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ami", type=Path, required=True)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--builds", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    text = report(args)
    print(text)
    if args.write:
        PAGE.write_text(text, "utf-8")


# -- talk ------------------------------------------------------------------------------------------


def frames(rows: Any, rate: int, n: int) -> Any:
    """Spans in samples as active frames: those whose middle is inside."""
    found = np.zeros(n, bool)
    for start, end in np.asarray(rows).tolist():
        found[max(0, round(start * HZ / rate)) : round(end * HZ / rate)] = True
    return found


def talk_of(timeline: Timeline) -> Talk:
    """A conversation of two."""
    n = round(timeline.length * HZ / timeline.rate)
    active = np.stack([frames(rows, timeline.rate, n) for rows in timeline.activity.values()])
    return Talk(active, np.ones(n, bool))


def built(count: int) -> Iterator[Talk]:
    """Our dialogues: the shipped texts, one build a seed."""
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(count):
            root = Path(folder) / str(seed)
            build(["@demo"], root, BuildSettings(seed=seed, voices=("fake",)))
            for item in Corpus.open(root):
                yield talk_of(Timeline.of(item.dialogue))


def simulated(hours: float) -> Iterator[Talk]:
    """The timing model alone."""
    for number in range(round(hours * 6)):
        yield talk_of(simulate(TimingModel.human(), 600.0, 7, f"t{number}", rate=16_000))


def meetings(folder: Path) -> tuple[list[Talk], list[Talk]]:
    """Stretches of AMI's meetings in which two of four talk: of two thirds of them, of the rest."""
    found: tuple[list[Talk], list[Talk]] = ([], [])
    read = formats.read([folder / "words", folder / "segments"], "nxt")
    for number, dialogue in enumerate(sorted(read, key=lambda one: one.id)):
        found[number % 3 == 2].extend(stretches(Timeline.of(dialogue)))
    return found


def stretches(timeline: Timeline) -> Iterator[Talk]:
    """Stretches of 10 s and more in which both of a pair talk, and nobody else within 1 s."""
    n = round(timeline.length * HZ / timeline.rate)
    rows = {name: frames(spans, timeline.rate, n) for name, spans in timeline.activity.items()}
    for one, other in combinations(rows, 2):
        third = np.zeros(n, bool)
        for name, row in rows.items():
            if name not in (one, other):
                third |= row
        quiet = np.convolve(third, np.ones(2 * HZ + 1), "same") == 0
        pair = np.stack([rows[one], rows[other]])
        edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(int)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            part = pair[:, start:end]
            if end - start >= 10 * HZ and part.any(axis=1).all():
                yield Talk(part, np.ones(end - start, bool))


# -- the model -------------------------------------------------------------------------------------


def features(active: Any) -> Any:
    """Activity and time since it changed, of both: float32 of shape ``(n, 4)``."""
    n = active.shape[1]
    found = np.zeros((n, 4), np.float32)
    for side in (0, 1):
        changed = np.concatenate([[True], active[side, 1:] != active[side, :-1]])
        last = np.maximum.accumulate(np.where(changed, np.arange(n), 0))
        found[:, side] = active[side]
        found[:, 2 + side] = np.log1p((np.arange(n) - last) / HZ)
    return found


def targets(active: Any) -> Any:
    """Share of each bin in which each side talks: float32 of shape ``(n, 8)``; bins past the end
    are silent."""
    n = active.shape[1]
    padded = np.concatenate([active, np.zeros((2, BINS[-1] + 1), bool)], axis=1)
    total = np.concatenate([np.zeros((2, 1)), np.cumsum(padded, axis=1)], axis=1)
    at = np.arange(n) + 1
    found = [
        (total[side, at + high] - total[side, at + low]) / (high - low)
        for side in (0, 1)
        for low, high in pairwise(BINS)
    ]
    return np.stack(found, axis=1).astype(np.float32)


def trained(talks: list[Talk], seed: int, steps: int) -> Any:
    """A model after so many steps."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    random = np.random.default_rng(seed)
    model = network()
    learn = torch.optim.Adam(model.parameters(), lr=3e-3)
    prepared = []
    for talk in talks:
        n = talk.active.shape[1] - BINS[-1]
        if n > 2 * HZ:
            prepared.append((features(talk.active), targets(talk.active), n))
    weights = np.array([n for *_, n in prepared], float)
    for step in range(steps):
        for group in learn.param_groups:
            group["lr"] = 3e-3 * (1 - step / steps)
        rows = np.zeros((BATCH, CONTEXT, 4), np.float32)
        wanted = np.zeros((BATCH, CONTEXT, 8), np.float32)
        counts = np.zeros((BATCH, CONTEXT), np.float32)
        for place, which in enumerate(
            random.choice(len(prepared), BATCH, p=weights / weights.sum())
        ):
            seen, future, n = prepared[which]
            start = int(random.integers(0, max(1, n - CONTEXT)))
            end = min(n, start + CONTEXT)
            one, other = seen[start:end], future[start:end]
            if random.random() < 0.5:
                one, other = one[:, [1, 0, 3, 2]], other[:, [4, 5, 6, 7, 0, 1, 2, 3]]
            rows[place, : end - start], wanted[place, : end - start] = one, other
            counts[place, : end - start] = 1
        logits = model(torch.from_numpy(rows))
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, torch.from_numpy(wanted), reduction="none"
        )
        loss = (loss.mean(2) * torch.from_numpy(counts)).sum() / counts.sum()
        learn.zero_grad()
        loss.backward()
        learn.step()
    return model


def network() -> Any:
    """A GRU of 64 cells with a head of eight bins."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cells = torch.nn.GRU(4, 64, batch_first=True)
            self.head = torch.nn.Linear(64, 8)

        def forward(self, rows: Any) -> Any:
            return self.head(self.cells(rows)[0])

    return Net()


def foreseen(model: Any, active: Any) -> Any:
    """Probability that each side talks in each bin: shape ``(n, 2, 4)``."""
    import torch

    with torch.no_grad():
        out = torch.sigmoid(model(torch.from_numpy(features(active))[None]))[0]
    return out.numpy().reshape(-1, 2, 4)


# -- questions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A moment of a recording, the side asked about, and the right answer."""

    recording: int
    frame: int
    side: int
    answer: bool


def asked(talks: list[Talk]) -> dict[str, list[Question]]:
    """Questions of each task, from who talks when; frames that do not count are not asked about."""
    found: dict[str, list[Question]] = {name: [] for name in TASKS}
    for number, talk in enumerate(talks):
        active, n = talk.active, talk.active.shape[1]
        silent = ~active.any(axis=0)
        for start in np.flatnonzero(silent[1:] & ~silent[:-1]) + 1:
            at = int(start) + HZ // 5
            last = np.flatnonzero(active[:, start - 1])
            after = np.flatnonzero(~silent[at : at + 2 * HZ])
            if len(last) != 1 or not silent[start : at + 1].all() or not after.size:
                continue
            following = np.flatnonzero(active[:, at + after[0]])
            if len(following) == 1 and talk.counts[start : at + after[0]].all():
                other = 1 - int(last[0])
                found["shift or hold"].append(
                    Question(number, at, other, int(following[0]) == other)
                )
        for side in (0, 1):
            own, other_row = active[side], active[1 - side]
            for start in np.flatnonzero(own[1:] & ~own[:-1]) + 1:
                if start < HZ or own[start - HZ : start].any() or start + 3 * HZ > n:
                    continue
                gap = np.flatnonzero(~own[start : start + HZ + 1])
                end = start + int(gap[0]) if gap.size else n
                short = gap.size > 0 and not own[end : end + HZ].any()
                if gap.size and not short:
                    continue  # neither: a pause after a little
                at = int(start) + HZ // 5
                if not talk.counts[start - HZ : start + 3 * HZ].all():
                    continue
                if other_row[start - 1] and other_row[at] and own[at]:
                    found["short or long"].append(Question(number, at, side, not short))
                if short and other_row[start - HZ // 2 : start].any():
                    found["short talk to come"].append(
                        Question(number, int(start) - HZ // 5, side, True)
                    )
            for at in range(2 * HZ, n - 2 * HZ, 2 * HZ):
                alone = other_row[at - HZ // 2 : at].all()
                if alone and not own[at - HZ : at + 2 * HZ].any() and talk.counts[at]:
                    found["short talk to come"].append(Question(number, at, side, False))
    return found


def recorded(folder: Path) -> tuple[list[Talk], list[str]]:
    """The real recordings: activity as people marked it; zones that are too messy do not count."""
    found, names = [], []
    for recording in labelled_recordings(folder):
        n = round(recording.samples * HZ / 16_000)
        spans = recording.activity()
        counts = ~frames(recording.unscored(), 16_000, n)
        found.append(Talk(np.stack([frames(spans[name], 16_000, n) for name in "AB"]), counts))
        names.append(recording.name)
    return found, names


def score(task: str, seen: Any, question: Question) -> float:
    """What the model says for "yes"."""
    own, other = seen[question.frame, question.side], seen[question.frame, 1 - question.side]
    if task == "shift or hold":
        return float(own.sum() - other.sum())
    if task == "short or long":
        return float(own[2:].sum() - other[2:].sum())
    return float(own[0] + own[1])


def auc(scores: Any, answers: Any) -> float:
    """Share of pairs of a yes and a no that are in order; ties count a half."""
    from scipy.stats import rankdata

    ranks, yes = rankdata(scores), int(answers.sum())
    no = answers.size - yes
    return float((ranks[answers].sum() - yes * (yes + 1) / 2) / (yes * no))


def interval(scores: Any, answers: Any) -> tuple[float, float]:
    """95 % by bootstrap over the questions, yes and no each drawn as many as there are."""
    random = np.random.default_rng(0)
    yes, no = np.flatnonzero(answers), np.flatnonzero(~answers)
    values = []
    for _ in range(400):
        pick = np.concatenate([random.choice(yes, yes.size), random.choice(no, no.size)])
        values.append(auc(scores[pick], answers[pick]))
    return float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))


def report(args: argparse.Namespace) -> str:
    """Train, ask, write."""
    import torch

    started = time.process_time()
    theirs, held_out = meetings(args.ami)
    sources = {
        "our built dialogues": list(built(args.builds)),
        "our timing model alone": list(simulated(3.0)),
        "AMI, other meetings": theirs,
    }
    real, names = recorded(args.real)
    torch.manual_seed(0)
    models: dict[str, tuple[float | None, list[Any]]] = {
        "nothing (random weights)": (None, [network() for _ in range(args.seeds)])
    }
    for name, talks in sources.items():
        hours = sum(talk.active.shape[1] for talk in talks) / HZ / 3600
        models[name] = hours, [trained(talks, seed, args.steps) for seed in range(args.seeds)]
    size = sum(one.numel() for one in network().parameters())
    lines = [
        "# Transfer: what a small model learns, asked about people",
        "",
        (
            "Written by `python bench/bench_transfer.py --ami FOLDER --real FOLDER --write`; torch "
            f"{version('torch')}. A GRU of 64 cells ({size:,} parameters) sees who talks when, {HZ} "
            "frames a second, and foresees both sides' talk in four bins up to 2 s. "
            f"{args.steps} steps of {BATCH} x {CONTEXT // HZ} s on each source, {args.seeds} seeds. "
            "AUC; scores are means over the seeds, in brackets 95 % by bootstrap over questions."
        ),
        "",
    ]
    tests = {f"{len(names)} real recordings ({', '.join(names)})": real,
             "AMI, held-out meetings": held_out}  # fmt: skip
    for title, talks in tests.items():
        lines += asked_of(title, talks, models)
    lines += [f"- **{name}**: {about}." for name, about in TASKS.items()]
    lines += [
        "",
        (
            "Questions of one recording are not independent, so the truth is wider than the intervals; "
            "the real recordings hold hardly any feedback (three sure backchannels and one sure "
            "interruption are marked in them), so that little can be asked. Lengths stand for kinds in "
            "AMI: a short talk in the other's is mostly, and not always, feedback. The model hears "
            "nothing: pitch, words and level, by which people tell most of this, are not in it. It says "
            "how far the timing of a source carries over to people, and nothing more. AMI's are "
            "stretches in which two of four people talk."
        ),
        "",
        f"It took {time.process_time() - started:.0f} s of one core.",
        "",
    ]
    return "\n".join(lines)


def asked_of(
    title: str, talks: list[Talk], models: dict[str, tuple[float | None, list[Any]]]
) -> list[str]:
    """The table of one set of recordings."""
    questions = asked(talks)
    answers = {t: np.array([q.answer for q in those], bool) for t, those in questions.items()}
    sides = [f"{int(answers[t].sum())} yes, {int((~answers[t]).sum())} no" for t in TASKS]
    lines = [
        f"## {title}",
        "",
        f"| trained on | hours | {' | '.join(TASKS)} |",
        "|---|--:|" + "--:|" * len(TASKS),
        f"| questions | | {' | '.join(sides)} |",
    ]
    for name, (known, those) in models.items():
        seen = [[foreseen(model, talk.active) for talk in talks] for model in those]
        cells = []
        for task, listed in questions.items():
            yes = int(answers[task].sum())
            if min(yes, len(listed) - yes) < 10:
                cells.append("too few")
                continue
            each = np.array([
                [score(task, per[q.recording], q) for q in listed] for per in seen
            ])  # fmt: skip
            mean = each.mean(axis=0)
            low, high = interval(mean, answers[task])
            cells.append(f"{auc(mean, answers[task]):.2f} ({low:.2f} to {high:.2f})")
        hours = "" if known is None else f"{known:.1f}"
        lines.append(f"| {name} | {hours} | {' | '.join(cells)} |")
    return [*lines, ""]


if __name__ == "__main__":
    main()

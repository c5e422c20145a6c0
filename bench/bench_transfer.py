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
CONTEXT, BATCH = 240, 24
TASKS = {
    "shift or hold": "in a silence of both, 0.2 s after it began: does the other talk next?",
    "interruption or backchannel": "0.2 s after somebody came in on the other's talk: is it more "
    "than feedback?",
    "backchannel to come": "0.2 s before a backchannel's onset, against moments of the same "
    "speaker's talk with none in 2 s",
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
    parser.add_argument("--steps", type=int, default=250)
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


def meetings(folder: Path) -> Iterator[Talk]:
    """Pairs of speakers of AMI's meetings; frames near others' talk do not count."""
    for dialogue in formats.read([folder], "nxt"):
        timeline = Timeline.of(dialogue)
        n = round(timeline.length * HZ / timeline.rate)
        rows = {name: frames(spans, timeline.rate, n) for name, spans in timeline.activity.items()}
        for one, other in combinations(rows, 2):
            third = np.zeros(n, bool)
            for name, row in rows.items():
                if name not in (one, other):
                    third |= row
            near = np.convolve(third, np.ones(2 * HZ + 1), "same") > 0
            pair = np.stack([rows[one], rows[other]])
            # Stretches where these two talk to each other; the rest of a meeting is left out.
            quiet = ~near
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


def asked(recordings: Any, actives: list[Any]) -> dict[str, list[Question]]:
    """Questions of each task, from the sure marks."""
    found: dict[str, list[Question]] = {name: [] for name in TASKS}
    for number, (recording, active) in enumerate(zip(recordings, actives, strict=True)):
        n = active.shape[1]
        zones = [(a, b) for a, b in recording.labels.zones]

        def scored(time: float, zones: Any = zones) -> bool:
            return not any(a - 1 <= time < b + 1 for a, b in zones)

        both = ~active.any(axis=0)
        for start in np.flatnonzero(both[1:] & ~both[:-1]) + 1:
            at = start + HZ // 5
            last = np.flatnonzero(active[:, start - 1])
            if at >= n - 1 or not both[start : at + 1].all() or len(last) != 1:
                continue
            after = np.flatnonzero(active[:, at:].any(axis=0))
            if not after.size or after[0] > 2 * HZ or not scored(start / HZ):
                continue
            following = np.flatnonzero(active[:, at + after[0]])
            if len(following) == 1 and not feedback_at(recording, at + after[0], following[0]):
                other = 1 - int(last[0])
                found["shift or hold"].append(
                    Question(number, int(at), other, int(following[0]) == other)
                )
        for kind, answer in (("interruption", True), ("backchannel", False)):
            for event in recording.events(kind, sure=True):
                side = "AB".index(event.speaker)
                at = round(event.start * HZ) + HZ // 5
                if at < n and active[1 - side, max(0, at - HZ // 5 - 1)]:
                    found["interruption or backchannel"].append(Question(number, at, side, answer))
        for event in recording.events("backchannel", sure=True):
            side = "AB".index(event.speaker)
            at = round(event.start * HZ) - HZ // 5
            if at > HZ and not active[side, at]:
                found["backchannel to come"].append(Question(number, at, side, True))
        for side in (0, 1):
            for at in range(2 * HZ, n - 2 * HZ, HZ):
                alone = active[1 - side, at - HZ // 2 : at].all()
                silent = not active[side, at - HZ : at + 2 * HZ].any()
                if alone and silent and scored(at / HZ):
                    found["backchannel to come"].append(Question(number, at, side, False))
    return found


def feedback_at(recording: Any, frame: int, side: int) -> bool:
    """Whether the unit that begins there is marked as feedback, or as doubtful."""
    name, time_ = "AB"[side], frame / HZ
    return any(
        unit.speaker == name and unit.kind != "talk" and unit.start - 0.1 <= time_ < unit.end
        for unit in recording.labels.units
    )


def score(task: str, seen: Any, question: Question) -> float:
    """What the model says for "yes"."""
    own, other = seen[question.frame, question.side], seen[question.frame, 1 - question.side]
    if task == "shift or hold":
        return float(own.sum() - other.sum())
    if task == "interruption or backchannel":
        return float(own[2:].sum() - other[2:].sum())
    return float(own[0] + own[1])


def auc(scores: Any, answers: Any) -> float:
    """Share of pairs of a yes and a no that are in order; ties count a half."""
    yes, no = scores[answers], scores[~answers]
    if not yes.size or not no.size:
        return float("nan")
    return float(np.mean(yes[:, None] > no[None]) + np.mean(yes[:, None] == no[None]) / 2)


def interval(scores: Any, answers: Any) -> tuple[float, float]:
    """95 % by bootstrap over the questions, yes and no each drawn as many as there are."""
    random = np.random.default_rng(0)
    yes, no = np.flatnonzero(answers), np.flatnonzero(~answers)
    values = []
    for _ in range(1000):
        pick = np.concatenate([random.choice(yes, yes.size), random.choice(no, no.size)])
        values.append(auc(scores[pick], answers[pick]))
    return float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))


def report(args: argparse.Namespace) -> str:
    """Train, ask, write."""
    import torch

    started = time.monotonic()
    sources = {
        "our built dialogues": list(built(args.builds)),
        "our timing model alone": list(simulated(3.0)),
        "AMI meetings, pairs": list(meetings(args.ami)),
    }
    recordings = labelled_recordings(args.real)
    actives = []
    for recording in recordings:
        n = round(recording.samples * HZ / 16_000)
        spans = recording.activity()
        actives.append(np.stack([frames(spans[name], 16_000, n) for name in "AB"]))
    questions = asked(recordings, actives)
    answers = {t: np.array([q.answer for q in those], bool) for t, those in questions.items()}
    sides = [f"{int(answers[t].sum())} yes, {int((~answers[t]).sum())} no" for t in TASKS]
    lines = [
        "# Transfer: what a small model learns, asked about people",
        "",
        (
            "Written by `python bench/bench_transfer.py --ami FOLDER --real FOLDER --write`; torch "
            f"{version('torch')}. A GRU of 64 cells "
            f"({sum(p.numel() for p in network().parameters()):,} parameters) sees who talks when, 20 "
            f"frames a second, and foresees both sides' talk in four bins up to 2 s. {args.steps} "
            f"steps of {BATCH} x {CONTEXT // HZ} s on each source, {args.seeds} seeds. AUC on the "
            "pooled questions of "
            f"{len(recordings)} real recordings ({', '.join(one.name for one in recordings)}); scores "
            "are means over the seeds, in brackets 95 % by bootstrap over questions."
        ),
        "",
        f"| trained on | hours | {' | '.join(TASKS)} |",
        "|---|--:|" + "--:|" * len(TASKS),
        f"| questions | | {' | '.join(sides)} |",
    ]
    torch.manual_seed(0)
    models: dict[str, tuple[float | None, list[Any]]] = {
        "nothing (random weights)": (None, [network() for _ in range(args.seeds)])
    }
    for name, talks in sources.items():
        hours = sum(talk.active.shape[1] for talk in talks) / HZ / 3600
        made = [trained(talks, seed, args.steps) for seed in range(args.seeds)]
        models[name] = hours, made
    for name, (known, those) in models.items():
        cells = []
        seen = [[foreseen(model, active) for active in actives] for model in those]
        for task, listed in questions.items():
            each = np.array([
                [score(task, per[q.recording], q) for q in listed] for per in seen
            ])  # fmt: skip
            mean = each.mean(axis=0)
            low, high = interval(mean, answers[task])
            cells.append(f"{auc(mean, answers[task]):.2f} ({low:.2f} to {high:.2f})")
        lines.append(
            f"| {name} | {'' if known is None else f'{known:.1f}'} | {' | '.join(cells)} |"
        )
    lines += ["", *(f"- **{name}**: {about}" for name, about in TASKS.items())]
    lines += [
        "",
        (
            "The questions are few and the recordings four, so the intervals are wide; neighbouring "
            "questions of one recording are not independent, and the truth is wider still. The model "
            "hears nothing: pitch, words and level, by which people tell most of this, are not in it. "
            "It says how far the timing of a source carries over to people, and nothing more. AMI's "
            "pairs are stretches of meetings in which two of four talk."
        ),
        "",
        f"It took {time.monotonic() - started:.0f} s.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()

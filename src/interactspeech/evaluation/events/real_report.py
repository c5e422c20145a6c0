"""The page of the real benchmark, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.evaluation.events.labelled_recordings import LabelledRecording
from interactspeech.evaluation.events.real_benchmark import LiveScores, RealScores

#: Marked events below which a figure of a type says little.
FEW = 20


def real_page(
    recordings: Sequence[LabelledRecording],
    scores: Sequence[RealScores],
    live: Sequence[LiveScores],
    command: str,
    notes: Sequence[str] = (),
) -> str:
    """Everything that was measured.

    Args:
        recordings: that were measured on.
        scores: of each system.
        live: of each scorer of bids.
        command: that was run, for the reader to repeat.
        notes: what was left out, and why.
    """
    return "\n".join(
        [
            "# Real recordings",
            "",
            f"Written by `{command}`. Brackets are 95 % intervals: by bootstrap over pieces of",
            "30 s for onsets, over recordings for questions and bids. Doubtful events count",
            "neither way. All systems were run on the same sound in one run.",
            "",
            *_material(recordings),
            *(line for note in notes for line in (f"{note}.", "")),
            *_onsets(scores),
            *_precision(scores),
            *_questions(scores),
            *_live(live),
        ]
    )


def _material(recordings: Sequence[LabelledRecording]) -> Iterator[str]:
    seconds = sum(r.labels.seconds for r in recordings)
    sure = {k: sum(len(r.events(k, sure=True)) for r in recordings) for k in ASKED}
    doubtful = {k: sum(len(r.events(k, sure=False)) for r in recordings) for k in ASKED}
    yield f"{len(recordings)} recordings, {seconds / 60:.1f} minutes, a channel a speaker:"
    names = [f"{r.name} ({r.labels.seconds:.0f} s)" for r in recordings]
    yield f"{', '.join(names)}."
    yield ""
    yield "| | " + " | ".join(f"{k}s" for k in ASKED) + " |"
    yield "|---|" + "---:|" * len(ASKED)
    yield "| sure | " + " | ".join(str(sure[k]) for k in ASKED) + " |"
    yield "| doubtful, not scored | " + " | ".join(str(doubtful[k]) for k in ASKED) + " |"
    yield ""
    few = [f"{k}s ({n})" for k, n in sure.items() if n < FEW]
    if few:
        yield f"Too few to tell systems apart: {', '.join(few)}; the means lean on them."
        yield ""


def _onsets(scores: Sequence[RealScores]) -> Iterator[str]:
    yield "## Onsets: F1 within 200 ms, and speech"
    yield ""
    yield "| system | mean | " + " | ".join(ASKED) + " | missed speech | false speech |"
    yield "|---|" + "---:|" * (len(ASKED) + 3)
    for one in scores:
        cells = [str(one.onset[k]) for k in ("mean", *ASKED)]
        shares = [f"{one.missed_speech:.2%}", f"{one.false_speech:.2%}"]
        yield f"| {one.system} | " + " | ".join(cells + shares) + " |"
    yield ""


def _precision(scores: Sequence[RealScores]) -> Iterator[str]:
    yield "## Feedback and interruptions: precision and recall"
    yield ""
    yield "| system | type | hits | missed | wrong | precision | recall |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for one in scores:
        for kind in ("backchannel", "interruption"):
            hits, missed, wrong = one.counts[kind]
            yield (
                f"| {one.system} | {kind} | {hits} | {missed} | {wrong} | "
                f"{one.precision[kind]} | {one.recall[kind]} |"
            )
    yield ""


def _questions(scores: Sequence[RealScores]) -> Iterator[str]:
    asked = [one for one in scores if one.accuracy]
    if not asked:
        return
    kinds = [k for k in ASKED if k in asked[0].accuracy]
    first = asked[0].accuracy
    yield "## Task A: balanced accuracy of questions about clips"
    yield ""
    yield "| system | mean | " + " | ".join(f"{k} ({first[k].n})" for k in kinds) + " |"
    yield "|---|" + "---:|" * (len(kinds) + 1)
    for one in asked:
        yield (
            f"| {one.system} | " + " | ".join(str(one.accuracy[k]) for k in ("mean", *kinds)) + " |"
        )
    yield ""


def _live(live: Sequence[LiveScores]) -> Iterator[str]:
    if not live:
        return
    first = live[0]
    yield "## Live: bids for the floor"
    yield ""
    yield (
        f"{first.recall.n} sure interruptions, {first.at_backchannels.n} sure backchannels in "
        f"overlap, {first.alone.n} stretches of 3 s of one speaker alone."
    )
    yield ""
    yield "| score | threshold | chosen | bids found | median delay | backchannels | alone |"
    yield "|---|---:|---|---:|---:|---:|---:|"
    for one in live:
        delay = "-" if one.delay != one.delay else f"{one.delay:.2f} s"
        cells = [f"{one.threshold:.2f}", one.chosen, str(one.recall), delay]
        cells += [str(one.at_backchannels), str(one.alone)]
        yield f"| {one.scorer} | " + " | ".join(cells) + " |"
    yield ""


__all__ = ["real_page"]

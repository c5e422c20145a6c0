"""Join two annotators' labels of public recordings: the data that ship, and their page.

    python tools/join_labels.py bench/real_labels [--write] [--with-sound DIR]

FOLDER has a folder for each recording of ``sources.json`` with ``labels_P.json`` and
``labels_Q.json`` (units, as docs/labelling.md says). Prints how far the two agree; ``--write``
writes the joined labels into the package, both annotators' into bench/real_labels, all without what
was said, and the page docs/bench/real_labels.md. ``--with-sound`` writes a folder for `evaluate
events real`, with texts, which is not for passing on, of a FOLDER that has ``audio.flac``, too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from interactspeech.atomic_files import write_file
from interactspeech.evaluation.agreement.units import TwoAnnotators, UnitAgreement, unit_agreement
from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.evaluation.events.derived_events import read_units
from interactspeech.evaluation.events.joined_labels import join_labels, without_texts
from interactspeech.evaluation.events.labelled_recordings import (
    EventLabels,
    activity_rttm,
    encode_labels,
)
from interactspeech.evaluation.events.public_recordings import PublicRecording, public_recordings

ROOT = Path(__file__).parents[1]
DATA = ROOT / "src" / "interactspeech" / "evaluation" / "events" / "data" / "real"
MARKED = ROOT / "bench" / "real_labels"
PAGE = ROOT / "docs" / "bench" / "real_labels.md"


@dataclass(frozen=True)
class Joined:
    """A recording, what both marked, and what became of it."""

    recording: PublicRecording
    marked: TwoAnnotators
    labels: EventLabels


def read(folder: Path, one: str, other: str) -> Iterator[Joined]:
    """The recordings whose labels are there from both.

    Raises:
        InputError: labels that cannot be used: which, and why.
    """
    for recording in public_recordings():
        place = folder / recording.name
        paths = [place / f"labels_{who}.json" for who in (one, other)]
        if not all(path.is_file() for path in paths):
            print(f"{recording.name}: labels of one or both are missing", file=sys.stderr)  # noqa: T201
            continue
        first, second = (read_units(path, recording.seconds) for path in paths)
        labels = join_labels(first, second, recording.seconds, group=recording.language)
        yield Joined(recording, TwoAnnotators(first, second, recording.seconds), labels)


def page(joined: Sequence[Joined], agreement: UnitAgreement) -> str:
    """Markdown of the recordings, of what is sure and why the rest is not, and of agreement."""
    return "\n".join(
        [
            "# Labels of public recordings",
            "",
            "Written by `python tools/join_labels.py bench/real_labels --write` from the labels of",
            "two annotators, who did not see each other's. How they were made:",
            "[labelling](../labelling.md#labels-by-two-annotators);",
            "[how to fetch the recordings](../listener.md#real-recordings). Brackets are 95 %",
            "intervals: bootstrap over pieces of 30 s.",
            "",
            "Both annotators are language models that looked at pictures of the sound, and both",
            "began from the same draft. So agreement here is an upper bound: it shows where labels",
            "are arbitrary, not that they are right.",
            "",
            *_material(joined),
            *_doubt(joined),
            *_agreement(agreement),
        ]
    )


def _material(joined: Sequence[Joined]) -> Iterator[str]:
    minutes = sum(one.labels.seconds for one in joined) / 60
    yield "## Recordings"
    yield ""
    yield f"{len(joined)} recordings, {minutes:.1f} minutes; sure + doubtful events."
    yield ""
    yield "| | s | language | licence | " + " | ".join(f"{kind}s" for kind in ASKED) + " |"
    yield "|---|---:|---|---|" + "---:|" * len(ASKED)
    total: Counter[tuple[str, bool]] = Counter()
    for one in joined:
        counts = Counter((event.type, event.sure) for event in one.labels.events)
        total += counts
        yield (
            f"| {one.recording.name} | {one.labels.seconds:.0f} | {one.recording.language} | "
            f"{one.recording.licence} | {_cells(counts)} |"
        )
    yield f"| all | {minutes * 60:.0f} | | | {_cells(total)} |"
    yield ""
    for page_url in dict.fromkeys(one.recording.page for one in joined):
        some = [one.recording for one in joined if one.recording.page == page_url]
        names = ", ".join(recording.name for recording in some)
        yield f"- {names}: {some[0].talk}. [{some[0].attribution}]({page_url})."
    yield ""


def _cells(counts: Counter[tuple[str, bool]]) -> str:
    return " | ".join(f"{counts[kind, True]} + {counts[kind, False]}" for kind in ASKED)


def _doubt(joined: Sequence[Joined]) -> Iterator[str]:
    why = Counter(
        (reason, event.type)
        for one in joined
        for event in one.labels.events
        if not event.sure
        for reason in event.why.split(", ")
    )
    yield "## Why events are in doubt"
    yield ""
    yield "An event may have several reasons."
    yield ""
    yield "| | " + " | ".join(f"{kind}s" for kind in ASKED) + " |"
    yield "|---|" + "---:|" * len(ASKED)
    for reason in sorted({reason for reason, _ in why}):
        yield f"| {reason} | " + " | ".join(str(why[reason, kind]) for kind in ASKED) + " |"
    yield ""


def _agreement(agreement: UnitAgreement) -> Iterator[str]:
    yield "## How far the two agree"
    yield ""
    yield f"Units: one marked {agreement.units[0]}, the other {agreement.units[1]}."
    yield ""
    yield "| | |"
    yield "|---|---:|"
    for within, value in agreement.onsets.items():
        yield f"| F1 of onsets of units within {within:g} s | {value} |"
    yield f"| units that both have | {agreement.paired} |"
    for name in ("start", "end"):
        difference = getattr(agreement, f"{name}_difference")
        share = getattr(agreement, f"{name}_within")
        yield f"| of these, median difference of {name}s | {difference:.3f} s |"
        yield f"| and share of {name}s that differ by at most 0.05 s | {share:.0%} |"
    rows = agreement.kappa.n
    yield f"| Cohen's kappa of talk and feedback ({rows} units) | {agreement.kappa} |"
    yield ""
    kinds = sorted({kind for pair in agreement.classes for kind in pair})
    yield "Classes of the units that both have, one annotator's down, the other's across:"
    yield ""
    yield "| | " + " | ".join(kinds) + " |"
    yield "|---|" + "---:|" * len(kinds)
    for kind in kinds:
        cells = [str(agreement.classes.get((kind, other), 0)) for other in kinds]
        yield f"| {kind} | " + " | ".join(cells) + " |"
    yield ""
    yield "Onsets of events within 0.2 s, F1, and of how many events. *All*: what follows from the"
    yield "units as they stand. *Sure*: the events of one against the sure ones of the other, and"
    yield "the other way round, doubt counted neither way, as `evaluate events real` measures."
    yield ""
    yield "| | all | n | sure | n |"
    yield "|---|---:|---:|---:|---:|"
    for kind in ("mean", *ASKED):
        plain, sure = agreement.events[kind], agreement.sure_events[kind]
        yield f"| {kind} | {plain} | {plain.n} | {sure} | {sure.n} |"
    yield ""


def main() -> int:
    """1 where nothing is there to join."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--one", default="P")
    parser.add_argument("--other", default="Q")
    parser.add_argument("--write", action="store_true", help="write the package's data, the page")
    parser.add_argument("--with-sound", type=Path, metavar="DIR", help="with texts; not to pass on")
    options = parser.parse_args()
    joined = list(read(options.folder, options.one, options.other))
    if not joined:
        return 1
    for one in joined:
        if options.with_sound:
            place = options.with_sound / one.recording.name
            write_file(place / "events.json", encode_labels(one.labels))
            write_file(place / "activity.rttm", activity_rttm(one.labels))
            shutil.copy(options.folder / one.recording.name / "audio.flac", place / "audio.flac")
        if options.write:
            name = one.recording.name
            write_file(DATA / f"{name}.json", encode_labels(without_texts(one.labels)))
            for who, units in ((options.one, one.marked.one), (options.other, one.marked.other)):
                bare = without_texts(units)
                write_file(MARKED / name / f"labels_{who}.json", encode_labels(bare))
    text = page(joined, unit_agreement([one.marked for one in joined]))
    if options.write:
        write_file(PAGE, text.encode())
    print(text)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())

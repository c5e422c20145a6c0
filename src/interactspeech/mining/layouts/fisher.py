"""Fisher English Training (LDC2004S13, LDC2005S13; transcripts LDC2004T19, LDC2005T19).

```
fe_03_p1_sph1/audio/000/fe_03_00001.sph          two channels, 8 kHz, mu-law (some shortened)
fe_03_p1_tran/data/trans/000/fe_03_00001.txt     84.86 87.33 A: who turned me onto this
```
Utterances are timed, words are not; ``(( ))`` marks what was hard to hear, ``[laughter]`` sounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.formats.parsed_file import AnnotationMark
from interactspeech.mining.layouts.common import any_of, dialogue, text, ticks
from interactspeech.mining.layouts.interface import RecordingLayout
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records import Dialogue

_NAME = re.compile(r"^fe_03_\d{5}$", re.IGNORECASE)
_LINE = re.compile(r"^\s*(\S+)\s+(\S+)\s+([AB])\d?:\s*(.*)$")
_AUDIO = (".sph", ".wav", ".flac")

LICENCE = "LicenseRef-LDC"


def fits(root: Path) -> bool:
    """Whether the folder looks like Fisher's."""
    return any_of(root, "fe_03_p?_sph*", "fe_03_p?_tran", "fe_03_*.sph", "*/fe_03_*.sph",
                  "*/*/fe_03_*.sph", "fisher_eng_tr_sp_d*", "*/fe_03_*.wav")  # fmt: skip


def read(root: Path) -> Iterator[RecordingSource | InputError]:
    """One recording a call."""
    trans = {p.stem.lower(): p for p in sorted(root.rglob("fe_03_*.txt")) if _NAME.match(p.stem)}
    seen: set[str] = set()
    for path in sorted(root.rglob("fe_03_*")):
        name = path.stem.lower()
        if path.suffix.lower() in _AUDIO and _NAME.match(path.stem) and name not in seen:
            seen.add(name)
            there = trans.get(name)
            yield RecordingSource(
                id=name, pieces=(SourceFile(str(path)),), speakers=("A", "B"), channels="speakers",
                annotation=(str(there),) if there else (), reader="fisher", corpus="fisher",
                licence=LICENCE,
            )  # fmt: skip


def annotation(source: RecordingSource, rate: int) -> Dialogue:
    """The utterances of a transcript."""
    path = source.annotation[0]
    segments: list[AnnotationMark] = []
    for number, line in enumerate(text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.match(line)
        if match is None:
            raise InputError(
                "not a line of Fisher's transcripts: 'START END A: words' is wanted", path, number,
                reason="bad-line",
            )  # fmt: skip
        start, end, speaker, said = match.groups()
        words = re.sub(r"\(\(|\)\)", " ", said)
        begin, stop = (ticks(text, rate, path, number) for text in (start, end))
        mark = AnnotationMark(speaker, begin, stop, text=" ".join(words.split()), line=number)
        if mark.end > mark.start:
            segments.append(mark)
    return dialogue(source.id, path, rate, source.speakers, segments=segments)


LAYOUT = RecordingLayout(
    "fisher", "Fisher English: telephone, two channels, utterances",
    LICENCE, fits, read, annotation, coarse=True,
)  # fmt: skip

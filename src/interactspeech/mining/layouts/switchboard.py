"""Switchboard-1 Release 2 (LDC97S62) with the corrected transcripts of Mississippi State (ISIP).

```
swb1_d1/data/sw02001.sph                                          two channels, 8 kHz, mu-law
swb_ms98_transcriptions/20/2001/sw2001A-ms98-a-word.text   sw2001A-ms98-a-0002 0.977625 1.4 hi
```
Words are timed by hand-corrected alignment. ``[silence]``, ``[noise]`` and ``[laughter]`` are no
words; ``[laughter-yeah]`` is one, ``th[is]-`` is the beginning of one, ``{alrighty}`` is coined,
``them_1`` is pronounced in its own way, and what stands in an aside is not said to the other.
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

_AUDIO = re.compile(r"^sw0?(\d{4})$", re.IGNORECASE)
_WORDS = re.compile(r"^sw0?(\d{4})([AB])-ms98-a-word$", re.IGNORECASE)

LICENCE = "LicenseRef-LDC"


def fits(root: Path) -> bool:
    """Whether the folder looks like Switchboard's."""
    return any_of(root, "swb1*", "swb_ms98_transcriptions", "sw0????.sph", "*/sw0????.sph",
                  "*/*/sw0????.sph", "sw0????.wav")  # fmt: skip


def read(root: Path) -> Iterator[RecordingSource | InputError]:
    """One recording a call."""
    words: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("sw*-word.text")):
        if match := _WORDS.match(path.stem):
            words.setdefault(match[1], []).append(path)
    seen: set[str] = set()
    for path in sorted(root.rglob("sw*")):
        match = _AUDIO.match(path.stem)
        if match and path.suffix.lower() in (".sph", ".wav", ".flac") and match[1] not in seen:
            seen.add(match[1])
            yield RecordingSource(
                id=f"sw{match[1]}", pieces=(SourceFile(str(path)),), speakers=("A", "B"),
                channels="speakers", annotation=tuple(map(str, words.get(match[1], ()))),
                reader="switchboard", corpus="switchboard",
                licence=LICENCE,
            )  # fmt: skip


def annotation(source: RecordingSource, rate: int) -> Dialogue:
    """The words of both sides."""
    words: list[AnnotationMark] = []
    for path in source.annotation:
        match = _WORDS.match(Path(path).stem)
        side = match[2].upper() if match else "A"
        aside = False
        for number, line in enumerate(text(path).splitlines(), 1):
            if not line.strip():
                continue
            fields = line.split(maxsplit=3)
            if len(fields) != 4:
                raise InputError(
                    "not a line of Switchboard's words: 'ID START END WORD' is wanted", path,
                    number, reason="bad-line",
                )  # fmt: skip
            aside = (aside or fields[3] == "<b_aside>") and fields[3] != "<e_aside>"
            said, fragment = _plain(fields[3])
            if said and not aside:
                words.append(
                    AnnotationMark(side, ticks(fields[1], rate, path, number),
                         ticks(fields[2], rate, path, number), said, number, fragment)
                )  # fmt: skip
    return dialogue(source.id, source.annotation[0], rate, source.speakers, words=words)


def _plain(word: str) -> tuple[str, bool]:
    """A word without the transcriber's marks ("" for what is none), and whether it was cut off.

    >>> _plain("[laughter-yeah]"), _plain("th[is]-"), _plain("them_1"), _plain("[noise]")
    (('yeah', False), ('th', True), ('them', False), ('', False))
    """
    word = word.strip()
    if word.startswith("<"):
        return "", False
    if word.startswith("[laughter-") and word.endswith("]"):
        word = word[len("[laughter-") : -1]
    if word.startswith("[") and word.endswith("]"):
        # "[wood/would]": meant the second; anything else in brackets is no word.
        return (word[1:-1].split("/")[1], False) if "/" in word else ("", False)
    fragment = word.startswith("-") or word.endswith("-")
    word = re.sub(r"\[[^\]]*\]", "", word).strip("-").strip("{}")
    return re.sub(r"_\d+$", "", word), fragment


LAYOUT = RecordingLayout(
    "switchboard", "Switchboard-1: telephone, two channels, words by hand",
    LICENCE, fits, read, annotation,
)  # fmt: skip

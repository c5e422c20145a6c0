"""The AMI Meeting Corpus (Carletta 2007): headsets, and words and segments in NXT.

```
ES2002a/audio/ES2002a.Headset-0.wav ... -3.wav   16 kHz, a participant each; ES2002a.Mix-Headset.wav
words/ES2002a.A.words.xml                        forced alignment
segments/ES2002a.A.segments.xml
corpusResources/meetings.xml                     which participant (A to E) wears which headset
```
The annotation may lie anywhere under the same root (``ami_public_manual_1.6.2``). Without the
headsets, the mix is taken as one channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from interactspeech import formats
from interactspeech.errors import InputError
from interactspeech.formats.file_input import Element, load, parse_xml
from interactspeech.mining.layouts.common import any_of, first
from interactspeech.mining.layouts.interface import RecordingLayout
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.records import Dialogue

_HEADSET = re.compile(r"^(?P<meeting>[A-Z]{2}\d{4}[a-e]?)\.Headset-(?P<channel>\d)$")
_MIX = re.compile(r"^(?P<meeting>[A-Z]{2}\d{4}[a-e]?)\.Mix-Headset$")
_AGENTS = "ABCDE"

LICENCE = "CC-BY-4.0"


def fits(root: Path) -> bool:
    """Whether the folder looks like AMI's."""
    names = ("*.Headset-?.wav", "*.Mix-Headset.wav")
    return any_of(root, *("*/" * depth + name for depth in range(4) for name in names))


def read(root: Path) -> Iterator[RecordingSource | InputError]:
    """One recording a meeting."""
    headsets: dict[str, dict[int, Path]] = {}
    mixes: dict[str, Path] = {}
    for path in sorted(root.rglob("*.wav")):
        if match := _HEADSET.match(path.stem):
            headsets.setdefault(match["meeting"], {})[int(match["channel"])] = path
        elif match := _MIX.match(path.stem):
            mixes[match["meeting"]] = path
    layers: dict[str, list[Path]] = {}
    for kind in ("words", "segments"):
        for path in sorted(root.rglob(f"*.{kind}.xml")):
            layers.setdefault(path.name.partition(".")[0], []).append(path)
    try:
        worn = _worn(first(root.rglob("corpusResources/meetings.xml")))
    except InputError as error:
        yield error
        worn = {}
    for meeting in sorted(headsets.keys() | mixes.keys()):
        own = headsets.get(meeting, {})
        if len(own) > 1:
            agents = worn.get(meeting) or {n: _AGENTS[n] for n in own if n < len(_AGENTS)}
            pieces = tuple(SourceFile(str(own[n])) for n in sorted(own))
            speakers = tuple(agents.get(n, f"headset{n}") for n in sorted(own))
        elif meeting in mixes:
            pieces, speakers = (SourceFile(str(mixes[meeting])),), ()
        else:
            yield InputError(
                "is the only headset of its meeting, and there is no mix", next(iter(own.values())),
                remedy="fetch all headsets of a meeting", reason="one-speaker",
            )  # fmt: skip
            continue
        yield RecordingSource(
            id=meeting, pieces=pieces, speakers=speakers,
            channels="speakers" if speakers else "mix",
            annotation=tuple(map(str, layers.get(meeting, ()))), reader="ami", corpus="ami",
            licence=LICENCE,
        )  # fmt: skip


def annotation(source: RecordingSource, rate: int) -> Dialogue:
    """Words and segments of all participants."""
    return formats.read([Path(name) for name in source.annotation], "nxt", rate)[0]


def _worn(path: Path | None) -> dict[str, dict[int, str]]:
    """Meeting -> number of a headset -> participant."""
    if path is None:
        return {}
    found: dict[str, dict[int, str]] = {}
    for meeting in _all(parse_xml(load(path), path), "meeting"):
        worn = {}
        for speaker in _all(meeting, "speaker"):
            channel, agent = (speaker.attributes.get(key, "") for key in ("channel", "nxt_agent"))
            if channel.isdecimal() and agent:
                worn[int(channel)] = agent
        found[meeting.attributes.get("observation", "")] = worn
    return found


def _all(element: Element, tag: str) -> Iterator[Element]:
    for child in element.children:
        if child.tag.rpartition(":")[2] == tag:
            yield child
        else:
            yield from _all(child, tag)


LAYOUT = RecordingLayout(
    "ami", "AMI: meetings, headsets, words by forced alignment",
    LICENCE, fits, read, annotation,
)  # fmt: skip

"""NXT, the NITE XML toolkit's stand-off XML as AMI uses it: words, segments, dialogue acts (read).

```
words/ES2002a.A.words.xml            <w starttime endtime>, <vocalsound>
segments/ES2002a.A.segments.xml      <segment> -> ids of words
dialogueActs/ES2002a.A.dialog-act.xml  <dact> -> ids of words, and a type of da-types.xml
```
A meeting's files, one for each speaker and layer, are one conversation. The transcriber's segments
are its utterances, but the words (forced alignment) say when a speaker is audible: segments are
padded. A word without a usable time keeps its place among its neighbours and is estimated.
Laughs become events; acts of type ``bck`` become `backchannel` events of origin ``human``; all acts
are there as `read_acts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.formats.clock import Clock
from interactspeech.formats.file_input import Element, load, parse_xml
from interactspeech.formats.parsed_file import AnnotationMark, EventMark, InputFile, ParsedFile
from interactspeech.formats.report import Report

_HREF = re.compile(r"#id\(([^()]+)\)(?:\.\.id\(([^()]+)\))?")
_NAME = re.compile(
    r"^(?P<meeting>.+?)\.(?:(?P<speaker>[^.]+)\.)?(?P<layer>words|segments|dialog-act|adjacency-pairs)$"
)
#: Names of the AMI dialogue acts by id (AMI's ontologies/da-types.xml).
ACT_NAMES = {
    "ami_da_1": "bck", "ami_da_2": "stl", "ami_da_3": "fra", "ami_da_4": "inf",
    "ami_da_5": "el.inf", "ami_da_6": "sug", "ami_da_7": "off", "ami_da_8": "el.sug",
    "ami_da_9": "ass", "ami_da_11": "el.ass", "ami_da_12": "und", "ami_da_13": "el.und",
    "ami_da_14": "be.pos", "ami_da_15": "be.neg", "ami_da_16": "oth",
}  # fmt: skip
_PUNCTUATED = ("disfmarker", "gap", "transformerror", "vocalsound", "nonvocalsound")


@dataclass(slots=True)
class WordRange:
    """A segment or an act: the ids of its first and last word, and its name."""

    first: str
    last: str
    name: str
    line: int
    start: int = 0
    end: int = 0
    #: What is wrong with the transcriber's times, which matter only where there are no words.
    bad_times: InputError | None = None


@dataclass(slots=True)
class NxtParsedFile(ParsedFile):
    """A sheet whose layer may refer to the words of another file."""

    layer: str = "words"
    speaker: str = ""
    #: id of an element of a words file -> its place in the file's order
    order: dict[str, int] = field(default_factory=dict)
    #: places of the words, parallel to `words`
    places: list[int] = field(default_factory=list)
    references: list[WordRange] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """A dialogue act of AMI: what a stretch of one speaker's words does.

    Attributes:
        name: ``bck`` (backchannel), ``inf``, ``ass``, ... or empty where the annotator gave none.
        start, end: ticks at `rate`, from the first word's start to the last one's end.
        words: the words, punctuation attached.
    """

    meeting: str
    speaker: str
    name: str
    start: int
    end: int
    words: tuple[str, ...]
    rate: int


def is_nxt(path: Path) -> bool:
    """True if the file's name follows the pattern of an NXT layer."""
    return path.suffix == ".xml" and _NAME.match(path.stem) is not None


def meeting_of(path: Path) -> str:
    """The meeting that a file's name says, or its whole stem."""
    match = _NAME.match(path.stem)
    return match["meeting"] if match else path.stem


def parse(source: InputFile) -> Iterable[ParsedFile]:
    """The sheet of one layer of one speaker; adjacency pairs hold no times and give none."""
    match = _NAME.match(source.path.stem)
    if match is None:
        raise source.error(
            "the name is not 'MEETING.SPEAKER.words.xml' (or segments, dialog-act)",
            remedy="rename the file as AMI does", reason="bad-format",
        )  # fmt: skip
    if match["layer"] == "adjacency-pairs":
        source.report.note("unused-layer", "adjacency pairs are not used", source.path)
        return []
    root = parse_xml(source.data, source.path)
    sheet = NxtParsedFile(
        match["meeting"], "nxt", source.path, source.clock.rate,
        layer=match["layer"], speaker=match["speaker"] or "speaker", speech_from_words=True,
    )  # fmt: skip
    sheet.speakers[sheet.speaker] = ""
    if sheet.layer == "words":
        _words(source, root, sheet)
    else:
        _references(source, root, sheet)
    return [sheet]


def _words(source: InputFile, root: Element, sheet: NxtParsedFile) -> None:
    untimed: list[InputError] = []
    for place, element in enumerate(root.children):
        sheet.order[element.get("nite:id")] = place
        try:
            if element.tag == "w":
                _word(source, element, place, sheet, untimed)
            elif element.tag == "vocalsound" and element.get("type") == "laugh":
                _laugh(source, element, sheet)
            elif element.tag not in _PUNCTUATED:
                source.report.note(
                    "unused-element", f"<{element.tag}> is not used", source.path, element.line
                )
        except InputError as error:
            source.bad(error)
    if not untimed:
        return
    timed = [mark for mark in sheet.words if not mark.estimated]
    if not timed:
        raise untimed[0]
    # Each stands where the word before it ends, or the first one begins; `assemble` makes room.
    last = timed[0].start
    for mark in sheet.words:
        if mark.estimated:
            mark.start = mark.end = last
        last = mark.end
    source.report.repair(
        "untimed-word",
        f"{len(untimed)} word(s) have no usable time ({untimed[0].problem}); theirs is estimated",
        source.path, untimed[0].line,
    )  # fmt: skip


def _word(
    source: InputFile,
    element: Element,
    place: int,
    sheet: NxtParsedFile,
    untimed: list[InputError],
) -> None:
    text = "".join(element.text.split())
    if element.get("punc") == "true":
        # Attached to its word, which may be the one before the speaker's laugh or pause.
        if sheet.words:
            sheet.words[-1].text += text
        return
    mark = AnnotationMark(sheet.speaker, 0, 0, text, element.line, element.get("trunc") == "true")
    try:
        mark.start, mark.end = _times(source, element)
    except InputError as error:
        mark.estimated = True
        untimed.append(error)
    sheet.words.append(mark)
    sheet.places.append(place)


def _laugh(source: InputFile, element: Element, sheet: NxtParsedFile) -> None:
    try:
        start, end = _times(source, element)
    except InputError as error:
        # A laugh is no speech: nothing that is measured changes without it.
        source.report.repair("bad-sound", f"{error.problem}: left out", source.path, element.line)
        return
    if start < end:
        sheet.events.append(EventMark("laugh", sheet.speaker, start, end))


def _times(source: InputFile, element: Element) -> tuple[int, int]:
    start, end = element.get("starttime"), element.get("endtime")
    if not start or not end:
        raise source.error(f"<{element.tag}> has no times", element.line, reason="bad-time")
    return source.stretch(start, end, element.line, f"<{element.tag}>")


def _references(source: InputFile, root: Element, sheet: NxtParsedFile) -> None:
    for element in root.children:
        child = element.first("nite:child")
        match = _HREF.search(child.get("href")) if child is not None else None
        try:
            if match is None:
                raise source.error(
                    f"<{element.tag}> refers to no words", element.line, reason="bad-reference"
                )
            reference = WordRange(match[1], match[2] or match[1], _act(element), element.line)
            if element.tag == "segment":
                _transcriber(source, element, reference)
            sheet.references.append(reference)
        except InputError as error:
            source.bad(error)


def _transcriber(source: InputFile, element: Element, reference: WordRange) -> None:
    try:
        reference.start, reference.end = source.stretch(
            element.get("transcriber_start"),
            element.get("transcriber_end"),
            element.line,
            "<segment>",
        )
    except InputError as error:
        reference.bad_times = error


def _act(element: Element) -> str:
    pointer = element.first("nite:pointer")
    match = _HREF.search(pointer.get("href")) if pointer is not None else None
    return ACT_NAMES.get(match[1], match[1]) if match is not None else ""


def combine(sheets: Sequence[ParsedFile]) -> list[ParsedFile]:
    """Resolve the references of a meeting's segments and acts to its words.

    Raises:
        InputError: a layer refers to words that are not in the words file given.
    """
    layers = [sheet for sheet in sheets if isinstance(sheet, NxtParsedFile)]
    words = {sheet.speaker: sheet for sheet in layers if sheet.layer == "words"}
    done: list[ParsedFile] = list(words.values())
    for sheet in layers:
        if sheet.layer == "words":
            continue
        own = words.get(sheet.speaker)
        if own is None and sheet.layer == "segments":
            # Without words the transcriber's own times are what there is.
            for ref in sheet.references:
                if ref.bad_times is not None:
                    raise ref.bad_times
            sheet.segments = [
                AnnotationMark(sheet.speaker, ref.start, ref.end, line=ref.line)
                for ref in sheet.references
            ]
            sheet.speech_from_words = False
            done.append(sheet)
            continue
        if own is None:
            raise InputError(
                f"refers to words of speaker {sheet.speaker!r}, whose words file is not given",
                sheet.path, remedy="name the meeting's words files too", reason="missing-words",
            )  # fmt: skip
        for ref in sheet.references:
            marks = _resolve(sheet, ref, own)
            if not marks:
                continue  # a cough or a laugh of its own: no speech
            start, end = marks[0].start, max(mark.end for mark in marks)
            if sheet.layer == "segments":
                own.segments.append(AnnotationMark(sheet.speaker, start, end, line=ref.line))
            elif ref.name == "bck" and start < end:
                own.events.append(
                    EventMark("backchannel", sheet.speaker, start, end, attributes={"act": "bck"})
                )
    return done


def _resolve(sheet: NxtParsedFile, ref: WordRange, words: NxtParsedFile) -> list[AnnotationMark]:
    try:
        first, last = words.order[ref.first], words.order[ref.last]
    except KeyError as error:
        raise InputError(
            f"refers to {error.args[0]!r}, which {words.path.name} does not hold",
            sheet.path, ref.line,
            remedy="the files are of different versions", reason="bad-reference",
        ) from None  # fmt: skip
    return [
        mark
        for place, mark in zip(words.places, words.words, strict=True)
        if first <= place <= last
    ]


def read_acts(paths: Iterable[Path | str], rate: int | None = None) -> list[Act]:
    """The dialogue acts of any number of meetings, from their words and dialog-act files.

    Raises:
        InputError: a file is broken, or its words are missing.
    """
    report = Report()
    clock = Clock(rate) if rate else Clock()
    sheets: list[NxtParsedFile] = []
    for path in map(Path, paths):
        match = _NAME.match(path.stem)
        if match is not None and match["layer"] in {"words", "dialog-act"}:
            found = parse(InputFile(path, load(path), clock, report))
            sheets += [sheet for sheet in found if isinstance(sheet, NxtParsedFile)]
    words = {(s.conversation, s.speaker): s for s in sheets if s.layer == "words"}
    acts: list[Act] = []
    for sheet in sheets:
        if sheet.layer != "dialog-act":
            continue
        own = words.get((sheet.conversation, sheet.speaker))
        if own is None:
            raise InputError(
                "refers to words that are not given", sheet.path,
                remedy="name the meeting's words files too", reason="missing-words",
            )  # fmt: skip
        for ref in sheet.references:
            marks = _resolve(sheet, ref, own)
            if marks:
                acts.append(
                    Act(
                        sheet.conversation,
                        sheet.speaker,
                        ref.name,
                        marks[0].start,
                        max(mark.end for mark in marks),
                        tuple(mark.text for mark in marks),
                        clock.rate,
                    )
                )
    return acts

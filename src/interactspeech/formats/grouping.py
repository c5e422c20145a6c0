"""Which files are one conversation.

The rule, in order:

1. A format that names the conversation inside (RTTM, CTM, STM, UEM, SegLST) or by a fixed pattern
   of its file name (NXT) is taken at its word.
2. Otherwise the file's name without its ending is the conversation's; if the file holds one speaker
   and its name ends in that speaker's name or in a usual word for one side (`SIDES`), separated by
   ``_``, ``-`` or ``.``, that ending is the speaker and the rest is the conversation
   (``day1_consultation01_doctor.TextGrid``) - provided another file shares that rest.
3. Where one name would put two files for the same speaker and layer together, the files' folders
   tell conversations apart, and their names become part of the id.

A regular expression of the user's comes before all this: searched in the file's path, its groups
``conversation`` and, if wanted, ``speaker`` give both names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from interactspeech.errors import InputError, UsageError
from interactspeech.formats.parsed_file import AnnotationMark, ParsedFile
from interactspeech.formats.report import Report

#: Words at the end of a file's name that say which side of the conversation it holds.
SIDES = re.compile(
    r"^(?:[a-f]|(?:speaker|spk|ch|chan|channel|side|track)[-_.]?(?:[a-z]|\d{1,2})"
    r"|left|right|caller|callee|agent|customer|user|system|doctor|patient|client|therapist|host|guest"
    r"|interviewer|interviewee|teacher|student|participant|experimenter|operator)$",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"^(?P<rest>.+?)[-_.](?P<side>[^-_.]+|[^-_.]+[-_.](?:[a-z]|\d{1,2}))$")


def says_its_side(name: str) -> bool:
    """True if a file's name, without its ending, says which side of a conversation it holds.

    >>> says_its_side("call_left"), says_its_side("call")
    (True, False)
    """
    match = _SPLIT.match(name)
    return match is not None and SIDES.match(match["side"]) is not None


def group(
    sheets: Sequence[ParsedFile], pattern: str | None, report: Report
) -> dict[str, list[ParsedFile]]:
    """Sheets by conversation, in the order in which conversations first appear.

    Args:
        sheets: of any number of conversations.
        pattern: the user's regular expression with a group named ``conversation``.
        report: gets a note where folders decided.

    Raises:
        InputError: the pattern is none, or lacks that group (a usage error).
    """
    named = _by_pattern(sheets, pattern) if pattern else _by_name(sheets)
    groups: dict[str, list[ParsedFile]] = {}
    for sheet in named:
        groups.setdefault(sheet.conversation, []).append(sheet)
    done: dict[str, list[ParsedFile]] = {}
    for name in list(groups):
        members = groups.pop(name)
        if len(members) == 1 or _clash(members) is None:
            done[name] = members
            continue
        if len({sheet.path.parent for sheet in members}) == 1:
            done[name] = members  # one folder: `drop_duplicates`, or an error, decides
            continue
        for sheet in members:
            done.setdefault(f"{sheet.path.parent.name}.{name}", []).append(sheet)
        report.note(
            "split-by-folder",
            f"files of the same name {name!r} in different folders are different conversations",
            members[0].path,
        )
    return done


def clash_error(name: str, members: Sequence[ParsedFile]) -> InputError | None:
    """The error for two files that claim the same speaker and layer, if there are such."""
    found = _clash(members)
    if found is None:
        return None
    first, second = found
    return InputError(
        f"holds the same speaker and layer of conversation {name!r} as {first.path}",
        second.path,
        remedy="read them apart, or say with a pattern which files belong together",
        reason="clashing-files",
    )


def _clash(members: Sequence[ParsedFile]) -> tuple[ParsedFile, ParsedFile] | None:
    """Two sheets that both hold the segments (or words, or acts) of one speaker."""
    seen: dict[tuple[str, str], ParsedFile] = {}
    for sheet in members:
        # A words file and a segments file of NXT are layers of one thing.
        kind = getattr(sheet, "layer", "")
        held = {(mark.speaker, f"{kind} segments") for mark in sheet.segments}
        if sheet.packed is not None:
            held |= {(speaker, f"{kind} segments") for speaker in sheet.packed.names}
        held |= {(mark.speaker, f"{kind} words") for mark in sheet.words}
        if kind:
            held |= {(name, kind) for name in sheet.speakers}
        for key in held:
            if key in seen:
                return seen[key], sheet
        seen.update(dict.fromkeys(held, sheet))
    return None


def _by_pattern(sheets: Sequence[ParsedFile], pattern: str) -> list[ParsedFile]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"the pattern {pattern!r} is none: {error}") from None
    if "conversation" not in compiled.groupindex:
        raise UsageError(
            f"the pattern {pattern!r} has no group named 'conversation'",
            remedy=r"for example '(?P<conversation>call\d+)_(?P<speaker>\w+)'",
        )  # fmt: skip
    named: list[ParsedFile] = []
    for sheet in sheets:
        match = compiled.search(sheet.path.as_posix())
        if match is None:
            named.append(sheet)
            continue
        speaker = match.groupdict().get("speaker")
        named.append(_renamed(sheet, match["conversation"], speaker))
    return named


def _by_name(sheets: Sequence[ParsedFile]) -> list[ParsedFile]:
    """Rule 2: sheets of one speaker that share a name but for its ending."""
    splits: dict[int, tuple[str, str]] = {}
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for place, sheet in enumerate(sheets):
        if sheet.alone and (split := _split(sheet)) is not None:
            splits[place] = split
            shared[sheet.path.parent.as_posix(), split[0].lower()] += 1
    named: list[ParsedFile] = []
    for place, sheet in enumerate(sheets):
        rest, side = splits.get(place, ("", ""))
        if rest and shared[sheet.path.parent.as_posix(), rest.lower()] > 1:
            named.append(_renamed(sheet, rest, side))
        else:
            named.append(sheet)
    return named


def _split(sheet: ParsedFile) -> tuple[str, str] | None:
    name = sheet.names()[0]
    for sign in "_-.":
        ending = f"{sign}{name}".lower()
        if (
            name
            and sheet.conversation.lower().endswith(ending)
            and len(sheet.conversation) > len(ending)
        ):
            return sheet.conversation[: -len(ending)], sheet.conversation[-len(name) :]
    match = _SPLIT.match(sheet.conversation)
    if match is not None and SIDES.match(match["side"]):
        return match["rest"], match["side"]
    return None


def _renamed(sheet: ParsedFile, conversation: str, speaker: str | None) -> ParsedFile:
    """The sheet under another conversation, its one speaker renamed."""
    names = sheet.names()
    if speaker is None or len(names) != 1:
        return replace(sheet, conversation=conversation)

    def rename(mark: AnnotationMark) -> AnnotationMark:
        return replace(mark, speaker=speaker)

    sheet.unpack()
    return replace(
        sheet,
        conversation=conversation,
        segments=[rename(mark) for mark in sheet.segments],
        words=[rename(mark) for mark in sheet.words],
        events=[replace(event, speaker=speaker) for event in sheet.events],
        speakers={speaker: sheet.speakers.get(names[0], "") or names[0]},
    )

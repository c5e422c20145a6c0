"""Small helpers for line formats and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable

from interactspeech.dialogue import Utterance, Word, spoken_tokens
from interactspeech.formats.report import Report

_TAG = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\{[^{}]*\}")
#: The label of a stretch of speech whose words are not known.
SPEECH = "<speech>"


def field_text(text: str, what: str, report: Report) -> str:
    """`text` as one field of a line whose fields are parted by blanks."""
    field = "_".join(text.split())
    if field != text:
        report.repair("blank-in-field", f"{what} {text!r} was written as {field!r}")
    return field


def spoken_words(text: str) -> list[str]:
    """The words of a transcript line, its markup (``<UNIN/>``, ``[laugh]``) left out.

    >>> spoken_words("<UNSURE>Come</UNSURE> and go. [laughs]")
    ['Come', 'and', 'go.']
    """
    return spoken_tokens(_TAG.sub(" ", text))


def transcript(utterance: Utterance) -> str:
    """What was said, as one line: the source's own text where it is kept."""
    return utterance.written or utterance.text


def word_label(word: Word) -> str:
    """A word as a label; one that was cut off inside ends in a hyphen, as transcribers write it."""
    return f"{word.text}-" if word.fragment else word.text


def word_of(label: str) -> tuple[str, bool]:
    """The text of a word's label, and whether the word was cut off inside.

    >>> word_of("des-"), word_of("-"), word_of("so")
    (('des', True), ('-', False), ('so', False))
    """
    if len(label) > 1 and label.endswith("-"):
        return label[:-1], True
    return label, False


def timed(utterance: Utterance) -> bool:
    """True if the utterance's word times are more than a guess."""
    return bool(utterance.words) and utterance.times not in {"estimated", "none"}


def join_spans(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted, disjoint and apart: spans that touch or overlap are one.

    >>> join_spans([(5, 7), (0, 2), (2, 3), (6, 9)])
    ((0, 3), (5, 9))
    """
    done: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if done and start <= done[-1][1]:
            done[-1] = (done[-1][0], max(end, done[-1][1]))
        else:
            done.append((start, end))
    return tuple(done)

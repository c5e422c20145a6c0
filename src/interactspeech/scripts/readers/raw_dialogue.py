"""From a dialogue as a corpus holds it to a plain dialogue: repaired, joined, counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.language import LANGUAGE, base_language
from interactspeech.lexicon.normalization import normalize_text, unspeakable
from interactspeech.records import PlainDialogue, PlainTurn
from interactspeech.records.ids import fitting_id
from interactspeech.records.script import MAX_SPEAKERS


class DialogueLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a dialogue may be.

    Attributes:
        turn_words: longest turn; people speak 250 words in a bit more than a minute.
        turn_characters: of a turn as it is written, looked at before anything else is.
        turns: longest dialogue.
        lines: of a dialogue in a text file, comments too.
        language: of the texts, a BCP-47 tag; those that are not English are not normalised.
    """

    turn_words: int = 250
    turn_characters: int = 10_000
    turns: int = 1000
    lines: int = 20_000
    language: str = LANGUAGE


@dataclass
class RawDialogue:
    """A dialogue as a source has it: labels and texts, nothing checked.

    Attributes:
        id: the source's id of it.
        turns: label, text, and 1-based line in the file (None where that says nothing).
        names: label -> a name worth keeping.
        roles: label -> role, where the source says it.
        line: 1-based line in the file.
        marked: the texts are spoken already and hold marks of the notation.
        summary: what the source itself says that the dialogue comes to, in the third person;
            speakers by their labels.
    """

    id: str
    turns: list[tuple[str, str, int | None]]
    corpus: str = ""
    licence: str = ""
    split: str = ""
    names: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    line: int | None = None
    marked: bool = False
    summary: str = ""


_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def safe_id(text: str) -> str:
    """An id that can name a file of a corpus (see `Dialogue.id`, `fitting_id`)."""
    return fitting_id(_UNSAFE.sub("_", text).strip("._") or "dialogue")


def plain(
    raw: RawDialogue, path: Path, limits: DialogueLimits
) -> Iterator[PlainDialogue | InputError]:
    """The dialogue, after an error for each turn that holds nothing to say; or why it is refused.

    Turns of one speaker in a row become one. Reasons: ``empty-turn``, ``one-speaker``,
    ``speakers``, ``too-many-turns``, ``turn-too-long``, ``not-english``.
    """

    def wrong(problem: str, line: int | None, remedy: str, reason: str) -> InputError:
        return InputError(
            f"dialogue {raw.id}: {problem}", path, line or raw.line, None, remedy, reason=reason
        )

    if len(raw.turns) > limits.turns:
        yield wrong(
            f"{len(raw.turns):,} turns, more than {limits.turns:,}",
            None,
            "cut it into parts",
            "too-many-turns",
        )
        return
    english = base_language(limits.language) == LANGUAGE
    ids: dict[str, str] = {}
    turns: list[PlainTurn] = []
    for label, written, line in raw.turns:
        if label not in ids:
            if len(ids) == MAX_SPEAKERS:
                yield wrong(
                    f"one speaker more, {label!r}, beside {', '.join(ids)}",
                    line,
                    f"dialogues have two to {MAX_SPEAKERS} speakers",
                    "speakers",
                )
                return
            ids[label] = _id(label, ids)
        if len(written) > limits.turn_characters:
            yield wrong(
                f"a turn of {len(written):,} characters, more than {limits.turn_characters:,}",
                line,
                "cut it into turns that people would take",
                "turn-too-long",
            )
            return
        source = " ".join(written.split())
        text = normalize_text(source) if english else source
        if not text:
            what = "an empty turn" if not source else f"nothing to say in {source[:40]!r}"
            yield wrong(f"{what}; the turn is left out", line, "write words", "empty-turn")
            continue
        strange = unspeakable(text) if english else None
        if strange:
            yield wrong(f"{strange!r} is no letter of English", line, "translate it", "not-english")
            return
        speaker = ids[label]
        if turns and turns[-1].speaker == speaker:
            before = turns.pop()
            source = f"{before.written or before.text} {source}"
            text = f"{_closed(before.text)} {text}"
        words = text.count(" ") + 1
        if words > limits.turn_words:
            yield wrong(
                f"a turn of {words} words, more than {limits.turn_words}",
                line,
                "cut it into turns that people would take",
                "turn-too-long",
            )
            return
        turns.append(PlainTurn(speaker, text, source if source != text else ""))
    if len(ids) < 2 or len({turn.speaker for turn in turns}) < 2:
        yield wrong("only one speaker", None, "a dialogue has two at least", "one-speaker")
        return
    names = {ids[label]: name for label, name in raw.names.items() if label in ids}
    yield PlainDialogue(
        id=safe_id(f"{raw.corpus}-{raw.id}" if raw.corpus else raw.id),
        turns=tuple(turns),
        names=names,
        roles={ids[label]: role for label, role in raw.roles.items() if label in ids},
        corpus=raw.corpus,
        source_id=raw.id,
        licence=raw.licence,
        split=raw.split,
        file=str(path),
        line=raw.line or 0,
        summary=_summary(raw.summary, ids),
    )


def _summary(text: str, ids: dict[str, str]) -> str:
    """A summary with the speakers' labels as ``#A#``; one that is too long for that is left."""
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST_SUMMARY:
        return ""
    labels = sorted(filter(None, ids), key=len, reverse=True)
    if not labels or not any(len(label) > 1 for label in labels):
        return text
    pattern = "|".join(rf"(?<![\w#]){re.escape(label)}(?!\w)" for label in labels if len(label) > 1)
    return re.sub(pattern, lambda found: f"#{ids[found[0]]}#", text)


#: Characters of the longest summary that is kept.
_LONGEST_SUMMARY = 4_000


def _id(label: str, ids: dict[str, str]) -> str:
    letters = "ABCDEF"[:MAX_SPEAKERS]
    if len(label) == 1 and label in letters and label not in ids.values():
        return label
    return next(letter for letter in letters if letter not in ids.values())


def _closed(text: str) -> str:
    return text if text.endswith((".", "?", "!", ",")) else f"{text}."

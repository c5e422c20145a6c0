"""Tiers of ELAN files as others make them: where the text is, which hold words, which hold talk.

An aligned tier may hold numbers of sentences and its words lie below it (Toolbox, Flex); a
participant may have several tiers, of which one holds the talk; templates bring tiers that nobody
fills.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from interactspeech.formats.event_labels import EVENT_TYPES
from interactspeech.formats.file_input import Element
from interactspeech.formats.non_speech import SPEECH
from interactspeech.formats.parsed_file import AnnotationMark, InputFile
from interactspeech.formats.tier_roles import TierName, choose_between, holds_no_talk, holds_words

#: A sentence's number or name, not its words: NARR_05_001, 12, S1.003.
IDENTIFIER = re.compile(r"^(?=\D*\d)[\w.\-:]+$")
#: Names of reference tiers that hold what was said, the best first, and of those that do not.
_TEXT_TIERS = ("tx", "txt", "text", "trs", "transcription", "transcript", "utterance", "utt", "ort",
               "orth", "orthography", "sentence", "phrase", "words", "word", "wd")  # fmt: skip
_OTHER_TEXT = frozenset(
    {"ft", "gls", "gloss", "ge", "lit", "translation", "trans", "ps", "pos", "msa", "mb", "cf",
     "mot", "morph", "note", "notes", "comment", "cm", "lang", "segnum", "ref", "id", "num", "act"}
)  # fmt: skip


@dataclass
class ElanTier:
    """A tier as the file has it."""

    about: TierName
    parent: str
    annotations: list[Element]
    has_references: bool = False
    marks: list[AnnotationMark] = field(default_factory=list)
    #: id of an annotation -> its mark, of an aligned tier
    by_id: dict[str, AnnotationMark] = field(default_factory=dict)


def annotation_value(annotation: Element) -> str:
    """What an annotation says, in one line."""
    value = annotation.first("ANNOTATION_VALUE")
    return " ".join(value.text.split()) if value is not None else ""


def take_text_from_references(source: InputFile, tiers: list[ElanTier]) -> None:
    """Where an aligned tier holds numbers of sentences, or nothing, the text of a tier below it."""
    by_name = {tier.about.name: tier for tier in tiers}
    for tier in tiers:
        labels = [mark.text for mark in tier.marks]
        if tier.has_references or tier.about.layer in {*EVENT_TYPES, "words"} or not labels:
            continue
        filled = [label for label in labels if label]
        numbered = all(IDENTIFIER.match(label) for label in filled) and (
            len(set(filled)) == len(filled)
        )
        if not numbered:
            continue
        below = [t for t in tiers if t.has_references and _root(t, by_name) is tier]
        best = min((t for t in below if _text_rank(t, by_name) is not None),
                   key=lambda t: _text_rank(t, by_name) or (0, 0), default=None)  # fmt: skip
        if best is None:
            if filled and below:
                for mark in tier.marks:
                    mark.text = SPEECH
                source.report.note(
                    "no-words",
                    f"tier {tier.about.name!r} holds numbers of sentences, and no tier below it "
                    "holds their words",
                    source.path, tier.about.line,
                )  # fmt: skip
            continue
        texts = _texts(best, by_name)
        for name, mark in tier.by_id.items():
            mark.text = " ".join(texts[name]) or SPEECH
        best.about.layer = "text"
        source.report.note(
            "text-of-reference-tier",
            f"the text of tier {tier.about.name!r} is that of tier {best.about.name!r}",
            source.path, best.about.line,
        )  # fmt: skip


def _root(tier: ElanTier, by_name: dict[str, ElanTier]) -> ElanTier | None:
    """The aligned tier above a reference tier."""
    above = by_name.get(tier.parent)
    for _ in range(len(by_name)):
        if above is None or not above.has_references:
            return above
        above = by_name.get(above.parent)
    return None


def _text_rank(tier: ElanTier, by_name: dict[str, ElanTier]) -> tuple[int, int] | None:
    """How likely a reference tier holds what was said; None for translations and the like."""
    tokens = re.sub(r"[^a-z]+", " ", f"{tier.about.name} {tier.about.kind}".lower()).split()
    name = re.sub(r"[^a-z]+", " ", tier.about.name.lower()).split()
    if not _OTHER_TEXT.isdisjoint(name) or not any(map(annotation_value, tier.annotations)):
        return None
    depth, above = 0, by_name.get(tier.parent)
    while above is not None and above.has_references and depth < len(by_name):
        depth, above = depth + 1, by_name.get(above.parent)
    named = min(
        (_TEXT_TIERS.index(token) for token in tokens if token in _TEXT_TIERS),
        default=len(_TEXT_TIERS),
    )
    return named, depth


def _texts(tier: ElanTier, by_name: dict[str, ElanTier]) -> dict[str, list[str]]:
    """Id of an aligned annotation -> the values of the annotations of `tier` below it, in order."""
    above: dict[str, str] = {}
    one: ElanTier | None = tier
    while one is not None and one.has_references:
        for annotation in one.annotations:
            above[annotation.get("ANNOTATION_ID")] = annotation.get("ANNOTATION_REF")
        one = by_name.get(one.parent)
    found: dict[str, list[str]] = defaultdict(list)
    for annotation in tier.annotations:
        name = annotation.get("ANNOTATION_REF")
        for _ in range(len(above)):
            if name not in above:
                break
            name = above[name]
        if value := annotation_value(annotation):
            found[name].append(value)
    return found


def find_word_tiers(tiers: list[ElanTier]) -> None:
    """Aligned children that hold the words of the tier above them, by name or by what they say."""
    by_name = {tier.about.name: tier for tier in tiers}
    for tier in tiers:
        above = by_name.get(tier.parent)
        if above is None or tier.has_references or tier.about.layer in {*EVENT_TYPES, "speech"}:
            continue
        if tier.about.layer == "words":
            continue
        said = " ".join(mark.text for mark in tier.marks).split()
        whole = " ".join(mark.text for mark in above.marks).split()
        if holds_words(f"{tier.about.name} {tier.about.kind}") or (said and said == whole):
            tier.about.layer = "words"


def one_tier_of_talk(source: InputFile, tiers: list[ElanTier]) -> None:
    """Of several tiers of one PARTICIPANT one holds the talk; the others are counted as lost."""
    if source.selection.tiers:
        return
    same: dict[str, list[ElanTier]] = defaultdict(list)
    for tier in tiers:
        if not tier.about.layer and tier.about.participant and not holds_no_talk(tier.about.name):
            same[tier.about.participant].append(tier)
    for participant, own in same.items():
        if len(own) == 1:
            continue
        names = [
            (t.about.name, t.about.kind, sum(len(m.text.split()) for m in t.marks)) for t in own
        ]
        best = choose_between(names, participant)
        for tier in own:
            if tier.about.name != best:
                tier.about.layer = "left out"
                source.report.loss(
                    "ambiguous-tier",
                    f"tier {tier.about.name!r} is left out: tier {best!r} holds the talk of "
                    f"{participant!r} (choose tiers with --tiers)",
                    source.path, tier.about.line,
                )  # fmt: skip


def leave_out_empty(tiers: list[ElanTier]) -> None:
    """Tiers that a template brought and nobody filled are no speakers, beside others that are."""
    if any(tier.annotations for tier in tiers if not tier.about.layer):
        for tier in tiers:
            if not tier.annotations and not tier.about.layer and not tier.about.participant:
                tier.about.layer = "other"

"""What TextGrid and ELAN share: which tier is which, and what is written into tiers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise

from interactspeech.dialogue import Dialogue, Utterance
from interactspeech.errors import InputError
from interactspeech.formats.events import EVENT_TYPES
from interactspeech.formats.fields import SPEECH, transcript
from interactspeech.formats.sheet import Mark, Sheet

#: Labels that mean silence in the tiers of common tools (Praat, MFA, WebMAUS).
SILENT = frozenset({"", "sil", "sp", "<sil>", "<p:>", "#", "<eps>"})
_LAYERS = {
    "word": "words",
    "words": "words",
    "utterance": "utterances",
    "utterances": "utterances",
    "speech": "speech",
    "phone": "other",
    "phones": "other",
    "phoneme": "other",
    "phonemes": "other",
    "syllables": "other",
}
_TIER = re.compile(
    r"^(?:(?P<speaker>.*?\S)(?P<sign>\s*[-_:/]\s*|\s+))?(?P<layer>[A-Za-z_]+?)(?:\s+\d+)?$"
)


def role(name: str) -> tuple[str, str]:
    """``(speaker, layer)`` of a tier's name; the layer is empty for the speaker's own tier.

    >>> role("Doctor"), role("A - words"), role("B - overlap 2"), role("words")
    (('Doctor', ''), ('A', 'words'), ('B', 'overlap'), ('speaker', 'words'))
    """
    if match := _TIER.match(name):
        layer = match["layer"].lower()
        signed = match["sign"] is not None and match["sign"].strip() != ""
        if (layer in _LAYERS and (match["speaker"] or layer != "speech")) or (
            layer in EVENT_TYPES and signed
        ):
            return match["speaker"] or "speaker", _LAYERS.get(layer, layer)
    return name or "speaker", ""


def nest(sheet: Sheet, spans: dict[str, list[Mark]], utterances: dict[str, list[Mark]]) -> None:
    """Put stretches of speech into the utterances they lie in; the others are utterances.

    Args:
        sheet: takes up the utterances, sorted by start.
        spans: speaker -> stretches of speech.
        utterances: speaker -> utterances, for those who have a tier of them.
    """
    for speaker, marks in spans.items():
        inside: dict[int, list[Mark]] = {}
        outer = utterances.get(speaker, [])
        starts = [mark.start for mark in outer]
        for mark in marks:
            place = bisect_right(starts, mark.start) - 1
            if place >= 0 and mark.end <= outer[place].end:
                inside.setdefault(place, []).append(mark)
            else:
                sheet.segments.append(mark)
        for place, parts in inside.items():
            whole = outer[place]
            whole.speech = tuple((part.start, part.end) for part in parts)
            whole.start, whole.end = parts[0].start, parts[-1].end
            sheet.segments.append(whole)
    for speaker, marks in utterances.items():
        if speaker not in spans:
            sheet.segments += marks
    sheet.segments.sort(key=lambda mark: mark.start)


def apart(dialogue: Dialogue, speaker: str) -> list[Utterance]:
    """The utterances of one speaker in order of time.

    Raises:
        InputError: two overlap, which no tier can hold.
    """
    own = sorted(
        (u for u in dialogue.utterances if u.speaker == speaker), key=lambda u: (u.start, u.end)
    )
    for before, after in pairwise(own):
        if after.start < before.end:
            raise InputError(
                f"utterances {before.id!r} and {after.id!r} of {speaker!r} overlap: "
                "one tier cannot hold both",
                remedy="use a format without tiers (RTTM, SegLST)",
                reason="same-speaker-overlap",
            )
    return own


def span_labels(utterance: Utterance) -> Iterable[tuple[int, int, str]]:
    """Each stretch of speech with the words that begin in it: start, end, label."""
    if len(utterance.speech) == 1:
        yield utterance.start, utterance.end, transcript(utterance) or SPEECH
        return
    for span in utterance.speech:
        words = [word.text for word in utterance.words if span.start <= word.start < span.end]
        yield span.start, span.end, " ".join(words) or SPEECH

"""Which tier of a TextGrid or an ELAN file holds what: a speaker's talk, words, events, or neither.

Tiers are recognised by name (and in ELAN by PARTICIPANT). A tier whose name says that it holds
something else than talk (gaze, gestures, sections, comments, translations, ...) is not used unless
the user chooses it, and a note names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from interactspeech.formats.event_labels import EVENT_TYPES
from interactspeech.formats.parsed_file import InputFile

_LAYERS = {
    "word": "words",
    "words": "words",
    "utterance": "utterances",
    "utterances": "utterances",
    "phrase": "utterances",
    "phrases": "utterances",
    "sentence": "utterances",
    "sentences": "utterances",
    "phon": "other",
    "phons": "other",
    "speech": "speech",
    "phone": "other",
    "phones": "other",
    "phoneme": "other",
    "phonemes": "other",
    "syllables": "other",
    "transcription": "utterances",
    "transcript": "utterances",
    # SPPAS.
    "ipu": "speech",
    "ipus": "speech",
    "tokensalign": "words",
    "phonalign": "other",
    "prontokalign": "other",
    "syllalign": "other",
    "phonetization": "other",
    "momel": "other",
    "intsint": "other",
}
#: WebMAUS, one speaker a file: words, words in phonemes, segments, syllables.
_MAUS = {"ORT-MAU": "words", "KAN-MAU": "other", "MAU": "other", "MAS": "other", "PHO": "other",
         "ORT": "other", "KAN": "other", "KAS": "other", "KAS-MAU": "other"}  # fmt: skip
_TIER = re.compile(
    r"^(?:(?P<speaker>.*?\S)(?P<sign>\s*[-_:/]\s*|\s+))?(?P<layer>[A-Za-z_]+?)(?:\s+\d+)?$"
)
#: A name of more characters is a speaker's: the forms above are tried at each of its places.
_LONGEST_NAME = 256
#: Types of tiers before the speaker's name in the layouts of Toolbox, Flex and ACLEW: ``tx@S1``.
_PREFIX = re.compile(r"^(?P<type>[A-Za-z][\w-]*)@(?P<speaker>.+)$")

#: Words in a tier's name that say that it holds no talk.
_NOT_TALK = frozenset(
    {"gaze", "gazes", "gesture", "gestures", "hand", "hands", "head", "eye", "eyes", "eyebrow",
     "eyebrows", "blink", "blinks", "face", "facial", "mouth", "smile", "smiles", "nod", "nods",
     "body", "posture", "movement", "movements", "motion", "marker", "markers", "mark", "marks",
     "section", "sections", "segmentation", "topic", "topics", "code", "codes", "coding", "context",
     "comment", "comments", "note", "notes", "remark", "remarks", "noise", "noises", "music",
     "background", "translation", "translations", "gloss", "glosses", "ft", "ge", "pos", "lemma",
     "morph", "morphs", "act", "acts", "emotion", "emotions", "affect", "sentiment", "valence",
     "arousal", "tone", "tones", "tobi", "pitch", "f0", "intensity", "phone", "phones", "phoneme",
     "phonemes", "syllable", "syllables", "scene", "setting", "task", "activity", "chapter",
     "chapters", "image", "slide", "slides", "video", "camera", "object", "objects", "stimulus",
     "trial", "condition", "label", "labels", "event", "xds", "vcm", "lex", "mwu", "onoff",
     "vowel", "vowels", "consonant", "consonants", "tonic", "stress", "accent", "accents", "break",
     "breaks", "boundary", "boundaries", "formant", "formants", "voicing", "vot", "error", "errors",
     "mute",
     "metadata", "info", "engagement", "stance", "function", "dialogueact", "dialogacts", "clicks"}
)  # fmt: skip
#: Words in a tier's name that say that it holds words with times.
_WORDS = frozenset({"word", "words", "wd", "wrd", "wds", "token", "tokens", "wort", "mot", "mots"})


def role(name: str) -> tuple[str, str]:
    """``(speaker, layer)`` of a tier's name; the layer is empty for the speaker's own tier.

    >>> role("Doctor"), role("A - words"), role("B - overlap 2"), role("words"), role("tx@S1")
    (('Doctor', ''), ('A', 'words'), ('B', 'overlap'), ('speaker', 'words'), ('S1', ''))
    """
    if len(name) > _LONGEST_NAME:
        return name, ""
    if name in _MAUS:
        return "speaker", _MAUS[name]
    if match := _TIER.match(name.strip("\"'` ")):
        layer = match["layer"].lower()
        signed = match["sign"] is not None and match["sign"].strip() != ""
        if (layer in _LAYERS and (match["speaker"] or layer != "speech")) or (
            layer in EVENT_TYPES and signed
        ):
            return match["speaker"] or "speaker", _LAYERS.get(layer, layer)
    if match := _PREFIX.match(name):
        return match["speaker"], "words" if match["type"].lower() in _WORDS else ""
    return name or "speaker", ""


def holds_words(name: str) -> bool:
    """True if a tier's name (or type) says that it holds words with times."""
    return not _WORDS.isdisjoint(_tokens(name))


def holds_no_talk(name: str) -> bool:
    """True if a tier's name says that it holds something other than a speaker's talk.

    >>> holds_no_talk("A gaze"), holds_no_talk("section"), holds_no_talk("Ann")
    (True, True, False)
    """
    return not _NOT_TALK.isdisjoint(_tokens(name))


def _tokens(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower()).split()


@dataclass
class TierName:
    """What is known of a tier before it is read.

    Attributes:
        name: of the tier.
        speaker, layer: see `role`; the layer is empty for a speaker's own tier.
        participant, kind: ELAN's PARTICIPANT and LINGUISTIC_TYPE_REF; empty elsewhere.
        line: in the file.
    """

    name: str
    speaker: str
    layer: str
    participant: str = ""
    kind: str = ""
    line: int | None = None
    reason: str = field(default="", compare=False)


def choose_tiers(source: InputFile, tiers: Sequence[TierName]) -> list[bool]:
    """Which tiers are used; a note names each one that is not, and why.

    What the user chose decides. Otherwise a speaker's tier is left aside where its name says that
    it holds no talk, or where it names no PARTICIPANT beside others that do. If that leaves
    nobody's talk, all are used.
    """
    chosen = [
        source.selection.tier((tier.name, tier.speaker), tier.participant, tier.kind)
        for tier in tiers
    ]
    named = any(tier.participant and not tier.layer for tier in tiers)
    used: list[bool] = []
    for tier, wanted in zip(tiers, chosen, strict=True):
        if wanted is not None:
            tier.reason = "" if wanted else "it was not chosen"
        elif tier.layer == "other":
            tier.reason = "it holds neither speech, words nor events"
        elif (
            tier.layer in {"", "points"}
            and holds_no_talk(tier.name)
            and tier.name != tier.participant
        ):
            tier.reason = "its name says that it holds no talk"
        elif not tier.layer and named and not tier.participant:
            tier.reason = "it names no PARTICIPANT, and other tiers do"
        used.append(not tier.reason)
    own = [place for place, tier in enumerate(tiers) if not tier.layer]
    said = any(
        use and tier.layer in {"words", "utterances", "speech"}
        for tier, use in zip(tiers, used, strict=True)
    )
    alone = own and not said and not any(used[place] for place in own)
    if alone and all(wanted is None for wanted in chosen):
        for place in own:
            if tiers[place].layer != "other":
                used[place], tiers[place].reason = True, ""
    for tier in tiers:
        if tier.reason:
            source.report.note(
                "unused-tier",
                f"tier {tier.name!r} is not used: {tier.reason} (choose tiers with --tiers)",
                source.path, tier.line,
            )  # fmt: skip
    return used


def choose_between(names: Iterable[tuple[str, str, int]], speaker: str) -> str:
    """Of several tiers of one speaker's talk the one that is it, by name or by words.

    Args:
        names: name and linguistic type of each tier, and the number of its words.
        speaker: whose they are.
    """

    def rank(tier: tuple[str, str, int]) -> tuple[bool, bool, int]:
        name, kind, words = tier
        talk = {"utterance", "utterances", "speech", "ort", "orth", "transcription", "transcript",
                "text", "tx", "utt", "turn", "turns", "default"}  # fmt: skip
        return name == speaker, not talk.isdisjoint(_tokens(f"{name} {kind}")), words

    return max(names, key=rank)[0]

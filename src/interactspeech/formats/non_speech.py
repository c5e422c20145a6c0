"""What labels and transcripts say that is not words: silence, laughs, noises, unknown speech.

One vocabulary for all readers. A label that stands alone on a stretch of time (an interval of a
tier, a line of a CTM) is put into a class by `label_class`; marks inside a line of text are taken
out by `spoken_text`, which keeps every word that it does not know to be a mark.

Sources: Praat ("To TextGrid (silences)" writes `silent` and `sounding`), the Montreal Forced
Aligner (empty, `sil`, `sp`, `spn`), WebMAUS (`<p:>`, `<usb>`, `<nib>`), Kaldi (`<eps>`,
`[noise]`, `[laughter]`, `<unk>`), HTK (`!ENTER`, `h#`, `pau`), NIST's RT-09 evaluation plan (types
of CTM tokens), the LDC's conventions of Switchboard, CallHome and Fisher (`[silence]`,
`[laughter-yeah]`, `{breath}`, `((words in doubt))`), CORAAL (`(pause 0.4)`, `/unintelligible/`,
`[overlapped words]`), and the CHAT manual (`xxx`, `yyy`, `www`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

#: What a label says. `speech`: someone talks, the words are not known.
LabelClass = Literal["silence", "speech", "laugh", "breath", "noise", "words"]

#: The label of a stretch of speech whose words are not known, as this package writes it.
SPEECH = "<speech>"

# Names of classes as they stand inside brackets (any kind), or bare where no word is spelled so.
_SILENCE = frozenset(
    {"sil", "silence", "silent", "sp", "pau", "pause", "eps", "p:", "nib", "h#",
     "no speech", "non speech", "nonspeech", "short pause", "long pause",
     "blank", "blank audio", "sent start", "sent end", "iver", "noenergy"}
)  # fmt: skip
_UNKNOWN = frozenset(
    {"speech", "spn", "unk", "unin", "unintelligible", "inaudible", "unclear", "indiscernible",
     "mumble", "mumbles", "mumbling", "usb", "foreign", "foreign language", "xxx", "xx", "yyy",
     "yy", "www", "ww", "oov", "hes", "hesitation", "garbage", "crosstalk", "overlap", "indistinct",
     "unsure", "guess", "spoken noise", "vocalized speech", "redacted", "deidentified", "pii"}
)  # fmt: skip
_LAUGH = re.compile(
    r"^(?:laugh|lg|(?:\w+\s+){0,2}(?:laughs|laughter|laughing|chuckles?|chuckling|giggles?|"
    r"giggling|lachen|lacht)(?:\s+\w+)?)$"
)
_BREATH = frozenset(
    {"breath", "breaths", "breathing", "breathe", "breathes", "br", "brth", "inhale", "inhales",
     "inhalation", "inhaling", "exhale", "exhales", "exhalation", "exhaling", "sigh", "sighs",
     "sighing", "gasp", "gasps", "hh", "pant", "panting"}
)  # fmt: skip
_NOISES = frozenset(
    {"noise", "noises", "nsn", "noise only", "vocalized noise", "vocnoise", "vocal noise",
     "background", "background noise", "background speech", "static", "distortion", "click",
     "clicks", "clicking", "ts", "tsk", "smack", "smacks", "lipsmack", "lip smack", "cough",
     "coughs", "coughing", "throat", "clear throat", "clears throat", "throat clearing",
     "clearing throat", "sneeze", "sneezes", "sneezing", "sniff", "sniffs", "sniffle", "sniffles",
     "swallow", "swallows", "yawn", "yawns", "yawning", "burp", "burps", "hiccup", "hiccups",
     "crying", "sob", "sobs", "scream", "screams", "whistle", "whistles", "whistling", "humming",
     "singing", "music", "music playing", "applause", "clap", "claps", "clapping", "beep", "beeps",
     "bleep", "ringing", "dtmf", "knocking", "tapping", "typing", "keyboard", "rustle", "rustling",
     "mic noise", "channel noise", "line noise", "int", "ext", "spk", "fil", "sta", "nontrans",
     "no score", "ignore time segment in scoring", "nods", "nodding", "whispers", "whispering",
     "groan", "groans", "grunt", "grunts", "snort", "snorts", "lip noise", "mouth noise", "mn",
     "ln", "disfmarker", "vocalsound", "nonvocalsound", "siren", "footsteps", "dial tone",
     "pc noise"}
)  # fmt: skip
#: Single words inside a mark of several ("phone ringing", "door slams", "clears throat") that make
#: the whole of it a sound.
_SOUND_WORDS = frozenset(
    {"noise", "noises", "ringing", "coughs", "coughing", "sneezes", "slams", "knocking",
     "rustling", "applause", "applauding", "beeping", "beeps", "barking", "buzzing", "rings",
     "chattering", "clapping", "lipsmack", "inhales", "exhales", "sniffs"}
)  # fmt: skip
#: "(upbeat music)", "[music plays]": two words.
_MUSIC = re.compile(r"^(?:\w+ music|music \w+)$")
#: "[speaking in foreign language]", "(speaks Spanish)".
_FOREIGN = re.compile(
    r"^(?:speaks?|speaking|talking|in)\s(?:\w+\s){0,3}(?:languages?|arabic|chinese|dutch|french|"
    r"german|hindi|italian|japanese|korean|mandarin|polish|portuguese|russian|spanish|turkish)$"
    r"|^(?:non english|foreign) speech$"
)
#: Bare labels (no brackets) of tools that are no English word: silence on any layer.
_BARE_SILENCE = frozenset({"", "sil", "sp", "#", "h#", "pau", "!enter", "!exit", "!sil", "\u03b5"})
#: Bare labels that are English words too: labels on tiers of stretches, words in lists of words.
_BARE_LABELS: dict[str, LabelClass] = {
    "silent": "silence", "silence": "silence", "pause": "silence", "nonspeech": "silence",
    "non-speech": "silence", "no speech": "silence", "non_speech": "silence", "ns": "silence",
    "sounding": "speech", "speech": "speech", "voiced": "speech", "talk": "speech",
    "speaking": "speech", "talking": "speech", "spch": "speech",
    "noise": "noise", "laughter": "laugh", "laugh": "laugh", "laughs": "laugh",
    "breath": "breath",
    # inaSpeechSegmenter.
    "noEnergy": "silence", "male": "speech", "female": "speech", "music": "noise",
}  # fmt: skip
#: SPPAS numbers stretches of speech before they are transcribed.
_NUMBERED_SPEECH = re.compile(r"^ipu_\d+$")
#: Bare tokens that stand for unintelligible speech.
_BARE_UNKNOWN = frozenset({"spn", "xxx", "xx", "yyy", "yy", "www", "ww", "xxxx", "???", "***"})

_EDGES = re.compile(
    r"^(?:<(?P<a>[^<>]*)>|\[(?P<b>[^\[\]]*)\]|\{(?P<c>[^{}]*)\}|\(\((?P<d>[^()]*)\)\)"
    r"|\((?P<e>[^()]*)\)|/(?P<f>[^/]+)/|\*(?P<g>[^*\s]+)\*|_(?P<h>[A-Za-z]+)_|&=(?P<i>\S+))$"
)
_DURATION = re.compile(r"^(?:pause\s+)?(?:\d{1,2}:)?\d{0,2}(?:\d|[.,]\d+|\d\.)\s*s?$|^\.+$")
#: A mark that says how a word was said, with the word: "[laughter-yeah]" of Switchboard,
#: "<EXT-so>" and "<HES-and>" of Buckeye; there "<CUTOFF-th=the>" and "<ERROR-a=the>" hold what was
#: said and what was meant.
_HOW = re.compile(
    r"^(?:laugh|laughter|ext|hes|noise|vocnoise|(?P<cut>cutoff)|error)-(?P<word>[^=]+)",
    re.IGNORECASE,
)
#: Where something begins and ends: <b_aside> and <e_aside> of Switchboard, {B_TRANS} of Buckeye.
_BORDER = re.compile(r"^[be]_[a-z]+$", re.IGNORECASE)
#: Signs at a word in the LDC's transcripts, which are not said: %um, ^Smith, ~B, +mispronounced+,
#: and the number of a pronunciation in Switchboard's (them_1).
_WORD_SIGNS = re.compile(
    r"(?<!\S)(?:[%^~](?=[^\W\d_])|\+([A-Za-z'-]{1,40})\+(?!\S))|(?<=[a-z])_[1-9](?!\w)"
)
#: A tag between angle brackets, by its form: <UNIN/>, </b>, <SPK_A>, <v.loud Ann>, <v Ann>.
_TAG = re.compile(
    r"^(?:EXCLUDE.*|UNKNOWN.*|/.*|.*/|[A-Z][A-Z0-9_]*|\w[^\W_]*_\w*|[a-z]\w*[\s.]\w+=.*|v[.\s].*)$"
)
#: A letter before a disfluency's words in Switchboard's annotation: {F uh,} {D you know,} {C and}.
_DISFLUENCY = re.compile(r"^[ACDEF]\s+")


def label_class(label: str, *, of_word: bool = False) -> LabelClass:
    """What a label says that has a stretch of time to itself.

    Args:
        label: the whole label.
        of_word: the label stands in a list of words, where `silent` or `pause` may be a word that
            someone said; brackets and the tools' own spellings (`sil`, `sp`) count nevertheless.

    >>> label_class("silent"), label_class("silent", of_word=True), label_class("<eps>")
    ('silence', 'words', 'silence')
    >>> label_class("[laughter]"), label_class("xxx"), label_class("[yeah.]")
    ('laugh', 'speech', 'words')
    """
    return _label_class(" ".join(label.split()), of_word)


@lru_cache(maxsize=65536)
def _label_class(label: str, of_word: bool) -> LabelClass:
    if label == SPEECH:
        return "speech"
    low = label.lower()
    if low in _BARE_SILENCE:
        return "silence"
    if low in _BARE_UNKNOWN:
        return "speech"
    # A capital letter or a full stop makes a word of it ("Silence!", "Pause.").
    if not of_word and _NUMBERED_SPEECH.match(low):
        return "speech"
    if not of_word and label in _BARE_LABELS:
        return _BARE_LABELS[label]
    if not of_word and label.isupper() and low in _BARE_LABELS:
        return _BARE_LABELS[low]
    if (found := _marked(label)) is not None:
        return found
    # Several marks and nothing else: "[laugh] [noise]".
    parts = label.split(" ")
    if len(parts) > 1:
        classes = [_marked(part) for part in parts]
        for one in ("speech", "laugh", "breath", "noise", "silence"):
            if None not in classes and one in classes:
                return one
    return "words"


def _marked(label: str) -> LabelClass | None:
    """The class of a mark in brackets (or slashes, ...), None where it holds words."""
    match = _EDGES.match(label)
    if match is None:
        return None
    sign, inner = match.lastgroup, match[match.lastgroup or 0].strip()
    if sign in {"a", "b", "c"} and _BORDER.match(inner):
        return "silence"
    if _HOW.match(inner):
        return None
    found = _inner_class(inner)
    if found is not None:
        return found
    if sign == "a" and (inner in {"p", "s", "/s"} or _TAG.match(inner)):
        return "silence" if inner in {"p", "s", "/s"} else "speech"
    if sign == "i":
        return "noise"  # &=clears:throat
    if sign == "f" and inner.lower().startswith("rd-"):
        return "speech"  # CORAAL: a name that was taken out
    return None


def _inner_class(inner: str) -> LabelClass | None:
    if _DURATION.match(inner.lower()):
        return "silence"
    low = " ".join(re.sub("[_-]", " ", inner.lower().strip("/!.,?* ")).split())
    if not low:
        return "speech"  # "(())", "[?]", "<***>"
    if low in _SILENCE:
        return "silence"
    if low in _UNKNOWN or low.split()[0] in {"inaudible", "unintelligible", "indistinct"}:
        return "speech"
    if _LAUGH.match(low):
        return "laugh"
    if low in _BREATH:
        return "breath"
    if low in _NOISES:
        return "noise"
    if _FOREIGN.match(low):
        return "speech"
    if _MUSIC.match(low):
        return "noise"
    if any(part in _SOUND_WORDS for part in low.split()) and len(low.split()) <= 4:
        return "noise"
    return None


_CLOSING = re.compile(r"</([A-Za-z]\w*)>")
#: Where a tag of a name opens or closes, or stands alone.
_NAMED = re.compile(r"</?([A-Za-z]\w*)(?:\s[^<>]*)?/?>")
_MARK = re.compile(
    r"<[^<>]*>|\[[^\[\]]*\]|\{[^{}]*\}|\(\([^()]*\)\)|\([^()]*\)|(?<!\S)/[^/\n]+/(?!\S)"
    r"|(?<!\S)\*[^*\s]+\*(?!\S)"
)


@lru_cache(maxsize=65536)
def spoken_text(text: str) -> str:
    """A transcript's line without its marks; words inside brackets of any kind are kept.

    >>> spoken_text("[yeah.] <UNSURE>Come</UNSURE> and go. [laughs]")
    'yeah. Come and go.'
    >>> spoken_text("I (pause 0.5) mean {F uh,} ((maybe)) /unintelligible/ so")
    'I mean uh, maybe so'
    >>> spoken_text("%um ^Smith +knows+ them_1 th[at]- <CUTOFF-th=the> <b_aside>")
    'um Smith knows them th- th-'
    """
    if any(sign in text for sign in "%^~+_"):
        text = _WORD_SIGNS.sub(lambda sign: sign[1] or "", text)
    if not any(sign in text for sign in "<[{(/*"):
        return " ".join(text.split())
    if closed := set(_CLOSING.findall(text)):  # <foreign>bonjour</foreign>
        text = _NAMED.sub(lambda tag: " " if tag[1] in closed else tag[0], text)
    for _ in range(3):  # marks inside marks
        changed = _MARK.sub(_kept, text)
        if changed == text:
            break
        text = changed
    return " ".join(text.split())


def _kept(match: re.Match[str]) -> str:
    mark = match[0]
    if _marked(mark) is not None:
        return " "
    inner = mark[2:-2] if mark.startswith("((") else mark[1:-1]
    inner = inner.strip()
    if how := _HOW.match(inner):
        inner = how["word"] + "-" * (how["cut"] is not None)
    if mark[0] == "{":
        inner = _DISFLUENCY.sub("", inner)
    before = match.string[max(0, match.start() - 1) : match.start()]
    after = match.string[match.end() : match.end() + 1]
    if mark[0] == "[" and (
        (before.isalpha() and after == "-") or (before == "-" and after.isalpha())
    ):
        return ""  # "th[at]-": Switchboard's letters that were not said
    # "(be)cause": letters that were not said belong to their word.
    if mark[0] == "(" and (before.isalpha() or after.isalpha()):
        return inner
    return f" {inner} "


def is_unknown_speech(token: str) -> bool:
    """True for a token that stands for unintelligible speech (``xxx``)."""
    return token.lower().strip(".,?!") in _BARE_UNKNOWN


#: Spellings of "not known" in a column of speakers, in the tools that write them (NeMo: NA, <NA>;
#: NIST's RT-09: unknown, null; pandas: nan, None).
UNKNOWN_VALUES = frozenset(
    {"", "-", "?", "NA", "<NA>", "<na>", "N/A", "n/a", "null", "NULL", "<null>", "None", "nan",
     "NaN", "unknown", "UNKNOWN", "Unknown", "<unknown>", "<UNKNOWN>", "unk", "UNK", "<unk>",
     "<UNK>"}
)  # fmt: skip
#: What stands in a column of speakers, or as the name of a tier, where it is not a speaker.
_NOBODY = re.compile(
    r"^[\[<({]?(?:sil|silence|silent|non-?_?speech|no-?_?speech|noise|music|background|"
    r"inter_segment_gap|excluded_region|eps)[\])>}]?$",
    re.IGNORECASE,
)


def is_unknown(value: str | None) -> bool:
    """True if a field spells "not known"."""
    return value is None or value in UNKNOWN_VALUES or value.strip() in UNKNOWN_VALUES


@lru_cache(maxsize=65536)
def is_nobody(name: str) -> bool:
    """True if a speaker's field names silence, noise or music, not a speaker.

    >>> is_nobody("SILENCE"), is_nobody("Ann")
    (True, False)
    """
    return _NOBODY.match(name.strip()) is not None

"""Text of corpora to text that a voice can speak: tokenisation undone, markup and emoji out.

What is written stays in `PlainTurn.written`; what is spoken has only letters, spaces, apostrophes,
hyphens and the punctuation that makes a voice pause.
"""

from __future__ import annotations

import html
import re
import unicodedata

from interactspeech.lexicon.numbers import spell_numbers

_SIGNS = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u00b4": "'",
        "\u0060": "'",
        "\u02bc": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": " - ",
        "\u2014": " - ",
        "\u2015": " - ",
        "\u2026": "...",
        "\u00a0": " ",
        "\u200b": "",
        "\ufeff": "",
        "\u200d": "",
        "\ufe0f": "",
        "\u3002": ". ",
        "\uff0c": ", ",
        "\uff1f": "? ",
        "\uff01": "! ",
        "\u3001": ", ",
    }
)
_TAG = re.compile(r"<\s*/?\s*[A-Za-z][^<>]{0,80}>|&\w{2,8};")
_LAUGH = re.compile(
    r"[\[(*]\s*(?:\w+\s)?(?:laugh(?:s|ing|ter)?|chuckl(?:es?|ing)|giggl(?:es?|ing))(?:\s\w+)?\s*[\])*]",
    re.IGNORECASE,
)
#: Stage directions: in asterisks, square brackets, or a parenthesis of one to three words that
#: says what somebody does.
_DIRECTION = re.compile(
    r"\*[^*\n]{1,60}\*|\[[^\[\]\n]{1,60}\]|"
    r"\((?:\s*[a-z]+(?:s|ing|ly)\b(?:\s+[a-z]+){0,2}\s*|\s*(?:pause|sigh|beat|silence)\s*)\)",
    re.IGNORECASE,
)
#: A label that was left in the text.
_LABEL = re.compile(r"^\s*[AB]\s?:\s+(?=\S)")
#: What somebody does, in single asterisks ("*shrugs*"); other words there are emphasis.
_ACTION = re.compile(r"(?<![*\w])\*\s*[a-z]+(?:s|ing)\b[^*\n]{0,50}\*(?!\*)")
_QUOTED = re.compile(r"(?<!\w)'([^'\n]{1,80})'(?!\w)")
_EMPHASIS = re.compile(r"(?<!\w)[*_]{1,3}(?=\w)([^*_\n]+)(?<=[\w.!?])[*_]{1,3}(?!\w)")
_LINK = re.compile(r"(?:https?://|www\.)[^\s,;!]*[^\s,;!?.]", re.IGNORECASE)
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_DOMAIN = re.compile(r"\b([A-Za-z][\w-]*)\.(com|org|net|edu|gov|co\.uk)\b", re.IGNORECASE)
_APOSTROPHE = re.compile(
    r"(?<=[A-Za-z])\s*'\s+(?=(?:s|m|t|d|re|ve|ll)\b)|(?<=[A-Za-z])\s+'\s*(?=(?:s|m|t|d|re|ve|ll)\b)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|ca|wo|could|would|should)\s+n't\b", re.IGNORECASE
)
_CLITIC = re.compile(r"(?<=[A-Za-z]')(S|M|T|D|Re|RE|Ve|VE|Ll|LL)\b")
_O_CLOCK = re.compile(r"\bo\s*'\s*clock\b", re.IGNORECASE)
_SPACE_BEFORE = re.compile(r"\s+(?=[,.;:?!](?:\s|$|[,.;:?!\"']))|(?<=[a-z])\s+(?=[,;?!])")
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof|St)\s*\.(?=\s*\S)")
_TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Dr": "Doctor",
    "Prof": "Professor",
    "St": "Saint",
}
_SHORT = (
    (re.compile(r"\bI'II\b"), "I'll"),
    (re.compile(r"\be\.\s?g\.,?", re.IGNORECASE), "for example,"),
    (re.compile(r"\bi\.\s?e\.,?", re.IGNORECASE), "that is,"),
    (re.compile(r"\betc\b\.?", re.IGNORECASE), "et cetera"),
    (re.compile(r"\bvs\b\.?", re.IGNORECASE), "versus"),
    (re.compile(r"\bapprox\b\.?", re.IGNORECASE), "approximately"),
    (re.compile(r"\bNo\.\s?(?=\d)"), "number "),
    (re.compile(r"#\s?(?=\d)"), "number "),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"(?<=\d)\s?\+(?!\d)"), " plus"),
    (re.compile(r"\s?=\s?"), " equals "),
    (re.compile(r"(?<=\d)\s?/\s?(?:hr|hour|h)\b"), " an hour"),
    (re.compile(r"(?<=\d)\s?/\s?(?=(?:day|night|week|month|year|person|kg|mile|minute)\b)"), " a "),
)
_WORD_SLASH = re.compile(r"(?<=[A-Za-z])\s?/\s?(?=[A-Za-z])")
_GLUED = re.compile(r"(?<=[a-z]{2})([,;?!]|\.(?=[A-Z]))(?=[A-Za-z]{2})")
_DASH = re.compile(r"\s+-{1,3}\s+|(?<=\w)-{2,3}(?=\w)|(?<=[a-z])--+")
_TRAILING_DASH = re.compile(r"\s*-+\s*(?=$|[.?!])")
_REPEATED = re.compile(r"([,;:])[,;:\s]*(?=[,;:.?!])|([?!])\2+")
_MIXED = re.compile(r"[?!.,]*\?[?!.,]*\?*|!+")
_ELLIPSIS = re.compile(r"\.\.\.(?=\w)")
#: A compound that a tokenizer tore apart on one side ("over- thirty").
_TORN = re.compile(r"(?<=[a-z])-\s+(?=[a-z])")
_DOTS = re.compile(r"\s*\.(?:\s?\.)+")
_QUOTES = re.compile(r"[\"“”]|(?<!\w)'(?!(?:em|til|cause|bout|n|round)\b)|(?<=[.,?!])'|''")
_LEAD = re.compile(r"^[\s,.;:?!\-]+")
_DROPPED = re.compile(r"[^\w\s'.,;:?!\-]|_")
_SPACES = re.compile(r"\s+")
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=]-?[)(DPpOo/|]|<3|\^\^|xD|XD)(?!\w)")


def normalize_text(text: str) -> str:
    """The text as a voice should get it; "" where nothing of it can be spoken.

    >>> normalize_text("I ' Ve paid $5 , Mr . Smith !  :)")
    "I've paid five dollars, Mister Smith!"
    """
    if text.isascii() and text.isalpha():
        return text
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    if "<" in text or "&" in text:
        text = _TAG.sub(" ", text)
    if "(" in text or "[" in text or "*" in text or "_" in text:
        text = _LAUGH.sub(" Haha. ", text)
        text = _ACTION.sub(" ", text)
        text = _EMPHASIS.sub(r"\1", text)
        text = _DIRECTION.sub(" ", text)
        text = re.sub(r"\s*\(([^()]*[A-Za-z][^()]*)\)", r", \1,", text)
    text = _EMOTICON.sub(" ", text)
    if "." in text and ("www" in text or "http" in text or "@" in text or _DOMAIN.search(text)):
        text = _MAIL.sub(lambda found: _dotted(found.group().replace("@", " at ")), text)
        text = _LINK.sub(lambda found: _address(found.group()), text)
        text = _DOMAIN.sub(lambda found: f"{found[1]} dot {found[2].replace('.', ' dot ')}", text)
    if "'" in text:
        text = _APOSTROPHE.sub("'", text)
        text = _NEGATION.sub(lambda found: found[1] + "n't", text)
        text = _CLITIC.sub(lambda found: found[1].lower(), text)
        text = _O_CLOCK.sub("o'clock", text)
    text = _SPACE_BEFORE.sub("", text)
    text = _TITLE.sub(lambda found: _TITLES[found[1]], text)
    for pattern, spoken in _SHORT:
        text = pattern.sub(spoken, text)
    text = spell_numbers(text)
    text = _WORD_SLASH.sub(" or ", text)
    text = _GLUED.sub(r"\1 ", text)
    text = _DOTS.sub("...", text)
    text = _ELLIPSIS.sub("... ", text)
    text = _TORN.sub("-", text)
    text = _DASH.sub(", ", text)
    text = _TRAILING_DASH.sub("", text)
    text = _QUOTED.sub(r"\1", text)
    text = _QUOTES.sub("", text)
    text = _DROPPED.sub(" ", text)
    text = _SPACE_BEFORE.sub("", text)
    text = _REPEATED.sub(lambda found: found[2] or "", text)
    text = _MIXED.sub(lambda found: "?" if "?" in found.group() else "!", text)
    text = _SPACES.sub(" ", _LABEL.sub("", _LEAD.sub("", text))).strip()
    if not any(sign.isalnum() for sign in text):
        return ""
    return text[0].upper() + text[1:]


def unspeakable(text: str) -> str | None:
    """A letter that no English voice reads (another alphabet), or None."""
    if text.isascii():
        return None
    for sign in text:
        if sign.isalpha() and not sign.isascii() and "LATIN" not in unicodedata.name(sign, ""):
            return sign
    return None


def _address(link: str) -> str:
    host = re.sub(r"^(?:https?://)?", "", link, flags=re.IGNORECASE).split("/")[0]
    return _dotted(re.sub(r"^www\.", "www dot ", host, flags=re.IGNORECASE))


def _dotted(text: str) -> str:
    return text.replace(".", " dot ").replace("_", " underscore ")

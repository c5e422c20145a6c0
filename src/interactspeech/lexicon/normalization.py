"""Text of corpora to text that a voice can speak: tokenisation undone, markup and emoji out.

What is written stays in `PlainTurn.written`; what is spoken has only letters, spaces, apostrophes,
hyphens and the punctuation that makes a voice pause.
"""

from __future__ import annotations

import html
import re
import unicodedata

from interactspeech.lexicon.abbreviations import expand_abbreviations
from interactspeech.lexicon.numbers import DateOrder, plain_signs, spell_numbers
from interactspeech.lexicon.units import unit_words

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
#: describes an action.
_DIRECTION = re.compile(
    r"(?<!\w)\*[^*\n\d]{1,60}\*(?!\w)|\[[^\[\]\n\d]{1,60}\]|"
    r"\[\s*(?:pause|silence|beat|[a-z]+(?:s|ing))\b[^\[\]\n]{0,50}\]|"
    r"\((?:\s*[a-z]+(?:s|ing|ly)\b(?:\s+[a-z]+){0,2}\s*|\s*(?:pause|sigh|beat|silence)\s*)\)",
    re.IGNORECASE,
)
#: A label that was left in the text.
_LABEL = re.compile(r"^\s*[AB]\s?:\s+(?=\S)")
#: Actions in single asterisks ("*shrugs*"); other words there are emphasis.
_ACTION = re.compile(r"(?<![*\w])\*\s*[a-z]+(?:s|ing)\b[^*\n]{0,50}\*(?!\*)")
_QUOTED = re.compile(r"(?<!\w)'([^'\n]{1,80})'(?!\w)")
_EMPHASIS = re.compile(r"(?<!\w)[*_]{1,3}(?=\w)([^*_\n]+)(?<=[\w.!?])[*_]{1,3}(?!\w)")
_LINK = re.compile(r"(?:https?://|www\.)[^\s,;!]*[^\s,;!?.]", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b")
_DOMAIN = re.compile(
    r"(?<![\w-])([A-Za-z][\w-]{0,62})\.(com|org|net|edu|gov|co\.uk)\b", re.IGNORECASE
)
#: A file's name: "report.pdf".
_FILE = re.compile(
    r"(?<=\w)\.(?=(?:txt|pdf|docx?|xlsx?|csv|json|xml|html?|jpe?g|png|gif|mp[34]|wav|zip|exe|py|js|sh)\b)"
)
_APOSTROPHE = re.compile(
    r"(?<=[A-Za-z])\s*'\s+(?=(?:s|m|t|d|re|ve|ll)\b)|(?<=[A-Za-z])\s+'\s*(?=(?:s|m|t|d|re|ve|ll)\b)",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(do|does|did|is|are|was|were|has|have|had|ca|wo|could|would|should)\s+n't\b", re.IGNORECASE
)
_CLITIC = re.compile(r"(?<=[A-Za-z]')(S|M|T|D|Re|RE|Ve|VE|Ll|LL)\b")
_O_CLOCK = re.compile(r"\bo\s*'\s*clock\b", re.IGNORECASE)
# Behind `(?<!\s)` a run of white space is tried once, not from each of its places.
_SPACE_BEFORE = re.compile(r"(?<!\s)\s+(?=[,.;:?!](?:\s|$|[,.;:?!\"']))|(?<=[a-z])\s+(?=[,;?!])")
#: Units without a number in digits: "ten km", "how many lbs", "the price per kg".
_BARE_UNIT = re.compile(
    r"(?<![\w./-])(?P<one>(?:\b(?:one|a|an|per|each|every)\s)?)"
    r"(?P<unit>km/h|km|kgs?|cm|mm|lbs|mph|kph|kmh|hrs|mins|secs|yrs|kWh|kHz|MHz|GHz|ml|tbsp|tsp)"
    r"(?![\w/'-])(?P<dot>\.(?=\s[a-z]))?"
)
_CAPITALS_SLASH = re.compile(r"(?<=[A-Z]{2})/(?=[A-Z]{2})")
_WORD_SLASH = re.compile(r"(?<=[A-Za-z])\s?/\s?(?=[A-Za-z])")
_GLUED = re.compile(
    r"(?<=[A-Za-z][a-z])([,;?!]|\.(?=[A-Z]))(?=[A-Za-z]{2}|I\b)|(?<=[A-Z]\.[A-Z]\.)()(?=[a-z]{2})"
)
_DASH = re.compile(r"(?<!\s)\s+-{1,3}\s+|(?<=\w)-{2,3}(?=\w)|(?<=[a-z])--+")
_TRAILING_DASH = re.compile(r"(?<![-\s])\s?-+\s?(?=$|[.?!])")
_REPEATED = re.compile(r"([,;:])[,;:\s]*(?=[,;:.?!])|([?!])\2+")
_MIXED = re.compile(r"[?!.,]+")
_SHOUT = re.compile("!+")
_ELLIPSIS = re.compile(r"\.\.\.(?=\w)")
#: A compound that a tokenizer tore apart on one side ("over- thirty").
_TORN = re.compile(r"(?<=[a-z])-\s+(?=[a-z])")
_DOTS = re.compile(r"(?<!\s)\s*\.(?:\s?\.)+")
_QUOTES = re.compile(r"[\"“”]|(?<!\w)'(?!(?:em|til|cause|bout|n|round)\b)|(?<=[.,?!])'|''")
_LEAD = re.compile(r"^[\s,.;:?!\-]+")
_DROPPED = re.compile(r"(?:[^\w\s'.,;:?!\-]|_)+")
_ASIDE = re.compile(r"\s?\(([^()]{1,2000})\)")
_BLANKS = re.compile(r"\s{2,}")
_SPACES = re.compile(r"\s+")
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=]-?[)(DPpOo/|]|<3|\^\^|xD|XD)(?!\w)")


def normalize_text(text: str, dates: DateOrder = "mdy") -> str:
    """The text as an English voice should get it; "" where nothing of it can be spoken.

    Args:
        text: in English, as it is written.
        dates: how 03/04/2021 is read; see `numbers.spelling.spell_numbers`.

    >>> normalize_text("I ' Ve paid $5 , Mr . Smith !  :)")
    "I've paid five dollars, Mister Smith!"
    """
    if text.isascii() and text.isalpha():
        return text
    text = _BLANKS.sub(_blank, text)
    if "&" in text:
        text = html.unescape(text)
    text = plain_signs(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    if "<" in text or "&" in text:
        text = _TAG.sub(" ", text)
    if "(" in text or "[" in text or "*" in text or "_" in text:
        text = _LAUGH.sub(" Haha. ", text)
        text = _ACTION.sub(" ", text)
        text = _EMPHASIS.sub(r"\1", text)
        text = _DIRECTION.sub(" ", text)
        text = _ASIDE.sub(_aside, text)
    text = _EMOTICON.sub(" ", text)
    if "." in text and ("www" in text or "http" in text or "@" in text or _DOMAIN.search(text)):
        text = _MAIL.sub(lambda found: _dotted(found.group().replace("@", " at ")), text)
        text = _LINK.sub(lambda found: _address(found.group()), text)
        text = _DOMAIN.sub(lambda found: f"{found[1]} dot {found[2].replace('.', ' dot ')}", text)
    if "." in text:
        text = _FILE.sub(" dot ", text)
    if "'" in text:
        text = _APOSTROPHE.sub("'", text)
        if re.search(r"\sn't", text, re.IGNORECASE):
            text = _NEGATION.sub(lambda found: found[1] + "n't", text)
        text = _CLITIC.sub(lambda found: found[1].lower(), text)
        text = _O_CLOCK.sub("o'clock", text)
    text = _SPACE_BEFORE.sub("", text)
    text = expand_abbreviations(text)
    text = spell_numbers(text, dates)
    text = _BARE_UNIT.sub(_bare_unit, text)
    if "/" in text:
        text = _CAPITALS_SLASH.sub(" ", text)
        text = _WORD_SLASH.sub(" or ", text)
    text = _GLUED.sub(lambda found: (found[1] or "") + " ", text)
    text = _DOTS.sub("...", text)
    text = _ELLIPSIS.sub("... ", text)
    if "-" in text:
        text = _TORN.sub("-", text)
        text = _DASH.sub(", ", text)
        text = _TRAILING_DASH.sub("", text)
    if "'" in text:
        text = _QUOTED.sub(r"\1", text)
    text = _QUOTES.sub("", text)
    text = _BLANKS.sub(" ", _DROPPED.sub(" ", text))
    text = _SPACE_BEFORE.sub("", text)
    text = _REPEATED.sub(lambda found: found[2] or "", text)
    text = _MIXED.sub(_run, text)
    text = _SPACES.sub(" ", _LABEL.sub("", _LEAD.sub("", text))).strip()
    if not any(sign.isalnum() for sign in text):
        return ""
    if text[0].islower() and text[1:2].isupper():
        return text  # iPhone, eBay, pH
    return text[0].upper() + text[1:]


def _blank(found: re.Match[str]) -> str:
    """A run of white space: a line's end, or a space."""
    return "\n" if "\n" in found.group() else " "


def _bare_unit(found: re.Match[str]) -> str:
    return found["one"] + unit_words(found["unit"], one=bool(found["one"]))


def _aside(found: re.Match[str]) -> str:
    """A parenthesis with words in it, between commas."""
    if not any(sign.isalpha() for sign in found[1]):
        return found.group()
    return f", {found[1]}{',' * bool(found.string[found.end() :].strip())}"


def _run(found: re.Match[str]) -> str:
    """A run of marks at the end of a sentence: one question mark, or one exclamation mark."""
    return "?" if "?" in found.group() else _SHOUT.sub("!", found.group())


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

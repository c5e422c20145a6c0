"""Signs of Unicode beside digits, in ASCII's place for them: fractions, powers, dashes, operators."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
import re

from interactspeech.lexicon.written_forms import SIGNS, one_spelling

#: Signs beside numbers, as words.
_OPERATORS = (
    (re.compile(r"\u2212\s?(?=[.\d$£€])"), " minus "),
    (re.compile(r"±\s?(?=[.\d$£€])"), "plus or minus "),
    (re.compile(r"(?:\b(?i:about)\s)(?=[~\u2248]\s?[.\d$£€])"), ""),
    (re.compile(r"(?<![\w~])[~\u2248]\s?(?=[.\d$£€])"), "about "),
    (re.compile(r"(?<![\w+])\+\s?(?=\.?\d{1,3}(?!\d|[\s-]\(?\d))"), "plus "),
    (re.compile(r"(?<=\d)\s[\u00d7*]\s(?=\d)(?!10\^)"), " times "),
    (re.compile(r"(?<=\d)\s?÷\s?(?=\d)"), " divided by "),
    (re.compile(r"(?<=[\d%])\s\+\s?(?=[.\d$£€])|(?<=\d)\+(?=\d)"), " plus "),
    (re.compile(r"(?<=\d)\s-\s(?=\d{1,3}\s?=)"), " minus "),
    (re.compile(r"[\u2264]\s?(?=[.\d$£€])"), " at most "),
    (re.compile(r"[\u2265]\s?(?=[.\d$£€])"), " at least "),
    (re.compile(r"(?<!\S)<\s?(?=[.\d$£€])"), "less than "),
    (re.compile(r"(?<!\S)>\s?(?=[.\d$£€])"), "more than "),
)  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED = re.compile(r"(?<=\d)[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8",
    "⅞": "7/8", "⅑": "1/9", "⅒": "1/10", "⅐": "1/7",
}  # fmt: skip
_VULGAR_SIGN = re.compile(r"(?:(\d)\s?)?([" + "".join(_VULGAR) + "])")
#: Text in which no rule for signs finds anything: nine of ten sentences of talk.
_NO_SIGNS = re.compile(r"(?:[A-Za-z\s,;:?!'\"-]|\.(?![A-Z]))*")


def plain_signs(text: str) -> str:
    """Fractions, powers, dashes and signs of Unicode beside digits, in ASCII's place for them.

    To be done before a compatibility normalisation, which turns "2½" into "21/2" and "10⁶" into
    "106".
    """
    if _NO_SIGNS.fullmatch(text):
        return text
    text = one_spelling(text, SIGNS)
    text = _VULGAR_SIGN.sub(
        lambda found: (found[1] + " " if found[1] else "") + _VULGAR[found[2]], text
    )
    text = _RAISED.sub(lambda found: "^" + found.group().translate(_SUPERSCRIPTS), text)
    text = text.replace("²", "^2").replace("³", "^3").replace("\u2044", "/")
    text = re.sub(r"(?<=\d)\s?[\u2010\u2011\u2012\u2013]\s?(?=[$£€]?\d)", "-", text)
    text = re.sub(r"(?<![\w\s])\s?[\u2010-\u2013](?=\d)|(?<=\s)[\u2012\u2013](?=\d)", "-", text)
    for pattern, words in _OPERATORS:
        text = pattern.sub(words, text)
    return re.sub(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))", ",", text)

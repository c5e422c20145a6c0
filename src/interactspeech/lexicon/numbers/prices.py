"""Amounts of money."""

from __future__ import annotations

# ruff: noqa: E501 -- a pattern is read in one line
from interactspeech.lexicon.number_words import cardinal
from interactspeech.lexicon.numbers.matching import (
    MINUS,
    NUMBER,
    SCALE,
    SCALES,
    Match,
    Rules,
    count_words,
    joined_by,
    minus_words,
    number_words,
    only_digits,
    rule,
    says_size,
    whole_and_part,
)

_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "", ""), "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₺": ("lira", "lira", "kurus", "kurus"), "₿": ("bitcoin", "bitcoins", "", ""),
    "₫": ("dong", "dong", "", ""), "₴": ("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₦": ("naira", "naira", "kobo", "kobo"), "₱": ("peso", "pesos", "centavo", "centavos"),
    "₪": ("shekel", "shekels", "agora", "agorot"), "฿": ("baht", "baht", "satang", "satang"),
    "USD": ("US dollar", "US dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "JPY": ("yen", "yen", "", ""), "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "NZD": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "SGD": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "CNY": ("yuan", "yuan", "", ""), "SEK": ("Swedish krona", "Swedish kronor", "", ""),
    "NOK": ("Norwegian krone", "Norwegian kroner", "", ""),
    "DKK": ("Danish krone", "Danish kroner", "", ""), "PLN": ("zloty", "zlotys", "", ""),
    "zł": ("zloty", "zlotys", "", ""), "MXN": ("Mexican peso", "Mexican pesos", "", ""),
    "BRL": ("real", "reais", "", ""), "KRW": ("won", "won", "", ""),
    "ZAR": ("rand", "rand", "cent", "cents"), "BTC": ("bitcoin", "bitcoins", "", ""),
    "RUB": ("ruble", "rubles", "", ""), "TRY": ("lira", "lira", "", ""),
    "INR": ("rupee", "rupees", "paisa", "paise"), "Rs": ("rupee", "rupees", "paisa", "paise"),
}  # fmt: skip
_DOLLARS = {"US": "US", "CA": "Canadian", "C": "Canadian", "AU": "Australian", "A": "Australian",
            "NZ": "New Zealand", "HK": "Hong Kong", "S": "Singapore", "NT": "Taiwan",
            "MX": "Mexican"}  # fmt: skip
_CODES = "USD|EUR|GBP|CAD|AUD|JPY|CHF|INR|NZD|HKD|SGD|CNY|SEK|NOK|DKK|PLN|MXN|BRL|KRW|ZAR|BTC|RUB"
_PREFIX = rf"(?:(?P<land>\b(?:US|CA|AU|NZ|HK|NT|MX|C|A|S))?(?P<sign>\$)|(?P<other>R\$|[£€¥₹₩₽₺₿₫₴₦₱₪฿])|(?P<code>\b(?:{_CODES}|zł)|\bRs\.?))"
_SUFFIX = rf"(?P<other>[€£¥₹₩₽₺₿₫₴₦₱₪฿])|(?P<sign>\$)(?!\d)|(?P<code>{_CODES}|zł)\b"
#: The currency said again in words: "$5 million dollars".
_AGAIN = r"(?P<again>\s(?:US\s)?(?:dollars?|euros?|pounds?|yen)\b)?"


def _currency(found: Match) -> tuple[str, str, str, str]:
    groups = found.groupdict()
    if groups.get("other") == "R$":
        return _CURRENCIES["BRL"]
    if groups.get("sign"):
        one, many, cent, cents = _CURRENCIES["$"]
        land = _DOLLARS[groups["land"]] + " " if groups.get("land") else ""
        return land + one, land + many, cent, cents
    return _CURRENCIES[groups.get("other") or groups["code"].rstrip(".")]


def _price(found: Match) -> str:
    one, many, cent, cents = _currency(found)
    if "US" in (found.groupdict().get("again") or "") and one == "dollar":
        one, many = "US dollar", "US dollars"
    if says_size(found):
        many, cents = one, cent
    whole, part, scale = only_digits(found["whole"]), found["part"], found["scale"]
    if scale:
        amount = number_words(whole, part)
        return f"{minus_words(found)}{amount} {SCALES[scale.lower()]} {many}"
    if part and (len(part) != 2 or not cent):
        return f"{minus_words(found)}{number_words(whole, part)} {many}"
    number, small = int(whole or 0), int(part or 0)
    spoken = (
        f"{count_words(whole or '0')} {one if number == 1 else many}" if number or not small else ""
    )
    if small:
        spoken += " and " * bool(spoken) + f"{cardinal(small)} {cent if small == 1 else cents}"
    return minus_words(found) + spoken


def _price_range(found: Match) -> str:
    _, many, _, _ = _currency(found)
    scale = f" {SCALES[found['scale'].strip().lower()]}" if found["scale"] else ""
    first, last = (number_words(*whole_and_part(found[name])) for name in ("first", "last"))
    return f"{first}{joined_by(found)}{last}{scale} {many}"


def _comma_price(found: Match) -> str:
    one, many, cent, cents = _currency(found)
    number, small = int(found["whole"]), int(found["part"])
    spoken = f"{cardinal(number)} {one if number == 1 else many}"
    return f"{spoken} and {cardinal(small)} {cent if small == 1 else cents}" if small else spoken


def prices() -> Rules:
    """Amounts of money, and ranges of them."""
    return (
        rule(rf"{_PREFIX}\s?(?P<first>\d[\d,]{{0,14}}(?:\.\d+)?)\s?[-\u2013]\s?(?:[$£€])?(?P<last>\d[\d,]{{0,14}}(?:\.\d+)?){SCALE}(?!\d|\s?-)", _price_range),
        rule(rf"{MINUS}{_PREFIX}\s?{NUMBER}{SCALE}{_AGAIN}", _price),
        rule(rf"(?<![\w.,])(?P<whole>\d{{1,6}}),(?P<part>\d\d)\s?(?:{_SUFFIX})", _comma_price),
        rule(rf"(?<![\w.]){MINUS}{NUMBER}{SCALE}\s?(?:{_SUFFIX})", _price),
        rule(r"(?<![\w.])(?P<whole>\d+)\s?¢", lambda m: f"{cardinal(int(m['whole']))} cent{'s' * (m['whole'] != '1')}"),
    )  # fmt: skip

import doctest
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.lexicon import abbreviations, normalization, number_words, units
from interactspeech.lexicon.normalization import normalize_text, unspeakable
from interactspeech.lexicon.number_words import cardinal, ordinal, year
from interactspeech.lexicon.numbers import plain_signs, spell_numbers, spelling


@pytest.mark.parametrize("module", [abbreviations, normalization, number_words, spelling, units])
def test_examples_in_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("I ' Ve paid , Mr . Smith !", "I've paid, Mister Smith!"),
        ("I haven ' t had a cold .", "I haven't had a cold."),
        ("Well , don \u2019 t you ?", "Well, don't you?"),
        ("Hello,this is Susan.He is", "Hello, this is Susan. He is"),
        ("So I'II make it", "So I'll make it"),
        ("What?!! Really!!!", "What? Really!"),
        ("so . . . ok", "So... ok"),
        ("He's a 'night owl'.", "He's a night owl."),
        ("(sighs) oh well *shrugs*", "Oh well"),
        ("That's funny (laughs)", "That's funny Haha."),
        ("So [pause 0.6] I [laughs 2 times] left [5] behind", "So I left five behind"),
        ("my brother (the tall one) came", "My brother, the tall one, came"),
        ("It is **very** _good_", "It is very good"),
        ("<b>No</b> &amp; yes", "No and yes"),
        ("see www.foo.com/x?y=1 or a.b@c.org", "See www dot foo dot com or a dot b at c dot org"),
        ("ok 😀 then :)", "Ok then"),
        ("😀😀", ""),
        ("...", ""),
        ("'A : You must be Wily", "You must be Wily"),
        ("red/green", "Red or green"),
        ("well--no", "Well, no"),
    ],
)
def test_mends(written: str, spoken: str) -> None:
    assert normalize_text(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("MUL0484", "M U L zero four eight four"),
        ("cb21ab", "C B two one A B"),
        ("at 3:30", "at three thirty"),
        ("at 05:16 or 18:00", "at five sixteen or eighteen hundred"),
        ("at 9:00 p.m. sharp", "at nine PM sharp"),
        ("at 9:00 p.m.", "at nine PM."),
        ("7 pm", "seven PM"),
        ("6:30 o'clock", "six thirty"),
        ("$12.50", "twelve dollars and fifty cents"),
        ("$1", "one dollar"),
        ("£0.50", "fifty pence"),
        ("$ 2, 699. 00", "two thousand six hundred ninety-nine dollars"),
        ("$3.2 million", "three point two million dollars"),
        ("100, 000 RMB", "one hundred thousand RMB"),
        ("367 - 1314", "three six seven, one three one four"),
        ("(555) 123-4567", "five five five, one two three, four five six seven"),
        ("01223351880", "zero one two two three three five one eight eight zero"),
        ("in 1995", "in nineteen ninety-five"),
        ("in the 1990s", "in the nineteen nineties"),
        ("01223 351241", "zero one two two three, three five one two four one"),
        ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
        ("on 3/4/2021", "on March fourth twenty twenty-one"),
        ("by 2021-04-03", "by April third twenty twenty-one"),
        ("10x faster than 2.5GHz", "ten times faster than two point five gigahertz"),
        ("the 21st", "the twenty-first"),
        ("5 %", "five percent"),
        ("4.5 stars", "four point five stars"),
        ("3-4 days", "three to four days"),
        ("24/7", "twenty-four seven"),
        ("1/2 hour", "a half hour"),
        ("15 kg", "fifteen kilograms"),
        ("123-01 Main", "one hundred twenty-three, zero one Main"),
        ("-5C outside", "minus five C outside"),
        ('a 5.5" phone', "a five point five inch phone"),
        ('3.5" wide', "three point five inches wide"),
        ("$100 US dollars", "one hundred US dollars"),
    ],
)
def test_numbers(written: str, spoken: str) -> None:
    assert spell_numbers(written) == spoken


@given(st.text(max_size=80))
def test_what_is_mended_can_be_spoken(text: str) -> None:
    spoken = normalize_text(text)
    assert not any(sign in spoken for sign in '[]<>{}*_|"0123456789\n\t')
    assert spoken == " ".join(spoken.split())
    assert not spoken or any(sign.isalnum() for sign in spoken)


@given(st.integers(0, 10**15 - 1))
def test_cardinals_are_words(number: int) -> None:
    text = cardinal(number)
    assert all(part.isalpha() for part in text.replace("-", " ").split())
    assert ordinal(number).rpartition(" ")[0] == text.rpartition(" ")[0]


def test_years() -> None:
    assert [year(n) for n in (1905, 1900, 2005, 2024, 1987)] == [
        "nineteen oh five",
        "nineteen hundred",
        "two thousand five",
        "twenty twenty-four",
        "nineteen eighty-seven",
    ]


def test_other_alphabets_are_seen() -> None:
    assert unspeakable("café naïve") is None
    assert unspeakable("привет") == "п"


READINGS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "readings.tsv").read_text(encoding="utf-8").splitlines()
]


def test_there_are_many_readings() -> None:
    assert len(READINGS) >= 300
    assert len({written for written, _ in READINGS}) == len(READINGS)


@pytest.mark.parametrize(("written", "spoken"), READINGS, ids=[w for w, _ in READINGS])
def test_readings(written: str, spoken: str) -> None:
    assert normalize_text(written) == spoken
    assert normalize_text(spoken) == spoken


def test_the_shared_case_of_numbers(shared_data: Path) -> None:
    path = shared_data / "cases" / "30-numbers" / "lines.jsonl"
    if not path.is_file():
        pytest.skip("the cases are not here")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows
    for row in rows:
        assert normalize_text(row["text"]) == row["right"], row["text"]


def test_the_order_of_dates_is_an_option() -> None:
    assert normalize_text("On 03/04/2021.") == "On March fourth twenty twenty-one."
    assert normalize_text("On 03/04/2021.", "dmy") == "On April third twenty twenty-one."
    assert normalize_text("On 25/12/2021.", "mdy") == normalize_text("On 25/12/2021.", "dmy")


FIGURES = st.builds(
    lambda sign, number, unit: f"{sign}{number}{unit}",
    st.sampled_from(["", "-", "$", "-$", "£", "€", "\u2212", "US$"]),
    st.one_of(
        st.integers(0, 10**7).map(str), st.integers(1000, 10**9).map("{:,}".format),
        st.decimals(0, 1000, places=2).map(str), st.integers(0, 99).map(".{:02}".format),
    ),
    st.sampled_from(["", "%", " kg", "kg", " km/h", "k", "m", "\u00b0C", "bn",
                     "st", "-7", "/8", "b"]),
)  # fmt: skip


@given(st.lists(FIGURES, min_size=1, max_size=4).map(lambda f: f"It was {' and '.join(f)} then."))
def test_figures_become_words_and_stay_words(written: str) -> None:
    spoken = normalize_text(written)
    assert not re.search(r"[^A-Za-z ,.?!'-]", spoken)
    assert normalize_text(spoken) == spoken
    for token in re.findall(r"[A-Za-z]+", spoken):  # no case is mixed by accident
        assert token.islower() or token.isupper() or token.istitle(), spoken


@given(
    st.sampled_from(["-", "\u2212"]), st.integers(1, 999),
    st.sampled_from([("", ""), (" kg", "kilogram"), ("%", "percent"), ("\u00b0C", "Celsius"),
                     (" mph", "miles? an hour"), (" ml", "millilitre"), ("GB", "gigabyte")]),
)  # fmt: skip
def test_no_sign_digit_or_unit_is_dropped(sign: str, number: int, unit: tuple[str, str]) -> None:
    spoken = normalize_text(f"It is {sign}{number}{unit[0]} now.")
    assert spoken.startswith(f"It is minus {cardinal(number)}")
    assert re.search(unit[1], spoken)
    spoken = normalize_text(f"It costs {sign}${number}.25 now.")
    assert "minus" in spoken
    assert "dollar" in spoken
    assert "twenty-five cents" in spoken


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_seconds_are_said(hour: int, minute: int, second: int) -> None:
    spoken = normalize_text(f"At {hour}:{minute:02}:{second:02} it began.")
    assert f"and {cardinal(second)} second" in spoken


@given(st.text(max_size=60))
def test_what_is_spoken_stays(text: str) -> None:
    once = normalize_text(text)
    twice = normalize_text(once)
    assert normalize_text(twice) == twice
    assert len(twice) >= len(once) * 0.5


@pytest.mark.parametrize(
    "unit",
    ["(", "[", "<", "*a", "_a", "(a ", "-", "- ", ".", ",.", "!.", "a.", "a-", "a@", "www.", "'",
     "' ", '"', "1 ", "1-", "1,", "1.", "$", "$1", "1/", "1:", "+1 ", "(laugh", " ", "\n", " .",
     "x1",
     "Mr. ", "Henry ", "9am-", "\u2013", "\u00bd", "12 345 ", "#", "St. "],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "a", ")"])
def test_time_grows_with_the_text_and_not_with_its_square(unit: str, end: str) -> None:
    def seconds(length: int) -> float:
        text = unit * (length // len(unit)) + end
        start = time.process_time()
        normalize_text(text)
        return time.process_time() - start

    assert seconds(20_000) < 12 * max(seconds(4_000), 0.02)  # five times as long; 25 if quadratic


def test_abbreviations_are_not_looked_for_in_vain() -> None:
    """What each rule needs to be tried is in everything that it matches."""
    here = Path(__file__).parent
    texts = (here / "readings.tsv").read_text(encoding="utf-8").splitlines()
    # fmt: off
    texts += ["Ask the dept. for an appt on Main Ave. of old, cf. Vol. IV, a Mk II.",
              "An A- or a B+, w/o no. 5, c/o Govt. House; a C#. S/he is aka Al, n/a & b/c.",
              "Sec. 4, misc. things, attn: Al, asst. coach, avg. of WWII, temp. is 4 = 2++."]
    # fmt: on
    tried = 0
    for pattern, _, needed, _ in abbreviations._SHORT_RULES:
        found = [match for text in texts for match in pattern.finditer(text)]
        tried += bool(found)
        assert all(needed in match.string.lower() for match in found), pattern.pattern
    assert tried > 0.7 * len(abbreviations._SHORT_RULES)
    assert sum(not needed for *_, needed, _ in abbreviations._SHORT_RULES) < 8


@given(st.text(alphabet="ABIac .,;:?!'\"-\n", max_size=40))
def test_text_without_signs_has_none(text: str) -> None:
    assert plain_signs(text + " 1").removesuffix(" 1") == plain_signs(text)

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.lexicon import normalization, numbers
from interactspeech.lexicon.normalization import normalize_text, unspeakable
from interactspeech.lexicon.numbers import cardinal, ordinal, spell_numbers, year


@pytest.mark.parametrize("module", [normalization, numbers])
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
        ("on 3/4/2021", "on three four twenty twenty-one"),
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

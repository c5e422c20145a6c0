import doctest

from interactspeech.tts import first_names
from interactspeech.tts.first_names import FEMALE, MALE, sex_of_name


def test_examples_in_docstrings():
    assert doctest.testmod(first_names).failed == 0


def test_no_name_is_in_both_lists_and_none_is_one_that_both_sexes_bear():
    assert not FEMALE & MALE
    both = "alex chris jordan kim lee pat robin sam taylor casey jamie morgan leslie dana terry"
    assert not (FEMALE | MALE) & set(both.split())
    assert all(name.isascii() and name.islower() for name in FEMALE | MALE)


def test_names_are_the_first_word():
    assert sex_of_name("Ben Rose") == "male"
    assert sex_of_name("Rose, Ben") == "female"  # the first word, whatever it is
    assert sex_of_name("") == sex_of_name("#Person1#") == sex_of_name("user") == ""

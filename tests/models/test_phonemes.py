"""Every phoneme belongs to a token as written, whatever the reader made of the text."""
# ruff: noqa: RUF001 -- phonemes look like letters

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactspeech.errors import InputError
from interactspeech.models.phonemes import _reader, identifiers, phonemes, pieces, sentences
from interactspeech.records import spoken_tokens
from interactspeech.scripts import demo_dialogues


def by_token(text, **options):
    found = phonemes(text, **options)
    return [
        (token, "".join(s for s, o in zip(found.symbols, found.owners, strict=True) if o == index))
        for index, token in enumerate(spoken_tokens(text))
    ]


@pytest.mark.parametrize(
    ("text", "token", "like"),
    [
        ("Dr. Smith owes $5 at 3:30 pm.", "Dr.", "doctor"),
        ("Dr. Smith owes $5 at 3:30 pm.", "$5", "five dollars"),
        ("Dr. Smith owes $5 at 3:30 pm.", "3:30", "three thirty"),
        ("Meet me on March 3, 2024, okay?", "3,", "third"),
        ("It's 10 - 20 km from here.", "km", "kilometers"),
        ("about 5 % more", "5", "five percent"),
        ("St. Paul's is near", "St.", "saint"),
        ("my number is 555-1234 now", "555-1234", "five five five one two three four"),
        ("order 1234567 please", "1234567", "one two three four five six seven"),
    ],
)  # fmt: skip
def test_what_is_rewritten_stays_with_its_token(text, token, like):
    letters = "".join(sounds for _, sounds in by_token(like)).replace("ˈ", "").replace("ˌ", "")
    found = dict(by_token(text))[token].replace("ˈ", "").replace("ˌ", "")
    assert found == letters


def test_hyphens_quotes_and_dashes():
    text = """ "Well-known" -- and (so they say) 'true'... right—left? """
    assert all(sounds for _, sounds in by_token(text))
    assert [token for token, _ in by_token(text)] == spoken_tokens(text)


def test_feedback_is_not_spelled():
    for word in ("mm-hm", "Mm-hmm.", "uh-huh,", "mm", "Hmm...", "um,", "uh", "mhm"):
        ((_, sounds),) = by_token(word)
        assert 2 <= len(sounds) <= 8, (word, sounds)
        assert set(sounds) & set("ʌə"), (word, sounds)


@pytest.mark.parametrize("word", ["кот", "日本", "שלום", "٣", "9" * 60])
def test_what_has_no_sound_is_named(word):
    with pytest.raises(InputError) as caught:
        phonemes(f"this is {word} here", engine="kokoro")
    assert caught.value.reason == "unspeakable"
    assert word in str(caught.value)


def test_markup_for_phonemes_is_not_obeyed():
    obeyed = phonemes("word").symbols
    assert phonemes("[other](/word/) word").symbols != obeyed + " " + obeyed
    assert "slˈæʃ" in phonemes("[other](/word/)").symbols


def test_british_reading_differs():
    assert phonemes("the car").symbols != phonemes("the car", british=True).symbols


TOKENS = st.sampled_from(
    ["well,", "I'm", "5", "$3.50", "Dr.", "3:30", "p.m.", "--", "...", "10%", "uh-huh", "-", "No.",
     "MUL0484", "café", "(yes)", '"go"', "March", "2nd", "2024", "km", "1/2", "O'Brien's", "&"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(TOKENS, min_size=1, max_size=10))
def test_every_token_owns_a_sound_and_order_is_kept(tokens):
    text = " ".join(tokens)
    if not spoken_tokens(text):
        return
    found = phonemes(text)
    owners = [owner for owner in found.owners if owner >= 0]
    assert owners == sorted(owners)
    assert set(owners) == set(range(len(spoken_tokens(text))))
    assert len(identifiers(found.symbols)) == len(found) + 2


LONG = "We went there last week, and it was fine. " * 20


@pytest.mark.parametrize("split", [pieces, sentences])
def test_pieces_lose_no_word(split):
    whole = phonemes(LONG)
    parts = split(whole, 120)
    assert all(len(part) <= 120 for part, _ in parts)
    assert [o for part, _ in parts for o in part.owners if o >= 0] == [
        o for o in whole.owners if o >= 0
    ]
    assert parts[-1][1] == 0.0
    assert all(pause > 0.1 for _, pause in parts[:-1])


def test_a_text_without_marks_is_split_between_words():
    parts = pieces(phonemes("so we went on and on " * 12), 60)
    for (one, _), (other, _) in pairwise(parts):
        last = [o for o in one.owners if o >= 0][-1]
        first = next(o for o in other.owners if o >= 0)
        assert first == last + 1


def test_tags_are_those_of_the_dictionary_s_own_tagger():
    """Sums of arrays give the tags that sums of dictionaries give."""
    from hibari.g2p import G2P

    own, fast = G2P(british=False).tagger, _reader(False)[0].tagger
    for dialogue in demo_dialogues()[:12]:
        for turn in dialogue.turns:
            words = turn.text.split()
            assert fast(words) == own(words)


def test_what_was_read_before_changes_no_reading():
    """Words are remembered with all that their reading depends on: the tag, what follows."""
    texts = [
        "the apple, the pear", "The record they record", "I used to", "a used car, used up",
        "to eat and to go", "US, us, and a US dollar", "He read it. Read it!", "$5 or 5 a day",
        "I am in", "come in. in it", "by and by", "well-used x-ray",
    ]  # fmt: skip
    first = [phonemes(text) for text in texts]
    for order in (texts[::-1], texts):
        phonemes.cache_clear()
        again = {text: phonemes(text) for text in order}
        assert [again[text] for text in texts] == first
    _reader.cache_clear()
    phonemes.cache_clear()
    for text, before in list(zip(texts, first, strict=True))[::-1]:
        assert phonemes(text) == before

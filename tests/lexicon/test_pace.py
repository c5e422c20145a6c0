import pytest

from interactspeech.lexicon.pace import conversation_minutes, speaking_seconds, word_seconds


def test_longer_words_and_ends_of_phrases_take_longer() -> None:
    assert word_seconds("a") < word_seconds("harbour") < word_seconds("harbour.")
    assert word_seconds("?") > 0
    assert speaking_seconds(["We", "take", "the", "train."]) == pytest.approx(
        sum(map(word_seconds, ("We", "take", "the", "train.")))
    )


def test_people_and_engines_speak_about_four_words_a_second() -> None:
    text = "So we take the early train, and then we walk down to the harbour with my brother."
    assert 3.0 < len(text.split()) / speaking_seconds(text.split()) < 5.0


def test_a_conversation_lasts_longer_than_its_talk() -> None:
    turns = [["We", "take", "the", "train."], ["Yes."]]
    assert conversation_minutes(turns) > sum(map(speaking_seconds, turns)) / 60
    assert conversation_minutes([]) == 0

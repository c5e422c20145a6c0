"""The feedback lexicon, and the lists beside it."""

from interactspeech.lexicon.feedback import (
    FEEDBACK_TURNS,
    FILLERS,
    FIRST_WORD_CLASSES,
    SHORT_FEEDBACK,
    bare_word,
    feedback_kind,
)


def test_the_kind_is_the_strongest_in_it():
    assert feedback_kind(["Uh-huh."]) == "continuer"
    assert feedback_kind(["Uh-huh,", "right."]) == "acknowledgement"
    assert feedback_kind(["right,", "oh", "my", "God!"]) == "reaction"
    assert feedback_kind(["yeah", "but"]) == ""
    assert feedback_kind([]) == ""
    assert feedback_kind(["yeah"], acknowledgements=()) == ""


def test_words_are_compared_without_case_and_punctuation():
    assert bare_word("\u201cThat\u2019s,") == "that's"
    assert bare_word("Mm-hm...") == "mm-hm"
    assert bare_word("?!") == ""


def other_than_feedback(words):
    return {word for word in words if not feedback_kind([word])}


def test_the_other_lists_differ_from_the_lexicon_where_they_say_so():
    """Beside parts of phrases ("i see"), thanks; hesitations and answers of one syllable."""
    assert other_than_feedback(FEEDBACK_TURNS) == {"i", "see", "of", "course", "thanks", "thank",
                                                   "you"}  # fmt: skip
    letters = {"".join(filter(str.isalpha, w)) for w in ("mm-hm", "mm-hmm", "uh-huh", "um-hm")}
    assert letters <= SHORT_FEEDBACK
    assert other_than_feedback(SHORT_FEEDBACK) - set(FILLERS) - letters == {"i", "no", "nope",
                                                                             "see"}  # fmt: skip
    classes = {name: other_than_feedback(words) for name, words in FIRST_WORD_CLASSES.items()}
    assert classes.pop("filler") <= set(FILLERS)
    assert classes.pop("no") == {"no", "nope", "nah", "uh-uh"}
    assert {name for name, words in classes.items() if words - {"um-hmm"}} == set()

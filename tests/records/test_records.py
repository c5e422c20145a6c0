import msgspec
import pytest
from dialogue_strategies import dialogues
from hypothesis import HealthCheck, given, settings

from interactspeech.records import Dialogue, Event, Span, Speaker, Speech, Voice, Word


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(dialogues())
def test_every_sample_of_a_record_lies_inside_it(record):
    for utterance in record.utterances:
        assert 0 <= utterance.start < utterance.end <= record.length
        assert sum(map(len, utterance.speech)) <= utterance.end - utterance.start
        for word in utterance.words:
            assert utterance.start <= word.start < word.end <= utterance.end
    assert record.seconds == record.length / record.rate


def test_records_do_not_change():
    record = Dialogue("d", 8000, 10, (Speaker("A"),))
    with pytest.raises(AttributeError):
        record.length = 5
    assert msgspec.structs.replace(record, length=5).length == 5


def test_a_replaced_record_is_checked_again():
    record = Dialogue("d", 8000, 10, (Speaker("A"),))
    with pytest.raises(ValueError, match="must be positive"):
        msgspec.structs.replace(record, rate=0)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 3)])
def test_spans_and_words_are_never_empty(start, end):
    with pytest.raises(ValueError, match="empty, reversed or negative"):
        Span(start, end)
    with pytest.raises(ValueError, match="word 'x'"):
        Word("x", start, end)


def test_speech_is_mono_float32():
    import numpy as np

    voice = Voice("fake", "a")
    assert Speech(np.zeros(80, np.float32), 8000, (), "none", voice).seconds == 0.01
    for wrong in (np.zeros(80), np.zeros((2, 80), np.float32)):
        with pytest.raises(ValueError, match="mono float32"):
            Speech(wrong, 8000, (), "none", voice)


def test_older_records_have_filled_pauses_as_pauses():
    old = Event("pause", "A", 0, 5, attributes={"fill": "filled"})
    now = Event("filled_pause", "A", 0, 5)
    silent = Event("pause", "A", 0, 5)
    assert [e.is_filled_pause for e in (old, now, silent)] == [True, True, False]
    assert [e.is_silent_pause for e in (old, now, silent)] == [False, False, True]

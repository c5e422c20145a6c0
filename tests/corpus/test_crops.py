import pickle

import msgspec
import numpy as np
import pytest

from interactspeech.corpus import Corpus, CorpusWriter, Crops, CropSettings, collate
from interactspeech.errors import InputError, UsageError
from interactspeech.records import Dialogue, Event, Span, Speaker, Track, Utterance, Word

RATE = 8000
LENGTHS = [RATE * 3, RATE * 11, RATE * 25, RATE * 9 + 17]


def ramp(length, channel):
    """Samples that say where they lie."""
    return ((np.arange(length) + channel * 7) % 4096).astype(np.float32) / 4096


def record(number, length):
    words = tuple(
        Word(f"w{at}", at * RATE // 2, at * RATE // 2 + RATE // 2)
        for at in range(2 * length // RATE)
    )
    whole = words[-1].end
    return Dialogue(
        id=f"d{number}",
        rate=RATE,
        length=length,
        speakers=(Speaker("A"), Speaker("B")),
        utterances=(Utterance("u", "A", 0, whole, (Span(0, whole),), words, times="human"),),
        events=tuple(
            Event("pause", "A", second * RATE, second * RATE + RATE // 2, origin="planned")
            for second in range(length // RATE)
        ),
        tracks=(Track("B", "", 1), Track("A", "", 0)),
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("crops") / "corpus"
    with CorpusWriter(root, {}) as writer:
        for number in range(2):
            with writer.shard(number) as shard:
                for k, length in enumerate(LENGTHS[2 * number : 2 * number + 2], 2 * number):
                    shard.add(record(k, length), np.stack([ramp(length, 0), ramp(length, 1)]))
                if number == 1:
                    shard.add(msgspec.structs.replace(record(9, RATE * 30), tracks=()), None)
                shard.finish()
        writer.finish(2)
    return root


def test_the_sound_the_words_and_the_events_are_those_of_the_place(root):
    crops = Crops(root, CropSettings(seconds=4, seed=3))
    assert crops.left_out == 1  # the record without sound
    assert len(crops) == 1 + 2 + 6 + 2
    for crop in crops:
        whole = Corpus.open(root)[crop.id]
        assert crop.audio.dtype == np.float32
        assert crop.audio.shape == (2, 4 * RATE)
        expected = whole.audio(crop.start, crop.start + crop.length)
        assert (crop.audio[:, : crop.length] == expected).all()
        assert not crop.audio[:, crop.length :].any()
        assert crop.length == min(4 * RATE, whole.dialogue.length)
        assert (crop.speakers, crop.channels) == (("A", "B"), (0, 1))
        there = [word for said in whole.dialogue.utterances for word in said.words]
        end = crop.start + crop.length
        assert [(word.text, word.start + crop.start) for word in crop.words] == [
            (word.text, word.start) for word in there if word.start < end and word.end > crop.start
        ]
        assert [event.start + crop.start for event in crop.events] == [
            event.start
            for event in whole.dialogue.events
            if event.start < end and event.end > crop.start
        ]


def test_an_epoch_covers_every_dialogue_and_another_has_other_places(root):
    crops = Crops(root, seconds=4)
    one = [(crop.id, crop.start) for crop in crops]
    assert one == [(crop.id, crop.start) for crop in crops]
    starts = sorted(start for name, start in one if name == "d2")
    part = LENGTHS[2] / 6
    assert [int(start // part) for start in starts] == list(range(6))
    assert all(start % part <= part - 4 * RATE + 1 for start in starts)
    crops.set_epoch(1)
    two = [(crop.id, crop.start) for crop in crops]
    assert sorted(name for name, _ in one) == sorted(name for name, _ in two)
    assert one != two
    assert one != [(crop.id, crop.start) for crop in Crops(root, seconds=4, seed=1)]
    assert two == [(crop.id, crop.start) for crop in pickle.loads(pickle.dumps(crops))]


def test_shorter_dialogues_are_padded_or_left_out(root):
    padded = Crops(root, seconds=10)
    assert {crop.id for crop in padded} == {"d0", "d1", "d2", "d3"}
    short = Crops(root, seconds=10, shorter="leave_out")
    assert {crop.id for crop in short} == {"d1", "d2"}
    assert short.left_out == 3
    batch = collate(padded[0:4])
    assert batch["audio"].shape == (4, 2, 10 * RATE)
    assert batch["length"].tolist() == [crop.length for crop in padded[0:4]]


def test_conditions_choose_and_nothing_left_is_an_error(root):
    some = Crops(root, seconds=4, where="seconds > 20")
    assert {crop.id for crop in some} == {"d2"}
    assert some.left_out == 1
    with pytest.raises(InputError, match="no dialogue of 5 gives a crop of 60 s"):
        Crops(root, seconds=60, shorter="leave_out")
    with pytest.raises(InputError, match="cannot use the query"):
        Crops(root, where="nonsense >")
    with pytest.raises(UsageError, match="seconds"):
        Crops(root, seconds=0)
    with pytest.raises(IndexError):
        some[len(some)]


def test_several_rates_in_a_batch_are_refused(root):
    crop = Crops(root, seconds=4)[0]
    other = type(crop)(**{**crop.__dict__, "rate": 16_000})
    with pytest.raises(InputError, match="8000, 16000"):
        collate([crop, other])

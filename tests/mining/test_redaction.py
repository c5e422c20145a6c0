"""Names and numbers out of clips."""

import numpy as np
import pytest
import soundfile
from recordings import LENGTH, RATE, TALK, talk_sound

from interactspeech.errors import InputError
from interactspeech.mining.redaction import find, redacted
from interactspeech.mining.settings import MineSettings
from interactspeech.pipelines.mining.job import mine
from interactspeech.records import Dialogue, Span, Speaker, Utterance, Word, encode


def utterance(text: str, name: str = "u0", at: int = 0, speaker: str = "A") -> Utterance:
    words = tuple(
        Word(word, at + 4000 * i, at + 4000 * i + 3000) for i, word in enumerate(text.split())
    )
    return Utterance(
        name, speaker, words[0].start, words[-1].end, (Span(words[0].start, words[-1].end),),
        words, times="human",
    )  # fmt: skip


def marked(text: str, *small: str) -> str:
    kinds = find(utterance(text), frozenset(small))
    return " ".join(f"[{k}]" if k else w for k, w in zip(kinds, text.split(), strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, this is Anna Kowalski speaking.", "Hello, this is [name] [name] speaking."),
        ("I'm from Leeds. Do you know Mr. Brown's wife?",
         "I'm from [name] Do you know Mr. [name] wife?"),
        ("So I think Monday is OK.", "So I think Monday is OK."),
        ("call me on five five one two please",
         "call me on [number] [number] [number] [number] please"),
        ("the two of us and one more", "the two of us and one more"),
        ("it was 42 pounds or twenty", "it was [number] pounds or [number]"),
        ("my code is A B 7", "my code is [number] [number] [number]"),
        ("write to jo@example.org now", "write to [name] now"),
        ("Siobhan said so.", "[name] said so."),
        ("Right. Whereas he did not.", "Right. [name] he did not."),
    ],
)  # fmt: skip
def test_names_and_numbers_are_found(text: str, expected: str) -> None:
    assert marked(text) == expected


def test_words_written_small_elsewhere_are_no_names() -> None:
    assert marked("Whereas he did not.", "whereas") == "Whereas he did not."
    assert marked("Houses cost much.", "houses") == "Houses cost much."


def test_the_tone_covers_the_word_on_every_channel_and_nothing_else() -> None:
    dialogue = Dialogue(
        "x", RATE, 60_000, (Speaker("A"), Speaker("B")),
        (utterance("my name is Anna and that is all"), utterance("mhm yes", "u1", 40_000, "B")),
    )  # fmt: skip
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 60_000)).astype(np.float32)
    done, quiet = redacted(dialogue, sound)
    assert [w.text for w in done.utterances[0].words] == [
        "my", "name", "is", "[name]", "and", "that", "is", "all"
    ]  # fmt: skip
    pad = round(0.05 * RATE)
    inside = slice(12_000 - pad, 15_000 + pad)
    changed = (quiet != sound).any(axis=0)
    assert changed[inside].mean() > 0.99
    changed[inside] = False
    assert not changed.any()
    assert np.abs(quiet[:, inside]).max() <= 0.1001, "nothing of the voice is left"
    assert encode(dialogue) == encode(redacted(done, quiet)[0]) or done == redacted(done, quiet)[0]


def test_words_without_capitals_are_refused() -> None:
    text = "hello anna this is bob i am calling about the thing we said on friday so please " * 2
    dialogue = Dialogue("x", RATE, 200_000, (Speaker("A"),), (utterance(text.strip()),))
    with pytest.raises(InputError) as error:
        redacted(dialogue, np.zeros((1, 200_000), np.float32))
    assert error.value.reason == "no-capitals"


def test_a_redacted_corpus_holds_neither(tmp_path) -> None:
    sound = np.stack([talk_sound(s, i) for i, s in enumerate(TALK.values())], axis=1)
    soundfile.write(tmp_path / "call.wav", sound, RATE)
    said = ("so", "Anna", "and", "five", "six")
    utterances = []
    for who, spans in TALK.items():
        for a, b in spans:
            start, end = round(a * RATE), round(b * RATE)
            step = (end - start) // len(said)
            words = tuple(Word(w, start + i * step, start + (i + 1) * step)
                          for i, w in enumerate(said))  # fmt: skip
            utterances.append(
                Utterance(f"u{len(utterances)}", who, start, end, (Span(start, end),), words,
                          times="human", written="so Anna and five six")
            )  # fmt: skip
    record = Dialogue("call", RATE, round(LENGTH * RATE),
                      (Speaker("A", name="Anna Kowalski"), Speaker("B", name="Bob")),
                      tuple(utterances))  # fmt: skip
    (tmp_path / "call.json").write_bytes(encode(record))
    plain = MineSettings(checks=False, balance=None, redact=True)
    report = mine([tmp_path], tmp_path / "out", plain)
    for item in report.corpus():
        text = encode(item.dialogue).decode()
        assert "Anna" not in text
        assert "five" not in text
        assert "Bob" not in text
        assert "[name]" in text
        assert "[number]" in text
        for utterance_ in item.dialogue.utterances:
            for word in utterance_.words:
                if word.text.startswith("["):
                    heard = np.abs(item.audio()[:, word.start : word.end]).max()
                    assert heard <= 0.101, "more than the tone"


def test_without_words_a_recording_is_left_out(tmp_path) -> None:
    from recordings import write_call

    from interactspeech.mining.report import NothingMinedError

    write_call(tmp_path, "call")
    with pytest.raises(NothingMinedError) as error:
        mine([tmp_path], tmp_path / "out", MineSettings(words="none", checks=False, redact=True))
    assert list(error.value.counts.recordings.dropped) == ["no-words"]

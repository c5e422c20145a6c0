"""Piper voices without piper-tts: sounds in espeak's writing, noise as an input."""

# ruff: noqa: RUF001 -- phonemes look like letters

import json

import numpy as np
import onnxruntime
import pytest

from interactspeech.errors import InputError
from interactspeech.models.onnx_graph import Graph, edited, noise_as_input
from interactspeech.models.phonemes import phonemes
from interactspeech.records import spoken_tokens
from interactspeech.tts import engine
from interactspeech.tts.engines.piper import PiperEngine, _espeak, _identifiers


def espeak(text):
    piece = phonemes(text)
    return "".join(_espeak(piece, i, symbol) for i, symbol in enumerate(piece.symbols))


def test_sounds_are_written_as_espeak_writes_them():
    assert espeak("bird letter judge church") == "bˈɜːd lˈɛɾɚ dʒˈʌdʒ tʃˈɜːtʃ"
    assert espeak("nice time now, see you") == "nˈaɪs tˈaɪm nˈaʊ, sˈiː juː"


def test_every_number_has_its_symbol():
    piece = phonemes("Nice, bird.")
    known = {symbol: [n] for n, symbol in enumerate("_^$ ,.aɪnsbdɜː", start=0)}
    ids, owners = _identifiers(piece, known)
    assert (ids[0], ids[1], ids[-1]) == (1, 0, 2)
    assert len(ids) == len(owners)
    assert owners == sorted(owners)
    assert owners[-1] == len(piece) + 1
    diphthong = piece.symbols.index("I") + 1
    assert owners.count(diphthong) == 4  # two letters, a pad after each


def test_random_numbers_become_an_input():
    graph = Graph()
    x = graph.input("x", (2, None))
    noise = graph.add("RandomNormalLike", x, dtype=1)
    again = graph.add("RandomNormalLike", graph.add("Concat", x, x, axis=1), dtype=1)
    model = graph.model(graph.add("Concat", noise, again, axis=1), (2, None))
    session = onnxruntime.InferenceSession(
        edited(model, noise_as_input("noise")), providers=["CPUExecutionProvider"]
    )
    given = {
        "x": np.zeros((2, 3), np.float32),
        "noise0": np.arange(9, dtype=np.float32),  # more than is wanted
        "noise1": -np.arange(12, dtype=np.float32),
    }
    (found,) = session.run(None, given)
    assert found[:, :3].ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert found[:, 3:].ravel().tolist() == [-float(n) for n in range(12)]


def test_voices_of_a_folder_and_what_is_no_voice(tmp_path):
    (tmp_path / "alone.onnx").write_bytes(b"no settings beside it")
    (tmp_path / "many.onnx").write_bytes(b"x")
    settings = {"num_speakers": 2, "phoneme_type": "espeak"}
    (tmp_path / "many.onnx.json").write_text(json.dumps(settings), "utf-8")
    (tmp_path / "broken.onnx").write_bytes(b"x")
    (tmp_path / "broken.onnx.json").write_text("<html>", "utf-8")
    made = PiperEngine(folder=tmp_path)
    assert [voice.name for voice in made.voices()] == ["joe", "broken", "many"]
    for name in ("many", "broken"):
        with pytest.raises(InputError) as caught:
            made.speak("Hello.", name)
        assert caught.value.reason == "voice-unusable"
        assert f"{name}.onnx" in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["mm-hm", "Dr. Smith owes $5 at 3:30 pm.", "word " * 150])
def test_words_are_the_tokens_and_noise_is_the_same(text):
    speeches = [engine("piper").speak(text) for _ in range(2)]
    assert [word.text for word in speeches[0].words] == spoken_tokens(text)
    assert np.array_equal(speeches[0].samples, speeches[1].samples)

"""Whether anything is lost against kokoro-onnx: recognition and DNSMOS of the same sentences."""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from bench_voices import SENTENCES, Plain, dnsmos, heard, table, voices_of
from kokoro_processes import plain_files

from interactspeech.models.phonemes import phonemes
from interactspeech.tts import engine
from interactspeech.tts.word_times import correct_word_times

WAYS = {
    "plain": "kokoro-onnx, its defaults",
    "plainours": "kokoro-onnx, given our phonemes",
    "ours": "ours, as it is",
}
STATE = Path(tempfile.gettempdir()) / "interactspeech-bench-kokoro.npz"


def spoken_three_ways(texts: list[str]) -> dict[str, np.ndarray]:
    """``number_way`` -> samples; kept, so that an interrupted run goes on (`STATE`)."""
    found = dict(np.load(STATE)) if STATE.is_file() else {}
    if all(f"{i}_{way}" in found for i in range(len(texts)) for way in WAYS):
        return found
    from kokoro_onnx import Kokoro

    voices, ours = voices_of("kokoro"), engine("kokoro")
    with plain_files() as (packs, model):
        plain = Kokoro(model, packs)
        for i, text in enumerate(texts):
            voice = voices[i % len(voices)]
            british = voice[0] == "b"
            lang = "en-gb" if british else "en-us"
            symbols = phonemes(text, british=british).symbols
            found[f"{i}_plain"], _ = plain.create(text, voice=voice, lang=lang)
            found[f"{i}_plainours"], _ = plain.create(symbols, voice=voice, is_phonemes=True)
            found[f"{i}_ours"] = ours.speak(text, voice).samples
            np.savez(STATE, **found)
    return found


def without_edges(samples: np.ndarray, rate: int) -> np.ndarray:
    """Cut at its silent edges as our engines' speech is."""
    whole = np.asarray(samples, np.float32)
    return correct_word_times(whole, rate, [(0, len(whole))], []).samples


def loss(_: argparse.Namespace) -> str:
    """Is anything lost?"""
    texts = [text for text in SENTENCES if len(text) > 30][12:24]
    found = spoken_three_ways(texts)
    rows = []
    for way, name in WAYS.items():
        said = [(text, Plain(found[f"{i}_{way}"], 24_000)) for i, text in enumerate(texts)]
        cut = [(text, Plain(without_edges(one.samples, 24_000), 24_000)) for text, one in said]
        errors, words = heard(said)
        rows.append(
            [
                name,
                f"{sum(len(one.samples) for _, one in said) / 24_000:.1f} s",
                f"{dnsmos(said):.2f}",
                f"{dnsmos(cut):.2f}",
                f"{errors} of {words}",
            ]
        )
        print(rows[-1], flush=True)
    return f"""{len(texts)} other sentences, each by another voice. Our engines cut speech at its silent edges, kokoro-onnx leaves some
of what the model breathes there, and DNSMOS hears it: so also the scores with the edges of all cut alike.

{table(("", "speech", "DNSMOS", "DNSMOS, edges cut alike", "word errors"), rows)}
The bar is .03 of DNSMOS and equal recognition.
"""

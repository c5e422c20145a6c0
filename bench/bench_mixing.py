"""Mixed voices: are they between their ingredients, of one piece, and understood?

    python bench/bench_mixing.py [--write]

Needs the extras tts and asr and weights (`interactspeech voices install --asr`).
"""

import argparse
from pathlib import Path

import numpy as np
from bench_voices import SENTENCES, dnsmos, heard

from interactspeech.models.embeddings import SpeakerEncoder, similarity
from interactspeech.tts import Synthesizer
from interactspeech.tts.voice_similarity import likeness

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "mixing.md"
PAIRS = (("af_heart", "am_adam"), ("bf_emma", "af_bella"), ("am_michael", "bm_george"))
SHARES = (0.75, 0.5, 0.25)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--sentences", type=int, default=4)
    options = parser.parse_args()
    texts = [text for text in SENTENCES if len(text) > 40][: options.sentences]
    speaking, encoder = Synthesizer(), SpeakerEncoder()
    made = speaking.engine("kokoro")
    plain = {name for pair in PAIRS for name in pair}
    mixed = [f"{a}*{share}+{b}*{1 - share}" for a, b in PAIRS for share in SHARES]
    said, vectors, within = {}, {}, {}
    for name in (*sorted(plain), *mixed):
        voice = made.voice(name)
        said[voice] = [(text, speaking.speak(text, voice)) for text in texts]
        sounds = [speech.samples for _, speech in said[voice]]
        vectors[voice] = encoder.embed(np.concatenate(sounds), made.rate)
        halves = [encoder.embed(np.concatenate(sounds[k::2]), made.rate) for k in range(2)]
        within[voice] = float(similarity(*halves))
        print(voice.name, f"{within[voice]:.2f}", flush=True)
    rows, apart = [], []
    for voice, own in said.items():
        if "+" not in voice.name:
            continue
        cells = []
        for other in (made.voice(part.partition("*")[0]) for part in voice.name.split("+")):
            measured = float(similarity(vectors[voice], vectors[other]))
            cells.append(f"{other.name} {measured:.2f} ({likeness(voice, other):.2f})")
        for other in said:
            if other != voice:
                guess = likeness(voice, other)
                apart.append(guess - float(similarity(vectors[voice], vectors[other])))
        errors, words = heard(own)
        rows.append(
            f"| `{voice.name}` | {voice.sex}, {voice.accent} | {cells[0]} | {cells[1]} | "
            f"{within[voice]:.2f} | {errors} of {words} | {dnsmos(own):.2f} |"
        )
    alone = [pair for voice in said if "+" not in voice.name for pair in said[voice]]
    errors, words = heard(alone)
    text = f"""\
# Mixed voices, measured

Written by `python bench/bench_mixing.py --write`: {len(texts)} sentences by {len(mixed)} mixtures of Kokoro's voices and by their {len(plain)}
ingredients. Cosines of CAM++ embeddings of all that a voice says, and in brackets the estimate that casting uses; "with
itself" is between two halves of it (ingredients: {np.mean([within[v] for v in said if "+" not in v.name]):.2f} on average). whisper-base counts the words.

| mixture | declared | with the first | with the second | with itself | word errors | DNSMOS |
|---|---|---|---|---:|---:|---:|
{chr(10).join(rows)}
| ingredients | | | | | {errors} of {words} | {dnsmos(alone):.2f} |

Over all {len(apart)} pairs of a mixture and another voice, the estimate is {np.mean(apart):+.2f} off on average and {np.median(np.abs(apart)):.2f} in the median.
"""
    print(text)
    if options.write:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

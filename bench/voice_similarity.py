"""How alike are the voices? Writes the table that casting uses: cosines of speaker embeddings.

    python bench/voice_similarity.py [--engines hibari,kokoro,espeak] [--sentences 4] [--write]

Every voice says the same sentences; the cosine of the CAM++ embeddings of all of them together says
how alike two voices are. The same measured between two halves of one voice's sentences is printed
for comparison. --write stores src/interactspeech/voices/similarity.json (voices that cannot be
heard here keep the figures they have).
"""

import argparse
import json
from itertools import combinations
from pathlib import Path

import numpy as np

from interactspeech.models.embeddings import SpeakerEncoder, similarity
from interactspeech.tts import engine

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "src" / "interactspeech" / "voices" / "similarity.json"
SENTENCES = ROOT / "bench" / "voices_sentences.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engines", default="hibari,kokoro,espeak")
    parser.add_argument("--sentences", type=int, default=4)
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    options = parser.parse_args()
    texts = [line for line in SENTENCES.read_text("utf-8").splitlines() if len(line) > 40]
    texts = texts[: options.sentences]
    encoder = SpeakerEncoder()
    known, within = {}, []
    for name in options.engines.split(","):
        speaker = engine(name)
        for voice in speaker.voices():
            said = [speaker.speak(text, voice).samples for text in texts]
            known[f"{name}:{voice.name}"] = encoder.embed(np.concatenate(said), speaker.rate)
            halves = [encoder.embed(np.concatenate(said[k::2]), speaker.rate) for k in range(2)]
            within.append(float(similarity(*halves)))
            print(f"{name}:{voice.name}  with itself {within[-1]:.2f}", flush=True)
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    for one, other in combinations(sorted(known), 2):
        table.setdefault(one, {})[other] = round(float(similarity(known[one], known[other])), 2)
    pairs = [(s, one, other) for one, row in table.items() for other, s in row.items()]
    print(f"{len(known)} voices; with itself {np.percentile(within, [0, 5, 50]).round(2)}")
    print("between voices", np.percentile([p[0] for p in pairs], [5, 50, 95, 99, 100]).round(2))
    for pair in sorted(pairs, reverse=True)[:25]:
        print(*pair)
    if options.write:
        rows = (
            f'"{one}": {json.dumps(dict(sorted(row.items())))}'
            for one, row in sorted(table.items())
        )
        TABLE.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()

"""Written numbers spoken by Kokoro and recognised again: is what is heard what was written?

```
python bench/bench_readings.py [--forms 120] [--write docs/bench/readings.md]
```

The forms are taken evenly from tests/lexicon/readings.tsv. Each is normalised, spoken, recognised by
whisper-base, and compared in one spelling of numbers (`normal_words`). Needs the extras tts and asr.
What is heard of each form is kept under `--state`, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from interactspeech.lexicon.normalization import normalize_text
from interactspeech.models.recognition import Recogniser, normal_words, word_errors
from interactspeech.tts import engine

ROOT = Path(__file__).parents[1]
FORMS = ROOT / "tests" / "lexicon" / "readings.tsv"
VOICES = ("af_heart", "am_michael", "bf_emma", "bm_george")


def interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's interval of 95 %."""
    z = 1.96
    middle = (hits + z * z / 2) / (count + z * z)
    half = z * (hits * (count - hits) / count + z * z / 4) ** 0.5 / (count + z * z)
    return middle - half, middle + half


def main() -> None:
    """Speak, recognise, compare, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=120)
    parser.add_argument("--state", type=Path, default=Path("/tmp/bench_readings.jsonl"))
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    pairs = [line.split("\t") for line in FORMS.read_text("utf-8").splitlines()]
    picked = [pairs[k * len(pairs) // chosen.forms] for k in range(chosen.forms)]
    done = {}
    if chosen.state.exists():
        rows = map(json.loads, chosen.state.read_text("utf-8").splitlines())
        done = {row["written"]: row for row in rows}
    kokoro, recogniser = engine("kokoro"), Recogniser()
    with chosen.state.open("a", encoding="utf-8") as state:
        for number, (written, right) in enumerate(picked):
            spoken = normalize_text(written)
            if written in done and done[written]["spoken"] == spoken:
                continue
            voice = kokoro.voice(VOICES[number % len(VOICES)])
            speech = kokoro.speak(spoken, voice)
            heard = recogniser.transcribe(speech.samples, speech.rate)
            done[written] = {"written": written, "right": right, "spoken": spoken, "heard": heard}
            state.write(json.dumps(done[written], ensure_ascii=False) + "\n")
            state.flush()
    results = []
    for written, _ in picked:
        row = done[written]
        wanted = normal_words(row["spoken"])
        errors = word_errors(wanted, normal_words(row["heard"]))
        results.append((row, len(wanted), errors))
    exact = sum(errors == 0 for _, _, errors in results)
    words = sum(count for _, count, _ in results)
    errors = sum(found for _, _, found in results)
    low, high = interval(exact, len(results))
    lines = [
        "# Numbers, spoken and heard again", "",
        (f"Written by `python bench/bench_readings.py --forms {chosen.forms}`: forms of "
         "tests/lexicon/readings.tsv, spoken by Kokoro (four voices) and recognised by whisper-base."),
        "",
        (f"{exact} of {len(results)} are heard word for word ({exact / len(results):.0%}, 95 % "
         f"interval {low:.0%} to {high:.0%}); {errors} errors in {words:,} words "
         f"({errors / words:.1%}). Digits count as words. The others:"), "",
        "| written | spoken | heard | errors |", "|---|---|---|---:|",
    ]  # fmt: skip
    for row, _, found in sorted(results, key=lambda one: -one[2]):
        if found:
            cells = (str(row[key]).replace("|", "/") for key in ("written", "spoken", "heard"))
            lines.append(f"| {' | '.join(cells)} | {found} |")
    print("\n".join(lines[:5]))
    if chosen.write is not None:
        chosen.write.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()

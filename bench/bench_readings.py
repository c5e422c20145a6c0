"""Written numbers spoken by Kokoro and recognised again: is what is heard what was written?

```
python bench/bench_readings.py [--forms 120] [--write docs/bench/readings.md]
```

The forms are taken evenly from tests/lexicon/readings.tsv. Each is normalised, spoken, recognised by
whisper-base, and compared in one spelling of numbers (`normal_words`). Recognition writes signs of
its own ("$20", "10-15", "5 km"): they are read out before the second comparison, so that what is
left is what was heard wrong. Needs the extras tts and asr.
What is heard of each form is kept under `--state`, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

from interactspeech.lexicon.normalization import normalize_text
from interactspeech.models.recognition import Recogniser, normal_words, word_errors
from interactspeech.tts import engine

ROOT = Path(__file__).parents[1]
FORMS = ROOT / "tests" / "lexicon" / "readings.tsv"
#: Units as recognition spells them: the lexicon has the international spelling.
_AMERICAN = re.compile(r"\b(\w*(?:met|lit))er(?=s?\b)")
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
    parser.add_argument("--minutes", type=float, help="end after so long, with what was heard")
    parser.add_argument("--write", type=Path)
    chosen = parser.parse_args()
    pairs = [line.split("\t") for line in FORMS.read_text("utf-8").splitlines()]
    picked = [pairs[k * len(pairs) // chosen.forms] for k in range(chosen.forms)]
    done = {}
    if chosen.state.exists():
        rows = map(json.loads, chosen.state.read_text("utf-8").splitlines())
        done = {row["written"]: row for row in rows}
    kokoro, recogniser = engine("kokoro"), Recogniser()
    end = time.monotonic() + 60 * chosen.minutes if chosen.minutes else float("inf")
    with chosen.state.open("a", encoding="utf-8") as state:
        for number, (written, right) in enumerate(picked):
            spoken = normalize_text(written)
            if written in done and done[written]["spoken"] == spoken:
                continue
            if time.monotonic() > end:
                break
            voice = kokoro.voice(VOICES[number % len(VOICES)])
            speech = kokoro.speak(spoken, voice)
            heard = recogniser.transcribe(speech.samples, speech.rate)
            done[written] = {"written": written, "right": right, "spoken": spoken, "heard": heard}
            state.write(json.dumps(done[written], ensure_ascii=False) + "\n")
            state.flush()
    picked = [pair for pair in picked if pair[0] in done]
    results = []
    for written, _ in picked:
        row = done[written]
        wanted = normal_words(row["spoken"])
        plain = word_errors(wanted, normal_words(row["heard"]))
        heard = _AMERICAN.sub(r"\1re", normalize_text(row["heard"]))
        read_out = word_errors(wanted, normal_words(heard))
        results.append((row, len(wanted), plain, min(plain, read_out)))
    exact = sum(plain == 0 for _, _, plain, _ in results)
    alike = sum(found == 0 for *_, found in results)
    words = sum(count for _, count, _, _ in results)
    errors = sum(found for *_, found in results)
    bounds = [f"{low:.0%} to {high:.0%}" for low, high in
              (interval(hits, len(results)) for hits in (exact, alike))]  # fmt: skip
    lines = [
        "# Numbers, spoken and heard again", "",
        (f"Written by `python bench/bench_readings.py --forms {chosen.forms}`: {len(results)} forms "
         "of tests/lexicon/readings.tsv, spoken by Kokoro (four voices) and recognised by "
         "whisper-base."), "",
        (f"{exact} of {len(results)} are heard word for word ({exact / len(results):.0%}, 95 % "
         f"interval {bounds[0]}), digits counting as words. Recognition has signs and spellings "
         f'of its own ("$20", "10-15", "meters"): with those read out, {alike} are ({alike / len(results):.0%}, '
         f"{bounds[1]}), with {errors} errors in {words:,} words ({errors / words:.1%}). The others:"),
        "", "| written | spoken | heard | errors |", "|---|---|---|---:|",
    ]  # fmt: skip
    for row, _, _, found in sorted(results, key=lambda one: -one[3]):
        if found:
            cells = (str(row[key]).replace("|", "/") for key in ("written", "spoken", "heard"))
            lines.append(f"| {' | '.join(cells)} | {found} |")
    print("\n".join(lines))
    if chosen.write is not None:
        chosen.write.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()

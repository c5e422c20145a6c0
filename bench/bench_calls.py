"""Reports on calls beside other packages: incidents found, latencies, defects found, speed, memory.

    python bench/bench_calls.py [--corpus DIR] [--limit 50] [--peers PYTHON] [--real DIR] [--mrda DIR] [--primock DIR]
        [--part NAME] [--condition NAME] [--words ENGINE] [--page] [--write]

Dialogues of DialogSum, spoken by voices of hibari that the listener was not trained on (made by
`interactspeech build`, or read from --corpus), are stored as calls of two channels: clean, by telephone, with
crosstalk, in noise. What happens in them is known from their records. `interactspeech report` measures the
folder, and so do call-ai-metrics 0.1.0 and hotato 1.20.0, where the interpreter PYTHON has them (an
environment of their own: pip install call-ai-metrics==0.1.0 hotato==1.20.0). Labelled recordings of people
(../shared/data/real_labelled) are a condition of their own, and so are the same dialogues with the attempts to take
the floor that people made in ICSI's meetings (`people_attempts`). Defects are put into the clean calls one at a time to
see which are found; late channels are also looked for in the true timing of the calls, and of 57 consultations of people
(primock57). What was measured is kept in docs/bench/calls.json, from which the page is written.

```
 calls_made      the calls, and what is true of them     calls_incidents   what is found, by condition and system
 calls_peers     what the others find                    calls_defects     defects that are found
 calls_scoring   matches, errors, causes                 calls_late        late channels, by timing alone
 calls_page      the page                                calls_pin         a pinned incident
                                                         calls_cost        time, memory, the page's opening
```
"""

import argparse
import json
import tempfile
from pathlib import Path

from calls_cost import opening, speed
from calls_defects import defects
from calls_incidents import incidents
from calls_late import late
from calls_made import ATTEMPTS, CONDITIONS, build
from calls_page import page
from calls_pin import pin
from calls_scoring import TRUTH

DOCS = Path(__file__).parents[1] / "docs" / "bench"
PAGE, KEPT = DOCS / "calls.md", DOCS / "calls.json"
SHARED = Path(__file__).parents[2] / "shared" / "data"
PARTS = {
    "incidents": incidents, "defects": defects, "late": late, "pin": pin, "speed": speed, "opening": opening,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus")
    parser.add_argument("--limit", type=int, default=50)
    parser.add_argument("--defects", type=int, default=20, help="calls into which defects are put")
    parser.add_argument("--peers", default="")
    parser.add_argument("--real", default=str(SHARED / "real_labelled"))
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--part", action="append", choices=[*PARTS])
    parser.add_argument(
        "--page", action="store_true", help="only write the page, from what is kept"
    )
    parser.add_argument("--condition", action="append", choices=[*CONDITIONS, *ATTEMPTS, "real"])
    parser.add_argument("--mrda", default=str(SHARED / "timing" / "mrda"))
    parser.add_argument("--primock", default=str(SHARED / "timing" / "primock57" / "transcripts"))
    parser.add_argument("--words", default="", metavar="ENGINE", help="measure the report with words of this "
                        "recogniser, and add it to what is kept")  # fmt: skip
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if arguments.page:
        PAGE.write_text(page(kept), encoding="utf-8")
        return
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        if arguments.corpus is None:
            arguments.corpus = str(folder / "corpus")
            texts = SHARED / "text" / "dialogsum" / "dialogsum.dev.jsonl"
            build(texts, arguments.corpus, "--limit", str(arguments.limit))
        for part in arguments.part or PARTS:
            found = PARTS[part](arguments, folder)
            # Read again: parts may be measured side by side.
            kept = json.loads(KEPT.read_text()) if KEPT.exists() else kept
            if part == "incidents":
                # What is measured again replaces itself; other systems and conditions stay.
                before = kept.setdefault(part, {})
                for condition_name, row in found.items():
                    same = before.get(condition_name, {})
                    keep = same if arguments.words and same.get("truth") == TRUTH else row
                    for what in ("systems", "causes"):
                        older = same.get(what, {}) if same.get("truth") == TRUTH else {}
                        keep[what] = {**older, **row[what]}
                    before[condition_name] = keep
            else:
                kept[part] = found
            if arguments.write:
                KEPT.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    if arguments.write:
        PAGE.write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main()

"""A blind reading of scripts: does an act fit its place better than others', and do acts repeat themselves?

    python bench/bench_reading.py TEXT... --mrda DIR [--ami DIR] [--limit 40] [--threads 1] [--write]

TEXT are files of text dialogues; MRDA and AMI hold meetings with dialogue acts. A language model
that knows nothing of how scripts are written (SmolLM2-135M-Instruct) says how probable the words of
each act are after what was said before them, and after what was said before other acts of its kind
in other dialogues. --write stores docs/bench/reading.md.

```
 reading_acts      acts, and what was said before them      reading_model   how probable their words are
 reading_figures   gains by place, repetition               reading_page    the page
```
"""

import argparse
from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np
from reading_acts import Act, meeting_acts, mrda_tags, plain_words, script_acts
from reading_figures import Stored, read_all_groups, repetitions
from reading_page import page

from interactspeech.records import PlainDialogue
from interactspeech.scripts import read_all, write_offline
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.act_model import ActModel
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.training.acts.meetings import read_ami_acts, read_mrda_acts

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "reading.md"


def gather(
    given: argparse.Namespace,
) -> tuple[dict[str, list[Act]], dict[str, list[tuple[str, ...]]]]:
    """Source -> its acts, and -> its turns; each text is written by both writers, in all presets."""
    acts: dict[str, list[Act]] = defaultdict(list)
    turns: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    plains = [item for item in read_all(given.texts) if isinstance(item, PlainDialogue)]
    order = np.random.default_rng(19).permutation(len(plains))[: given.dialogues]
    places = ActModel.people()
    names = list(SCENARIOS)
    for number, plain in enumerate(plains[k] for k in order):
        turns["source texts"] += [plain_words(turn.text) for turn in plain.turns]
        script = write_offline(plain, 7)
        acts["offline"] += script_acts(script, plain, "offline")
        turns["offline"] += [plain_words(turn.said) for turn in script.turns]
        for name, scenario in SCENARIOS.items():
            script = write_with_roles(plain, 7, scenario, places=places)
            acts["roles"] += script_acts(script, plain, "roles")
            if name == names[number % len(names)]:
                turns["roles"] += [plain_words(turn.said) for turn in script.turns]
    tags = mrda_tags(given.mrda)
    for source, meetings in (
        ("people (MRDA)", read_mrda_acts(given.mrda)),
        ("people (AMI)", read_ami_acts(given.ami) if given.ami else ()),
    ):
        for name, said in meetings:
            acts[source] += meeting_acts(name, said, tags, source)
        turns[source] = [act.words for act in acts[source] if act.group != "feedback"]
    return {
        source: [act for act in mine if act.words and act.before] for source, mine in acts.items()
    }, turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--mrda", type=Path, required=True)
    parser.add_argument("--ami", type=Path)
    parser.add_argument("--dialogues", type=int, default=600)
    parser.add_argument("--limit", type=int, default=50, help="Acts of a kind and source.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--results", type=Path, help="Keep what was read here, and do not read it again."
    )
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    stored = Stored()
    if given.results and given.results.is_file():
        stored = msgspec.json.decode(given.results.read_bytes(), type=Stored)
    acts, turns = gather(given)
    repeated = repetitions(acts, turns)
    rows = read_all_groups(acts, given, stored)
    text = page(given, rows, repeated, stored)
    print(text)
    if given.write:
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

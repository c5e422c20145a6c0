"""What do Silero's share in the activity and today's decision about feedback bring, on made talk in five conditions?

    python bench/listener_mix.py CORPUS [--dialogues 4] [--write]

F1 of onsets within 200 ms of the listener as it ships, without Silero's share, and with the decision of version 0.2
about feedback, in which level takes part, side by side, on the same dialogues under each condition of `evaluate
events make`. Real recordings:
`interactspeech evaluate events real --system listener --system network`.
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import islice
from pathlib import Path

from interactspeech.evaluation.events import benchmark
from interactspeech.evaluation.events.conditions import UNNAMED, condition
from interactspeech.evaluation.events.detectors import ListenerDetector
from interactspeech.evaluation.events.running import evaluate
from interactspeech.listener import Listener

PAGE = Path(__file__).parents[1] / "docs/bench/listener_mix.md"
CONDITIONS = ("clean", "telephone", "noisy", "bleed", "far")
KINDS = ("mean", *benchmark.ASKED)
BY_DEFAULT = "**as `detect` does it**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--dialogues", type=int, default=4)
    parser.add_argument("--about", default="a corpus", help="what CORPUS is, for the page")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    listener = Listener.load()
    systems = {
        "as shipped": listener,
        "without Silero": listener.without_silero(),
        "level deciding": listener.without_levelling(),
    }
    lines = ["| condition | listener | " + " | ".join(KINDS) + " |"]
    lines.append("|---|---|" + "---:|" * len(KINDS))
    seconds = 0.0
    for name in CONDITIONS:
        with tempfile.TemporaryDirectory() as folder:
            made = benchmark.make(
                islice(benchmark.from_corpus(options.corpus), options.dialogues),
                folder,
                name=name,
                condition=condition(name),
                condition_name=name,
                questions=8,
            )
            seconds = made.seconds
            detectors = {label: ListenerDetector(one) for label, one in systems.items()}
            if name in UNNAMED:
                detectors[BY_DEFAULT] = ListenerDetector(listener, "auto")
            for label, detector in detectors.items():
                found = evaluate(benchmark.Benchmark(folder), detector, questions=False).onset
                cells = " | ".join(str(found[kind]) for kind in KINDS)
                lines.append(f"| {name} | {label} | {cells} |")
                print(lines[-1], flush=True)
    text = "\n".join(
        [
            "# The listener's parts on made talk",
            "",
            f"Written by `bench/listener_mix.py` on {options.dialogues} dialogues, {seconds / 60:.1f} min, of {options.about}.",
            "F1 of onsets within 200 ms, 95 % intervals by bootstrap over dialogues. Truth is what the records' plans call",
            "feedback and interruptions. Without Silero: activity of the network alone. Level deciding: the decision about",
            "feedback of version 0.2. In far rooms both channels hold both speakers: the first rows there take a channel for a",
            "speaker all the same; `detect` finds out by itself and takes the diarizer.",
            "",
            *lines,
        ]
    )
    if options.write:
        PAGE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Systems on the stimulus set, people on the same measures, behaviour classes, speed.

    python bench/bench_duplex.py human TIMING [--labelled DIR]   # writes people's values (human.json)
    python bench/bench_duplex.py board STIMULI [--every N] [--work DIR] [--write]
    python bench/bench_duplex.py behaviours [--write]
    python bench/bench_duplex.py speed [--peers PYTHON] [--write]

STIMULI is made by `interactspeech evaluate stimuli -o STIMULI` (660 items, voices of hibari). TIMING
is a folder of timing files: primock57 and voxconverse (conversations of two), mrda and ami_nxt
(meetings); each speaker is measured in turn, events by this package's rules. DIR holds recordings
whose events people marked. The listener, Silero, smart-turn and rules are
deciders: a bot that never yields talks, each decider scores the two tracks as they come, and the bot
is taken to stop where the score first reaches a threshold.

```
 duplex_people     people's values (human)         duplex_deciders    when a bot yields, by scores
 duplex_board      bots and deciders (board)       duplex_endpoints   ends of turns
 duplex_speed      speed                           duplex_page        the page
```
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import numpy as np
from duplex_board import board
from duplex_page import append
from duplex_people import human
from duplex_speed import speed

from interactspeech.evaluation.duplex.behaviour import classify_behaviour


def behaviours(write: bool) -> None:
    """The rules on constructed items of Full-Duplex-Bench v1.5's classes."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests/support"))
    items = importlib.import_module("behaviour_items")
    talking = [classify_behaviour(*x).behaviour == wanted for wanted, *x in items.keeps_talking()]
    others: dict[str, list[bool]] = {}
    for wanted, *x in items.other_classes():
        others.setdefault(wanted, []).append(classify_behaviour(*x).behaviour == wanted)
    lines = [
        "",
        "## Behaviour classes",
        "",
        "Constructed items (words with a recogniser's jitter). The class of Full-Duplex-Bench's pull",
        "request #16, a system that rightly keeps talking through a backchannel:",
        f"{np.mean(talking):.1%} of {len(talking)} right (its judge gpt-4o: 47.5 % of 300).",
        "The other classes, after an interruption at which the system stops: "
        + ", ".join(f"{kind} {np.mean(hits):.1%} of {len(hits)}" for kind, hits in others.items())
        + ". The rules' own author made these items.",
    ]
    append("## Behaviour classes", lines, write)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("part", choices=["human", "board", "behaviours", "speed"])
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--labelled", default="", help="recordings whose events people marked")
    parser.add_argument("--work", default="", help="keep the deciders' scores in this folder")
    parser.add_argument("--skip-ends", action="store_true", help="leave the endpointers out")
    parser.add_argument("--every", type=int, default=1, help="look at every n-th stimulus")
    parser.add_argument("--peers", default="", help="Python with call-ai-metrics and hotato")
    options = parser.parse_args()
    if options.part == "human":
        human(options.folder, options.labelled)
    elif options.part == "board":
        board(options.folder, options.write, options.every, options.work, not options.skip_ends)
    elif options.part == "behaviours":
        behaviours(options.write)
    else:
        speed(options.write, options.peers)


if __name__ == "__main__":
    main()

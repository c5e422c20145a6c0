"""How fast planning and rendering are, without speaking: seconds of dialogue a second of one core.

    python bench/bench_stage.py [--write]

Forty demo dialogues with marks are spoken once by the fake engine (not timed). Then outlining,
planning, rendering and the record are timed apart (processor time: other work on the machine should
not count), best of several rounds, and beside them a bare
copy of as many samples: the least any renderer can take.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    PlainDialogue,
    Script,
    Turn,
    Words,
)
from interactspeech.rendering import (
    dialogue_from_plan,
    draw_dyad,
    measure_outline,
    plan_dialogue,
    render,
    spoken_lines,
)
from interactspeech.scripts import demo_dialogues
from interactspeech.seeds import generator
from interactspeech.tts.engines.fake import FakeEngine

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "stage.md"
ROUNDS = 5


def marked(dialogue: PlainDialogue | Script) -> Script:
    """A plain dialogue with a backchannel, an attempt or a cut in every longer turn."""
    if isinstance(dialogue, Script):
        return dialogue
    rng = generator(0, dialogue.id, "bench")
    turns = []
    for index, turn in enumerate(dialogue.turns):
        words = turn.text.split()
        other = "B" if turn.speaker == "A" else "A"
        last = index == len(dialogue.turns) - 1
        if len(words) < 10 or last:
            turns.append(Turn(turn.speaker, (Words(turn.text),)))
            continue
        at = len(words) // 2
        mark = (Backchannel(other, "mm-hm"), FailedInterruption(other, "but I"), Interruption())[
            int(rng.integers(3))
        ]
        parts = (Words(" ".join(words[:at])), mark, Words(" ".join(words[at:])))
        turns.append(Turn(turn.speaker, parts))
    return Script(id=dialogue.id, turns=tuple(turns))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    arguments = options.parse_args()
    engine = FakeEngine()
    scripts = [marked(d) for d in demo_dialogues()][:40]
    speeches = []
    for script in scripts:
        voices = dict(zip(script.speakers, ("alto", "bass"), strict=True))
        speeches.append(
            {x.id: engine.speak(x.text, voices[x.speaker]) for x in spoken_lines(script)}
        )
    dyads = [draw_dyad(script.id, 0) for script in scripts]
    clock = time.process_time
    best = dict.fromkeys(("outline", "plan", "render", "record", "copy"), float("inf"))
    for _ in range(ROUNDS):
        start = clock()
        shapes = [{k: measure_outline(v) for k, v in s.items()} for s in speeches]
        outlined = clock()
        plans = [
            plan_dialogue(s, o, d, seed=0) for s, o, d in zip(scripts, shapes, dyads, strict=True)
        ]
        planned = clock()
        for p, s in zip(plans, speeches, strict=True):
            render(p, s)
        rendered = clock()
        for p in plans:
            dialogue_from_plan(p)
        recorded = clock()
        for p in plans:
            np.zeros((len(p.speakers), p.length), np.float32)[:] = 0.5
        copied = clock()
        for key, took in {
            "outline": outlined - start,
            "plan": planned - outlined,
            "render": rendered - planned,
            "record": recorded - rendered,
            "copy": copied - recorded,
        }.items():
            best[key] = min(best[key], took)
    seconds = sum(p.seconds for p in plans)
    whole = best["outline"] + best["plan"] + best["render"]
    rows = [
        ("measuring the speech (`measure_outline`)", best["outline"]),
        ("planning (`plan_dialogue`)", best["plan"]),
        ("rendering (`render`)", best["render"]),
        ("**planner and renderer together**", whole),
        ("the record (`dialogue_from_plan`)", best["record"]),
        ("writing as many samples once (for comparison)", best["copy"]),
    ]
    page = [
        "# Speed of planning and rendering",
        "",
        f"Written by `python bench/bench_stage.py --write`: {len(plans)} dialogues, two tracks,",
        f"{seconds / 60:.1f} minutes at {plans[0].rate:,} Hz, in memory, one thread;",
        f"processor time, best of {ROUNDS} rounds. Speech was made before, not timed. The bar is",
        "3,000 times real time for the two together.",
        "",
        "| step | ms a dialogue | times real time |",
        "|---|---:|---:|",
        *(f"| {n} | {1e3 * t / len(plans):.2f} | {seconds / t:,.0f} |" for n, t in rows),
        "",
    ]
    text = "\n".join(page)
    print(text)
    if arguments.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

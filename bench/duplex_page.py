"""The page of `bench_duplex.py`: areas under curves, people, every setting, and sections of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from duplex_deciders import VOICE

from interactspeech.evaluation.duplex.curve import (
    TAU_VOICE,
    YIELD_RULES,
    YieldCurve,
    YieldPoint,
    YieldRule,
    hull_area,
    yield_curve,
    yield_point,
)
from interactspeech.evaluation.duplex.live import ScenarioItem
from interactspeech.evaluation.duplex.outcomes import EventOutcome
from interactspeech.evaluation.duplex.people import human_reference
from interactspeech.evaluation.duplex.reports import interval
from interactspeech.evaluation.duplex.stimulus import TO_IGNORE

PAGE = Path(__file__).parents[1] / "docs/bench/duplex.md"
STRICT = next(rule for rule in YIELD_RULES if rule.name == "within_1s")
PICTURES = {"duplex_curve.svg": TAU_VOICE, "duplex_curve_strict.svg": STRICT}
#: Sections that other parts write.
KEPT = ("## Behaviour classes", "## Speed")
#: What is to be ignored, in the order of the table.
KINDS = ("backchannel", "vocal_tic", "cough", "laugh", "side_talk", "background_speech", "noise")
#: A system and its settings: name -> setting -> what it did at every event.
Behaviours = dict[str, dict[str, list[EventOutcome]]]


def curves_by(done: Behaviours, rule: YieldRule) -> dict[str, YieldCurve]:
    """Each system's curve under a rule."""
    return {
        name: yield_curve(
            name, [yield_point(o, setting, rule=rule) for setting, o in settings.items()]
        )
        for name, settings in done.items()
    }


def standalone(svg: str) -> str:
    return svg.replace("<svg ", "<svg xmlns='http://www.w3.org/2000/svg' ", 1).replace(
        "currentColor", "#444"
    )


def row(curve: YieldCurve, point: YieldPoint) -> list[str]:
    kinds = [
        f"{right / of:.2f}" if of else "-"
        for right, of in (point.kinds.get(kind, (0, 0)) for kind in KINDS)
    ]
    return [
        curve.system, point.setting, interval(point.yielded), str(point.yielded.n),
        interval(point.talked_through), str(point.talked_through.n), *kinds, f"{curve.area:.3f}",
    ]  # fmt: skip


def areas(done: Behaviours) -> list[list[str]]:
    """The area of each system under each rule, with its interval by bootstrap over items."""
    rows = []
    for name, settings in done.items():
        cells = [name]
        for rule in YIELD_RULES:
            area = curves_by({name: settings}, rule)[name].area
            low, high = area_interval(settings, rule)
            cells.append(f"{area:.3f} [{low:.2f}, {high:.2f}]")
        rows.append(cells)
    return rows


def area_interval(
    settings: Mapping[str, Sequence[EventOutcome]], rule: YieldRule, draws: int = 300
) -> tuple[float, float]:
    """95 % of the areas of draws of items with replacement: every setting on the same draw."""
    asked = [
        [o for o in outcomes if o.talking and o.right is not None
         and (o.kind == "interruption" or o.kind in TO_IGNORE)]
        for outcomes in settings.values()
    ]  # fmt: skip
    names = sorted({o.item for some in asked for o in some})
    place = {name: k for k, name in enumerate(names)}
    right, of = (np.zeros((len(asked), 2, len(names))) for _ in range(2))
    for k, some in enumerate(asked):
        for one in some:
            side = int(one.kind != "interruption")
            right[k, side, place[one.item]] += rule.right(one)
            of[k, side, place[one.item]] += 1
    rng = np.random.default_rng(0)
    found = []
    for _ in range(draws):
        pick = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        shares = (right @ pick) / np.maximum(of @ pick, 1)
        found.append(hull_area([(float(x), float(y)) for x, y in shares]))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def delay(outcomes: Sequence[EventOutcome]) -> str:
    """Median seconds until it is silent, of interruptions that it yields to within 2 s."""
    found = [o.yield_latency for o in outcomes if o.kind == "interruption" and o.right]
    return f"{np.median([x for x in found if x is not None]):.2f}" if found else "-"


def page(
    items: Sequence[ScenarioItem],
    total: int,
    done: Behaviours,
    ends: Sequence[Sequence[str]],
    judged: bool,
) -> list[str]:
    lines = [
        "# Duplex systems on one ruler",
        "",
        "Written by `python bench/bench_duplex.py board STIMULI --write`; stimuli:",
        f"`interactspeech evaluate stimuli -o STIMULI` ({len(items)} of {total} items). Brackets are 95 %",
        "intervals by bootstrap over items. Deciders are heard offline over a bot that never",
        f"yields (voice {VOICE}: over the test engine's tones the listener never yields, for it does not",
        "hear the system talk);",
        "their thresholds are swept, and the area is that of the whole sweep. smart-turn is a judge of",
        "ends of turns and not of interruptions: it is asked .2 s into each silence of the user whether",
        "what was said is a whole turn, and the bot is stopped if it is; its proper task is the last table"
        + ("." if judged else " (left out: its weights were not to be had)."),
        "",
        "## The area, under five rules",
        "",
        "tau-voice's windows: an interruption is yielded to if the system is silent within 2 s; all else is",
        "ignored if it talks on for one second. A rule that waits for a second of talk before it yields",
        "passes both windows, whatever it was that talked. Under the other rules nothing but an",
        "interruption may silence the system until a second after it has ended, and yielding must come",
        "within 2, 1 or .5 s; in the last column an interruption counts 1 - latency / 2 s.",
        "",
        "| system | " + " | ".join(rule.title for rule in YIELD_RULES) + " |",
        "|---|" + "---:|" * len(YIELD_RULES),
        *("| " + " | ".join(cells) + " |" for cells in areas(done)),
        "",
        *(f"![{rule.title}]({name})" for name, rule in PICTURES.items()),
        "",
        "## People",
        "",
        "What people did over whose talk another began to interrupt (also in vain) or gave feedback.",
        "Where no event was marked by hand, rules decide what it is by the one who talks over the",
        "other. People who stop at a backchannel were often at the end of what they had to say; a bot",
        "never is. So people's points are no ceiling, and their share of backchannels talked through is a",
        "lower bound of how often people go on because they want to.",
        "",
        "| people | rule | interruptions yielded to | n | backchannels talked through | n |",
        "|---|---|---:|---:|---:|---:|",
        *(
            f"| {p.source} | {titles[p.rule]} | {interval(p.yielded)} | {p.yielded.n} | "
            f"{interval(p.talked_through)} | {p.talked_through.n} |"
            for p in human_reference().points
            for titles in ({rule.name: rule.title for rule in YIELD_RULES},)
        ),
        "",
    ]  # fmt: skip
    for rule in (TAU_VOICE, STRICT):
        curves = curves_by(done, rule)
        rows = [
            [*row(curve, point)[:-1], delay(done[name][point.setting])]
            for name, curve in curves.items()
            for point in curve.points
        ]
        lines += [
            f"## Every setting: {rule.title}",
            "",
            "The last column: median seconds until it is silent, of interruptions yielded to within 2 s.",
            "",
            (
                "| system | setting | interruptions yielded to | n | all others talked through | n | backchannel"
                " | tic | cough | laugh | side talk | background | noise | yields after |"
            ),
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            *("| " + " | ".join(r) + " |" for r in rows),
            "",
        ]
    if ends:
        lines += [
            "## Ends of turns",
            "",
            "eot-bench's sweep of policies on the pauses inside sentences and the ends of turns of the",
            f"{sum(i.truth.group == 'pause' for i in items)} items with a pause. The pauses are made: the",
            "first half of a sentence, spoken by itself, and then the second.",
            "",
            "| endpointer | holds cut off at 300 ms | at 600 ms | latency at 5 % cut off | at 10 % |",
            "|---|---:|---:|---:|---:|",
            *("| " + " | ".join(r) + " |" for r in ends),
            "",
        ]
    return lines


def append(head: str, lines: Sequence[str], write: bool) -> None:
    """Print a section, and put it at the end of the page in place of an older one."""
    print("\n".join(lines))
    if write:
        before, _, rest = PAGE.read_text("utf-8").partition(f"\n{head}\n")
        _, later, after = rest.partition("\n## ")
        kept = before.rstrip("\n") + (f"\n\n## {after.rstrip()}" if later else "")
        PAGE.write_text(kept + "\n" + "\n".join(lines) + "\n", "utf-8")

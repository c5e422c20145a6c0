"""How people share the floor in company: the timing model of meetings, and who talks over whom.

    python bench/fit_company.py AMI_FOLDER MRDA_FOLDER [--ship]

Fitted on stretches of 150 s of ICSI's meetings (MRDA) in which three to five have a turn. AMI's own
times cannot tell durations (its words touch); its meetings that are fitted on (ES2002, EN) are
printed beside. Prints the shares of short turns over others' talk and their leads, which
`interactspeech.scripts.writers.role_company` holds. --ship stores the timing model as package data.
"""

import argparse
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
from meeting_stretches import (
    ami_dialogues,
    annotated_as_ami,
    fitted_on,
    floor_acts,
    several_talk,
    stretches,
)

from interactspeech.formats import read
from interactspeech.training.acts.meetings import MeetingAct, read_ami_acts, read_mrda_acts
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.annotator import analyse
from interactspeech.turntaking.distribution import Distribution
from interactspeech.turntaking.statistics.collection import conversation
from interactspeech.turntaking.timing import TimingModel
from interactspeech.turntaking.timing.fitting import fit
from interactspeech.turntaking.units import onsets_of

SHIPPED = Path(__file__).parents[1] / "src/interactspeech/turntaking/timing/data/meetings-1.json"
SECONDS = 150.0
SIZES = (2, 4, 8, 16, 100_000)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
RATES = {
    "interruptions_per_minute": "interruptions",
    "failed_per_minute": "failed",
    "backchannels_per_minute": "backchannels",
}
Meeting = tuple[str, list[MeetingAct], Timeline]


def failed_units(timeline: Timeline) -> dict[str, list[tuple[float, float, bool]]]:
    """Speaker -> start and end (s) of each unit, and whether it is an interruption that failed."""
    _, units = analyse(timeline)
    onsets = onsets_of(units)
    failed = (onsets.over >= 0) & ~onsets.taken
    failed &= onsets.over_end - units.start > units.thresholds.terminal
    found: dict[str, list[tuple[float, float, bool]]] = {}
    for speaker, start, end, fails in zip(
        units.speaker, units.start, units.end, failed, strict=True
    ):
        name = timeline.speakers[int(speaker)]
        times = float(start / timeline.rate), float(end / timeline.rate), bool(fails)
        found.setdefault(name, []).append(times)
    return found


def turns_of(acts: list[MeetingAct]) -> list[tuple[str, float, float, int]]:
    """Turns as a text has them: speaker, start, end of the last word (s), number of words."""
    turns: list[tuple[str, float, float, int]] = []
    for act in floor_acts(acts):
        if turns and turns[-1][0] == act.speaker:
            who, start, end, count = turns[-1]
            turns[-1] = who, start, max(end, act.end), count + len(act.tokens)
        else:
            turns.append((act.speaker, act.start, act.end, len(act.tokens)))
    return turns


def laid_over(meetings: list[Meeting]) -> str:
    """Shares of the turns of each length that lie over another's talk, and their leads."""
    all_, over = Counter(), Counter()
    leads: list[float] = []
    for _, acts, timeline in meetings:
        units = failed_units(timeline)
        turns = turns_of(acts)
        for before, turn, after in zip(turns, turns[1:], turns[2:], strict=False):
            who, start, end, count = turn
            key = before[0] == after[0], next(size for size in SIZES if count <= size)
            all_[key] += 1
            shared = [(min(end, e) - max(start, s), fails) for s, e, fails in units.get(who, ())]
            most, fails = max(shared, default=(0.0, False))
            if most > 0 and fails:
                over[key] += 1
                if count <= SIZES[3]:
                    leads.append(before[2] - start)
    rows = [
        f"  {'goes on' if same else 'a third'}, up to {size} words: {over[same, size] / n:.3f} of {n:,}"
        for (same, size), n in sorted(all_.items(), reverse=True)
    ]
    quantiles = ", ".join(f"{q:.2f}" for q in np.quantile(leads, LEVELS))
    return "\n".join([*rows, f"  lead (s) at {LEVELS}: {quantiles}; {len(leads)} turns"])


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """The distribution of a multiple."""
    values = tuple(round(value * factor, 5) for value in distribution.values)
    return msgspec.structs.replace(distribution, values=values)


def per_person(timelines: list[Timeline]) -> dict[str, float]:
    """Events a minute and a person."""
    found = [conversation(timeline) for timeline in timelines]
    heads = sum(c.minutes * len(t.speakers) for c, t in zip(found, timelines, strict=True))
    return {field: sum(c.counts[name] for c in found) / heads for field, name in RATES.items()}


def mean_overlap(timelines: list[Timeline]) -> float:
    """Mean overlap (s) of an interruption that takes the floor."""
    found = [conversation(timeline).samples["interruption_overlap"] for timeline in timelines]
    return float(np.concatenate(found).mean())


def meetings_model(icsi: list[Timeline], ami: list[Timeline]) -> TimingModel:
    """The timing model of stretches: times of ICSI's, rates of both, of any two of the people.

    Overlaps at interruptions are as many times longer as AMI's are than ICSI's with pauses given to
    the words, as AMI's annotators did.
    """
    model = fit(
        icsi,
        name="meetings-1",
        source="ICSI's meetings (MRDA), rates also of AMI's, CC BY 4.0",
        pause_places="off",
    )
    each = [per_person(timelines) for timelines in (icsi, ami)]
    print("events a minute and a person, ICSI and AMI:", each)
    rates = {}
    for name in RATES:
        fitted = getattr(model, name)
        mean = float(np.mean(fitted.quantile(np.linspace(0.0005, 0.9995, 1000))))
        rates[name] = scaled(fitted, 2 * float(np.mean([one[name] for one in each])) / mean)
    alike = mean_overlap([annotated_as_ami(timeline) for timeline in icsi])
    factor = mean_overlap(ami) / alike
    print(f"overlaps at interruptions: times {factor:.2f}")
    rates["interruption_overlap"] = scaled(model.interruption_overlap, factor)
    return msgspec.structs.replace(model, floor=None, correlation=(), **rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--ship", action="store_true")
    given = parser.parse_args()
    dialogues = ami_dialogues(given.ami)
    ami = [
        (name, acts, Timeline.of(dialogues[name]))
        for name, acts in read_ami_acts(given.ami)
        if fitted_on(name)
    ]
    mrda: list[Meeting] = []
    for name, acts in read_mrda_acts(given.mrda):
        (dialogue,) = read([next(given.mrda.glob(f"{name}.*"))])
        mrda.append((name, acts, Timeline.of(dialogue)))
    for corpus, meetings in (("ICSI", mrda), ("AMI, fitted on", ami)):
        print(f"{corpus}: {len(meetings)} meetings\n{laid_over(meetings)}")
    found = [one.timeline for meeting in mrda for one in stretches(*meeting, SECONDS)]
    fitted = [Timeline.of(d) for name, d in dialogues.items() if fitted_on(name)]
    model = meetings_model(found, [part for one in fitted for part in several_talk(one, SECONDS)])
    print(model.source, model.borrowed, model.backchannel_places)
    for name in ("fto", "interruption_overlap", *RATES):
        levels = getattr(model, name).quantile(np.array(LEVELS))
        print(f"  {name} at {LEVELS}: {', '.join(f'{v:.2f}' for v in levels)}")
    if given.ship:
        SHIPPED.write_bytes(model.encode())


if __name__ == "__main__":
    main()

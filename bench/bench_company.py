"""Do 3 to 5 speakers talk as AMI's do? Conversations planned from meetings' texts, beside AMI.

    python bench/bench_company.py AMI_FOLDER MRDA_FOLDER [--limit 100] [--seed 0] [--seeds 5]
        [--fitted] [--write]

AMI_FOLDER holds the NXT files (words/, dialogueActs/), MRDA_FOLDER the *.dadb files. Texts are
stretches of 120 s of the meetings of AMI that nothing is fitted on, without the feedback that
people gave: the acts that have the floor, a turn a speaker. They are written in the scenario
"meeting" and planned, with lengths of words estimated, and compared with how people said the same.
--fitted takes texts of ICSI's meetings and AMI's meetings that are fitted on. --write stores
docs/bench/company.md.
"""

import argparse
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np
from meeting_stretches import (
    AMI_PAUSE,
    Stretch,
    ami_dialogues,
    annotated_as_ami,
    fitted_on,
    several_talk,
    stretches,
)

from interactspeech.evaluation.scenario_rates import plan_scenario
from interactspeech.formats import read
from interactspeech.records import PlainDialogue
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.training.acts.meetings import read_ami_acts, read_mrda_acts
from interactspeech.turntaking import Timeline
from interactspeech.turntaking.statistics.collection import conversation

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "company.md"
#: Seconds of a stretch.
WINDOW = 120.0
#: Figure -> digits.
FIGURES = {
    "changes of floor, a minute and a person": 2,
    "backchannels, a minute and a person": 2,
    "interruptions that take the floor, a minute and a person": 2,
    "interruptions that fail, a minute and a person": 2,
    "time in which two talk, by each other person there": 4,
    "time in which three or more talk, by each other person there": 4,
}
_COUNTS = ("floor_changes", "backchannels", "interruptions", "failed")
_WITHIN = 0.2
#: Rounds of a bootstrap.
ROUNDS = 300
Figures = dict[str, tuple[float, float, float]]


def simultaneous(timeline: Timeline) -> np.ndarray:
    """Seconds in which nobody, one, two, three and more talk, shape ``(5,)``."""
    changes = sorted(
        change
        for rows in timeline.activity.values()
        for start, end in rows.tolist()
        for change in ((start, 1), (end, -1))
    )
    found, before, talking = np.zeros(5), 0, 0
    for at, step in changes:
        found[min(talking, 4)] += at - before
        before, talking = at, talking + step
    found[0] += timeline.length - before
    return found / timeline.rate


@dataclass(frozen=True)
class Table:
    """Conversations, a row each: counts of events, seconds in which so many talk, people, minutes."""

    counts: np.ndarray
    shares: np.ndarray
    people: np.ndarray
    minutes: np.ndarray

    @classmethod
    def of(cls, timelines: list[Timeline]) -> Self:
        found = [conversation(timeline) for timeline in timelines]
        return cls(
            np.array([[one.counts[name] for name in _COUNTS] for one in found], float),
            np.array([simultaneous(timeline) for timeline in timelines]),
            np.array([len(timeline.activity) for timeline in timelines], float),
            np.array([one.minutes for one in found]),
        )

    def values(self, pick: np.ndarray) -> np.ndarray:
        """The figures of some of the conversations."""
        heads = (self.people[pick] * self.minutes[pick]).sum()
        talk = self.shares[pick].sum(axis=0)
        pairs = self.people[pick].mean() - 1
        overlaps = [talk[2] / talk.sum() / pairs, talk[3:].sum() / talk.sum() / pairs]
        return np.concatenate((self.counts[pick].sum(axis=0) / heads, overlaps))


def figures(timelines: list[Timeline]) -> Figures:
    """Figure -> value and its 95 % interval (bootstrap over conversations)."""
    table, size = Table.of(timelines), len(timelines)
    rng = np.random.default_rng(0)
    rounds = np.array([table.values(rng.integers(size, size=size)) for _ in range(ROUNDS)])
    return labelled(table.values(np.arange(size)), rounds)


def labelled(whole: np.ndarray, rounds: np.ndarray) -> Figures:
    """Figure -> value and its 95 % interval, of the rounds of a bootstrap."""
    low, high = np.percentile(rounds, [2.5, 97.5], axis=0)
    return {
        label: (float(v), float(a), float(b))
        for label, v, a, b in zip(FIGURES, whole, low, high, strict=True)
    }


def ratios_over(made: list[dict[str, Timeline]], people: dict[str, Stretch]) -> Figures:
    """Figure -> planned over AMI's, of all seeds together, with its 95 % interval.

    The bootstrap draws stretches, and takes each with all that the seeds made of it: how one was
    written by chance is averaged, and what people did in it counts on both sides.

    Args:
        made: for each seed, what was planned of which text.
        people: text -> how it was said.
    """
    names = sorted(set().union(*made))
    ours, rows = [], []
    for name in names:
        mine = [annotated_as_ami(one[name]) for one in made if name in one]
        rows.append(range(len(ours), len(ours) + len(mine)))
        ours += mine
    planned_, said = Table.of(ours), Table.of([people[name].timeline for name in names])

    def ratio(pick: np.ndarray) -> np.ndarray:
        of_pick = np.concatenate([rows[n] for n in pick])
        as_often = np.repeat(pick, [len(rows[n]) for n in pick])
        return planned_.values(of_pick) / said.values(as_often)

    rng = np.random.default_rng(0)
    size = len(names)
    rounds = np.array([ratio(rng.integers(size, size=size)) for _ in range(ROUNDS)])
    return labelled(ratio(np.arange(size)), rounds)


def those_who_talk(timeline: Timeline) -> Timeline:
    """The timeline without speakers who say nothing."""
    activity = {name: rows for name, rows in timeline.activity.items() if len(rows)}
    return Timeline(timeline.rate, timeline.length, activity, timeline.words)


def planned(
    texts: list[PlainDialogue],
    seed: int,
    limit: int,
    dropped: Counter[str] | None = None,
    lost: Counter[str] | None = None,
) -> dict[str, Timeline]:
    """Text -> when it is said, of those that pass the checks."""
    found = plan_scenario(texts, SCENARIOS["meeting"], seed=seed, dropped=dropped, lost=lost)
    return {
        script.id: those_who_talk(Timeline.of(dialogue))
        for script, dialogue in islice(found, limit)
    }


def icsi_stretches(folder: Path) -> list[Stretch]:
    """A quarter of the stretches of ICSI's meetings."""
    found: list[Stretch] = []
    for name, acts in read_mrda_acts(folder):
        (dialogue,) = read([next(folder.glob(f"{name}.*"))])
        found += list(stretches(name, acts, Timeline.of(dialogue), WINDOW))[::4]
    return found


def compare_fitted(ami: Path, mrda: Path, limit: int, seed: int) -> None:
    """Print the ratios that are fitted: texts of ICSI's meetings, beside AMI's that are fitted on."""
    meetings = {name: d for name, d in ami_dialogues(ami).items() if fitted_on(name)}
    real = figures(
        [part for d in meetings.values() for part in several_talk(Timeline.of(d), WINDOW)]
    )
    made = planned([one.text for one in icsi_stretches(mrda)], seed, limit)
    ours = figures([annotated_as_ami(one) for one in made.values()])
    for label, digits in FIGURES.items():
        ratio = ours[label][0] / real[label][0]
        print(f"{label}: {cell(ours[label], digits)}, {cell(real[label], digits)}, {ratio:.2f}")


def cell(value: tuple[float, float, float], digits: int) -> str:
    """A value with its interval."""
    return f"{value[0]:.{digits}f} ({value[1]:.{digits}f} to {value[2]:.{digits}f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=5, help="this one and those after it")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--fitted", action="store_true", help="texts and meetings of the fit")
    given = parser.parse_args()
    if given.fitted:
        compare_fitted(given.ami, given.mrda, given.limit, given.seed)
        return
    meetings = ami_dialogues(given.ami)
    people = {
        one.text.id: one
        for name, acts in read_ami_acts(given.ami)
        if not fitted_on(name)
        for one in stretches(name, acts, Timeline.of(meetings[name]), WINDOW)
    }
    texts = [one.text for one in people.values()]
    dropped: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    made = planned(texts, given.seed, given.limit, dropped, lost)
    icsi = [one.timeline for one in icsi_stretches(given.mrda)]
    columns = {
        "planned, own times": figures(list(made.values())),
        "ICSI, own times": figures(icsi),
        "planned, annotated as AMI": figures([annotated_as_ami(one) for one in made.values()]),
        "AMI, the same stretches": figures([people[name].timeline for name in made]),
    }
    ours, theirs = columns["planned, annotated as AMI"], columns["AMI, the same stretches"]
    every = [made]
    every += [planned(texts, given.seed + n, given.limit) for n in range(1, given.seeds)]
    ratios = ratios_over(every, people)
    alone = [ratios_over([one], people) for one in every]
    rows = [
        f"| {label} | "
        + " | ".join(cell(found[label], digits) for found in columns.values())
        + f" | {ours[label][0] / theirs[label][0]:.2f} | **{cell(ratios[label], 2)}** | "
        + f"{', '.join(f'{one[label][0]:.2f}' for one in alone[1:])} |"
        for label, digits in FIGURES.items()
    ]
    simultaneous_seconds = sum(simultaneous(people[name].timeline)[3:].sum() for name in made)
    met = [label for label in FIGURES if abs(ratios[label][0] - 1) <= _WITHIN]
    missed = [label for label in FIGURES if label not in met]
    sizes = Counter(len(one.activity) for one in made.values())
    minutes = sum(one.seconds for one in made.values()) / 60
    held_out = sorted({name.rsplit("-", 1)[0] for name in made})
    page = f"""# Company: conversations of three to five, beside AMI's meetings

`python bench/bench_company.py AMI MRDA --write`; seed {given.seed}. {len(made)} conversations
({", ".join(f"{n} of {size}" for size, n in sorted(sizes.items()))} people; {minutes:.0f} minutes) from stretches of
{WINDOW:.0f} s of {len(held_out)} meetings of AMI that nothing is fitted on ({", ".join(held_out)}), in which three
to five have a turn. Written and planned in the scenario `meeting`, with estimated lengths of words; labelled by the
default rule set, as are the meetings. Intervals are the bootstrap's over conversations. Dropped by checks:
{dict(dropped) or "none"}; marks without room: {dict(lost) or "none"}.

| | {" | ".join(columns)} | ratio of the last two | ratio over {given.seeds} seeds | the other seeds alone |
|---|{"---|" * (len(columns) + 3)}
{chr(10).join(rows)}

Within 20 % of AMI, over all seeds: {len(met)} of {len(FIGURES)}.{" Not: " + "; ".join(missed) + "." if missed else ""}
One seed alone is no measure of three at once: that is {simultaneous_seconds:.0f} s in all of AMI's stretches here. Over the seeds
the bootstrap draws stretches, each with all that was made of it.

- **Annotated as AMI.** AMI's annotators gave pauses inside a segment to the words: of the own silences between its words
  1 to 4 % are shorter than {AMI_PAUSE:.0f} s, of ICSI's 83 %. That makes turns longer, changes of floor fewer and
  overlap more than they were (ICSI's meetings read so have 1.35 instead of 1.88 changes of floor a minute and a person,
  and half as much overlap again). So silences up to {AMI_PAUSE:.0f} s in our own talk are given to the words, too, before
  both are compared; the first two columns are as times are.
- **The same stretches.** Stretches in which three to five have a turn are livelier than whole meetings, in which one
  may talk for minutes.
- **By each other person there**: the share of the time, divided by the number of people less one.
- **Fitted on**: ICSI's meetings (timing, which turns lie over others', how early they begin) and the rates of AMI's
  other meetings (ES2002, EN), by `bench/fit_company.py`; how often several join in was set on texts of ICSI's, until
  three talk as long as in AMI's other meetings.
- **How**: short turns of a text lie over the talk that they follow (as many as people's attempts), others join them,
  two begin over the end of one turn, feedback comes at the same places, and turns begin early as often as people's do.
  Every word of the text is kept, and a turn that lies over another takes up none of its words before they are said.
"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()

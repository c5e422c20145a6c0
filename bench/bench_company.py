"""Do 3 to 5 speakers talk as AMI's do? Conversations planned from meetings' texts, beside AMI.

    python bench/bench_company.py AMI_FOLDER MRDA_FOLDER [--limit 100] [--seed 0] [--write]

AMI_FOLDER holds the NXT files (words/, dialogueActs/), MRDA_FOLDER the *.dadb files. Texts are
stretches of 150 s of meetings, without the feedback that people gave: the acts that have the floor,
a turn a speaker. They are written in the scenario "meeting" and planned, with lengths of words estimated.
--write stores docs/bench/company.md.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from interactspeech.evaluation.scenario_rates import plan_scenario
from interactspeech.formats import read
from interactspeech.lexicon.normalization import normalize_text
from interactspeech.records import Dialogue, PlainDialogue, PlainTurn
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.training.acts.meetings import MeetingAct, read_ami_acts, read_mrda_acts
from interactspeech.turntaking import DEFAULT, Timeline
from interactspeech.turntaking.statistics import collect

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "company.md"
#: Seconds of a stretch; speakers.
WINDOW, FEWEST, MOST = 150.0, 3, 5
_STRANGE = re.compile(r"[^a-zA-Z' .,?!-]")


def passages(name: str, acts: list[MeetingAct]) -> Iterator[PlainDialogue]:
    """Stretches of a meeting of `WINDOW` seconds each as texts of three to five speakers.

    Acts of one or two words over another's talk did not have the floor and are left out.
    """
    floor = [act for act in acts if act.role == "floor"]
    kept = [
        act
        for act in floor
        if len(act.tokens) > 2
        or not any(
            other.speaker != act.speaker and other.start < act.end and act.start < other.end
            for other in floor
        )
    ]
    windows: dict[int, list[tuple[str, str]]] = {}
    for act in kept:
        said = normalize_text(_STRANGE.sub("", " ".join(act.tokens)))
        if not said:
            continue
        said = said[0].upper() + said[1:]
        if said[-1] not in ".?!":
            said += "."
        turns = windows.setdefault(int(act.start // WINDOW), [])
        if turns and turns[-1][0] == act.speaker:
            turns[-1] = act.speaker, f"{turns[-1][1]} {said}"
        else:
            turns.append((act.speaker, said))
    for number, turns in windows.items():
        ids = dict(zip(dict.fromkeys(who for who, _ in turns), "ABCDEFGH", strict=False))
        if FEWEST <= len(ids) <= MOST:
            yield PlainDialogue(
                f"{name}-{number}", tuple(PlainTurn(ids[who], said) for who, said in turns)
            )


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
    return found / timeline.rate


def figures(dialogues: list[Dialogue]) -> dict[str, tuple[float, float, float]]:
    """Figure -> value and its 95 % interval (bootstrap over conversations)."""
    stats = collect(dialogues, DEFAULT)
    shares = np.array([simultaneous(Timeline.of(dialogue)) for dialogue in dialogues])
    people = np.array([len(dialogue.speakers) for dialogue in dialogues], float)
    minutes = np.array([c.minutes for c in stats.conversations])
    names = ("floor_changes", "backchannels", "interruptions", "failed")
    counts = np.array([[c.counts[name] for name in names] for c in stats.conversations], float)

    def values(pick: np.ndarray) -> np.ndarray:
        heads = (people[pick] * minutes[pick]).sum()
        talk = shares[pick].sum(axis=0)
        pairs = people[pick].mean() - 1
        return np.concatenate(
            (
                counts[pick].sum(axis=0) / heads,
                [talk[2] / talk.sum() / pairs, talk[3:].sum() / talk.sum() / pairs],
            )
        )

    rng = np.random.default_rng(0)
    size = len(dialogues)
    rounds = np.array([values(rng.integers(size, size=size)) for _ in range(300)])
    low, high = np.percentile(rounds, [2.5, 97.5], axis=0)
    labels = (
        "changes of floor, a minute and a person",
        "backchannels, a minute and a person",
        "interruptions that take the floor, a minute and a person",
        "interruptions that fail, a minute and a person",
        "time in which two talk, by each other person there",
        "time in which three or more talk, by each other person there",
    )
    return {
        label: (float(v), float(a), float(b))
        for label, v, a, b in zip(labels, values(np.arange(size)), low, high, strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("mrda", type=Path)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    meetings = [*read_ami_acts(given.ami), *islice(read_mrda_acts(given.mrda), 10)]
    texts = [text for name, acts in meetings for text in passages(name, acts)]
    words = sorted(given.ami.rglob("*.words.xml"))
    real: list[Dialogue] = []
    for name in sorted({path.name.split(".")[0] for path in words}):
        real += read([path for path in words if path.name.startswith(f"{name}.")])
    dropped: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    planned = plan_scenario(
        texts, SCENARIOS["meeting"], seed=given.seed, dropped=dropped, lost=lost
    )
    made = [dialogue for _, dialogue in islice(planned, given.limit)]
    ours, people = figures(made), figures(real)
    rows = []
    for label, (value, low, high) in ours.items():
        person, a, b = people[label]
        digits = 4 if "three" in label else 3 if "two" in label else 2
        rows.append(
            f"| {label} | {value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}) | "
            f"{person:.{digits}f} ({a:.{digits}f} to {b:.{digits}f}) | {value / person:.2f} |"
        )
    sizes = Counter(len(dialogue.speakers) for dialogue in made)
    page = f"""# Company: conversations of three to five, beside AMI's meetings

`python bench/bench_company.py AMI MRDA --write`; seed {given.seed}. {len(made)} conversations
({", ".join(f"{n} of {size}" for size, n in sorted(sizes.items()))} people;
{sum(d.seconds for d in made) / 60:.0f} minutes) from stretches of AMI's meetings (and of ICSI's, where those give out), planned in
the scenario `meeting` with people's timing on the telephone and estimated lengths of words, beside {len(real)} meetings of AMI
({sum(d.seconds for d in real) / 60:.0f} minutes), both labelled by the default rule set. Intervals are
the bootstrap's over conversations. Dropped by checks: {dict(dropped) or "none"}; marks without
room: {dict(lost) or "none"}.

| | planned | AMI | ratio |
|---|---|---|---|
{chr(10).join(rows)}

The aim was to be within 20 % of AMI a person in changes of floor and in time of two and of three who talk.
Changes of floor are too many, because a text has one turn after the other, and short turns that meetings have over
each other's talk take the floor in it; overlap is too little, of three by far: feedback of two listeners at one place
is the only thing that the writer plans for three. Backchannels and interruptions are near.

"By each other person there": the share of the time, divided by the number of people less one.
"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()

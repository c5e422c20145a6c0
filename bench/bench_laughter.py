"""Who laughs along, and when: people in meetings of AMI, and what is written and planned.

    python bench/bench_laughter.py AMI_FOLDER TEXT... [--limit 300] [--seed 0] [--write]

AMI_FOLDER holds the NXT files (words/). TEXT are files of text dialogues, which are written in the
scenario "friends",
spoken by the engine "fake", planned, and given the sounds that the scripts ask for. --write stores
docs/bench/laughter.md.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np

from interactspeech.records import PlainDialogue, Script, Sound
from interactspeech.records.sounds import LAUGHS_JOINED
from interactspeech.rendering import draw_dyad, place_sounds, plan_dialogue, plan_speech
from interactspeech.scripts import check, read_all
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import SCENARIOS
from interactspeech.scripts.writers.role_writer import write_with_roles
from interactspeech.tts import engine
from interactspeech.tts.sounds import SpeakerSounds, VoiceSounds

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "laughter.md"
#: Nobody laughs in so many seconds before a laugh that others can join, and within so many they do.
QUIET = 2.0
WINDOWS = (0.5, 1.0, 2.0)
#: Chance: the others' laughs turned round the recording by a random time, at least so many seconds.
TURNED, ROTATIONS = 60.0, 20
ROUNDS = 1000
_PAIR = 2

Laughs = dict[str, list[float]]


@dataclass
class Joining:
    """First laughs of a recording, and how late the first other joined each (inf: nobody)."""

    lags: list[float] = field(default_factory=list)

    def share(self, within: float) -> float:
        return sum(lag <= within for lag in self.lags) / max(1, len(self.lags))


def joining(laughs: Laughs, others: Laughs | None = None) -> Joining:
    """Each laugh before which nobody laughed, and the first of the others' laughs after it.

    Args:
        laughs: speaker -> starts of laughs, seconds.
        others: the laughs that may join; those of the others where None.
    """
    found = Joining()
    for speaker, starts in laughs.items():
        theirs = sorted(
            start
            for other, listed in (others or laughs).items()
            if other != speaker
            for start in listed
        )
        for start in starts:
            before = [*theirs, *starts]
            if any(start - QUIET <= one < start for one in before):
                continue
            after = [one - start for one in theirs if one >= start]
            found.lags.append(min(after, default=float("inf")))
    return found


def turned(laughs: Laughs, length: float, rng: np.random.Generator) -> Laughs:
    """The laughs of each speaker at other times, all by the same shift."""
    by = rng.uniform(TURNED, max(TURNED + 1, length - TURNED), len(laughs))
    return {
        speaker: [(start + shift) % length for start in starts]
        for (speaker, starts), shift in zip(laughs.items(), by, strict=True)
    }


def ami_laughs(folder: Path) -> dict[str, tuple[Laughs, float]]:
    """Meeting -> starts of laughs of each speaker, and its length in seconds."""
    laughs: dict[str, Laughs] = defaultdict(dict)
    length: dict[str, float] = defaultdict(float)
    for path in sorted(folder.glob("words/*.words.xml")):
        meeting, speaker = path.name.split(".")[:2]
        root = ET.parse(path).getroot()
        ends = [float(one.get("endtime", 0)) for one in root]
        length[meeting] = max(length[meeting], *ends, 1.0)
        laughs[meeting][speaker] = [
            float(one.get("starttime", 0))
            for one in root
            if one.tag == "vocalsound" and one.get("type") == "laugh"
        ]
    return {meeting: (found, length[meeting]) for meeting, found in laughs.items()}


def planned_laughs(script: Script, seed: int) -> tuple[Laughs, int]:
    """Starts of laughs of each speaker in a plan of a script, and the marks without room."""
    dyad = draw_dyad(script.id, seed, speakers=len(script.speakers))
    wanted = plan_speech(script, dyad, seed=seed)
    fake = engine("fake")
    voices = dict(zip(script.speakers, ("bass", "alto"), strict=True))
    speeches = {line.id: fake.speak(line.text, voices[line.speaker]) for line in wanted.lines}
    plan = plan_dialogue(wanted, speeches, dyad, seed=seed)
    makers = {
        who: SpeakerSounds(
            VoiceSounds(), [speeches[line.id] for line in wanted.lines if line.speaker == who]
        )
        for who in plan.speakers
    }
    made, _ = place_sounds(plan, script, speeches, makers, seed=seed)
    laughs: Laughs = {speaker: [] for speaker in plan.speakers}
    for event in made.events:
        if event.type == "laugh":
            laughs[event.speaker].append(event.start / plan.rate)
    return laughs, sum(loss.reason == "no-room-for-laugh" for loss in made.lost)


def row(name: str, groups: Sequence[Joining], chance: Sequence[Joining] = ()) -> str:
    """A row of the table: shares within the windows, over chance, and the quarters of the lags."""
    lags = np.array([lag for one in groups for lag in one.lags])
    rng = np.random.default_rng(0)
    cells = []
    for within in WINDOWS:
        share = float((lags <= within).mean())
        drawn = []
        for _ in range(ROUNDS):
            picked = [groups[n] for n in rng.integers(len(groups), size=len(groups))]
            some = [lag for one in picked for lag in one.lags]
            drawn.append(sum(lag <= within for lag in some) / max(1, len(some)))
        low, high = np.quantile(drawn, (0.025, 0.975))
        cells.append(f"{share:.3f} ({low:.3f} to {high:.3f})")
    by_chance = [lag for one in chance for lag in one.lags]
    expected = (
        f"{sum(lag <= WINDOWS[-1] for lag in by_chance) / len(by_chance):.3f}" if by_chance else ""
    )
    joined = lags[lags <= WINDOWS[-1]]
    quarters = " / ".join(f"{q:.2f}" for q in np.quantile(joined, (0.25, 0.5, 0.75)))
    return f"| {name} | {len(lags)} | {' | '.join(cells)} | {expected} | {quarters} |"


def written(scripts: Iterable[Script]) -> tuple[int, int]:
    """Laughs that scripts ask for by who begins, and those that somebody joins."""
    laughs = joined = 0
    for script in scripts:
        for turn in script.turns:
            own = [part for part in turn.parts if isinstance(part, Sound) and part.sound == "laugh"]
            laughs += sum(not part.speaker for part in own)
            joined += any(part.speaker for part in own)
    return laughs, joined


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ami", type=Path)
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--limit", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    meetings = ami_laughs(given.ami)
    rng = np.random.default_rng(given.seed)
    people = [joining(laughs) for laughs, _ in meetings.values()]
    chance = [
        joining(laughs, turned(laughs, length, rng))
        for laughs, length in meetings.values()
        for _ in range(ROTATIONS)
    ]
    lags = sorted(lag for one in people for lag in one.lags if lag <= WINDOWS[-1])
    tenths = ", ".join(f"{q:.2f}" for q in np.quantile(lags, np.linspace(0.1, 0.9, 9)))
    share = sum(one.share(WINDOWS[-1]) * len(one.lags) for one in people) / sum(
        len(one.lags) for one in people
    )
    expected = sum(one.share(WINDOWS[-1]) * len(one.lags) for one in chance) / sum(
        len(one.lags) for one in chance
    )
    over = (share - expected) / (1 - expected)

    scenario = SCENARIOS["friends"]
    texts = islice(
        (
            one
            for one in read_all(given.texts)
            if isinstance(one, PlainDialogue) and len(one.speakers) == _PAIR
        ),
        given.limit,
    )
    scripts = [write_with_roles(text, given.seed, scenario) for text in texts]
    failed = sum(bool(check(one) + check_roles(one, scenario)) for one in scripts)
    laughs, joined = written(scripts)
    planned: list[Joining] = []
    marks = lost = 0
    for script in scripts:
        mine = [part for turn in script.turns for part in turn.parts if isinstance(part, Sound)]
        if not any(part.sound == "laugh" for part in mine):
            continue
        marks += sum(part.sound == "laugh" for part in mine)
        found, missing = planned_laughs(script, given.seed)
        lost += missing
        planned.append(joining(found))

    page = f"""# Laughing together

`python bench/bench_laughter.py AMI dialogsum.dev.jsonl --limit {given.limit} --write`; {len(meetings)} meetings of AMI.

A first laugh is one before which nobody laughed for {QUIET:.0f} s; it is joined where another begins to laugh within
so many seconds of its start. By chance: the others' laughs turned round the meeting by random times ({ROTATIONS} turns).
In brackets the 95 % interval (bootstrap over meetings or dialogues).

| | first laughs | joined within .5 s | within 1 s | within 2 s | within 2 s, by chance | lag of those: quarters, s |
|---|---|---|---|---|---|---|
{row("people (AMI)", people, chance)}
{row("friends, planned", planned)}

Over chance, {over:.2f} of people's laughs are joined within 2 s; scripts and `SoundRates.together` ask for {LAUGHS_JOINED}. Tenths of
people's lags, from which those of plans are drawn: {tenths} s.

Friends of {len(scripts)} dialogues: {laughs} laughs asked for by who begins, {joined} of them ({joined / max(1, laughs):.3f}) with another's; {failed} scripts
fail a check (`laugh-along`: nobody laughs along where nobody laughs). Of the {marks} marks {lost} find no room in
the plan, mostly others' laughs before their own next turn.

Many of AMI's marks of laughs have no length, so that only their starts are used; words said laughing are not among them.
Of the three or four others in a meeting any may join; in a conversation of two the other stands for them all.
"""
    print(page)
    if given.write:
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()

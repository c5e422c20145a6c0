"""Do planned dialogues keep people's timing? Statistics of 500 of them beside human ones.

    python bench/bench_planned_statistics.py TEXT... [--limit 500] [--seed 1] [--engine hibari]
        [--durations FILE] [--write]

TEXT are files of text dialogues (DialogSum, DailyDialog, Schema-Guided Dialogue, ...), used in
turn, so that each gives its share. The offline writer makes scripts of them, the engine speaks
every line (listeners' lines again at the speed that is wanted), and only the outlines of the speech
are kept: --durations stores them between runs. --write stores docs/bench/planned_statistics.md.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from interactspeech.errors import InputError
from interactspeech.evaluation.planned_events import EventAgreement, event_agreement
from interactspeech.records import PlainDialogue, Script
from interactspeech.rendering import (
    Outline,
    backchannel_speed,
    dialogue_from_plan,
    draw_dyad,
    draw_target_durations,
    measure_outline,
    plan_dialogue,
    spoken_lines,
)
from interactspeech.scripts import read
from interactspeech.scripts.writers.offline import write_offline
from interactspeech.signal.time_stretch import stretched
from interactspeech.tts import Style, engine
from interactspeech.tts.interface import Engine
from interactspeech.turntaking import DEFAULT
from interactspeech.turntaking.statistics import Comparison, collect, compare

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "planned_statistics.md"
#: What the planner draws; KS above this is too much. Turns and IPUs are as long as the text is.
BAR = 0.10
HELD = (
    "fto",
    "silence_within",
    "gap",
    "overlap_between",
    "backchannel",
    "backchannel_offset",
    "layer1_fto",
    "layer1_pause",
)


def scripts(files: list[Path], limit: int, seed: int) -> Iterator[Script]:
    sources = [_plain(file) for file in files]
    made = 0
    while sources and made < limit:
        for source in list(sources):
            dialogue = next(source, None)
            if dialogue is None:
                sources.remove(source)
                continue
            yield write_offline(dialogue, seed, draw_dyad(dialogue.id, seed))
            made += 1
            if made == limit:
                return


def _plain(file: Path) -> Iterator[PlainDialogue]:
    talks = (item for item in read(file) if isinstance(item, PlainDialogue))
    return (talk for talk in talks if len(talk.speakers) == 2)


class Durations:
    """Outlines of lines by text, voice and wanted length, kept in a file."""

    def __init__(self, speaker: Engine, file: Path | None) -> None:
        self.engine, self.file = speaker, file
        self.known: dict[str, Outline] = {}
        self.voices = [voice.name for voice in speaker.voices()][:2]
        if file and file.exists():
            self.known = msgspec.msgpack.decode(file.read_bytes(), type=dict[str, Outline])

    def of(self, script: Script, seed: int) -> dict[str, Outline]:
        lines = spoken_lines(script)
        wanted = draw_target_durations(script, lines, draw_dyad(script.id, seed), seed=seed)
        found = {}
        for line in lines:
            voice = self.voices[script.speakers.index(line.speaker)]
            found[line.id] = self._speak(line.text, voice, wanted.get(line.id))
        return found

    def _speak(self, text: str, voice: str, seconds: float | None) -> Outline:
        key = f"{self.engine.name}\t{self.engine.version}\t{voice}\t{seconds}\t{text}"
        if key not in self.known:
            speech = self.engine.speak(text, voice)
            if seconds is not None:
                speed = backchannel_speed(speech.seconds, seconds)
                speech = stretched(self.engine.speak(text, voice, Style(speed)), seconds)
            self.known[key] = measure_outline(speech)
        return self.known[key]

    def save(self) -> None:
        if self.file:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(msgspec.msgpack.encode(self.known))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("text", nargs="+", type=Path)
    options.add_argument("--limit", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--engine", default="hibari")
    options.add_argument("--durations", type=Path)
    options.add_argument("--write", action="store_true")
    arguments = options.parse_args()
    durations = Durations(engine(arguments.engine), arguments.durations)
    plans, seconds = [], 0.0
    begun = time.monotonic()
    with suppress(KeyboardInterrupt):
        for number, script in enumerate(
            scripts(arguments.text, arguments.limit, arguments.seed), start=1
        ):
            try:
                shapes = durations.of(script, arguments.seed)
            except InputError as error:
                print(f"{script.id}: {error}")
                continue
            dyad = draw_dyad(script.id, arguments.seed)
            plans.append(plan_dialogue(script, shapes, dyad, seed=arguments.seed))
            seconds += plans[-1].seconds
            if number % 50 == 0:
                print(
                    f"{number} dialogues, {seconds / 60:.0f} min ({time.monotonic() - begun:.0f} s)"
                )
                durations.save()
    durations.save()
    dialogues = [dialogue_from_plan(p) for p in plans]
    comparison = compare(collect(dialogues, DEFAULT))
    agreement = event_agreement(dialogues)
    lost = Counter(loss.reason for p in plans for loss in p.lost)
    listening = sum(u.kind == "backchannel" for d in dialogues for u in d.utterances)
    text = page(arguments, comparison, agreement, lost, len(plans), seconds, listening)
    print(text)
    if arguments.write:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, "utf-8")


def page(
    arguments, comparison: Comparison, agreement: EventAgreement, lost, count, seconds, listening
):
    names = sorted({path.name for path in arguments.text})
    held = [row for row in comparison.measures if row.name in HELD]
    worst = max(held, key=lambda row: row.distances.ks)
    over = [row.name for row in held if row.distances.ks > BAR]
    kinds = Counter(d.kind for d in agreement.disagreements)
    missing = ", ".join(f"{n} {reason}" for reason, n in sorted(lost.items())) or "nothing"
    rows = "\n".join(f"| {n:,} | {kind} |" for kind, n in kinds.most_common(12))
    wanted = listening + sum(n for reason, n in lost.items() if "backchannel" in reason)
    command = f"--limit {arguments.limit} --seed {arguments.seed} --engine {arguments.engine}"
    return f"""# Statistics of planned dialogues

Written by `python bench/bench_planned_statistics.py TEXT... {command} --write` from
{", ".join(names)}: {count} dialogues, {seconds / 60:.0f} minutes, offline writer, durations of the
{arguments.engine} engine. Measured from the planned timing and words by the rule annotator (backchannels decided by the
rule, not by the fitted decision), as a recording would be; beside it 1,155 Switchboard calls, whose distribution functions are known at
published percentiles only.

What the planner draws ({", ".join(HELD)}):
largest KS distance **{worst.distances.ks:.3f}** ({worst.name}); above {BAR:.2f}:
{", ".join(over) or "none"}. Both talk {comparison["overlap"].value:.1%} of the time (people:
{comparison["overlap"].other:.1%}); where backchannels lie is `backchannel_offset`.

`turn` and `ipu` are as long as the text makes them: written dialogues have short turns, and so two
to three times as many changes of floor a minute. `interruption_overlap` counts every overlap that
the rules call an interruption, also of people who just came in early. `overlap_within` is a few
failed attempts, as long as their two or three words take; how many backchannels there are is the
writer's choice. `overlap_between` is shorter than people's: at twice their changes of floor, people's number of
interruptions a minute leaves no room for more overlaps of a quarter second and longer.

{comparison.markdown()}
Of {wanted:,} backchannels in the scripts, {listening:,} found a place. Lost: {missing}.

## Planned events against the rule annotator

The rules see timing and words only (framework, law 6).

{agreement.markdown()}
Outcome (taken or failed) the same in {agreement.outcomes:,} of
{agreement.both["interruption"]:,} interruptions found by both.

The commonest disagreements:

| count | what |
|---:|---|
{rows}
"""


if __name__ == "__main__":
    main()

"""What builds ask of Kokoro, and whole dialogues spoken as a build has them."""

import argparse
import tempfile
from itertools import islice
from typing import Any

from kokoro_processes import PLAIN, Tally, compared, group, our_worker, plain_files, plain_worker

from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import Style, Synthesizer, select_voices


class Recorder(Synthesizer):
    """Notes what is asked of Kokoro; a fast engine hums instead."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str, Style]] = []

    def speak(self, text: str, voice: Any, style: Style = Style()) -> Any:  # noqa: B008
        self.calls.append((text, voice.name, style))
        hum = self.engine("fake").voice("alto" if voice.sex == "female" else "bass")
        return super().speak(text, hum, style)


def asked(count: int) -> list[list[tuple[str, str, Style]]]:
    """What builds of dialogues that ship ask of Kokoro's voices, dialogue by dialogue."""
    recorder = Recorder()
    settings = BuildSettings(seed=1, voices=("kokoro",), gate="off")
    maker = DialogueBuilder(settings, select_voices("kokoro"), recorder)
    found = []
    for source in islice(demo_dialogues(), count):
        maker.build(source)
        found.append(recorder.calls.copy())
        recorder.calls.clear()
    return found


def build(options: argparse.Namespace) -> str:
    """Whole dialogues, as a build has them spoken."""
    dialogues = asked(max(options.dialogues, options.texts))
    kept: set[tuple[str, str, Style]] = set()
    calls = repeated = short = 0
    for call in (call for dialogue in dialogues for call in dialogue):
        calls += 1
        short += len(call[0].split()) <= 3
        repeated += call in kept
        kept.add(call)
    chosen = dialogues[: options.dialogues]
    tallies = {PLAIN: Tally(), "ours, as a build speaks": Tally()}
    plain_tally, our_tally = tallies.values()
    with (
        tempfile.TemporaryDirectory() as cache,
        plain_files() as files,
        group(plain_worker, *files) as plain,
        group(our_worker, "integer", cache, count=2) as ours,
    ):
        for first, second in zip(chosen[::2], chosen[1::2], strict=True):
            plain_tally.speak(plain, [first, second] if len(plain) == 2 else [first + second])
            our_tally.speak(ours, [first, second])
    lines = sum(map(len, chosen))
    return f"""The {lines} lines of {len(chosen)} dialogues that ship, with feedback, in their voices and styles. kokoro-onnx speaks them
one after the other at the lines' pace, and no more is asked of it; ours are spoken as `build` does it: a process a core, each with
its dialogue, changes of pitch made, words timed, everything written to a speech cache that begins empty. (Feedback is spoken faster
by ours, to be as long as people's: the seconds differ, and a short text costs more a second.)

{compared(tallies, lines)}
What the cache has at once: of {calls:,} calls for {len(dialogues)} dialogues, {repeated / calls:.1%} were for a text, voice and style that had
been spoken before ({short / calls:.0%} were for one to three words). So it saves little in one build with styles and Kokoro's 28 voices; it
makes a second build of the same texts free, which is what it is for.
"""

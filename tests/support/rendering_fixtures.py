"""A small cast of scripts with their speech."""

import pytest

from interactspeech.records import Script, Speech
from interactspeech.rendering import spoken_lines
from interactspeech.scripts import parse_script
from interactspeech.tts.engines.fake import FakeEngine

TRAIN = """\
A: So we take the early train [B: mm-hm] and then, if the weather is good, we [interrupt] walk to \
the harbour.
B: Wait, isn't the harbour closed? I read that it was, in the paper, last week.
A: Oh, I did not know that. [pause 0.8] Well, we could go to the museum instead, [B: yeah] which \
is quite close, and it is free on Sundays [B tries: but the] for everybody who lives in town.
B: That sounds nice. When should we meet? I can be there at ten [overlap] or so.
A: Ten is perfect, see you there, and bring a warm coat because the hall is cold.
B: Great, I will.
"""


def spoken(script: Script) -> dict[str, Speech]:
    engine = FakeEngine()
    voices = dict(zip(script.speakers, ("alto", "bass", "tenor"), strict=False))
    return {line.id: engine.speak(line.text, voices[line.speaker]) for line in spoken_lines(script)}


@pytest.fixture(scope="session")
def train() -> tuple[Script, dict[str, Speech]]:
    script = parse_script(TRAIN, "train")
    return script, spoken(script)


@pytest.fixture(scope="session")
def speak():
    return spoken

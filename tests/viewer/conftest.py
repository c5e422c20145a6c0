"""Dialogues to show, and a browser to look at them with."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from chromium import Tab, browser, chromium

from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Samples,
    Span,
    Speaker,
    Track,
    Utterance,
    Voice,
    Word,
)

RATE = 8000
#: Closes the script that holds the data, closes a string, and brings markup that acts on its own.
HOSTILE = '</script><img src=x onerror="window.hacked=1"><!--<script>\u2028\u2029"\'`${1}&lt;\u202e'


@pytest.fixture(scope="session")
def hostile() -> str:
    """Text that breaks out of whatever shows it as anything but text."""
    return HOSTILE


def talk(spans: list[tuple[int, int]], n: int, pitch: float) -> Samples:
    """A tone where somebody talks."""
    sound = np.zeros(n, np.float32)
    for start, end in spans:
        sound[start:end] = 0.3 * np.sin(2 * np.pi * pitch * np.arange(end - start) / RATE)
    return sound


@pytest.fixture(scope="session")
def make_dialogue() -> Callable[..., tuple[Dialogue, Samples]]:
    """A dialogue of six seconds: a turn that is cut off, a backchannel into it, a reply."""

    def make(name: str = "walk", text: str = "", rate: int = RATE) -> tuple[Dialogue, Samples]:
        n = 6 * rate
        at = [round(seconds * rate) for seconds in (0.5, 0.7, 0.8, 1.1, 2.0, 2.6, 3.0, 4.0)]
        words = (Word("Along", at[0], at[1]), Word(text or "the", at[1], at[4]))
        cut = Utterance(
            "u1", "A", at[0], at[4], (Span(at[0], at[4]),), words, ("harbour", text or "wall"),
            times="engine", written=text,
        )  # fmt: skip
        listening = Utterance(
            "u2", "B", at[2], at[3], (Span(at[2], at[3]),), (Word("mm-hm", at[2], at[3]),),
            kind="backchannel",
        )  # fmt: skip
        reply = Utterance(
            "u3", "B", at[4] - 800, at[7], (Span(at[4] - 800, at[5]), Span(at[6], at[7])),
            (Word("Wait,", at[4] - 800, at[5]), Word("where?", at[6], at[7])),
        )  # fmt: skip
        events = (
            Event("backchannel", "B", at[2], at[3], partner="A", origin="planned", utterance="u2"),
            Event("backchannel", "B", at[2], at[3], partner="A", rules="r1"),
            Event(
                "interruption", "B", at[4] - 800, at[4], partner="A", rules="r1",
                attributes={"outcome": "taken", "overlap": 800, "note": text or "plain"},
            ),
            Event("pause", "B", at[5], at[6], rules="r1"),
        )  # fmt: skip
        dialogue = Dialogue(
            id=name,
            rate=rate,
            length=n,
            speakers=(
                Speaker("A", text or "Alice", voice=Voice("fake", text or "low")),
                Speaker("B", "Bob", role=text, voice=Voice("fake", "high", licence="CC0-1.0")),
            ),
            utterances=(cut, listening, reply),
            events=events,
            rule_sets={"r1": {"terminal": 0.25, "words": [text or "yeah", "right"]}},
            tracks=(Track("A", f"{name}.flac", 0), Track("B", f"{name}.flac", 1)),
            provenance=Provenance("hand", name, text or "CC0-1.0", script=f"A: Along {text}"),
        )
        spans = {s.id: [tuple(p) for p in _spans(dialogue, s.id)] for s in dialogue.speakers}
        audio = np.stack([talk(spans["A"], n, 180), talk(spans["B"], n, 240)])
        return dialogue, audio

    return make


def _spans(dialogue: Dialogue, speaker: str) -> list[tuple[int, int]]:
    return [
        (span.start, span.end)
        for utterance in dialogue.utterances
        if utterance.speaker == speaker
        for span in utterance.speech
    ]


@pytest.fixture(scope="session")
def one_tab() -> Iterator[Tab]:
    """A tab of a headless Chromium."""
    if chromium() is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with browser() as found:
        yield found


@pytest.fixture
def tab(one_tab: Tab) -> Tab:
    """The tab, empty: the page of the test before asks its server no more."""
    one_tab.call("Page.navigate", url="about:blank")
    one_tab.size(1440, 900)
    one_tab.problems.clear()
    return one_tab

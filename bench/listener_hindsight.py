"""What the listener finds where a part of its input is replaced by the truth: sources of errors."""

from collections.abc import Iterator

import numpy as np

from interactspeech.diarization import Diarization, Diarizer
from interactspeech.evaluation.events.benchmark import (
    ASKED,
    RATE,
    Benchmark,
    labelled_kinds_decision,
)
from interactspeech.evaluation.events.metrics import Matches, f1
from interactspeech.evaluation.events.running import match_events
from interactspeech.listener import Listener, detect, run_listener
from interactspeech.listener.backchannel_classifier import BackchannelClassifier, listener_rules
from interactspeech.listener.output import speech_activity
from interactspeech.records import Dialogue, Event
from interactspeech.signal.pages import AudioSource
from interactspeech.turntaking import Timeline, annotate


class OracleDiarizer(Diarizer):
    """Gives the true speaker activity."""

    name = "told"

    def __init__(self, timeline: Timeline) -> None:
        self._spans = tuple(timeline.activity.values())

    def diarize(self, source: AudioSource, speakers: int | None = None) -> Diarization:
        del speakers
        sure = tuple(np.ones(len(rows), np.float32) for rows in self._spans)
        return Diarization(source.rate, source.samples, self._spans, sure, self.name)


def _timeline(dialogue: Dialogue) -> Timeline:
    rows = Timeline.of(dialogue).activity
    named = zip("AB", (rows[s.id] for s in dialogue.speakers), strict=True)
    return Timeline(RATE, dialogue.length, dict(named))


def _ways(
    listener: Listener, dialogue: Dialogue, sound: np.ndarray
) -> Iterator[tuple[str, tuple[Event, ...]]]:
    truth, rules = _timeline(dialogue), listener_rules(listener.card)
    true_kinds = labelled_kinds_decision(dialogue)
    if len(sound) == 1:
        diarized = detect(sound, RATE, listener=listener, diarizer=OracleDiarizer(truth))
        yield "true diarization, then the listener", diarized.events
        return
    output = run_listener(listener, [sound])
    classifier = BackchannelClassifier(output, listener.card)
    ours = speech_activity(output, listener.card)
    yield "the listener", annotate(ours, rules, backchannel=classifier)
    yield (
        "true activity, the listener's classification",
        annotate(truth, rules, backchannel=classifier),
    )
    yield "the listener's activity, true feedback", annotate(ours, rules, backchannel=true_kinds)
    yield "true activity, rules", annotate(truth)


def hindsight(listener: Listener, benchmark: Benchmark) -> list[list[str]]:
    """Rows of F1 of onsets: benchmark, who knows what, mean, each event."""
    found: dict[str, dict[str, list[Matches]]] = {}
    for case in benchmark.cases.values():
        for name, events in _ways(listener, case.dialogue, case.audio()):
            for kind, matches in match_events(benchmark, case, events).items():
                found.setdefault(name, {}).setdefault(kind, []).append(matches)
    rows = []
    for name, kinds in found.items():
        values = [f1(kinds[kind]) for kind in ASKED]
        cells = [f"{value:.3f}" for value in (float(np.mean(values)), *values)]
        rows.append([benchmark.manifest.name, name, *cells])
    return rows

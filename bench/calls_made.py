"""The calls that are measured, and what happens in them by their records or by people's marks."""

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import soundfile
from calls_scoring import DOUBTFUL_SILENCE, with_doubt
from clip_sound import two_channels, under
from people_attempts import people_said, with_attempts

from interactspeech.evaluation.calls.incidents import IncidentLimits, find_incidents
from interactspeech.evaluation.events.benchmark import labelled_kinds_decision, true_events
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    doubtful_events,
    labelled_recordings,
)
from interactspeech.records import Dialogue, Span, Speaker, Utterance
from interactspeech.signal.log_mel import RATE
from interactspeech.turntaking import DEFAULT, annotate

CONDITIONS = ("clean", "telephone", "bleed", "noisy")
#: Conditions of the dialogues with people's attempts -> what is done to the sound.
ATTEMPTS = {"attempts": "clean", "attempts by telephone": "telephone"}
VOICES = "hibari:f_ella,f_gwen,f_hazel,m_caleb,m_gavin,m_hugo"
#: Silences are listed from the shortest that is doubtful on.
LISTED = IncidentLimits(dead_air=DOUBTFUL_SILENCE[0])


def calls_of(corpus, limit, folder, conditions=CONDITIONS):
    """Writes the calls of each condition; yields (condition, files, truths)."""
    items = [corpus[i] for i in range(min(limit, len(corpus)))]
    for name in conditions:
        files, truths = [], []
        for item in items:
            dialogue = item.dialogue
            sound = under(name, two_channels(item), dialogue.id)
            path = folder / name / f"{dialogue.id}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, np.clip(sound[:2], -1, 1).T, RATE)
            names = {s.id: "AB"[i] for i, s in enumerate(dialogue.speakers)}
            files.append(path)
            told = with_events(dialogue, *true_events(dialogue))
            truths.append(with_doubt(find_incidents(told, names, LISTED)))
        yield name, files, truths


def real_calls(root, folder):
    """The labelled recordings of people, and what follows from what was marked."""
    files, truths = [], []
    for one in labelled_recordings(root):
        path = folder / "real" / f"{one.name}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, one.audio.T, RATE)
        dialogue = marked_talk(one)
        rules = msgspec.structs.replace(DEFAULT, id="marked", backchannel="marked")
        events = annotate(dialogue, rules, backchannel=labelled_kinds_decision(dialogue))
        told = with_events(dialogue, events, rules)
        doubtful = [
            (e.type, e.speaker, e.start / RATE - 0.2, max(e.end, e.start + 1) / RATE)
            for e in doubtful_events(one) if e.type in ("backchannel", "interruption")
        ]  # fmt: skip
        doubtful += [
            ("any", name, a / RATE - 0.2, b / RATE)
            for name in SPEAKERS for a, b in one.unscored(name).tolist()
        ]  # fmt: skip
        files.append(path)
        truths.append(with_doubt(find_incidents(told, {n: n for n in SPEAKERS}, LISTED), doubtful))
    return files, truths


def with_events(dialogue, events, rules):
    """The dialogue with these events alone."""
    return msgspec.structs.replace(
        dialogue, events=tuple(events), rule_sets={rules.id: rules.to_dict()}
    )


def marked_talk(one):
    """A recording's talk as it was marked, feedback as such."""
    activity, utterances = one.activity(), []
    for number, unit in enumerate(sorted(one.labels.units, key=lambda u: (u.start, u.end))):
        inside = one_unit(activity[unit.speaker], round(unit.start * RATE), round(unit.end * RATE))
        if len(inside):
            kind = "backchannel" if unit.kind == "bc" else "turn"
            speech = tuple(Span(a, b) for a, b in inside.tolist())
            utterances.append(Utterance(
                f"u{number}", unit.speaker, speech[0].start, speech[-1].end, speech, kind=kind
            ))  # fmt: skip
    return Dialogue(one.name, RATE, one.samples, tuple(map(Speaker, SPEAKERS)), tuple(utterances))


def one_unit(spans, start, end):
    """The activity inside a unit."""
    cut = np.clip(spans, start, end)
    return cut[cut[:, 1] > cut[:, 0]]


def attempts_corpus(arguments, corpus, folder):
    """The dialogues of the calls with people's attempts to take the floor, built once."""
    path = folder / "corpus of attempts"
    if not path.is_dir():
        scripts = [
            corpus[i].dialogue.provenance.script for i in range(min(arguments.limit, len(corpus)))
        ]
        said = with_attempts(scripts, people_said(Path(arguments.mrda), tests=True)[1], "calls")
        (folder / "attempts.txt").write_text(said, encoding="utf-8")
        build(folder / "attempts.txt", path)
    return path


def build(texts, out, *more):
    """Speak texts; what a voice cannot say is left out, and the build says so (exit code 1)."""
    done = subprocess.run(
        [sys.executable, "-m", "interactspeech", "build", str(texts), "-o", str(out), "--voices", VOICES,
         "--seed", "21", "-q", *more], check=False,
    )  # fmt: skip
    if done.returncode > 1 or not Path(out).is_dir():
        raise SystemExit(done.returncode)

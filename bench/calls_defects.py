"""Defects put into clean calls one at a time, and which of them a report finds."""

from collections import Counter

import numpy as np
import soundfile
from clip_sound import two_channels

from interactspeech.corpus import Corpus
from interactspeech.evaluation.calls.analysis import CallModels, analyse_call
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.mining.source import RecordingSource, SourceFile
from interactspeech.seeds import generator
from interactspeech.signal.log_mel import RATE


def defects_of(sound, seed):
    """Defect -> the sound with it."""
    rng = generator(seed, "defects")
    n = sound.shape[1]
    late = np.zeros_like(sound)
    late[0] = sound[0]
    late[1, 3 * RATE :] = sound[1, : -3 * RATE]
    echo, cross = sound.copy(), sound.copy()
    echo[0, RATE // 5 :] += 0.2 * sound[1, : -RATE // 5]
    cross[1] += 0.2 * sound[0]
    lost, repeated = sound.copy(), sound.copy()
    for at in range(320, n - 320, 320):
        if rng.random() < 0.05:
            lost[:, at : at + 320] = 0
            repeated[:, at : at + 320] = sound[:, at - 320 : at]
    time_ = np.arange(10 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * time_) for f in (262.0, 330.0, 392.0, 523.0)) * 0.05
    hold, tone = sound.copy(), sound.copy()
    start = min(n // 2, max(n - 10 * RATE, 0))
    hold[0, start : start + 10 * RATE] = chord[: n - start]
    tone[1, start : start + 2 * RATE] = 0.2 * np.sin(
        2 * np.pi * 440 * time_[: min(2 * RATE, n - start)]
    )
    dead = sound.copy()
    dead[1] = 0
    return {
        "none": sound, "dead-channel": dead, "same-sound": np.stack([sound.mean(axis=0)] * 2),
        "crosstalk": cross, "echo": echo, "shifted": late, "music": hold, "tone": tone,
        "lost-packets": lost, "lost-packets, concealed": repeated,
        "clipping": np.clip(sound * 8, -0.9, 0.9),
    }  # fmt: skip


def defects(arguments, folder):
    """Defect -> in how many of the calls it is found, and what else is said of them."""
    corpus = Corpus.open(arguments.corpus)
    settings = ReportSettings(source="listener")
    models = CallModels(settings)
    out = {}
    for number in range(min(arguments.defects, len(corpus))):
        item = corpus[number]
        sound = two_channels(item)
        floor = generator(number, "floor").standard_normal(sound.shape).astype(np.float32)
        sound = sound + 3e-4 * floor
        for name, changed in defects_of(sound, number).items():
            path = folder / "defect.wav"
            soundfile.write(path, np.clip(changed, -1, 1).T, RATE)
            found = analyse_call(
                RecordingSource("call", (SourceFile(str(path)),)), settings, models
            )
            kinds = {finding.kind for finding in found.findings}
            row = out.setdefault(name, {"calls": 0, "found": 0, "withheld": 0, "others": Counter()})
            row["calls"] += 1
            row["found"] += name.split(",")[0] in kinds
            row["withheld"] += bool(found.withheld)
            row["others"].update(kinds - {name.split(",")[0]})
        print(number, {k: v["found"] for k, v in out.items()}, flush=True)
    return out

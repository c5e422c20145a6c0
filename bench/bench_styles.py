"""Is what happens heard in how it is said? Level, pitch and pace at the onset of lines, by event.

    python bench/bench_styles.py [--dialogues 40] [--engine hibari] [--write]

The same dialogues are built twice with the same seed, plainly and with manners, and the clean
tracks are measured where each line begins (its first half second of sound): level and pitch against
the median of the same speaker's other turns in the same dialogue, and how long the first words take
against the same words said plainly. --write stores docs/bench/styles.md and its picture.
"""

import argparse
from collections import defaultdict
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import SpeechCache, Synthesizer, select_voices

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "styles.md"
PICTURE = PAGE.parents[1] / "images" / "interruption.png"
ONSET, LATER = (0.0, 0.5), (1.5, 2.0)  # seconds of the line's sound
GROUPS = {
    "turn": "turn that cuts nobody off",
    "competitive": "competitive interruption",
    "cooperative": "cooperative interruption",
    "attempt": "failed competitive attempt",
    "backchannel": "backchannel",
}


def f0_track(samples, rate):
    """Fundamental frequency every 10 ms by autocorrelation of 40 ms frames; NaN where unvoiced."""
    frame, hop = rate // 25, rate // 100
    low, high = rate // 400, rate // 60
    found = []
    for start in range(0, len(samples) - frame, hop):
        part = samples[start : start + frame] * np.hanning(frame)
        spectrum = np.fft.rfft(part, 4 * frame)
        auto = np.fft.irfft(np.abs(spectrum) ** 2)[:high]
        if auto[0] <= 1e-6:
            found.append(np.nan)
            continue
        # A window's own autocorrelation falls with the lag; without this, octaves above win.
        auto = auto / auto[0] / (1 - np.arange(high) / frame)
        lag = low + int(auto[low:].argmax())
        found.append(rate / lag if auto[lag] > 0.55 else np.nan)
    return np.array(found)


def measured(made, utterance, window):
    """(level in dB, pitch in semitones over 100 Hz) of a stretch of a line; NaN where there is none."""
    rate = made.dialogue.rate
    channel = [s.id for s in made.dialogue.speakers].index(utterance.speaker)
    spans = [made.samples[channel, span.start : span.end] for span in utterance.speech]
    sound = np.concatenate(spans)[round(window[0] * rate) : round(window[1] * rate)]
    if len(sound) < 0.25 * rate:
        return np.nan, np.nan
    frames = sound[: len(sound) // 480 * 480].reshape(-1, 480)
    energy = np.square(frames, dtype=np.float64).mean(axis=1)
    level = 10 * np.log10(energy[energy > 0.01 * energy.max()].mean() + 1e-12)
    f0 = f0_track(sound, rate)
    f0 = f0[~np.isnan(f0)]
    return level, 12 * np.log2(np.median(f0) / 100) if len(f0) >= 5 else np.nan


def group_of(dialogue, utterance):
    for event in dialogue.events:
        if event.origin != "planned" or event.utterance != utterance.id:
            continue
        if event.type == "backchannel":
            return "backchannel"
        if event.type == "interruption":
            style = event.attributes.get("style", "competitive")
            if event.attributes["outcome"] == "failed":
                return "attempt" if style != "cooperative" else None
            return style if not event.attributes.get("complete") else None
    return "turn"


def median(values):
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else np.nan


def first_words(utterance, seconds, rate):
    """Index of the last word that begins within `seconds`, and when it ends (samples)."""
    near = [k for k, w in enumerate(utterance.words) if w.end - utterance.start < seconds * rate]
    return near[-1] if near else None


def gather(styled, plain, into):
    told = {}
    for made, name in ((styled, "styled"), (plain, "plain")):
        turns = defaultdict(list)
        values = {}
        for utterance in made.dialogue.utterances:
            values[utterance.id] = [measured(made, utterance, w) for w in (ONSET, LATER)]
            if group_of(made.dialogue, utterance) == "turn":
                turns[utterance.speaker].append(values[utterance.id])
        told[name] = (turns, values)
    others = {u.id: u for u in plain.dialogue.utterances}
    rate = styled.dialogue.rate
    for utterance in styled.dialogue.utterances:
        group = group_of(styled.dialogue, utterance)
        if group is None:
            continue
        row = []
        for name in ("styled", "plain"):
            turns, values = told[name]
            mine = turns[utterance.speaker]
            if len(mine) < 2:
                return
            usual = np.nanmedian(np.array(mine), axis=0)
            row.append(np.array(values[utterance.id]) - usual)
        last = first_words(others[utterance.id], 1.2, rate)
        pace = np.nan
        if last is not None and utterance.kind == "turn":
            ends = [u.words[last].end - u.start for u in (utterance, others[utterance.id])]
            pace = ends[1] / ends[0] if last < len(utterance.words) else np.nan
        into[group].append((*np.ravel(row), pace))


def picture(made):
    """The first competitive cut: both waveforms, level and pitch of the one who breaks in."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    for one in made:
        for event in one.dialogue.events:
            cut = event.type == "interruption" and event.origin == "planned"
            if (
                cut
                and event.attributes.get("complete") is False
                and event.attributes.get("style") == "competitive"
            ):
                break
        else:
            continue
        break
    dialogue, rate = one.dialogue, one.dialogue.rate
    names = [s.id for s in dialogue.speakers]
    low, high = max(0, event.start - 2 * rate), min(dialogue.length, event.start + 4 * rate)
    figure, axes = plt.subplots(
        4, 1, figsize=(11, 6.4), sharex=True, height_ratios=[2, 2, 1.3, 1.3]
    )
    times = np.arange(low, high) / rate
    for axis, channel in zip(
        axes, (names.index(event.partner), names.index(event.speaker)), strict=False
    ):
        axis.plot(
            times,
            one.samples[channel, low:high],
            linewidth=0.3,
            color="C0" if axis is axes[0] else "C1",
        )
        axis.set_ylim(-0.45, 0.45)
        axis.set_ylabel(names[channel])
        for utterance in dialogue.utterances:
            if utterance.speaker == names[channel]:
                for k, word in enumerate(utterance.words):
                    if low < word.start < high:
                        axis.text(word.start / rate, 0.32 - 0.08 * (k % 2), word.text, fontsize=7)
    track = one.samples[names.index(event.speaker), low:high]
    hop = rate // 50
    energy = np.square(track[: len(track) // hop * hop].reshape(-1, hop), dtype=np.float64).mean(
        axis=1
    )
    axes[2].plot(
        times[: len(energy) * hop : hop],
        10 * np.log10(np.convolve(energy, np.ones(9) / 9, "same") + 1e-7),
        color="C1",
    )
    axes[2].set_ylabel("level, dB")
    axes[2].set_ylim(-50, -10)
    f0 = f0_track(track, rate)
    axes[3].plot(times[:: rate // 100][: len(f0)], f0, ".", color="C1", markersize=3)
    axes[3].set_ylabel("pitch, Hz")
    axes[3].set_xlabel("seconds")
    for axis in axes:
        axis.axvspan(event.start / rate, event.attributes["floor_transfer"] / rate, color="0.9")
    figure.suptitle(f"{dialogue.id}: {event.speaker} breaks in; grey: both talk", fontsize=10)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dialogues", type=int, default=40)
    parser.add_argument("--engine", default="hibari")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    settings = BuildSettings(seed=options.seed, voices=(options.engine,), gate="off")
    speaker = Synthesizer(SpeechCache())
    voices = select_voices(options.engine)
    makers = [
        DialogueBuilder(msgspec.structs.replace(settings, styles=s), voices, speaker)
        for s in (True, False)
    ]
    groups = defaultdict(list)
    kept = []
    for source in islice(demo_dialogues(), options.dialogues):
        styled, plain = (maker.build(source) for maker in makers)
        kept.append(styled)
        gather(styled, plain, groups)
    rows = []
    for group, name in GROUPS.items():
        values = np.array(groups[group])
        if not len(values):
            continue
        level, pitch, _, _, plain_level, plain_pitch, *_ = map(median, values.T)
        later = median(values[:, 2] - values[:, 6])
        later_pitch = median(values[:, 3] - values[:, 7])
        pace = median(values[:, 8])
        cells = (level, plain_level, pitch, plain_pitch, later, later_pitch)
        rows.append(
            f"| {name} | {len(values)} | "
            + " | ".join(f"{v:+.1f}" if np.isfinite(v) else "" for v in cells)
            + (f" | {pace:.2f} |" if np.isfinite(pace) else " | |")
        )
    text = f"""\
# How things are said

Written by `python bench/bench_styles.py --dialogues {options.dialogues} --engine {options.engine} --write`:
{len(kept)} dialogues that ship, {sum(m.dialogue.seconds for m in kept) / 60:.0f} minutes, built twice with seed {options.seed}: with manners, and
plainly. Medians over the lines of each kind. Level and pitch are those of the line's first half second of
sound against the median of the same speaker's turns that cut nobody off, in the same build of the same
dialogue (so the words differ, and plain speech is not zero either); "later" is from 1.5 to 2 s, with manners against plainly. Pace: how
much faster the words of the first 1.2 s are than the same words said plainly.

| line | n | level, dB | plainly | pitch, semitones | plainly | later: level | later: pitch | pace |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

Sizes, sources and where to change them: [planning](../planning.md), section 6.

![Two tracks around a competitive interruption, with the level and pitch of the one who breaks in](../images/interruption.png)
"""
    print(text)
    if options.write:
        picture(kept)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

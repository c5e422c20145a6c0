"""What scenes cost and what they do: times real time, noise, recognition.

    python bench/bench_acoustics.py [--scenes 40] [--dialogues 3] [--write]

Speed is processor time on one core over a dialogue of about a minute, two tracks. Recognition is
whisper-base on the tracks of a few dialogues, each under scenes of both presets. --write stores
docs/bench/acoustics.md.
"""

import argparse
import time
from itertools import islice
from pathlib import Path

import numpy as np

from interactspeech.evaluation import RenderedCheck
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.records import Channel, Noise, Scene, Script
from interactspeech.rendering import acoustics
from interactspeech.scripts import demo_dialogues
from interactspeech.signal.flac import encode_flac
from interactspeech.tts import SpeechCache, Synthesizer, select_voices

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "acoustics.md"
ALONE = {
    "pink noise": Channel(noises=(Noise("pink", 20.0, 1),)),
    "hum": Channel(noises=(Noise("hum", 20.0, 1),)),
    "street": Channel(noises=(Noise("street", 20.0, 1),)),
    "babble": Channel(noises=(Noise("babble", 20.0, 1),)),
    "bleed": Channel(bleed=-30.0, bleed_delay=0.1),
    "band 300 to 3,400 Hz": Channel(band=(300.0, 3400.0)),
    "G.711": Channel(codec="ulaw"),
    "GSM 06.10": Channel(codec="gsm"),
    "AMR, 12.2 kbit/s": Channel(codec="amr"),
    "Opus": Channel(codec="opus"),
}


def speed(tracks, rate, scenes):
    """Median and worst of (seconds of dialogue) / (seconds of processor), once rooms are known."""
    found = []
    for scene in scenes:
        acoustics.apply(tracks[:, :rate], rate, scene)  # impulse responses
        start = time.process_time()
        acoustics.apply(tracks, rate, scene)
        found.append(tracks.shape[1] / rate / (time.process_time() - start))
    return np.median(found), min(found)


def own(dialogue, tracks):
    """The tracks where their own speakers talk (and .1 s around it); silence elsewhere."""
    kept = np.zeros_like(tracks)
    names = [speaker.id for speaker in dialogue.speakers]
    margin = dialogue.rate // 10
    for utterance in dialogue.utterances:
        channel = names.index(utterance.speaker)
        stretch = slice(max(0, utterance.start - margin), utterance.end + margin)
        kept[channel, stretch] = tracks[channel, stretch]
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=40)
    parser.add_argument("--dialogues", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    maker = DialogueBuilder(
        BuildSettings(seed=1, voices=("hibari",), gate="off"),
        select_voices("hibari"),
        Synthesizer(SpeechCache()),
    )
    everything = sorted(demo_dialogues(), key=lambda one: not isinstance(one, Script))
    made = [maker.build(source) for source in islice(everything, max(options.dialogues, 1))]
    rate = made[0].dialogue.rate
    tracks = np.concatenate([one.samples for one in made], axis=1)[:, : 60 * rate]
    seconds = tracks.shape[1] / rate
    rows = []
    for name, channel in ALONE.items():
        median, _ = speed(tracks, rate, [Scene(channels=(channel, channel))] * 3)
        rows.append(f"| {name} | {median:,.0f} | |")
    for preset in ("light", "heavy"):
        scenes = [acoustics.draw(preset, 1, f"d{k}") for k in range(options.scenes)]
        median, worst = speed(tracks, rate, scenes)
        rows.append(f"| **{preset}**, {len(scenes)} scenes | {median:,.0f} | {worst:,.0f} |")
    start = time.process_time()
    encode_flac(tracks, rate)
    flac = seconds / (time.process_time() - start)
    check = RenderedCheck()
    heard = []
    for preset in ("off", "light", "heavy"):
        scenes = [acoustics.draw(preset, 2, one.dialogue.id) for one in made]
        applied = [
            (one.dialogue, acoustics.apply(one.samples, rate, scene))
            for one, scene in zip(made, scenes, strict=True)
        ]
        whole = check.check(applied)
        found = check.check((dialogue, own(dialogue, tracks)) for dialogue, tracks in applied)
        heard.append(
            f"| {preset} | {found.words} | {found.word_error_rate:.1%} | "
            f"{whole.word_error_rate:.1%} | "
            f"{1000 * found.onset_error(50):.0f} | {1000 * found.onset_error(90):.0f} |"
        )
        print(heard[-1], flush=True)
    text = f"""\
# Scenes: what they cost, and what a recogniser makes of them

Written by `python bench/bench_acoustics.py --scenes {options.scenes} --dialogues {options.dialogues} --write`:
{seconds:.0f} seconds of dialogue, two tracks at {rate:,} Hz, one core, processor time. Impulse responses of rooms
(.05 to 1 s each) are computed once in a process and not counted here: there are 48 rooms. Encoding
the tracks as FLAC is {flac:,.0f} times real time in the same run.

| | times real time (median) | slowest |
|---|---:|---:|
{chr(10).join(rows)}

The bar is 100 times real time for `light`.

whisper-base on {len(made)} dialogues (hibari), each in one scene of each preset; pocketsphinx aligns the
same words. Where a channel's own speaker is silent, the recogniser amplifies what is left and writes down the
other, who leaks in (and noise): so it listens once where the own speaker talks, once to everything.

| preset | words | word errors, own speech | whole tracks | word onsets against alignment, ms: median | p90 |
|---|---:|---:|---:|---:|---:|
{chr(10).join(heard)}
"""
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

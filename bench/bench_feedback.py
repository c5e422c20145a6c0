"""How long is feedback in builds, engine by engine, and what does a recogniser hear?

    python bench/bench_feedback.py [--write] [--dialogues 40] [--engines hibari,flite,kokoro]

Builds dialogues that ship (the first eight turns of each) and takes the backchannels out of the
tracks. An engine of one voice cannot play two speakers, so piper is not among them. Needs the extras tts, asr and plots. Slow engines get fewer dialogues.
"""

import argparse
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from interactspeech.models.recognition import BatchTranscriber
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.records import PlainDialogue
from interactspeech.scripts import demo_dialogues
from interactspeech.tts import SpeechCache, Synthesizer, engine, select_voices

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "bench" / "feedback_lengths.md", DOCS / "images" / "feedback_lengths.png"
SHARE = {"kokoro": 0.4}  # of the dialogues
WORDS = ("Mm-hm.", "Uh-huh.", "Yeah.", "Right.", "Okay.", "Oh.")
#: Switchboard's backchannels: lognormal (docs/framework.md, section 6).
MU, SIGMA = -0.78, 0.41
PROMPT = "Mm-hm. Uh-huh. Yeah. Right. Mm-hm. Okay. Oh."
TURNS = 8


def built(name: str, count: int) -> tuple[list[float], int, int]:
    """Seconds of each backchannel in tracks; how many there are, how many heard as written."""
    settings = BuildSettings(seed=3, voices=(name,), gate="off")
    maker = DialogueBuilder(settings, select_voices(name), Synthesizer(SpeechCache()))
    plain = (one for one in demo_dialogues() if isinstance(one, PlainDialogue))
    clips: list[tuple[str, np.ndarray]] = []
    for source in islice(plain, count):
        made = maker.build(msgspec.structs.replace(source, turns=source.turns[:TURNS]))
        channels = {track.speaker: track.channel for track in made.dialogue.tracks}
        clips += [
            (one.text, made.samples[channels[one.speaker], one.start : one.end])
            for one in made.dialogue.utterances
            if one.kind == "backchannel"
        ]
    heard = BatchTranscriber(prompt=PROMPT, seconds=10.0).hear(clips, settings.rate)
    right = sum(one.errors == 0 for one in heard)
    return [len(sound) / settings.rate for _, sound in clips], len(clips), right


def spoken(name: str) -> list[float]:
    """Seconds of feedback as the engine says it by itself, over six voices."""
    made, speaking = engine(name), Synthesizer(SpeechCache())
    voices = made.voices()[:6]
    return [speaking.speak(text, voice).seconds for text in WORDS for voice in voices]


def draw(found: dict[str, tuple[list[float], list[float]]]) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    times = np.linspace(0.05, 1.6, 300)
    human = np.exp(-((np.log(times) - MU) ** 2) / (2 * SIGMA**2))
    human /= times * SIGMA * np.sqrt(2 * np.pi)
    figure, axes = plt.subplots(
        1, len(found), figsize=(3 * len(found), 2.8), sharex=True, sharey=True, squeeze=False
    )
    bins = np.arange(0, 1.65, 0.1)
    for axis, (name, (alone, tracks)) in zip(axes[0], found.items(), strict=True):
        axis.hist(tracks, bins, density=True, color="#7fb2e5", label="in builds")
        axis.hist(
            alone,
            bins,
            density=True,
            histtype="step",
            color="#c2500f",
            label="as the engine says it",
        )
        axis.plot(times, human, color="black", linewidth=1.3, label="people (Switchboard)")
        axis.set_title(f"{name}, {len(tracks)} backchannels", fontsize=9)
        axis.set_xlabel("seconds")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("density")
    axes[0][0].legend(fontsize=7, frameon=False)
    figure.tight_layout()
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main() -> None:
    from scipy import stats

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name} and its picture")
    parser.add_argument("--dialogues", type=int, default=40)
    parser.add_argument("--engines", default="hibari,flite,kokoro")
    options = parser.parse_args()
    people = stats.lognorm(s=SIGMA, scale=np.exp(MU))
    rows, found = [], {}
    for name in options.engines.split(","):
        if not engine(name).installed:
            continue
        alone = spoken(name)
        tracks, count, right = built(name, round(options.dialogues * SHARE.get(name, 1.0)))
        found[name] = alone, tracks
        rows.append(
            f"| {name} | {np.median(alone):.2f} s | {count} | "
            f"{' / '.join(f'{v:.2f}' for v in np.percentile(tracks, (10, 25, 50, 75, 90)))} s | "
            f"{stats.kstest(tracks, people.cdf).statistic:.3f} | {0.87 / count**0.5:.3f} | "
            f"{right / count:.0%} |"
        )
        print(rows[-1], flush=True)
    text = f"""\
# How long feedback is

Written by `python bench/bench_feedback.py --write`: the first {TURNS} turns of {options.dialogues} dialogues that ship (fewer for
slow engines), and what their listeners say. People's backchannels: lognormal with mu {MU}, sigma {SIGMA}
of 1,155 Switchboard calls. "By chance" is how far as many of people's own would lie from that in the
median. whisper-base heard them several in a piece, after being shown that people say such things.

| engine | as the engine says it, median | in builds | percentiles 10 / 25 / 50 / 75 / 90 | KS distance from people | by chance | heard as written |
|---|---:|---:|---:|---:|---:|---:|
| people | | | {" / ".join(f"{v:.2f}" for v in people.ppf((0.1, 0.25, 0.5, 0.75, 0.9)))} s | | | |
{chr(10).join(rows)}

![Lengths of backchannels by engine, in builds and as spoken, against people's](../images/feedback_lengths.png)

The recogniser now and then falls into a loop over a piece of such words ("mhm uhhuh yeah right uhhuh yeah ...") and
loses all of it, which is most of what was not heard of few.

Builds draw a length for each and ask the engine for the pace that gives it ([planning](../planning.md)); what an
engine says by itself is as long each time.
"""
    print(text)
    if options.write:
        draw(found)
        PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

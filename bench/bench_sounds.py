"""What others hear in sounds that are no words: twenty of each kind, for Kokoro and hibari.

    python bench/bench_sounds.py [--engines hibari,kokoro] [--count 20] [--kept DIR] [--part 0:5] [--write]

Sounds are made of a voice's own speech and put into the silence between its sentences. Silero and
WebRTC (mode 2) say which 30 ms frames of them are speech, once in digital silence and once over a
noise floor 45 dB below the speech, as telephone calls have; the listener says it on two channels;
whisper-base writes down the whole, with the sounds and without. Breath before people's turns is measured the same way where the labelled calls are there
(../shared/data/real_labelled). --write stores docs/bench/sounds.md and, without --kept, the pictures; --pictures stores these alone. What was measured of an engine is kept in DIR, and
read from there if it is there, so that several processes can measure side by side, a part of the voices
each.
"""

import argparse
import json
from itertools import islice
from pathlib import Path

import numpy as np

from interactspeech.listener import detect
from interactspeech.models.recognition import Recogniser, normal_words, word_errors
from interactspeech.models.vad import speech_spans
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.records import PlainDialogue
from interactspeech.records.script import SOUND_KINDS
from interactspeech.scripts import demo_dialogues, read_all
from interactspeech.seeds import generator
from interactspeech.signal.pitch import pitch_track
from interactspeech.tts import SpeechCache, Synthesizer, engine, select_voices
from interactspeech.tts.sounds import VoiceSounds, portrait
from interactspeech.tts.sounds.speech_laugh import speech_laugh

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURES = DOCS / "bench" / "sounds.md", DOCS / "images" / "sounds"
REAL = Path(__file__).parents[2] / "shared" / "data" / "real_labelled"
SENTENCES = (
    "I was thinking of the early train.",
    "My father called about half past four.",
    "What have you done with the car?",
)
HEARERS = ("Silero", "Silero, noise", "WebRTC", "WebRTC, noise", "listener")
FRAME = 0.03
FLOOR = -45.0  # dB, of the noise against the speech


def share_of_frames(spans, start, end, rate):
    """Share of the 30 ms frames with their middle in [start, end) whose middle lies in a span."""
    middles = np.arange(start + FRAME * rate / 2, max(end, start + FRAME * rate), FRAME * rate)
    return float(np.mean([any(a <= m < b for a, b in spans) for m in middles]))


def hearers(track, places, rate):
    """Of each (kind, start, end): name of a hearer -> share of its frames that are speech to it."""
    noise = generator(0, "floor", len(track)).standard_normal(len(track)).astype(np.float32)
    noisy = track + noise * np.float32(10 ** ((-26 + FLOOR) / 20))
    heard = detect(np.stack([track, np.zeros_like(track)]), rate, layout="two")
    scale = rate / heard.rate
    spans = {
        "Silero": speech_spans(track, rate, "silero"),
        "Silero, noise": speech_spans(noisy, rate, "silero"),
        "WebRTC": speech_spans(track, rate, "webrtc"),
        "WebRTC, noise": speech_spans(noisy, rate, "webrtc"),
        "listener": [
            (span.start * scale, span.end * scale)
            for utterance in heard.utterances
            if utterance.speaker == "A"
            for span in utterance.speech
        ],
    }
    return [
        {name: share_of_frames(found, start, end, rate) for name, found in spans.items()}
        for _, start, end in places
    ]


def measure(name, indices, count, recogniser):
    """Rows (one a sound), and errors of recognition with and without sounds, of one engine."""
    synthesizer = Synthesizer(SpeechCache())
    voices = engine(name).voices()
    rows = []
    errors = {"with": 0, "without": 0, "words": 0, "laughing": 0, "plain": 0, "laughed": 0}
    for index in indices:
        voice = voices[index * max(1, len(voices) // count) % len(voices)]
        said = [synthesizer.speak(text, voice) for text in SENTENCES]
        found, rate = portrait(said), said[0].rate
        gain = np.float32(10 ** (-26 / 20) / found.power**0.5)  # the level of the corpora
        parts, places, at = [said[0].samples], [], len(said[0].samples)
        for turn, kind in enumerate(SOUND_KINDS, 1):
            sound = VoiceSounds().make(kind, found, generator(index, "bench", kind), 10.0)
            quiet = np.zeros(round(0.45 * rate), np.float32)
            places.append((kind, at + len(quiet), at + len(quiet) + len(sound.samples)))
            parts += [quiet, sound.samples, quiet, said[turn % len(said)].samples]
            at = sum(map(len, parts))
        with_them = np.clip(np.concatenate(parts) * gain, -1, 1)
        without = with_them.copy()
        for _, start, end in places:
            without[start:end] = 0.0
        texts = [SENTENCES[turn % len(said)] for turn in range(len(SOUND_KINDS) + 1)]
        reference = [word for text in texts for word in normal_words(text)]
        heard = recogniser.words(with_them, rate)
        errors["words"] += len(reference)
        errors["with"] += word_errors(reference, normal_words(" ".join(w.text for w in heard)))
        plain = normal_words(recogniser.transcribe(without, rate))
        errors["without"] += word_errors(reference, plain)
        for n, (text, speech) in enumerate(zip(SENTENCES, said, strict=True)):
            words = normal_words(text)
            laughing = laughed(speech, found, generator(index, "laughing", str(n)))
            errors["laughed"] += len(words)
            for key, samples in (("laughing", laughing), ("plain", speech.samples)):
                heard_words = recogniser.transcribe(np.clip(samples * gain, -1, 1), rate)
                errors[key] += word_errors(words, normal_words(heard_words))
        shares = hearers(with_them, places, rate)
        for (kind, start, end), share in zip(places, shares, strict=True):
            inside = [w.text for w in heard if start <= (w.start + w.end) / 2 * rate < end]
            own = np.square(with_them[start:end], dtype=np.float64).mean()
            rows.append(
                {
                    "kind": kind,
                    "seconds": (end - start) / rate,
                    "level": 10 * np.log10(own / found.power / float(gain) ** 2),
                    "words": inside,
                    **share,
                }
            )
        print(f"{name}: {index + 1} of {count} voices", flush=True)
    return rows, errors


def laughed(speech, about, rng):
    """A sentence whose last three words are said laughing."""
    start, end = speech.words[-3].start, speech.words[-1].end
    samples = speech.samples.copy()
    samples[start:end] = speech_laugh(samples[start:end], about, rng)
    return samples


def measured(name, options):
    """What `measure` finds, or found in an earlier run."""
    files = sorted(options.kept.glob(f"{name}*.json")) if options.kept else []
    if files and options.part is None:
        parts = [json.loads(file.read_text("utf-8")) for file in files]
        rows = [row for part, _ in parts for row in part]
        return rows, {key: sum(errors[key] for _, errors in parts) for key in parts[0][1]}
    low, high = map(int, (options.part or f"0:{options.count}").split(":"))
    found = measure(name, range(low, high), options.count, Recogniser())
    if options.kept:
        options.kept.mkdir(parents=True, exist_ok=True)
        (options.kept / f"{name}.{low:02d}.json").write_text(json.dumps(found), "utf-8")
    return found


def pictured(kind, count):
    """Sounds of hibari's voices as `measure` makes them: (voice, samples, rate)."""
    synthesizer = Synthesizer(SpeechCache())
    voices = engine("hibari").voices()
    found = []
    for index in range(count):
        voice = voices[index * max(1, len(voices) // count) % len(voices)]
        about = portrait([synthesizer.speak(text, voice) for text in SENTENCES])
        sound = VoiceSounds().make(kind, about, generator(index, "bench", kind), 10.0)
        found.append((voice.name, sound.samples, sound.rate))
    return found


def said_laughing(count):
    """Sentences as `laughed` makes them: (voice, samples, rate)."""
    synthesizer = Synthesizer(SpeechCache())
    voices = engine("hibari").voices()
    found = []
    for index in range(count):
        voice = voices[index * max(1, len(voices) // count) % len(voices)]
        said = [synthesizer.speak(text, voice) for text in SENTENCES]
        samples = laughed(said[0], portrait(said), generator(index, "laughing", "0"))
        found.append((voice.name, samples, said[0].rate))
    return found


def real_breath():
    """Breath before people's turns: rows like those of `measure`; and at how many onsets."""
    import soundfile

    rows, onsets = [], 0
    for folder in sorted(REAL.iterdir()):
        if not (folder / "events.json").is_file():
            continue
        sound, rate = soundfile.read(folder / "audio.flac", dtype="float32")
        labels = json.loads((folder / "events.json").read_text("utf-8"))
        hop = rate // 100
        for channel, speaker in enumerate("AB"):
            track = np.ascontiguousarray(sound[:, channel])
            frames = track[: len(track) // hop * hop].reshape(-1, hop)
            level = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
            talk = {who: np.zeros(len(level), bool) for who in "AB"}
            for unit in labels["units"]:
                talk[unit["speaker"]][int(unit["start"] * 100) : int(unit["end"] * 100) + 1] = True
            own, other = talk[speaker], talk["B" if speaker == "A" else "A"]
            silent = level[~own & ~other]
            if len(silent) < 50:
                continue
            loud = level[own]
            speech = 10 * np.log10(np.mean(10 ** (loud[loud > loud.max() - 25] / 10)))
            floor = np.percentile(silent, 30)
            pitch, _ = pitch_track(track, rate)
            for unit in labels["units"]:
                onset = int(unit["start"] * 100)
                if unit["speaker"] != speaker or onset < 70:
                    continue
                if own[onset - 60 : onset - 3].any() or other[onset - 50 : onset - 3].any():
                    continue
                onsets += 1
                before = slice(onset - 60, onset - 4)
                above = np.flatnonzero(np.diff(np.r_[0, level[before] > floor + 6, 0]))
                runs = [(b - a, a) for a, b in zip(above[::2], above[1::2], strict=True)]
                length, first = max(runs, default=(0, 0))
                first += onset - 60
                voiced = np.mean(pitch[max(first - 2, 0) : first - 2 + length] > 0) if length else 0
                if length < 14 or voiced > 0.1:
                    continue
                part = level[first : first + length]
                relative = 10 * np.log10(np.mean(10 ** (part / 10))) - speech
                if not -50 < relative < -15:  # below: the line's own noise; above: words unlabelled
                    continue
                row = {"kind": "people's breath", "seconds": length / 100, "level": relative}
                for name, detector in (("Silero", "silero"), ("WebRTC", "webrtc")):
                    # The ten seconds before and what follows.
                    low = max(0, first * hop - 10 * rate)
                    piece = track[low : onset * hop + 2 * rate]
                    spans = speech_spans(piece, rate, detector)
                    start = first * hop - low
                    row[name] = share_of_frames(spans, start, start + length * hop, rate)
                rows.append(row)
    return rows, onsets


def restarts(count):
    """Stretches of tracks around words that were broken off: (words, samples, rate)."""
    settings = BuildSettings(voices=("hibari",), sounds=1.0)
    builder = DialogueBuilder(settings, select_voices(settings.voices), Synthesizer(SpeechCache()))
    found = []
    for source in demo_dialogues():
        built = builder.build(source)
        rate = built.dialogue.rate
        order = [speaker.id for speaker in built.dialogue.speakers]
        for utterance in built.dialogue.utterances:
            for index, word in enumerate(utterance.words[:-1]):
                if not word.fragment:
                    continue
                near = utterance.words[max(0, index - 1) : index + 3]
                low, high = near[0].start, near[-1].end
                track = built.samples[order.index(utterance.speaker)]
                found.append((" ".join(w.text for w in near), track[low:high], rate))
        if len(found) >= count:
            return found[:count]
    return found


def picture(name, sounds):
    """A grid of waveforms over spectrograms."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(8, 5, figsize=(15, 12), height_ratios=[1, 2] * 4)
    for index, (title, samples, rate) in enumerate(sounds[:20]):
        wave, spectrum = axes[2 * (index // 5), index % 5], axes[2 * (index // 5) + 1, index % 5]
        sound = np.pad(samples, rate // 20)
        time = np.arange(len(sound)) / rate
        wave.plot(time, sound, lw=0.5, color="#305080")
        wave.set_title(title, fontsize=8)
        wave.set_xlim(0, time[-1])
        wave.axis("off")
        dither = 1e-6 * generator(0, "dither").standard_normal(len(sound))
        peak = 20 * np.log10(np.abs(sound).max() + 1e-9)
        spectrum.specgram(
            sound + dither, NFFT=512, noverlap=448, Fs=rate, vmin=peak - 115, vmax=peak - 35
        )
        spectrum.set_ylim(0, 8000)
        spectrum.tick_params(labelsize=6)
    for axis in axes.flat[2 * len(sounds) :]:
        axis.axis("off")
    figure.tight_layout(pad=0.4)
    PICTURES.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURES / f"{name}.png", dpi=60)
    plt.close(figure)


def mean_with_interval(values):
    """Mean and 95 % interval by resampling."""
    values = np.asarray(values, float)
    rng = generator(0, "interval", len(values))
    drawn = values[rng.integers(len(values), size=(2000, len(values)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"


def table(rows, kinds):
    names = [name for name in HEARERS if name in rows[0]]
    told = "words" in rows[0]
    lines = [
        f"| kind | n | seconds, median | level, dB | {' | '.join(names)} |" + " words |" * told,
        "|---|" + "--:|" * (3 + len(names) + told),
    ]
    for kind in kinds:
        mine = [row for row in rows if row["kind"] == kind]
        level = np.array([row["level"] for row in mine])
        cells = [mean_with_interval([row[name] for row in mine]) for name in names]
        line = (
            f"| {kind} | {len(mine)} | {np.median([r['seconds'] for r in mine]):.2f} | "
            f"{level.mean():.1f} ± {level.std():.1f} | {' | '.join(cells)} |"
        )
        if told:
            words = [row["words"] for row in mine if row["words"]]
            line += f" {len(words)}" + "".join(f" ({' '.join(w)})" for w in words) + " |"
        lines.append(line)
    return lines


def in_a_corpus(texts, limit):
    """How often each sound is in dialogues of texts, built with voices that say nothing."""
    kinds = [*SOUND_KINDS, "speech_laugh"]
    settings = BuildSettings(voices=("fake",), gate="off", sounds=1.0)
    builder = DialogueBuilder(settings, select_voices(settings.voices), Synthesizer(SpeechCache()))
    minutes, counts, words = [], [], []
    for text in islice((t for t in read_all(texts) if isinstance(t, PlainDialogue)), limit):
        made = builder.build(text).dialogue
        events = [event for event in made.events if event.type in kinds]
        said = [e for e in events if e.type == "speech_laugh"]
        minutes.append(made.seconds / 60)
        counts.append([sum(event.type == kind for event in events) for kind in kinds])
        spans = {(e.utterance, e.start, e.end) for e in said}
        words.append(
            sum(
                start <= word.start and word.end <= end
                for utterance in made.utterances
                for name, start, end in spans
                if name == utterance.id
                for word in utterance.words
            )
        )
    table = np.column_stack([counts, words])
    length = np.array(minutes)
    rng = generator(0, "sounds", len(length))
    picks = rng.integers(len(length), size=(1000, len(length)))
    drawn = table[picks].sum(axis=1) / length[picks].sum(axis=1)[:, None]
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    rates = table.sum(axis=0) / length.sum()
    names = [*kinds, "words said laughing"]
    people = {"laugh": "1.42", "words said laughing": "0.87"}
    rows = [
        f"| {name} | {rate:.2f} ({a:.2f} to {b:.2f}) | {people.get(name, '')} |"
        for name, rate, a, b in zip(names, rates, low, high, strict=True)
    ]
    head = f"Built of {len(length)} dialogues, {length.sum():.0f} minutes, by `--sounds people`:"
    return ["", "## In a corpus", "", head, "", "| a minute | built | people (Switchboard) |",
            "|---|---|---|", *rows]  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engines", default="hibari,kokoro")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--part", help="voices LOW:HIGH of the count alone")
    parser.add_argument("--kept", type=Path, help="folder of results")
    parser.add_argument("--texts", nargs="*", default=[], help="corpora of texts, to build of")
    parser.add_argument("--limit", type=int, default=300, help="dialogues of TEXTS")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--pictures", action="store_true", help="store the pictures alone")
    options = parser.parse_args()
    if options.pictures or (options.write and not options.kept):
        pictures()
    if options.pictures:
        return
    lines = []
    for name in options.engines.split(","):
        rows, errors = measured(name, options)
        rates = [f"{errors[key] / errors['words']:.3f}" for key in ("with", "without")]
        lines += ["", f"## {name}", "", *table(rows, SOUND_KINDS), ""]
        lines.append(
            f"WER of the sentences around them, {errors['words']} words: {rates[0]} with the sounds, "
            f"{rates[1]} without. WER of sentences whose last three words are said laughing, "
            f"{errors['laughed']} words: {errors['laughing'] / errors['laughed']:.3f}; said plainly: "
            f"{errors['plain'] / errors['laughed']:.3f}."
        )
        print("\n".join(lines[-12:]), flush=True)
    if REAL.is_dir():
        rows, onsets = real_breath()
        lines += [
            "",
            "## People",
            "",
            (
                f"Breath in the .6 s before {onsets} turns that follow .6 s of silence, in four labelled "
                f"calls: audible (6 dB over the line's own noise, for .14 s, without voice) before "
                f"{len(rows)} ({len(rows) / onsets:.0%})."
            ),
            "",
            *table(rows, ["people's breath"]),
        ]
    if options.texts:
        lines += in_a_corpus(options.texts, options.limit)
    print("\n".join(lines))
    if options.write:
        PAGE.write_text(HEAD + "\n".join(lines) + shown(), "utf-8")


def pictures():
    for kind in ("laugh", "breath"):
        picture(kind, pictured(kind, 20))
    picture("restart", restarts(20))
    picture("speech_laugh", said_laughing(20))


HEAD = """\
# What others hear in sounds that are no words

By `python bench/bench_sounds.py --write`: twenty sounds of each kind, made of what a voice has said (twenty voices, or as
many as an engine has), in the silence between its sentences, .45 s from either, at the level of the corpora. Shares are of
the 30 ms frames of a sound that a hearer calls speech: Silero (threshold .5) and WebRTC (mode 2), both in digital
silence and over white noise 45 dB below the speech, as telephone lines have; the listener on two channels. "words" is
in how many sounds whisper-base sets a word, and which ("My" begins the sentence after a sound). Level is against the voice's speech. Intervals are 95 %.
"""

#: Pictures and what they show; the page has those that were made.
SHOWN = {
    "laugh": "Twenty laughs of hibari's voices",
    "breath": "Twenty breaths of hibari's voices",
    "speech_laugh": 'Twenty times "I was thinking of the early train", the last three words said laughing',
    "restart": "Words (twenty at most, of the demo dialogues) that were broken off and begun again, with the words around them",
}


def shown():
    there = [name for name in SHOWN if (PICTURES / f"{name}.png").is_file()]
    pictures = [f"{SHOWN[n]}:\n\n![{SHOWN[n]}](../images/sounds/{n}.png)" for n in there]
    return "\n\n".join(["\n\n## Pictures", *pictures]) + "\n"


if __name__ == "__main__":
    main()

"""How well mining hears: channels, one channel, meetings, whatever real recordings there are.

    python bench/bench_mining.py [PART ...] [--write] [--engines kokoro:8,hibari:8]
                                 [--ami FOLDER] [--audio FOLDER]

PART: channels (onsets on two-channel dialogues), mono (the same mixed to one), ami (diarization and
events on real meetings), real (a folder of recordings, from end to end); all if none is named. The
dialogues of the first two are those that ship, spoken and rendered here, so that the truth is known
to the sample. Each part writes a page of its own, docs/bench/mining_PART.md. Speed and memory:
bench_mine.py.
"""

import argparse
import collections
import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from interactspeech.diarization.clustering import cluster
from interactspeech.diarization.offline import OfflineDiarizer
from interactspeech.formats import read
from interactspeech.listener.model import Listener
from interactspeech.listener.recorded_channels import hear_channels
from interactspeech.mining.activity import channel_activity
from interactspeech.mining.report import NothingMinedError
from interactspeech.mining.settings import MineSettings
from interactspeech.models.embeddings import SpeakerEncoder
from interactspeech.models.vad import speech_spans
from interactspeech.pipelines.building import BuildSettings
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.pipelines.mining.job import mine
from interactspeech.records import Script
from interactspeech.rendering.acoustics import Preset, apply, draw
from interactspeech.scripts import demo_dialogues
from interactspeech.signal.intervals import union
from interactspeech.signal.pages import InMemoryAudio, at_rate
from interactspeech.tts import SpeechCache, Synthesizer, select_voices
from interactspeech.turntaking import Timeline, annotate

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "bench"
AMI = ROOT.parent / "shared" / "data" / "audio" / "ami"
WORDS = ROOT.parent / "shared" / "data" / "timing" / "ami_nxt" / "words"
BRIDGE, TOLERANCE = 0.2, 0.2
QUIET = {
    "telephone": 0.0, "codecs": ("ulaw",), "together": 0.0, "apart": 0.0,
    "distance": (0.02, 0.05), "rt60": (0.2, 0.3), "noisy": 0.0, "kinds": ("pink",),
    "snr": (20.0, 20.0), "bleeding": 0.0, "bleed": (-20.0, -20.0),
}  # fmt: skip
CONDITIONS = {
    "clean": "off",
    "noise, 20 dB": Preset(**{**QUIET, "noisy": 1.0}),
    "noise, 10 dB": Preset(**{**QUIET, "noisy": 1.0, "snr": (10.0, 10.0)}),
    "babble, 10 dB": Preset(**{**QUIET, "noisy": 1.0, "kinds": ("babble",), "snr": (10.0, 10.0)}),
    "telephone, 20-40 dB": Preset(
        **{**QUIET, "telephone": 1.0, "codecs": ("ulaw", "alaw"), "noisy": 1.0, "snr": (20.0, 40.0)}
    ),
    "crosstalk, -25 to -15 dB": Preset(
        **{**QUIET, "noisy": 1.0, "snr": (40.0, 40.0), "bleeding": 1.0, "bleed": (-25.0, -15.0)}
    ),
    "rooms, light": "light",
    "rooms, heavy": "heavy",
}


def dialogues(engines):
    """Rendered dialogues, "kokoro:3" being three of Kokoro: engine, record, tracks."""
    everything = iter(sorted(demo_dialogues(), key=lambda one: not isinstance(one, Script)))
    made = []
    for part in engines.split(","):
        engine, _, count = part.partition(":")
        settings = BuildSettings(seed=5, voices=(engine,), styles=False)
        maker = DialogueBuilder(settings, select_voices(engine), Synthesizer(SpeechCache()))
        for source in itertools.islice(everything, int(count or 4)):
            one = maker.build(source)
            made.append((engine, one.dialogue, one.samples))
            print(f"{engine} {one.dialogue.id} {one.dialogue.seconds:.0f} s", flush=True)
    return made


def in_condition(dialogue, samples, condition):
    return apply(samples, dialogue.rate, draw(condition, 3, dialogue.id))


def units(spans, rate):
    """Inter-pausal units in seconds."""
    return union(np.asarray(spans, np.int64).reshape(-1, 2), max(1, round(BRIDGE * rate))) / rate


def hits(truth, found, tolerance):
    """Onsets of two sorted lists that are one another's, in order."""
    i = j = count = 0
    while i < len(truth) and j < len(found):
        if abs(truth[i] - found[j]) <= tolerance:
            count, i, j = count + 1, i + 1, j + 1
        elif truth[i] < found[j]:
            i += 1
        else:
            j += 1
    return count


class Onsets:
    """Counts of onsets, and errors of those that were found."""

    def __init__(self):
        self.hits = self.truth = self.found = self.close = 0
        self.short = [0, 0]

    def add(self, truth, found):
        self.hits += hits(truth[:, 0], found[:, 0], TOLERANCE)
        self.close += hits(truth[:, 0], found[:, 0], 0.05)
        self.truth += len(truth)
        self.found += len(found)
        for start, end in truth:
            if end - start < 0.45:
                self.short[1] += 1
                self.short[0] += bool(((found[:, 0] < end) & (found[:, 1] > start)).any())

    def row(self):
        p, r = self.hits / max(self.found, 1), self.hits / max(self.truth, 1)
        both = max(self.truth + self.found, 1)
        return (
            f"{2 * self.hits / both:.3f} | {p:.3f} | {r:.3f} | {2 * self.close / both:.3f} | "
            f"{self.short[0]} of {self.short[1]}"
        )


def truth_of(dialogue):
    activity = Timeline.of(dialogue).activity
    return [activity[speaker.id] for speaker in dialogue.speakers]


def part_channels(options):
    made = dialogues(options.engines)
    seconds = sum(d.seconds for _, d, _ in made)
    listener = Listener.load()
    hearers = {
        "**`mine`: the listener**": lambda x, r: hear_channels(InMemoryAudio(x, r), listener).spans,
        "`mine`, more channels": lambda x, r: channel_activity(InMemoryAudio(x, r)).spans,
        "Silero's own spans": lambda x, r: [speech_spans(c, r, "silero") for c in x],
        "WebRTC, mode 2": lambda x, r: [speech_spans(c, r, "webrtc") for c in x],
    }
    lines, engines = [], collections.defaultdict(Onsets)
    spent = dict.fromkeys(hearers, 0.0)
    for name, condition in CONDITIONS.items():
        counts = {hearer: Onsets() for hearer in hearers}
        for engine, dialogue, samples in made:
            heard = in_condition(dialogue, samples, condition)
            for hearer, listen in hearers.items():
                began = time.process_time()
                spans = listen(heard, dialogue.rate)
                spent[hearer] += time.process_time() - began
                for truth, found in zip(truth_of(dialogue), spans, strict=True):
                    both = units(truth, dialogue.rate), units(found, dialogue.rate)
                    counts[hearer].add(*both)
                    if hearer.startswith("**"):
                        engines[engine].add(*both)
        lines += [f"| {name} | {hearer} | {count.row()} |" for hearer, count in counts.items()]
        print(lines[-len(hearers)], flush=True)
    speeds = "; ".join(
        f"{hearer.strip('*')} {len(CONDITIONS) * seconds / took:.0f}"
        for hearer, took in spent.items()
    )
    by_engine = "\n".join(f"| {e} | {count.row()} |" for e, count in engines.items())
    return f"""\
# Onsets on two channels

Written by `bench/bench_mining.py channels --write`: {len(made)} dialogues ({seconds / 60:.1f} minutes), rendered from
{options.engines}, in the [acoustics](../acoustics.md) of a build; seed 3. Truth is the record's activity. Onsets of inter-pausal
units (silences below {BRIDGE} s filled in both) count as found within {TOLERANCE * 1000:.0f} ms, one to one. *Short*: units below 0.45 s
(feedback, mostly) that overlap with something found. Bar: F1 .90.

`mine` hears two channels by the listener, which also hears what feedback sounds like, and more than two by Silero with
what crosstalk there is taken away (`mining.activity`; until 2026-11-30 two as well).

| condition | detector | F1 | precision | recall | F1 at 50 ms | short ones heard |
|---|---|---:|---:|---:|---:|---:|
{chr(10).join(lines)}

Times real time, by processor time in this run: {speeds}.

The listener, all conditions, by engine:

| voices | F1 | precision | recall | F1 at 50 ms | short ones heard |
|---|---:|---:|---:|---:|---:|
{by_engine}
"""


def baseline(encoder, samples, rate, speakers=2):
    """A diarizer without overlaps: WebRTC's spans in windows of 1.5 s, CAM++, clusters."""
    pieces = [
        (a, min(a + round(1.5 * rate), end))
        for start, end in speech_spans(samples, rate, "webrtc")
        for a in range(start, end, round(1.5 * rate))
    ]
    pieces = [(a, b) for a, b in pieces if b - a >= 0.3 * rate]
    if not pieces:
        return []
    sound = at_rate(samples[None], rate)[0]
    vectors = np.stack(
        [encoder.embed(sound[a * 16_000 // rate : b * 16_000 // rate], 16_000) for a, b in pieces]
    )
    length = np.array([b - a for a, b in pieces], np.float32) / rate
    labels = cluster(vectors, length, np.zeros((0, 2), np.int64), speakers)
    return [
        union(np.array([p for p, l in zip(pieces, labels, strict=True) if l == k], np.int64), 2)
        for k in range(int(labels.max()) + 1)
    ]


def annotation(spans, rate, names=None):
    from pyannote.core import Annotation, Segment

    found = Annotation()
    for who, rows in enumerate(spans):
        for number, (start, end) in enumerate(np.asarray(rows).tolist()):
            if end > start:
                found[Segment(start / rate, end / rate), (who, number)] = (names or "ABCDEFGH")[who]
    return found


class Errors:
    """Diarization error (pyannote.metrics, no collar, overlaps included) and overlap."""

    def __init__(self):
        from pyannote.metrics.diarization import DiarizationErrorRate

        self.metric = DiarizationErrorRate()
        self.overlap = np.zeros(3)

    def add(self, truth, found, seconds):
        from pyannote.core import Segment
        from pyannote.core import Timeline as Extent

        extent = Extent([Segment(0, seconds)])
        value = self.metric(truth, found, uem=extent)
        one, other = (
            sum(self._mask(a.label_timeline(l), seconds).astype(int) for l in a.labels()) >= 2
            if a.labels() else self._mask([], seconds)
            for a in (truth, found)
        )  # fmt: skip
        self.overlap += (one & other).sum(), (~one & other).sum(), (one & ~other).sum()
        return value

    def _mask(self, segments, seconds):
        frames = np.zeros(int(seconds * 100), bool)
        for segment in segments:
            frames[round(segment.start * 100) : round(segment.end * 100)] = True
        return frames

    def row(self):
        parts = self.metric[:]
        total = parts["total"]
        hit, extra, missed = self.overlap
        return (
            f"{abs(self.metric):.1%} | {parts['missed detection'] / total:.1%} | "
            f"{parts['false alarm'] / total:.1%} | {parts['confusion'] / total:.1%} | "
            f"{2 * hit / max(2 * hit + extra + missed, 1):.3f} | {hit / max(hit + extra, 1):.3f} | "
            f"{hit / max(hit + missed, 1):.3f}"
        )


def mapped(truth, found):
    """`found` in the order of `truth` under the best pairing by shared time; extras last."""
    best, most = [], -1
    found = [np.asarray(f).reshape(-1, 2) for f in found]
    size = max(len(truth), len(found))
    padded = found + [np.zeros((0, 2), np.int64)] * (size - len(found))
    shared = np.array([[common(t, f) for f in padded] for t in truth])
    for order in itertools.permutations(range(size), len(truth)):
        value = sum(shared[i, k] for i, k in enumerate(order))
        if value > most:
            best, most = list(order), value
    rest = [k for k in range(size) if k not in best]
    return [padded[k] for k in best], [padded[k] for k in rest]


def common(one, other):
    return sum(max(0, min(b, d) - max(a, c)) for a, b in one.tolist() for c, d in other.tolist())


def part_mono(options):
    made = dialogues(options.engines)
    diarizer, encoder = OfflineDiarizer(), SpeakerEncoder()
    engines = {
        "**offline default**, 2 speakers": lambda s, r: (
            diarizer.diarize(InMemoryAudio(s, r), 2).spans
        ),
        "offline default, number unknown": lambda s, r: diarizer.diarize(InMemoryAudio(s, r)).spans,
        "WebRTC + CAM++ clusters, 2": lambda s, r: baseline(encoder, s, r),
    }
    lines = []
    for name in ("clean", "noise, 10 dB", "telephone, 20-40 dB", "rooms, heavy"):
        onsets = {engine: Onsets() for engine in engines}
        errors = {engine: Errors() for engine in engines}
        for _, dialogue, samples in made:
            mono = in_condition(dialogue, samples, CONDITIONS[name]).mean(axis=0)
            truth, rate = truth_of(dialogue), dialogue.rate
            for engine, listen in engines.items():
                found = list(listen(mono, rate))
                errors[engine].add(
                    annotation(truth, rate), annotation(found, rate), dialogue.seconds
                )
                pairs, extra = mapped(truth, found)
                for t, f in zip(truth, pairs, strict=True):
                    onsets[engine].add(units(t, rate), units(f, rate))
                onsets[engine].found += sum(len(units(f, rate)) for f in extra)
        lines += [
            f"| {name} | {engine} | {onsets[engine].row().rsplit(' | ', 2)[0]} | {errors[engine].row()} |"
            for engine in engines
        ]
        print("\n".join(lines[-3:]), flush=True)
    return f"""\
# The same dialogues on one channel

Written by `bench/bench_mining.py mono --write`: the dialogues of [two channels](mining_channels.md), both channels added.
Onsets as there, under the pairing of speakers that shares most time. DER by pyannote.metrics, no collar, overlaps
counted; overlap: frames of 10 ms in which two talk. Clean synthetic speech has no breath, no room and no common noise
to hold on to, and casts may hold two much alike: it is no easier than people.

| condition | diarizer | onset F1 | precision | recall | DER | missed | false alarm | confusion | overlap F1 | precision | recall |
|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{chr(10).join(lines)}
"""


def meetings(folder):
    rows = collections.defaultdict(lambda: collections.defaultdict(list))
    for line in (folder / "debug.train.rttm").read_text("utf-8").splitlines():
        cells = line.split()
        start, length = float(cells[3]), float(cells[4])
        rows[cells[1]][cells[7]].append((round(start * 16_000), round((start + length) * 16_000)))
    for path in sorted(folder.glob("trn*.wav")):
        samples, rate = soundfile.read(path, dtype="float32")
        assert rate == 16_000
        truth = rows[path.stem]
        spans = [np.minimum(union(np.array(truth[who], np.int64)), len(samples)) for who in truth]
        yield path.stem, samples, rate, list(truth), spans


#: The clips' names in the corpus (their SOURCE.txt).
MEETINGS = {
    "trn00": "EN2001a", "trn03": "EN2001e", "trn04": "EN2003a", "trn05": "EN2004a", "trn09": "EN2009b",
}  # fmt: skip


def annotated(words, name, length, rate):
    """What people annotated: the speech spans of each speaker's words, in samples."""
    (record,) = read(sorted(words.glob(f"{MEETINGS[name]}.*.words.xml")))
    scaled = [
        rows * rate // record.rate for rows in Timeline.of(record).activity.values() if len(rows)
    ]
    spans = [np.minimum(rows[rows[:, 0] < length], length) for rows in scaled]
    return [rows for rows in spans if len(rows)]


def matched_events(truth, found, length, rate, counts):
    """Events of the framework on both, by type and speaker, onsets within half a second."""
    pairs, extra = mapped(truth, found)
    sides = []
    for spans in (truth, [*pairs, *extra]):
        line, _ = Timeline.build(
            rate, {f"S{i}": rows for i, rows in enumerate(spans)}, length=length
        )
        sides.append(annotate(line))
    for kind in (
        "turn",
        "backchannel",
        "interruption",
        "terminal_overlap",
        "overlap",
        "pause",
        "gap",
    ):
        one, other = ([e for e in events if e.type == kind] for events in sides)
        used = set()
        for event in one:
            near = [
                (abs(o.start - event.start), i)
                for i, o in enumerate(other)
                if i not in used and o.speaker == event.speaker
                and abs(o.start - event.start) <= 0.5 * rate
            ]  # fmt: skip
            if near:
                used.add(min(near)[1])
        counts[kind] += (len(used), len(one), len(other))


def part_ami(options):
    diarizer, encoder = OfflineDiarizer(), SpeakerEncoder()
    engines = {
        "**offline default**": lambda s, r, _: diarizer.diarize(InMemoryAudio(s, r)).spans,
        "offline default, number known": lambda s, r, n: (
            diarizer.diarize(InMemoryAudio(s, r), n).spans
        ),
        "WebRTC + CAM++ clusters, number known": lambda s, r, n: baseline(encoder, s, r, n),
    }
    errors = {engine: Errors() for engine in engines}
    events = {engine: collections.defaultdict(lambda: np.zeros(3, int)) for engine in engines}
    clips = []
    for name, samples, rate, people, truth in meetings(options.ami):
        cells = [name, str(len(people))]
        for engine, listen in engines.items():
            found = listen(samples, rate, len(people))
            value = errors[engine].add(
                annotation(truth, rate), annotation(found, rate), len(samples) / rate
            )
            cells.append(f"{len(found)}: {value:.1%}")
            people_say = annotated(options.words, name, len(samples), rate)
            matched_events(people_say, found, len(samples), rate, events[engine])
        clips.append("| " + " | ".join(cells) + " |")
        print(clips[-1], flush=True)
    rows = "\n".join(f"| {engine} | {error.row()} |" for engine, error in errors.items())
    table = []
    for kind in next(iter(events.values())):
        cells = []
        for engine in engines:
            hit, real, said = events[engine][kind]
            cells.append(f"{hit / max(said, 1):.2f} / {hit / max(real, 1):.2f}")
        table.append(f"| {kind} | {events[next(iter(engines))][kind][1]} | {' | '.join(cells)} |")
    return f"""\
# Diarization of meetings

Written by `bench/bench_mining.py ami --write`: the openings (30 s) of five AMI meetings, all headsets mixed to one
channel; reference: the RTTM beside them. DER by pyannote.metrics, no collar, overlaps counted. Two and a half
minutes are few: one misjudged turn is a percent. Four or five people in 30 s, some for a second, is far from the
calls and podcasts that mining is for.

| diarizer | DER | missed | false alarm | confusion | overlap F1 | precision | recall |
|---|---:|---:|---:|---:|---:|---:|---:|
{rows}

Speakers found, and DER, by clip:

| clip | speakers | {" | ".join(engines)} |
|---|---:|---|---|---|
{chr(10).join(clips)}

Events of the framework's rules, on what was found against those on people's annotation (the word times of AMI's
NXT files; the words themselves are known on neither side): precision / recall, the same speaker, onset within 0.5 s.

| event | annotated | {" | ".join(engines)} |
|---|---:|---|---|---|
{chr(10).join(table)}

Peers: pyannote.audio's community-1 and NeMo's Sortformer are behind the same interface (`--diarizer pyannote`,
`--diarizer sortformer`); their weights could not be had where this was measured. For comparison: pyannote.audio
publishes 18.8 % for its pipeline 3.1 on the whole test set of AMI (mixed headsets, same scoring), and 23 to 29 % for
the EN2002 meetings of it, which are of the same series as these.
"""


def part_real(options):
    """Every recording in a folder, mined by itself."""
    rows, kept = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(sorted(options.audio.rglob("*.wav"))):
            settings = MineSettings(balance=None, licence="CC-BY-4.0")
            try:
                counts = mine([path], Path(folder) / str(number), settings).counts
            except NothingMinedError as error:
                counts = error.counts
            lost = list(counts.recordings.dropped)
            kept += not lost
            events = ", ".join(
                f"{name.replace('_', ' ')} {row.events}"
                for name, row in counts.rows.items()
                if row.events
            )
            reasons = collections.Counter()
            for row in counts.rows.values():
                reasons.update(row.dropped)
            info = soundfile.info(path)
            cells = (
                path.relative_to(options.audio), f"{info.duration:.0f}", info.channels,
                info.samplerate, lost[0] if lost else "kept", events or "-", counts.clips.kept,
                ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "-",
            )  # fmt: skip
            rows.append("| " + " | ".join(str(cell) for cell in cells) + " |")
            print(rows[-1], flush=True)
    return f"""\
# Real recordings, from end to end

Written by `bench/bench_mining.py real --write`: each of {len(rows)} recordings mined by itself, with recognised words and all
checks, nothing balanced; {kept} are conversations. `one-speaker` is right for a headset and for enrolments. Clips are
4 s or longer, so recordings of five seconds seldom give one.

| recording | s | channels | rate | recording is | events | clips | events without a clip, why |
|---|---:|---:|---:|---|---|---:|---|
{chr(10).join(rows)}
"""


PARTS = {"channels": part_channels, "mono": part_mono, "ami": part_ami, "real": part_real}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    parser.add_argument("--engines", default="kokoro:8,hibari:8", help="and how many dialogues")
    parser.add_argument("--ami", type=Path, default=AMI)
    parser.add_argument("--audio", type=Path, default=AMI.parent, help="folder of real recordings")
    parser.add_argument("--words", type=Path, default=WORDS, help="folder of AMI's *.words.xml")
    parser.add_argument("--write", action="store_true", help="write the pages")
    options = parser.parse_args()
    for name in options.parts or PARTS:
        page = PARTS[name](options)
        print(page)
        if options.write:
            (PAGES / f"mining_{name}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""How turns end and how feedback moves: fades and pitch of people, and of Kokoro and hibari.

    python bench/bench_ends.py [--engines hibari,kokoro] [--write]

At the ends of turns: the level of the last 200, 150 and 100 ms against the second before the last 300
ms, and the change of pitch from 400-250 ms before the last voiced frame to its last 80 ms, for
statements, questions for yes or no, and other questions. Of feedback: how far its pitch moves from the
first to the last quarter of its voiced frames, and its range. People's are those of the labelled calls
(../shared/data/real_labelled), ends found by energy near the labels; engines speak the sentences below.
--write stores docs/bench/ends.md.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np

from interactspeech.rendering import HUMAN
from interactspeech.seeds import generator
from interactspeech.signal.pitch import pitch_track
from interactspeech.tts import NEUTRAL, SpeechCache, Synthesizer, engine
from interactspeech.tts.prosody import bend_pitch, raise_end

PAGE = Path(__file__).parents[1] / "docs" / "bench" / "ends.md"
REAL = Path(__file__).parents[2] / "shared" / "data" / "real_labelled"
STATEMENTS = (
    "I have no idea, but my father called about half past four.",
    "She said that it would be ready by Monday.",
    "We went there twice last year and it was never open.",
    "I would rather have the blue one.",
    "You should ask your doctor about that.",
    "It takes about forty minutes from the station.",
    "They closed the bridge again this morning.",
    "My sister moved to another city in the spring.",
)
YES_NO = (
    "Do you have any rooms for the weekend?",
    "Is it far from the station?",
    "Did she tell you about the new office?",
    "Can I pay by card?",
    "Are you going to the party on Friday?",
    "Would you like another cup of coffee?",
    "Have they fixed the elevator?",
    "Does the museum open on Sunday?",
)
OTHER = (
    "What time does the train leave?",
    "Where did you put the keys?",
    "How long have you been waiting?",
    "Who told you about the meeting?",
    "Why didn't you call me yesterday?",
    "When are they coming back?",
    "Which one do you prefer?",
    "How much does it cost?",
)
FEEDBACK = ("Mm-hm.", "Yeah.", "Right.", "Uh-huh.", "Okay.", "Oh.", "I see.")
WH = re.compile(
    r"^(?:\W|so|and|but|okay|um|uh|well|oh)*\b(?:what|where|when|who|why|how|which)\b",
    re.IGNORECASE,
)


def fades(samples, rate, end):
    """dB of the last 200, 150, 100 ms before `end` (seconds) against the second before; or None."""
    body = samples[max(0, round((end - 1.3) * rate)) : round((end - 0.3) * rate)]
    hop = rate // 100
    if len(body) < 0.3 * rate:
        return None
    frames = np.square(body[: len(body) // hop * hop].reshape(-1, hop)).mean(axis=1)
    usual = 10 * np.log10(frames[frames > 0.01 * frames.max()].mean() + 1e-12)
    last = [samples[round((end - t) * rate) : round(end * rate)] for t in (0.2, 0.15, 0.1)]
    return [10 * np.log10(np.square(part).mean() + 1e-12) - usual for part in last]


def final_pitch(samples, rate, end):
    """Semitones from 400-250 ms before the last voiced frame to its last 80 ms; None if unvoiced."""
    piece = samples[max(0, round((end - 1.0) * rate)) : round(end * rate)]
    track, _ = pitch_track(piece, rate)
    voiced = np.flatnonzero(track > 0)
    if len(voiced) < 12:
        return None
    last = voiced[-1]
    late = track[max(0, last - 7) : last + 1]
    early = track[max(0, last - 40) : max(0, last - 24)]
    late, early = late[late > 0], early[early > 0]
    if len(late) < 3 or len(early) < 4:
        return None
    moved = 12 * np.log2(np.median(late) / np.median(early))
    return moved if abs(moved) < 12 else None


def movement(samples, rate):
    """(semitones from the first to the last quarter, range) of the voiced frames; None if too few."""
    track, _ = pitch_track(samples, rate)
    voiced = track[track > 0]
    if len(voiced) < 8:
        return None
    quarter = max(2, len(voiced) // 4)
    moved = 12 * np.log2(np.median(voiced[-quarter:]) / np.median(voiced[:quarter]))
    low, high = np.percentile(voiced, [10, 90])
    return (moved, 12 * np.log2(high / low)) if abs(moved) < 12 else None


def refined_end(samples, rate, end):
    """The last 10 ms frame within .3 s before and .15 s after a label that is above -34 dB."""
    hop = rate // 100
    low = round((end - 0.3) * rate)
    near = samples[low : round((end + 0.15) * rate)]
    level = 10 * np.log10(
        np.square(near[: len(near) // hop * hop].reshape(-1, hop)).mean(1) + 1e-12
    )
    body = samples[max(0, round((end - 1.3) * rate)) : low]
    usual = 10 * np.log10(np.square(body).mean() + 1e-12) if len(body) else 0.0
    above = np.flatnonzero(level > usual - 34)
    return (low + (above[-1] + 1) * hop) / rate if len(above) else None


def kind_of(text):
    if not text.rstrip().endswith("?"):
        return "statement"
    last = re.split(r"(?<=[.!?])\s+", text.strip())[-1]
    return "other question" if WH.match(last) else "yes-no question"


def people():
    import soundfile

    found = {"fade": [], "pitch": [], "feedback": []}
    for folder in ("aws40", "woz_MUL1423", "woz_SNG0072"):
        sound, rate = soundfile.read(REAL / folder / "audio.flac", dtype="float32")
        labels = json.loads((REAL / folder / "events.json").read_text("utf-8"))
        for channel, speaker in enumerate("AB"):
            track = np.ascontiguousarray(sound[:, channel])
            ends = [
                event["end"]
                for event in labels["events"]
                if event["type"] == "turn"
                and event["speaker"] == speaker
                and event.get("sure", True)
            ]
            for unit in labels["units"]:
                if unit["speaker"] != speaker:
                    continue
                if unit["class"] == "bc":
                    piece = track[round(unit["start"] * rate) : round(unit["end"] * rate)]
                    if (moved := movement(piece, rate)) is not None:
                        found["feedback"].append(moved)
                    continue
                final = any(abs(unit["end"] - end) < 0.03 for end in ends)
                if unit["class"] != "talk" or not final or unit["end"] - unit["start"] < 0.8:
                    continue
                end = refined_end(track, rate, unit["end"])
                if end is None:
                    continue
                if (faded := fades(track, rate, end)) is not None:
                    found["fade"].append(faded)
                if (moved := final_pitch(track, rate, end)) is not None:
                    found["pitch"].append((kind_of(unit["text"]), moved))
    return found


def spoken(name, *, styled=False):
    """As an engine speaks by itself; `styled`: with what builds add to questions and feedback."""
    params = HUMAN.delivery
    synthesizer = Synthesizer(SpeechCache())
    voices = engine(name).voices()
    found = {"fade": [], "pitch": [], "feedback": []}
    groups = (("statement", STATEMENTS), ("yes-no question", YES_NO), ("other question", OTHER))
    for kind, texts in groups:
        for index, text in enumerate(texts):
            for voice in (voices[3 * index % len(voices)], voices[(3 * index + 1) % len(voices)]):
                speech = synthesizer.speak(text, voice)
                if styled and kind == "yes-no question":
                    speech = raise_end(speech, params.question_end[0])
                end = speech.seconds
                if (faded := fades(speech.samples, speech.rate, end)) is not None:
                    found["fade"].append(faded)
                if (moved := final_pitch(speech.samples, speech.rate, end)) is not None:
                    found["pitch"].append((kind, moved))
    for index, text in enumerate(FEEDBACK):
        for turn in range(4):
            voice = voices[(5 * index + 3 * turn) % len(voices)]
            speech = synthesizer.speak(text, voice, NEUTRAL)
            if styled and text != "Oh.":
                speech = bend_pitch(speech, params.backchannel_slope[0])
            if (moved := movement(speech.samples, speech.rate)) is not None:
                found["feedback"].append(moved)
    return found


def told(values):
    values = np.asarray(values, float)
    rng = generator(0, "interval", len(values))
    drawn = np.median(values[rng.integers(len(values), size=(2000, len(values)))], axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    spread = np.percentile(values, [10, 90])
    return f"{np.median(values):.1f} ({low:.1f} to {high:.1f}) | {spread[0]:.1f} to {spread[1]:.1f}"


def lines_of(who, found):
    lines = []
    for column, name in enumerate(("last 200 ms", "last 150 ms", "last 100 ms")):
        values = [row[column] for row in found["fade"]]
        lines.append(f"| {who} | fade, {name}, dB | {len(values)} | {told(values)} |")
    for kind in ("statement", "yes-no question", "other question"):
        values = [moved for of, moved in found["pitch"] if of == kind]
        if len(values) >= 4:
            lines.append(
                f"| {who} | pitch at the end of a {kind}, semitones | {len(values)} | {told(values)} |"
            )
    if found["feedback"]:
        for column, name in enumerate(("from first to last quarter", "range, 10 to 90 %")):
            values = [row[column] for row in found["feedback"]]
            lines.append(
                f"| {who} | feedback's pitch {name}, semitones | {len(values)} | {told(values)} |"
            )
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engines", default="hibari,kokoro")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [
        "| who | what | n | median (95 %) | 10th to 90th percentile |",
        "|---|---|--:|--:|--:|",
    ]
    if REAL.is_dir():
        lines += lines_of("people", people())
        print("\n".join(lines), flush=True)
    for name in options.engines.split(","):
        lines += lines_of(name, spoken(name))
        after = lines_of(f"{name}, as builds speak", spoken(name, styled=True))
        lines += [line for line in after if "yes-no" in line or "feedback" in line]
        print("\n".join(lines), flush=True)
    if options.write:
        PAGE.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")


HEAD = """\
# How turns end, and how feedback moves

By `python bench/bench_ends.py --write`. The fade is the level of the last part of a turn against the second before its last
300 ms; the pitch at the end is from 400-250 ms before the last voiced frame to its last 80 ms. People's are those of three
labelled two-channel calls; engines speak 24 sentences and seven kinds of feedback in several voices, as they speak them by
themselves, and with the mean rise that builds add to questions for yes or no and to feedback (`DeliveryParams`).

Ends of engines fade as people's do, within the interval of theirs over the last 150 ms, so builds
add no fade. Both engines end questions for yes or no lower than people do, and let feedback fall.
The calls hold one backchannel in English with a pitch that can be read, so the rise of feedback follows the literature (Benus, Gravano and
Hirschberg 2007), not these figures.

"""

if __name__ == "__main__":
    main()

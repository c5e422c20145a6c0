"""The speech cache gives back what was put in, to the bit, whatever happens around it."""

import json
import subprocess
import sys

import numpy as np
import soundfile

from interactspeech.tts import NEUTRAL, SpeechCache, Style, Synthesizer, engine

TEXT = "Well, I did not expect that, to be honest."


SPEAK = """
import hashlib, sys
from pathlib import Path
from interactspeech.tts import SpeechCache, Synthesizer, engine

synthesizer = Synthesizer(SpeechCache(Path(sys.argv[1])))
digest = hashlib.sha256()
for number in range(30):
    speech = synthesizer.speak(f"Sentence number {number}.", engine("fake").voice("tenor"))
    digest.update(speech.samples.tobytes() + repr(speech.words).encode())
print(digest.hexdigest())
"""


def test_cached_speech_equals_spoken_speech(tmp_path):
    voice = engine("fake").voice("tenor")
    fresh, second = (Synthesizer(SpeechCache(tmp_path)) for _ in range(2))
    spoken, cached = fresh.speak(TEXT, voice), second.speak(TEXT, voice)
    assert (fresh.spoken, fresh.cached, second.spoken, second.cached) == (1, 0, 0, 1)
    assert np.array_equal(spoken.samples, cached.samples)
    assert cached.samples.dtype == np.float32
    assert (cached.words, cached.rate, cached.times, cached.voice) == (
        spoken.words,
        spoken.rate,
        spoken.times,
        spoken.voice,
    )


def test_text_voice_and_style_are_the_key(tmp_path):
    cache, fake = SpeechCache(tmp_path), engine("fake")
    cache.put(TEXT, NEUTRAL, fake.speak(TEXT, "bass"))
    assert cache.get(TEXT, fake.voice("bass"), NEUTRAL) is not None
    assert cache.get(TEXT + " ", fake.voice("bass"), NEUTRAL) is None
    assert cache.get(TEXT, fake.voice("alto"), NEUTRAL) is None
    assert cache.get(TEXT, fake.voice("bass"), Style(speed=1.1)) is None


def test_a_damaged_entry_is_spoken_again(tmp_path):
    synthesizer = Synthesizer(SpeechCache(tmp_path))
    voice = engine("fake").voice("bass")
    before = synthesizer.speak(TEXT, voice)
    (file,) = tmp_path.glob("speech/*/*.speech")
    whole = file.read_bytes()
    turned = bytearray(whole)
    turned[-5] ^= 4  # one bit of a sample
    for damaged in (whole[:100], whole[:-1], bytes(turned), whole.partition(b"\n")[0], b""):
        file.write_bytes(damaged)
        assert np.array_equal(synthesizer.speak(TEXT, voice).samples, before.samples)
        assert file.read_bytes() == whole
    assert synthesizer.spoken == 6


def test_entries_of_earlier_versions_are_read(tmp_path):
    """Until 0.1.0 an entry was two files: the words as JSON, the sound as FLAC."""
    voice = engine("fake").voice("bass")
    first = Synthesizer(SpeechCache(tmp_path))
    before = first.speak(TEXT, voice)
    (file,) = tmp_path.glob("speech/*/*.speech")
    entry = json.loads(file.read_bytes().partition(b"\n")[0])
    del entry["crc32"]
    file.with_suffix(".json").write_text(json.dumps(entry))
    soundfile.write(file.with_suffix(".flac"), np.int16(before.samples * 32768), before.rate)
    file.unlink()
    second = Synthesizer(SpeechCache(tmp_path))
    found = second.speak(TEXT, voice)
    assert second.cached == 1
    assert np.array_equal(found.samples, before.samples)
    assert found.words == before.words
    assert second.cache is not None
    second.cache.prune(0)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_many_processes_share_a_cache(tmp_path):
    command = [sys.executable, "-c", SPEAK, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    printed = [process.communicate(timeout=60)[0] for process in running]
    assert all(process.returncode == 0 for process in running)
    assert len(set(printed)) == 1
    assert len(list(tmp_path.rglob("*.speech"))) == 30
    assert not list(tmp_path.rglob("*.part"))


def test_pruning_drops_the_oldest(tmp_path):
    cache, fake = SpeechCache(tmp_path), engine("fake")
    texts = [f"Number {n} of the things I said." for n in range(5)]
    for text in texts:
        cache.put(text, NEUTRAL, fake.speak(text))
    size = sum(file.stat().st_size for file in tmp_path.rglob("*.speech"))
    assert cache.prune(size) == 0
    assert cache.prune(size // 2) > 0
    kept = [cache.get(text, fake.voices()[0], NEUTRAL) is not None for text in texts]
    assert kept == sorted(kept)
    assert True in kept
    assert False in kept

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.records import Speech, Voice, Word
from interactspeech.rendering import measure_outline, outline_from_words, resample

RATE = 24_000
VOICE = Voice(engine="test", name="x")


def speech(pieces, words, rate=RATE) -> Speech:
    """Noise for positive lengths in ms, near-silence for negative ones."""
    rng = np.random.default_rng(5)
    parts = []
    for ms in pieces:
        noise = rng.standard_normal(abs(ms) * rate // 1000)
        parts.append(noise * (0.1 if ms > 0 else 1e-4))
    samples = np.concatenate(parts).astype(np.float32)
    at = [ms * rate // 1000 for ms in words]
    times = tuple(
        Word(f"w{i}", a, b) for i, (a, b) in enumerate(zip(at[::2], at[1::2], strict=True))
    )
    return Speech(samples, rate, times, "engine", VOICE)


def ms(samples: int, rate=RATE) -> float:
    return samples * 1000 / rate


def test_a_silence_between_words_is_a_break_and_words_keep_out_of_it():
    # The engine lets the first word swallow 200 ms of the silence.
    shape = measure_outline(speech([400, -300, 500], [0, 600, 690, 1200]))
    (pause,) = shape.breaks
    assert pause.token == 1
    assert ms(pause.start) == pytest.approx(400, abs=5)
    assert ms(pause.end) == pytest.approx(700, abs=5)
    assert shape.ends[0] == pause.start
    assert shape.starts[1] == pause.end
    assert pause.start < shape.cuts[1] < pause.end


def test_a_closure_inside_a_word_is_no_break():
    shape = measure_outline(speech([300, -100, 300, -60, 300], [0, 700, 700, 1060]))
    assert shape.breaks == ()


def test_words_run_together_are_cut_where_it_is_quietest():
    shape = measure_outline(speech([300, -20, 300], [0, 300, 300, 620]))
    assert shape.breaks == ()
    assert 300 <= ms(shape.cuts[1]) <= 320


def test_power_ignores_the_silences():
    short = measure_outline(speech([500, -100, 500], [0, 500, 600, 1100]))
    long = measure_outline(speech([500, -900, 500], [0, 500, 1400, 1900]))
    assert long.power == pytest.approx(short.power, rel=0.05)


def test_very_short_speech_has_an_outline():
    shape = measure_outline(speech([2], [0, 2]))
    assert shape.length == 48
    assert shape.cuts == (0, 48)


def test_durations_alone_make_an_outline():
    shape = outline_from_words([(10, 50), (60, 90), (200, 300)], 1000)
    assert (shape.starts, shape.ends) == ((0, 50, 190), (40, 80, 290))
    assert [(b.token, b.start, b.end) for b in shape.breaks] == [(2, 80, 190)]
    assert shape.cuts == (0, 45, 135, 290)


@given(
    st.lists(st.tuples(st.integers(1, 900), st.integers(0, 900)), min_size=1, max_size=8),
    st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000]),
)
def test_resampling_maps_word_times_exactly(lengths, rate):
    at, words = 0, []
    for length, space in lengths:
        words.append(Word("w", at, at + length))
        at += length + space
    end = words[-1].end
    source = Speech(np.zeros(end, np.float32), RATE, tuple(words), "engine", VOICE)
    made = resample(source, rate)
    assert len(made.samples) == -(-end * rate // RATE)
    last = 0
    for word, old in zip(made.words, words, strict=True):
        assert last <= word.start < word.end <= len(made.samples)
        last = word.end
        if old.end - old.start > RATE // rate + 1:
            assert abs(word.start - old.start * rate / RATE) <= 1
    assert made.words[-1].end == len(made.samples)


def test_resampled_speech_sounds_where_it_did():
    rate = 22_050
    time = np.arange(RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    tone[: RATE // 2] = 0
    source = Speech(tone, RATE, (Word("w", 0, RATE),), "engine", VOICE)
    made = resample(source, rate)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    middle = slice(int(0.6 * rate), int(0.9 * rate))
    assert np.abs(made.samples[middle] - expected[middle]).max() < 1e-3
    assert np.abs(made.samples[: int(0.45 * rate)]).max() < 1e-3
    assert resample(source, RATE) is source


def test_a_bad_rate_is_refused():
    with pytest.raises(ValueError, match="positive"):
        resample(speech([10], [0, 10]), 0)


def test_loudness_weighting_follows_bs1770_between_voices():
    signal = pytest.importorskip("scipy.signal")
    pytest.importorskip("hibari")
    from interactspeech.tts.engines.hibari import HibariEngine

    engine = HibariEngine()
    text = "She sells fresh fish at the station, because the harbour is closed."
    levels = []
    for voice in engine.voices():
        spoken = engine.speak(text, voice)
        rate = spoken.rate
        # K-weighting of ITU-R BS.1770-4, coefficients for 48 kHz.
        samples = signal.resample_poly(spoken.samples.astype(float), 48_000, rate)
        shelf = (
            [1.53512485958697, -2.69169618940638, 1.19839281085285],
            [1.0, -1.69065929318241, 0.73248077421585],
        )
        high = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])
        weighted = signal.lfilter(*high, signal.lfilter(*shelf, samples))
        frames = weighted[: len(weighted) // 240 * 240].reshape(-1, 240)
        energy = (frames**2).mean(axis=1)
        active = energy > np.quantile(energy, 0.95) * 0.01
        levels.append(10 * np.log10(energy[active].mean() / measure_outline(spoken).power))
    assert max(levels) - min(levels) < 1.0


def toned(levels, words):
    """A tone whose level changes; `levels`: (ms, dB), `words`: bounds in ms."""
    time = np.arange(sum(length for length, _ in levels) * RATE // 1000)
    gain = np.concatenate([np.full(n * RATE // 1000, 10 ** (db / 20)) for n, db in levels])
    samples = (0.3 * gain * np.sin(2 * np.pi * 400 * time / RATE)).astype(np.float32)
    at = [ms * RATE // 1000 for ms in words]
    bounds = zip(at[::2], at[1::2], strict=True)
    times = tuple(Word(f"w{k}", a, b) for k, (a, b) in enumerate(bounds))
    return Speech(samples, RATE, times, "engine", VOICE)


@pytest.mark.parametrize(("level", "count"), [(-33.5, 0), (-34.5, 1)])
def test_silence_is_34_db_below_the_speech(level, count):
    shape = measure_outline(toned([(500, 0), (300, level), (500, 0)], [0, 500, 800, 1300]))
    assert len(shape.breaks) == count


@pytest.mark.parametrize(("level", "weaker"), [(-19.5, True), (-20.5, False)])
def test_what_lies_20_db_below_the_loudest_says_nothing_about_the_level(level, weaker):
    loud = measure_outline(toned([(1000, 0)], [0, 1000])).power
    both = measure_outline(toned([(1000, 0), (1000, level)], [0, 1000, 1000, 2000])).power
    assert both == pytest.approx(loud * (0.5 if weaker else 1.0), rel=0.03)


def test_the_loudest_stretch_is_a_twentieth_of_the_speech():
    """Ten frames of 200 are the loudest twentieth; with nine of them the level is the others'."""
    for loud, gated in ((10, True), (9, False)):
        levels = [(5 * loud, 0), (1000 - 5 * loud, -21)]
        shape = measure_outline(toned([*levels, (5, -21)], [0, 1005]))
        plain = 0.5 * 0.3**2
        # Gated, the loud frames alone are the level; else all frames are.
        mean = plain if gated else plain * (loud + (200 - loud) * 10**-2.1) / 200
        assert shape.power == pytest.approx(mean, rel=0.2)


def test_of_a_short_sound_the_loudest_frame_is_the_loudest_stretch():
    shape = measure_outline(toned([(95, -21), (5, 0), (90, -21)], [0, 190]))
    assert shape.power == pytest.approx(0.5 * 0.3**2, rel=0.2)


@pytest.mark.parametrize(("silence", "count"), [(85, 0), (95, 1)])
def test_a_break_lasts_at_least_90_ms(silence, count):
    shape = measure_outline(
        toned([(500, 0), (silence, -60), (500, 0)], [0, 500, 500 + silence, 1000 + silence])
    )
    assert len(shape.breaks) == count


@pytest.mark.parametrize(("boundary", "count"), [(430, 1), (410, 0), (770, 1), (790, 0)])
def test_a_boundary_belongs_to_a_silence_within_80_ms(boundary, count):
    shape = measure_outline(toned([(500, 0), (200, -60), (500, 0)], [0, boundary, boundary, 1200]))
    assert len(shape.breaks) == count


@pytest.mark.parametrize(
    ("first", "second", "token"), [(450, 560, 2), (640, 740, 1), (450, 740, 2), (460, 750, 1)]
)
def test_of_two_boundaries_the_silence_is_at_the_nearer_one(first, second, token):
    levels = [(500, 0), (200, -60), (500, 0)]
    shape = measure_outline(toned(levels, [0, first, first, second, second, 1200]))
    assert [pause.token for pause in shape.breaks] == [token]


def test_a_cut_is_looked_for_from_20_ms_before_to_35_ms_after_the_boundary():
    def cut(dip):
        levels = [(dip, 0), (10, -25), (1000 - dip - 10, 0)]
        return ms(measure_outline(toned(levels, [0, 500, 500, 1000])).cuts[1])

    for dip in (482, 500, 522):
        assert dip <= cut(dip) <= dip + 10
    for dip in (462, 540):
        assert not dip <= cut(dip) <= dip + 10


def test_word_times_alone_make_breaks_from_90_ms_on():
    shape = outline_from_words([(100, 200), (289, 400), (490, 600)], 1000)
    assert (shape.starts, shape.ends) == ((0, 189, 390), (100, 300, 500))
    assert [(b.token, b.start, b.end) for b in shape.breaks] == [(2, 300, 390)]
    assert shape.cuts == (0, 144, 345, 500)
    assert (shape.length, shape.times) == (500, "estimated")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactspeech.models.dnsmos import DnsmosModel, _filters, _log_mels
from interactspeech.tts import WeightError, engine
from interactspeech.tts.quality_gate.measures import Quality, clipping, measure_quality

RATE = 16_000


def tone(seconds: float = 1.0, amplitude: float = 0.5, hertz: float = 220.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(amplitude * np.sin(2 * np.pi * hertz * time), np.float32)


@pytest.fixture(scope="module")
def model() -> DnsmosModel:
    made = DnsmosModel()
    try:
        _ = made._sessions
    except WeightError as error:
        pytest.skip(f"no weights: {error}")
    return made


def test_a_tone_measures_what_it_is() -> None:
    found = measure_quality(tone(2.0), RATE, mos=False)
    assert found.seconds == 2.0
    assert found.level == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.01)
    assert found.peak == pytest.approx(0.5, abs=1e-4)
    assert found.clipping == found.silence == found.longest_silence == 0.0
    assert found.offset == pytest.approx(0.0, abs=1e-4)
    assert found.dnsmos is None


def test_silence_is_measured_inside_and_at_the_edges() -> None:
    quiet = np.zeros(RATE // 2, np.float32)
    found = measure_quality(
        np.concatenate([quiet, tone(), quiet, quiet, tone(), quiet]), RATE, mos=False
    )
    assert found.longest_silence == pytest.approx(1.0, abs=0.02)
    assert found.edge_silence == pytest.approx(1.0, abs=0.02)
    assert found.silence == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("samples", [np.zeros(RATE, np.float32), np.full(400, 1e-7, np.float32)])
def test_no_sound_at_all(samples: np.ndarray) -> None:
    found = measure_quality(samples, RATE)
    assert (found.silence, found.level, found.dnsmos) == (1.0, -np.inf, None)


@pytest.mark.parametrize(
    "samples", [np.zeros(0, np.float32), np.zeros((2, 8), np.float32), np.full(8, np.nan, "f4")]
)
def test_what_is_no_sound_is_refused(samples: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite mono"):
        measure_quality(samples, RATE)


def test_clipping_counts_flat_tops_whatever_the_level() -> None:
    whole = tone(amplitude=1.4)
    clipped = np.clip(whole, -1, 1)
    expected = float(np.mean(np.abs(whole) >= 1))
    assert clipping(clipped) == pytest.approx(expected, rel=0.1)
    assert clipping(0.5 * clipped) == pytest.approx(expected, rel=0.1)  # turned down afterwards
    assert clipping(tone(amplitude=0.999)) == 0.0
    assert clipping(0.01 * clipped) == 0.0  # a quiet sound of few steps is flat by nature


def test_speech_is_not_taken_for_clipped() -> None:
    speech = engine("fake").speak("Well, nobody turned this up, did they?")
    assert clipping(speech.samples) == 0.0


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=2000),
    st.sampled_from([8000, 16000, 24000, 44100]),
)
def test_laws(values: list[float], rate: int) -> None:
    samples = np.asarray(values, np.float32)
    found = measure_quality(samples, rate, mos=False)
    assert 0 <= found.clipping <= 1
    assert 0 <= found.silence <= 1
    assert found.longest_silence <= found.seconds + 0.005
    assert found.level <= 20 * np.log10(max(found.peak, 1e-30)) + 1e-6 or found.peak == 0
    mirrored = measure_quality(samples[::-1].copy(), rate, mos=False)
    assert (found.peak, found.clipping) == (mirrored.peak, mirrored.clipping)
    assert isinstance(found, Quality)


def test_mel_filters_have_equal_area() -> None:
    filters = _filters()
    assert filters.shape == (120, 161)
    # Wide bands hold many bins, so that their sum is near to their area.
    assert filters[-40:].sum(axis=1) * (RATE / 321) == pytest.approx(1.0, rel=0.1)
    assert _log_mels(tone(2.0)).max() == 1.0


def test_scores_are_those_of_the_authors_package(model: DnsmosModel) -> None:
    """Expected values: `speechmos.dnsmos.run` 0.0.1.1 with librosa 0.11 on the same samples."""
    rng = np.random.default_rng(0)
    time = np.arange(150_000) / RATE
    voice = sum(np.sin(2 * np.pi * 140 * k * time + k) / k for k in range(1, 20))
    sound = 0.05 * voice * (1 + np.sin(2 * np.pi * 3 * time)) + 0.003 * rng.standard_normal(150_000)
    found = model.score(sound.astype(np.float32), RATE)
    assert [found.overall, found.signal, found.background, found.p808] == pytest.approx(
        EXPECTED, abs=1e-3
    )


EXPECTED = [1.8848, 2.7748, 2.2153, 2.3829]


def test_noise_lowers_the_scores(model: DnsmosModel) -> None:
    speech = engine("hibari").speak("The train was late again, so we walked along the river home.")
    noise = np.random.default_rng(1).standard_normal(len(speech.samples), dtype=np.float32)
    clean = measure_quality(speech.samples, speech.rate, mos=model).dnsmos
    noisy = measure_quality(speech.samples + 0.02 * noise, speech.rate, mos=model).dnsmos
    assert clean is not None
    assert noisy is not None
    assert clean.overall > noisy.overall + 0.5
    assert clean.background > noisy.background + 1.0
    assert clean.p808 > noisy.p808


def test_a_longer_hop_asks_fewer_windows(model: DnsmosModel, monkeypatch) -> None:
    calls = []
    first, second = model._sessions

    class Counting:
        def run(self, *args):
            calls.append(args)
            return first.run(*args)

    monkeypatch.setattr(model, "_sessions", (Counting(), second))
    sound = np.tile(tone(amplitude=0.1), 20)
    model.score(sound, RATE)
    model.score(sound, RATE, hop=9.0)
    assert len(calls) == 11 + 2

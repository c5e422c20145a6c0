"""Speakers of one channel: the offline default on made and real sound, other engines' stand-ins."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from interactspeech.diarization import DIARIZERS, diarizer
from interactspeech.diarization.clustering import centroids, cluster
from interactspeech.diarization.offline import OfflineDiarizer
from interactspeech.diarization.pyannote_audio import PyannoteDiarizer
from interactspeech.diarization.segmentation import Segmenter, Windows
from interactspeech.diarization.sortformer import SortformerDiarizer
from interactspeech.diarization.tracklets import link_windows
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.mining.activity import channel_activity
from interactspeech.models.pyannet import CLASSES, STEP, model, outputs
from interactspeech.signal.pages import InMemoryAudio


def unit(*numbers):
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


NOBODY = np.zeros((0, 2), np.int64)


class TestClustering:
    def voices(self, rng, count, spread=0.25, size=24):
        centres = np.eye(size, dtype=np.float32)[:3]
        truth = rng.integers(0, 3, count)
        vectors = centres[truth] + spread / np.sqrt(size) * rng.standard_normal((count, size))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f"), truth

    @pytest.mark.parametrize("speakers", [None, 3])
    def test_clear_voices_are_told_apart(self, speakers):
        rng = np.random.default_rng(3)
        vectors, truth = self.voices(rng, 60)
        labels = cluster(vectors, rng.uniform(1, 6, 60).astype("f"), NOBODY, speakers)
        assert len({(t, l) for t, l in zip(truth.tolist(), labels.tolist(), strict=True)}) == 3

    def test_two_in_one_window_are_two_persons(self):
        vectors = np.stack([unit(1, 0.1), unit(1, 0.0), unit(1, 0.05)])
        seconds = np.ones(3, np.float32) * 5
        assert set(cluster(vectors, seconds, NOBODY).tolist()) == {0}
        labels = cluster(vectors, seconds, np.array([[0, 1]]))
        assert labels[0] != labels[1]

    def test_a_number_is_kept_even_against_constraints(self):
        vectors = np.stack([unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1), unit(0.1, 0, 1)])
        pairs = np.array([[0, 1], [0, 2], [1, 2]])
        labels = cluster(vectors, np.array([5, 4, 1, 1], np.float32), pairs, speakers=2)
        assert set(labels.tolist()) == {0, 1}
        assert labels[0] != labels[1]

    def test_crumbs_are_no_person(self):
        vectors = np.stack([unit(1, 0, 0), unit(0, 1, 0), unit(0.2, 0.1, 1)])
        assert cluster(vectors, np.array([60, 50, 0.9], np.float32), NOBODY).max() == 1

    def test_nothing(self):
        assert len(cluster(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), NOBODY)) == 0

    def test_centroids_weigh_by_seconds(self):
        vectors = np.stack([unit(1, 0), unit(0, 1)])
        (centre,) = centroids(vectors, np.array([3, 1], np.float32), np.zeros(2, np.int64))
        assert np.allclose(centre, unit(3, 1))


def windows_of(truth, step, orders):
    """Windows over a truth of shape ``(frames, 3)``, each with its own order of speakers."""
    length = 100
    starts = np.arange(0, len(truth) - length + 1, step)
    scores = np.stack(
        [truth[s : s + length][:, order] for s, order in zip(starts, orders, strict=False)]
    )
    return Windows(starts, scores.astype(np.float16), len(truth))


def test_speakers_are_linked_whatever_their_order():
    truth = np.zeros((400, 3))
    for speaker in range(2):
        for start in range(28 * speaker, 400, 56):
            truth[start : start + 28 - 3 * speaker, speaker] = 1
    orders = [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]] * 3
    windows = windows_of(truth, 30, orders)
    tracklets = link_windows(windows)
    assert tracklets.count == 2
    for row, order in zip(tracklets.of.tolist(), orders, strict=False):
        for place, speaker in enumerate(order):
            assert row[place] == (speaker if speaker < 2 else -1)
    assert tracklets.cannot_link().tolist() == [[0, 1]]


def test_a_tracklet_ends_after_half_a_minute():
    truth = np.zeros((9000, 3))
    truth[:, 0] = 1
    windows = windows_of(truth, 50, [[0, 1, 2]] * 200)
    assert link_windows(windows).count == pytest.approx(9000 * STEP / 16_000 / 30, abs=2)


def test_outputs_are_counted_as_the_network_counts():
    assert outputs(160_000) == 589
    assert outputs(16_000) == 56
    assert outputs(100) == 0


def test_weights_that_lack_a_tensor_are_refused():
    with pytest.raises(ValueError, match="wav_norm1d"):
        model({})


@pytest.fixture(scope="module")
def offline():
    return OfflineDiarizer()


@pytest.fixture(scope="module")
def katie_and_steve(request):
    """Both enrolments in turns of 3 s; the last 3 s are both at once."""
    import soundfile

    shared = request.getfixturevalue("shared_data") / "audio" / "azure_katiesteve"
    one, rate = soundfile.read(shared / "enrollment_audio_katie.wav", dtype="float32")
    two, _ = soundfile.read(shared / "enrollment_audio_steve.wav", dtype="float32")
    turn = 3 * rate
    parts = []
    for i in range(4):
        parts += [one[i * turn : (i + 1) * turn], two[i * turn : (i + 1) * turn]]
    parts.append(one[4 * turn : 5 * turn] + two[4 * turn : 5 * turn])
    return np.concatenate(parts), rate


def mask(spans, rate, seconds):
    frames = np.zeros(int(seconds * 100), bool)
    for start, end in spans.tolist():
        frames[start * 100 // rate : end * 100 // rate] = True
    return frames


@pytest.mark.parametrize("speakers", [None, 2])
def test_two_people_who_take_turns(offline, katie_and_steve, speakers):
    samples, rate = katie_and_steve
    found = offline.diarize(InMemoryAudio(samples, rate), speakers)
    assert found.speakers == 2
    assert found.engine == "offline 2"
    katie, steve = (mask(spans, rate, 27) for spans in found.spans)
    # Whose turn it is is known, and where they pause in it another detector says.
    speech = mask(channel_activity(InMemoryAudio(samples, rate)).spans[0], rate, 27)
    turns = np.arange(2700) // 300
    for mine, other, parity in ((katie, steve, 0), (steve, katie, 1)):
        here = (turns < 8) & (turns % 2 == parity) & speech
        assert mine[here].mean() > 0.6
        assert other[here].mean() < 0.2
    assert (katie & steve)[2400:].mean() > 0.3  # both at once are heard as both


def test_rates_and_pages_hear_the_same(offline, katie_and_steve):
    import soxr

    samples, rate = katie_and_steve
    expected = [mask(s, rate, 27) for s in offline.diarize(InMemoryAudio(samples, rate), 2).spans]
    wide = soxr.resample(samples, rate, 44_100).astype(np.float32)
    found = [mask(s, 44_100, 27) for s in offline.diarize(InMemoryAudio(wide, 44_100), 2).spans]
    for one, other in zip(expected, found, strict=True):
        assert (one == other).mean() > 0.93
    quiet = np.zeros(55 * rate, np.float32)  # the speech lies on both sides of a page's edge
    later = offline.diarize(InMemoryAudio(np.concatenate((quiet, samples)), rate), 2)
    for one, other in zip(expected, later.spans, strict=True):
        assert (one == mask(other - 55 * rate, rate, 27)).mean() > 0.9


@pytest.mark.parametrize("samples", [0, 1, 1500, 8000, 160_001])
def test_nothing_and_silence_hold_nobody(offline, samples):
    found = offline.diarize(InMemoryAudio(np.zeros(samples, np.float32), 16_000), 2)
    assert found.length == samples
    assert all(len(spans) == 0 for spans in found.spans)


def test_short_speech_is_heard(offline, katie_and_steve):
    samples, rate = katie_and_steve
    found = offline.diarize(InMemoryAudio(samples[: 2 * rate], rate))
    assert found.speakers == 1
    assert 0.8 * rate < (found.spans[0][:, 1] - found.spans[0][:, 0]).sum() <= 2 * rate


def test_two_channels_are_refused(offline):
    with pytest.raises(ValueError, match="one channel"):
        offline.diarize(InMemoryAudio(np.zeros((2, 100), np.float32), 16_000))


def test_scores_are_probabilities(katie_and_steve):
    samples, rate = katie_and_steve
    windows = Segmenter(step=5.0).windows(InMemoryAudio(samples[: 21 * rate], rate))
    assert windows.scores.shape == (4, 589, 3)
    assert windows.starts.tolist() == sorted(windows.starts.tolist())
    assert (windows.starts[-1] + 589) <= windows.frames <= windows.starts[-1] + 591
    assert windows.scores.min() >= 0
    assert windows.scores.max() <= 1
    assert (windows.scores.sum(axis=2) <= 2.001).all()  # two at a time at most
    assert CLASSES == 7


def test_names():
    assert set(DIARIZERS) == {"offline", "pyannote", "sortformer"}
    with pytest.raises(InputError, match="offline") as caught:
        diarizer("nobody")
    assert caught.value.reason == "unknown-diarizer"


class TestStandIns:
    """The strong engines, whose weights cannot be had here: our side of the conversation."""

    @pytest.fixture
    def _torch(self, monkeypatch):
        torch = ModuleType("torch")
        torch.from_numpy = lambda array: array
        torch.device = str
        torch.cuda = SimpleNamespace(is_available=lambda: False)
        monkeypatch.setitem(sys.modules, "torch", torch)

    @pytest.fixture
    def pyannote_audio(self, monkeypatch, _torch):
        from pyannote.core import Annotation, Segment

        asked = {}

        class Pipeline:
            @classmethod
            def from_pretrained(cls, model, token=None):
                if token is None:
                    raise OSError("gated")
                asked.update(model=model, token=token)
                return cls()

            def to(self, device):
                asked["device"] = device

            def __call__(self, sound, num_speakers):
                asked.update(sound, speakers=num_speakers)
                found = Annotation()
                found[Segment(1.0, 3.0), 0] = "SPEAKER_01"
                found[Segment(2.5, 4.0), 1] = "SPEAKER_00"
                found[Segment(2.0, 3.5), 2] = "SPEAKER_01"
                found[Segment(5.5, 9.9), 3] = "SPEAKER_00"
                return SimpleNamespace(speaker_diarization=found)

        module = ModuleType("pyannote.audio")
        module.Pipeline = Pipeline
        monkeypatch.setitem(sys.modules, "pyannote.audio", module)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        return asked

    def test_pyannote(self, pyannote_audio):
        sound = InMemoryAudio(np.zeros(6 * 8000, np.float32), 8000)
        found = PyannoteDiarizer(token="secret").diarize(sound, speakers=2)
        assert pyannote_audio["model"] == "pyannote/speaker-diarization-community-1"
        assert pyannote_audio["token"] == "secret"
        assert pyannote_audio["waveform"].shape == (1, 6 * 16_000)
        assert pyannote_audio["sample_rate"] == 16_000
        assert pyannote_audio["speakers"] == 2
        assert pyannote_audio["device"] == "cpu"
        one, other = (spans.tolist() for spans in found.spans)
        assert one == [[8000, 28_000]]  # overlapping turns of one are joined
        assert other == [[20_000, 32_000], [44_000, 48_000]]  # cut off at the end
        assert found.engine == "pyannote speaker-diarization-community-1"

    @pytest.mark.usefixtures("pyannote_audio")
    def test_pyannote_without_a_token_says_what_to_do(self):
        with pytest.raises(InputError, match="HF_TOKEN") as caught:
            PyannoteDiarizer().diarize(InMemoryAudio(np.zeros(8000, np.float32), 8000))
        assert caught.value.reason == "no-diarizer"

    @pytest.mark.usefixtures("_torch")
    def test_sortformer(self, monkeypatch):
        import soundfile

        asked = {}

        class SortformerEncLabelModel:
            @classmethod
            def from_pretrained(cls, model):
                asked["model"] = model
                return cls()

            def to(self, device):
                asked["device"] = device

            def eval(self):
                return self

            def diarize(self, audio, batch_size):
                assert batch_size == 1
                asked["file"] = soundfile.info(audio[0])
                return [["0.500 2.000 speaker_1", "1.500 3.000 speaker_0", "2.9 3.1 speaker_2"]]

        for name in ("nemo", "nemo.collections", "nemo.collections.asr"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        module = ModuleType("nemo.collections.asr.models")
        module.SortformerEncLabelModel = SortformerEncLabelModel
        monkeypatch.setitem(sys.modules, module.__name__, module)
        found = SortformerDiarizer().diarize(InMemoryAudio(np.zeros(4 * 8000, np.float32), 8000), 2)
        assert asked["file"].samplerate == 16_000
        assert asked["file"].frames == 4 * 16_000
        assert [spans.tolist() for spans in found.spans] == [[[4000, 16_000]], [[12_000, 24_000]]]
        assert asked["model"].startswith("nvidia/")

    @pytest.mark.parametrize("engine", [PyannoteDiarizer, SortformerDiarizer])
    def test_a_missing_package_says_what_to_install(self, monkeypatch, engine):
        monkeypatch.setitem(sys.modules, "pyannote.audio", None)
        monkeypatch.setitem(sys.modules, "nemo", None)
        with pytest.raises(MissingExtraError, match="pip install"):
            engine().diarize(InMemoryAudio(np.zeros(8000, np.float32), 8000))


@pytest.mark.slow
def test_error_on_real_meetings(offline, shared_data):
    """The bar is loose: two and a half minutes of four to five people. Figures: docs/bench."""
    import soundfile
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    folder = shared_data / "audio" / "ami"
    truth = {}
    for line in (folder / "debug.train.rttm").read_text("utf-8").splitlines():
        _, name, _, start, length, _, _, who, *_ = line.split()
        turns = truth.setdefault(name, Annotation())
        turns[Segment(float(start), float(start) + float(length)), len(turns)] = who
    metric = DiarizationErrorRate()
    for path in sorted(folder.glob("trn*.wav")):
        samples, rate = soundfile.read(path, dtype="float32")
        found = Annotation()
        for who, spans in enumerate(offline.diarize(InMemoryAudio(samples, rate)).spans):
            for start, end in spans.tolist():
                found[Segment(start / rate, end / rate), (who, start)] = who
        metric(truth[path.stem], found, uem=Timeline([Segment(0, 30)]))
    assert abs(metric) < 0.28

import msgspec
import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.records import Span, Speech
from interactspeech.rendering import HUMAN, measure_outline, plan_dialogue, render, spoken_lines
from interactspeech.rendering.plan import PlannedClip
from interactspeech.rendering.renderer import _decay_ramp, _fade_ramp
from interactspeech.scripts import parse_script

RATE = 24_000


def bursts(tracks, clips, rate) -> list[float]:
    """For each edge of each clip: energy of the second difference in the 1 ms around it, over the
    loudest millisecond of the 20 ms of the clip beside it. A hard cut is a broadband burst.
    """
    one, twenty = rate // 1000, rate // 50
    found = []
    for clip in clips:
        bend = np.abs(np.diff(np.pad(tracks[clip.channel], 2 * one), 2)) ** 2
        for edge, side in ((clip.at, 1), (clip.end, -1)):
            at = edge + 2 * one - 1
            here = bend[at - one // 2 : at + one // 2 + 1].sum()
            inside = bend[at + one : at + twenty] if side > 0 else bend[at - twenty : at - one]
            whole = inside[: len(inside) // one * one].reshape(-1, one).sum(axis=1)
            found.append(here / max(whole.max(initial=0.0), 1e-9))
    return found


def hard(made):
    """The same plan without ramps."""
    bare = tuple(
        msgspec.structs.replace(c, fade_in=0, fade_out=0, decay=0, depth=0.0) for c in made.clips
    )
    return msgspec.structs.replace(made, clips=bare)


@pytest.fixture(scope="module", params=["fake", "hibari"])
def scene(request, train, speak):
    script, _ = train
    if request.param == "hibari":
        pytest.importorskip("hibari")
        from interactspeech.tts.engines.hibari import HibariEngine

        engine = HibariEngine()
        voices = {"A": "heart", "B": "m_hugo"}
        speeches = {x.id: engine.speak(x.text, voices[x.speaker]) for x in spoken_lines(script)}
    else:
        speeches = speak(script)
    made = [plan_dialogue(script, speeches, seed=seed) for seed in range(12)]
    return speeches, made


def test_no_cut_clicks(scene):
    speeches, plans = scene
    for made in plans:
        tracks = render(made, speeches)
        assert max(bursts(tracks, made.clips, made.rate)) < 1.0
        for clip in made.clips:
            track = np.pad(tracks[clip.channel], 1)
            assert abs(track[clip.at + 1] - track[clip.at]) < 2e-3
            assert abs(track[clip.end + 1] - track[clip.end]) < 2e-3


def test_the_click_detector_hears_a_hard_cut(scene):
    speeches, plans = scene
    spoken = speeches["t2"]
    # Where the voice is loud: in the middle of each of the four loudest words.
    words = sorted(spoken.words, key=lambda w: -np.square(spoken.samples[w.start : w.end]).mean())
    for word in words[:4]:
        # At the crest nearest the word's middle, so that the step is as large as it gets.
        middle = (word.start + word.end) // 2
        middle += int(np.abs(spoken.samples[middle : middle + spoken.rate // 100]).argmax())
        clip = PlannedClip("t2", 0, Span(0, middle), 1000, fade_in=72, fade_out=360)
        made = msgspec.structs.replace(plans[0], clips=(clip,), length=middle + 4000)
        assert max(bursts(render(made, speeches), made.clips, made.rate)) < 1.0
        bare = hard(made)
        assert max(bursts(render(bare, speeches), bare.clips, made.rate)) > 1.0


def test_one_who_is_cut_off_trails_off(scene):
    speeches, plans = scene
    for made in plans:
        cut = next(u for u in made.utterances if u.unsaid)
        clip = max((c for c in made.clips if c.line == cut.id), key=lambda c: c.at)
        assert clip.depth > 0
        tail = render(made, speeches)[clip.channel, clip.end - clip.decay : clip.end]
        source = speeches[cut.id].samples[clip.source.end - clip.decay : clip.source.end]
        gain = np.abs(tail) / np.maximum(np.abs(source) * clip.gain, 1e-9)
        # A last piece as short as the decay also fades in under it.
        gain = gain[max(0, clip.fade_in + clip.decay - len(clip.source)) :]
        gain = gain[np.abs(source[len(source) - len(gain) :]) > 1e-3]
        assert gain[0] > 0.9
        assert gain[-1] < 0.4
        assert (np.diff(gain) < 1e-3).all()


def test_tracks_are_levelled_and_never_clip(scene, train):
    speeches, _ = scene
    script, _ = train
    loud = {
        name: Speech(np.clip(40 * s.samples, -1, 1), s.rate, s.words, s.times, s.voice)
        if name in {"t0", "t2", "t4"}
        else s
        for name, s in speeches.items()
    }
    settings = msgspec.structs.replace(HUMAN, speaker_spread=0.0)
    for seed in range(3):
        made = plan_dialogue(script, loud, seed=seed, settings=settings)
        tracks = render(made, loud)
        assert np.abs(tracks).max() <= 0.98
        powers = []
        for channel in range(2):
            line = {0: "t2", 1: "t3"}[channel]
            clips = [c for c in made.clips if c.line == line]
            heard = np.concatenate([tracks[channel, c.at : c.end] for c in clips])
            spoken = Speech(heard, made.rate, loud[line].words, "engine", loud[line].voice)
            powers.append(10 * np.log10(measure_outline(spoken).power))
        # The squared-off voice may have been held back by the peak limit, not more.
        assert abs(powers[0] - powers[1]) < 3.5


def test_a_plan_needs_its_speech(train):
    script, speeches = train
    made = plan_dialogue(script, speeches)
    with pytest.raises(InputError, match="no speech"):
        render(made, {})
    other = {k: Speech(s.samples, 16_000, s.words, s.times, s.voice) for k, s in speeches.items()}
    with pytest.raises(InputError, match="rate"):
        render(made, other)
    short = {k: Speech(s.samples[:100], s.rate, (), s.times, s.voice) for k, s in speeches.items()}
    with pytest.raises(InputError, match="samples long"):
        render(made, short)


def test_rendering_copies_samples_where_the_plan_says(train):
    _, speeches = train
    script = parse_script("A: Yes.\nB: No.", "s")
    speeches = {"t0": speeches["t4"], "t1": speeches["t5"]}
    made = msgspec.structs.replace(
        plan_dialogue(
            parse_script(
                "A: Ten is perfect, see you there, and bring a warm coat because the hall"
                " is cold.\nB: Great, I will.",
                "s",
            ),
            speeches,
        ),
        clips=(PlannedClip("t0", 1, Span(100, 600), 50, gain=0.5),),
        length=1000,
    )
    tracks = render(made, speeches)
    assert np.array_equal(tracks[1, 50:550], np.float32(0.5) * speeches["t0"].samples[100:600])
    assert not tracks[0].any()
    assert not tracks[1, :50].any()
    assert not tracks[1, 550:].any()
    assert script.id == made.id


def test_fades_are_raised_cosines():
    for length in (1, 2, 7, 60, 480):
        ramp = _fade_ramp(length)
        phase = np.pi * (np.arange(length) + 0.5) / length
        assert np.allclose(ramp, (1 - np.cos(phase)) / 2, atol=1e-6)
        assert np.allclose(ramp + ramp[::-1], 1.0, atol=1e-6)
        assert not ramp.flags.writeable


def test_a_decay_falls_with_the_square_of_time_to_its_depth():
    for length, depth in ((100, 9.0), (1000, 5.0)):
        level = 20 * np.log10(_decay_ramp(length, depth))
        assert not _decay_ramp(length, depth).flags.writeable
        time = (np.arange(length) + 0.5) / length
        assert np.allclose(level, -depth * time**2, atol=1e-4)

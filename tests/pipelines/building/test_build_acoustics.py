"""Builds in rooms and on telephones: the record tells the scene, and the clean tracks come back."""

from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from interactspeech.errors import InputError
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.pipelines.building.dialogue_builder import DialogueBuilder
from interactspeech.records import Channel, Scene
from interactspeech.rendering import acoustics
from interactspeech.scripts import demo_dialogues
from interactspeech.signal.samples import quantize_int16
from interactspeech.tts import Synthesizer, select_voices

PLAIN = BuildSettings(seed=3, voices=("fake",), limit=3, gate="off")
LIGHT = msgspec.structs.replace(PLAIN, acoustics="light")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path_factory.mktemp("cache")))


def maker(settings):
    return DialogueBuilder(settings, select_voices("fake"), Synthesizer(None))


def test_scenes_on_clean_tracks_are_the_corpus_with_acoustics(tmp_path: Path) -> None:
    clean = list(build(["@demo"], tmp_path / "clean", PLAIN).corpus())
    heard = list(build(["@demo"], tmp_path / "light", LIGHT).corpus())
    again = maker(LIGHT)
    assert any(item.dialogue.scene != Scene() for item in heard)
    for before, after in zip(clean, heard, strict=True):
        scene = after.dialogue.scene
        assert scene == acoustics.draw("light", 3, after.dialogue.id)
        # Nothing but the scene differs: words and events stand where they stood.
        assert msgspec.structs.replace(after.dialogue, scene=None) == before.dialogue
        tracks = before.audio()
        made = acoustics.apply(tracks, before.dialogue.rate, scene)
        assert np.array_equal(quantize_int16(made), after.audio())
        # And from the record alone, without the clean corpus.
        assert np.array_equal(again.rebuild_clean_tracks(after.dialogue), tracks)


def test_clean_tracks_of_another_build_are_refused() -> None:
    source = next(iter(demo_dialogues()))
    made = maker(LIGHT).build(source).dialogue
    other = msgspec.structs.replace(LIGHT, seed=4)
    plainly = msgspec.structs.replace(LIGHT, styles=False)
    without = msgspec.structs.replace(
        made, provenance=msgspec.structs.replace(made.provenance, script="")
    )
    for settings, record in ((other, made), (plainly, made), (LIGHT, without)):
        with pytest.raises(InputError) as caught:
            maker(settings).rebuild_clean_tracks(record)
        assert caught.value.reason == "not-reproduced"


def test_recorded_noises_are_named_in_the_record(tmp_path: Path) -> None:
    folder = tmp_path / "noises"
    folder.mkdir()
    with pytest.raises(InputError, match="holds no noise"):
        maker(msgspec.structs.replace(LIGHT, noises=str(folder)))
    rng = np.random.default_rng(1)
    for name in ("fan.wav", "rain.flac"):
        soundfile.write(folder / name, 0.05 * rng.standard_normal(16_000), 16_000)
    noisy = maker(msgspec.structs.replace(LIGHT, noises=str(folder)))
    names = set()
    for source in islice(demo_dialogues(), 4):
        scene = noisy.build(source).dialogue.scene
        names |= {one.file for channel in scene.channels for one in channel.noises}
    assert names == {"fan.wav", "rain.flac"}


def test_held_out_voices_talk_only_to_each_other(tmp_path: Path) -> None:
    settings = BuildSettings(seed=1, voices=("fake",), limit=8, held_out=0.5)
    with pytest.raises(InputError, match="no dialogue could be built"):
        # Four voices: one of each sex is held out, and no pair of two women is left on a side;
        # but a woman and a man are.
        build(
            ["@demo"], tmp_path / "none", msgspec.structs.replace(settings, voices=("fake:alto",))
        )
    made = build(["@demo"], tmp_path / "held", settings)
    sides = {
        frozenset(speaker.voice.name for speaker in item.dialogue.speakers)
        for item in made.corpus()
    }
    assert len(sides) == 2
    assert not frozenset.intersection(*sides)


def test_a_channel_is_plain_data() -> None:
    scene = Scene(channels=(Channel(codec="gsm"),))
    assert msgspec.json.encode(scene) == b'{"channels":[{"codec":"gsm"}]}'

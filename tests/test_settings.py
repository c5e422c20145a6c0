"""Settings refuse what they cannot hold when they are made, and name what they take."""

import pickle
from pathlib import Path

import numpy as np
import pytest

import interactspeech
from interactspeech import BuildSettings, ExportOptions, MineSettings, PlanSettings
from interactspeech.errors import UsageError
from interactspeech.settings import Settings


@pytest.mark.parametrize(
    ("make", "pieces"),
    [
        (lambda: BuildSettings(gate="nonsense"), ["gate='nonsense'", "'quick'", "'full'"]),
        (lambda: BuildSettings(hours="x"), ["hours='x'", "float"]),
        (lambda: BuildSettings(hours=-1), ["hours=-1", "> 0"]),
        (lambda: BuildSettings(hours=float("nan")), ["hours=nan"]),
        (lambda: BuildSettings(limit=0), ["limit=0", ">= 1"]),
        (lambda: BuildSettings(seed=1.5), ["seed=1.5", "int"]),
        (lambda: BuildSettings(voices=("fake", 3)), ["voices=('fake', 3)", "str"]),
        (lambda: BuildSettings(rate=10), ["rate=10"]),
        (lambda: BuildSettings(styles="yes"), ["styles='yes'", "bool"]),
        (lambda: MineSettings(want=("nonsense",)), ["nonsense", "backchannel"]),
        (lambda: MineSettings(want=()), ["want"]),
        (lambda: MineSettings(channels="both"), ["channels='both'", "'speakers'"]),
        (lambda: MineSettings(min_length=9.0, max_length=3.0), ["min_length=9.0"]),
        (lambda: MineSettings(rate=7_999), ["rate=7999"]),
        (lambda: PlanSettings(transitions="x"), ["transitions='x'", "'human'"]),
        (lambda: ExportOptions(model_speaker="C"), ["model_speaker='C'", "'alternate'"]),
        (lambda: interactspeech.OfflineWriterSettings(fillers="many"), ["fillers='many'"]),
        (lambda: interactspeech.LLMSettings(mix=3), ["mix=3"]),
        (lambda: interactspeech.TextTrainSettings(tasks=("x",)), ["tasks=('x',)"]),
    ],
)
def test_what_cannot_be_is_refused_with_the_field_and_what_it_takes(make, pieces):
    with pytest.raises(UsageError) as caught:
        make()
    assert all(piece in str(caught.value) for piece in pieces), str(caught.value)


def test_what_is_meant_is_taken():
    settings = BuildSettings(
        seed=np.int64(3), voices="fake", noises=Path("noises"), hours=1, gate_share=np.float32(0.5)
    )
    assert (settings.seed, settings.voices, settings.noises) == (3, ("fake",), "noises")
    assert settings.gate_share == 0.5
    assert BuildSettings(voices=["a", "b"]).voices == ("a", "b")
    assert hash(BuildSettings(voices=["a"])) == hash(BuildSettings(voices=("a",)))
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_all_settings_of_the_facade_are_checked():
    kinds = [
        getattr(interactspeech, name)
        for name in interactspeech.__all__
        if name.endswith(("Settings", "Options"))
    ]
    assert len(kinds) >= 6
    assert all(issubclass(kind, Settings) for kind in kinds)

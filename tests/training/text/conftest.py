"""One tiny model for all tests of this room: it is trained once a session."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts import OfflineWriterSettings, check, demo_dialogues, write_offline
from interactspeech.training.text.base_models import Base, find_base
from interactspeech.training.text.dataset import Data, prepare
from interactspeech.training.text.settings import AdapterCard, TextTrainSettings

os.environ.setdefault("HF_HUB_OFFLINE", "1")

PLAIN = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)]

SETTINGS = TextTrainSettings(
    steps=100, rate=3e-3, rank=32, alpha=64, silent=0.3, held_out=0.1, save_every=25, max_length=256
)


@dataclass
class Trained:
    """A base, its data, and an adapter that was trained on them."""

    scripts: list[Script]
    data: Data
    base: Base
    adapter: Path
    card: AdapterCard


def scripts() -> list[Script]:
    settings = OfflineWriterSettings(interruptions=8, backchannels=2)
    made = [
        write_offline(plain, seed, settings=settings) for seed in range(3) for plain in PLAIN[:10]
    ]
    return [script for script in made if not check(script)]


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Trained:
    torch = pytest.importorskip("torch")
    pytest.importorskip("trl")
    import tiny_text_model

    from interactspeech.training.text.lora import train

    torch.set_num_threads(1)
    some = scripts()
    data = prepare(some, SETTINGS)
    folder = tmp_path_factory.mktemp("tiny")
    base = find_base(str(tiny_text_model.make(folder / "base", data.train, steps=60, hidden=64)))
    card = train(data, base, SETTINGS, folder / "adapter")
    return Trained(some, data, base, folder / "adapter", card)


def pytest_collection_modifyitems(items) -> None:
    """What asks for the trained model runs in one worker, which trains it once."""
    for item in items:
        if "trained" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("text-training"))

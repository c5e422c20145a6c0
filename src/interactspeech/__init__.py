"""Interactive spoken dialogue data: built, mined, labelled, measured.

The package's facade: what most people need, by its name. Rooms are imported when one of their names
is first used, so that ``import interactspeech`` costs nothing; docs/architecture.md says what lives
where.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactspeech.corpus import Corpus
    from interactspeech.errors import InputError, InteractSpeechError

    # `detect` not by way of `listen`, where mypy takes it for the module of that name.
    from interactspeech.listener import Listener, Stream
    from interactspeech.listener.detection import detect
    from interactspeech.pipelines.building import BuildReport, BuildSettings, build
    from interactspeech.records import Dialogue, Event, Script, Utterance, Word
    from interactspeech.scripts import format_script, parse_script
    from interactspeech.turntaking import RuleSet, Timeline, annotate, label
    from interactspeech.turntaking.timing import TimingModel

__version__ = "0.1.0"

# onnxruntime sends telemetry unless this is set before anything loads it; child processes inherit
# the variable. See `interactspeech.models.onnx_session`.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = [
    "BuildReport",
    "BuildSettings",
    "Corpus",
    "Dialogue",
    "Event",
    "InputError",
    "InteractSpeechError",
    "Listener",
    "RuleSet",
    "Script",
    "Stream",
    "Timeline",
    "TimingModel",
    "Utterance",
    "Word",
    "__version__",
    "annotate",
    "build",
    "detect",
    "format_script",
    "label",
    "parse_script",
]

_ROOMS = {
    "corpus": ("Corpus",),
    "errors": ("InputError", "InteractSpeechError"),
    "listener": ("Listener", "Stream", "detect"),
    "pipelines.building": ("BuildReport", "BuildSettings", "build"),
    "records": ("Dialogue", "Event", "Script", "Utterance", "Word"),
    "scripts": ("format_script", "parse_script"),
    "turntaking": ("RuleSet", "Timeline", "annotate", "label"),
    "turntaking.timing": ("TimingModel",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__

"""Interactive spoken dialogue data: built, mined, labelled, measured.

The package's facade: what most people need, by its name. Rooms are imported when one of their names
is first used, so that ``import interactspeech`` costs nothing; docs/architecture.md says what lives
where.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interactspeech.builder import BuildReport, BuildSettings, build
    from interactspeech.corpus import Corpus
    from interactspeech.dialogue import Dialogue, Event, Script, Utterance, Word
    from interactspeech.dynamics import RuleSet, Timeline, annotate, label
    from interactspeech.dynamics.timing import TimingModel
    from interactspeech.errors import InputError, InteractSpeechError

    # `detect` not by way of `listen`, where mypy takes it for the module of that name.
    from interactspeech.listen import Listener, Stream
    from interactspeech.listen.detect import detect
    from interactspeech.script import format_script, parse_script

__version__ = "0.1.0"

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
    "builder": ("BuildReport", "BuildSettings", "build"),
    "corpus": ("Corpus",),
    "dialogue": ("Dialogue", "Event", "Script", "Utterance", "Word"),
    "dynamics": ("RuleSet", "Timeline", "annotate", "label"),
    "dynamics.timing": ("TimingModel",),
    "errors": ("InputError", "InteractSpeechError"),
    "listen": ("Listener", "Stream", "detect"),
    "script": ("format_script", "parse_script"),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__

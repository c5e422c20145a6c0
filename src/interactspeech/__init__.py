"""Interactive spoken dialogue data: built, mined, labelled, measured.

The package's facade: every verb of the command line, the settings of each, and the records that
travel between them. Rooms are imported when one of their names is first used, so that ``import
interactspeech`` costs nothing; docs/python.md shows each verb, docs/architecture.md says what lives
where.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

from interactspeech._version import __version__

if TYPE_CHECKING:
    from interactspeech.corpus import Corpus, CorpusWriter, Item, StoreError
    from interactspeech.corpus.exchange import Exported, ExportOptions
    from interactspeech.errors import InputError, InteractSpeechError, MissingExtraError
    from interactspeech.formats import Report
    from interactspeech.listener import Listener, Stream
    from interactspeech.mining import MineReport, MineSettings
    from interactspeech.pipelines.building import BuildReport, BuildSettings, build
    from interactspeech.pipelines.dialogues import Dialogues, read, write
    from interactspeech.pipelines.exchanging import ImportReport, export, import_corpus, view
    from interactspeech.pipelines.exchanging import import_corpus as import_
    from interactspeech.pipelines.labelling import annotate, detect
    from interactspeech.pipelines.measuring import TimingReport, fit, stats
    from interactspeech.pipelines.mining import mine
    from interactspeech.pipelines.reporting import (
        CallReport,
        ReportSettings,
        check_pins,
        report,
    )
    from interactspeech.records import Dialogue, Event, Script, Speech, Utterance, Word
    from interactspeech.rendering import DeliveryParams, PlanSettings
    from interactspeech.scripts import format_script, parse_script
    from interactspeech.scripts.writers.llm import LLMSettings
    from interactspeech.scripts.writers.offline import OfflineWriterSettings
    from interactspeech.training.listener.loop import ListenerTrainSettings
    from interactspeech.training.text.settings import TextTrainSettings
    from interactspeech.turntaking import RuleSet, Timeline, label
    from interactspeech.turntaking.timing import TimingModel
    from interactspeech.viewer import WrittenPage

#: Variables that forbid libraries of others to send statistics of use -> the value that forbids,
#: and who reads it. Set before any of them is loaded, and inherited by child processes; whoever
#: wants to send sets another value. docs/telemetry.md says what each would send.
_SILENCED = {
    "ORT_DISABLE_TELEMETRY": ("1", "onnxruntime"),
    "HF_HUB_DISABLE_TELEMETRY": ("1", "huggingface-hub, transformers, datasets, trl"),
    "PYANNOTE_METRICS_ENABLED": ("0", "pyannote.audio"),
    "RAY_USAGE_STATS_ENABLED": ("0", "ray"),
}
for _name, (_value, _) in _SILENCED.items():
    os.environ.setdefault(_name, _value)

__all__ = [
    "BuildReport",
    "BuildSettings",
    "CallReport",
    "Corpus",
    "CorpusWriter",
    "DeliveryParams",
    "Dialogue",
    "Dialogues",
    "Event",
    "ExportOptions",
    "Exported",
    "ImportReport",
    "InputError",
    "InteractSpeechError",
    "Item",
    "LLMSettings",
    "Listener",
    "ListenerTrainSettings",
    "MineReport",
    "MineSettings",
    "MissingExtraError",
    "OfflineWriterSettings",
    "PlanSettings",
    "Report",
    "ReportSettings",
    "RuleSet",
    "Script",
    "Speech",
    "StoreError",
    "Stream",
    "TextTrainSettings",
    "Timeline",
    "TimingModel",
    "TimingReport",
    "Utterance",
    "Word",
    "WrittenPage",
    "__version__",
    "annotate",
    "build",
    "check_pins",
    "detect",
    "export",
    "fit",
    "format_script",
    "import_",
    "import_corpus",
    "label",
    "mine",
    "parse_script",
    "read",
    "report",
    "stats",
    "view",
    "write",
]

_ROOMS = {
    "corpus": ("Corpus", "CorpusWriter", "Item"),
    "corpus.exchange": ("ExportOptions", "Exported"),
    "errors": ("InputError", "InteractSpeechError", "MissingExtraError", "StoreError"),
    "formats": ("Report",),
    "listener": ("Listener", "Stream"),
    "mining": ("MineReport", "MineSettings"),
    "pipelines.building": ("BuildReport", "BuildSettings", "build"),
    "pipelines.dialogues": ("Dialogues", "read", "write"),
    "pipelines.exchanging": ("ImportReport", "export", "import_", "import_corpus", "view"),
    "pipelines.labelling": ("annotate", "detect"),
    "pipelines.measuring": ("TimingReport", "fit", "stats"),
    "pipelines.mining": ("mine",),
    "pipelines.reporting": ("CallReport", "ReportSettings", "check_pins", "report"),
    "records": ("Dialogue", "Event", "Script", "Speech", "Utterance", "Word"),
    "rendering": ("DeliveryParams", "PlanSettings"),
    "scripts": ("format_script", "parse_script"),
    "scripts.writers.llm": ("LLMSettings",),
    "scripts.writers.offline": ("OfflineWriterSettings",),
    "training.listener.loop": ("ListenerTrainSettings",),
    "training.text.settings": ("TextTrainSettings",),
    "turntaking": ("RuleSet", "Timeline", "label"),
    "turntaking.timing": ("TimingModel",),
    "viewer": ("WrittenPage",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
#: Named here otherwise than at home: ``import`` is a word of Python's.
_AT_HOME = {"import_": "import_corpus"}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), _AT_HOME.get(name, name))


def __dir__() -> list[str]:
    return __all__

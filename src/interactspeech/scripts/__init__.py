"""Scripts: readers of text dialogues, the notation, writers and checks."""

from interactspeech.scripts.checks import CheckFailure, CheckLimits, blocklist, check, refusal_error
from interactspeech.scripts.kinds import KINDS, InterruptionKind
from interactspeech.scripts.notation import format_script, format_turn, parse_script
from interactspeech.scripts.readers.inputs import DEMO, demo_dialogues, read_all, resolve
from interactspeech.scripts.readers.raw_dialogue import DialogueLimits
from interactspeech.scripts.readers.reading import format_names, read
from interactspeech.scripts.readers.text_files import find_files
from interactspeech.scripts.writers.offline import OfflineWriterSettings, write_offline

__all__ = [
    "DEMO",
    "KINDS",
    "CheckFailure",
    "CheckLimits",
    "DialogueLimits",
    "InterruptionKind",
    "OfflineWriterSettings",
    "blocklist",
    "check",
    "demo_dialogues",
    "find_files",
    "format_names",
    "format_script",
    "format_turn",
    "parse_script",
    "read",
    "read_all",
    "refusal_error",
    "resolve",
    "write_offline",
]

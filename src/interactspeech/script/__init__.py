"""Scripts: readers of text dialogues, the notation, writers and checks."""

from interactspeech.script.checks import CheckLimits, Failure, blocklist, check, refusal
from interactspeech.script.demo import DEMO, demo_dialogues
from interactspeech.script.inputs import read_all, resolve
from interactspeech.script.kinds import KINDS, Kind
from interactspeech.script.notation import format_script, format_turn, parse_script
from interactspeech.script.offline import WriterSettings, write_offline
from interactspeech.script.raw import Limits
from interactspeech.script.reader import FORMATS, read
from interactspeech.script.source import find_files

__all__ = [
    "DEMO",
    "FORMATS",
    "KINDS",
    "CheckLimits",
    "Failure",
    "Kind",
    "Limits",
    "WriterSettings",
    "blocklist",
    "check",
    "demo_dialogues",
    "find_files",
    "format_script",
    "format_turn",
    "parse_script",
    "read",
    "read_all",
    "refusal",
    "resolve",
    "write_offline",
]

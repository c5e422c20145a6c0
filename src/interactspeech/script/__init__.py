"""Scripts: readers of text dialogues, the notation, writers and checks."""

from interactspeech.script.kinds import KINDS, Kind
from interactspeech.script.notation import format_script, format_turn, parse_script

__all__ = ["KINDS", "Kind", "format_script", "format_turn", "parse_script"]

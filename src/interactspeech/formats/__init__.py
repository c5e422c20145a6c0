"""Timing formats: everything that says who speaks when, read into and written from `Dialogue`."""

from interactspeech.formats.clock import DECIMAL_RATE, Clock
from interactspeech.formats.hub import find_files, read, write
from interactspeech.formats.registry import FORMATS, Info, detect
from interactspeech.formats.report import Note, Report

__all__ = [
    "DECIMAL_RATE",
    "FORMATS",
    "Clock",
    "Info",
    "Note",
    "Report",
    "detect",
    "find_files",
    "read",
    "write",
]

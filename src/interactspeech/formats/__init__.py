"""Timing formats: everything that says who speaks when, read into and written from `Dialogue`."""

from interactspeech.formats.clock import DECIMAL_RATE, Clock
from interactspeech.formats.conversion import find_files, read, read_each, write
from interactspeech.formats.registry import FORMATS, TimingFormat, detect
from interactspeech.formats.report import Note, Report

__all__ = [
    "DECIMAL_RATE",
    "FORMATS",
    "Clock",
    "Note",
    "Report",
    "TimingFormat",
    "detect",
    "find_files",
    "read",
    "read_each",
    "write",
]

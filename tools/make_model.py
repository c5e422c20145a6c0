"""The listener that ships, from nothing: texts, voices, corpora, training, thresholds.

    python tools/make_model.py --transcripts DIR --output DIR [--minutes M] [--install]

DIR of transcripts holds the folders `ami_nxt` (AMI's annotations, groups.inf.ed.ac.uk/ami) and
`primock57` (github.com/babylonhealth/primock57), both CC BY 4.0. What people said is spoken
again by fast voices, with the timing of the stage; nobody's audio is used. Everything goes on where
it stopped. About 25 minutes of one core build the corpora, an hour trains.

Kept apart: texts (the last six consultations are for fitting, six AMI meetings for nothing but
measuring), and voices (six of hibari's are for measuring only). `--install` puts the result into
the package; then `python bench/bench_listener.py --test DIR/test --write` measures it and writes
its card.
"""

import argparse
import shutil
from collections.abc import Iterable
from pathlib import Path

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
FITTING = 6  # consultations


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


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--transcripts", type=Path, default=Path("../shared/data/timing"))
    options.add_argument("--output", type=Path, default=Path("out/model"))
    options.add_argument("--test-texts", default="@demo", help="what the measured corpus says")
    options.add_argument("--batches", type=int, default=3000)
    options.add_argument("--minutes", type=float, help="train for so long, go on another time")
    options.add_argument("--threads", type=int)
    options.add_argument("--device", default="cpu")
    options.add_argument("--install", action="store_true", help="put it into the package")
    given = options.parse_args()
    out = given.output
    said = texts(given.transcripts, out / "texts")
    hibari = "hibari:" + ",".join(VOICES)
    made = [
        corpus(out / f"train-{seed}", said["train"], (hibari, "espeak:us-f1,us-m7"), seed)
        for seed in (1, 2)
    ]
    fit = corpus(out / "fit", said["fit"], (hibari,), 9)
    corpus(out / "test", [Path(given.test_texts)], ("hibari:" + ",".join(HELD_OUT),), 5, 48)
    for path in (*made, fit):
        if not (out / "features" / path.name / "index.json").exists():
            prepare([path], out / "features" / path.name)
    data = [out / "features" / path.name for path in made]
    # One network learns both, then two go on: one with a channel a speaker, one with one channel.
    first = TrainSettings(batches=given.batches // 3)
    runs = {"both": first}
    for name, mono in (("two", 0.0), ("mono", 1.0)):
        runs[name] = msgspec.structs.replace(
            first, batches=given.batches, rate=1.5e-3, warmup=50, start=str(out / "both"),
            conditions=msgspec.structs.replace(first.conditions, mono=mono),
        )  # fmt: skip
    for name, settings in runs.items():
        train(
            data, out / name, settings, threads=given.threads,
            device=given.device, minutes=given.minutes, held_out=[out / "features" / "fit"],
            report=lambda line: print(line, flush=True),  # noqa: T201
        )  # fmt: skip
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

"""The listener that ships, from nothing: texts, voices, corpora, training, thresholds.

    python tools/make_model.py --transcripts DIR --output DIR [--minutes M] [--install]

DIR of transcripts holds the folders `ami_nxt` (AMI's annotations, groups.inf.ed.ac.uk/ami) and
`primock57` (github.com/babylonhealth/primock57), both CC BY 4.0. What people said is spoken
again by fast voices, with the timing of the renderer; no recorded audio is used. It resumes where
it stopped. About 10 minutes of one core build the corpora, 45 train.

Kept apart: texts (the last six consultations are for fitting, six AMI meetings for nothing but
measuring), and voices (six of hibari's are for measuring only). `--install` puts the result into
the package; then bench/fit_joint_feedback.py, fit_turn_ends.py and fit_floor_bids.py fit what rests
on its networks. `--share 0.005 --dialogues 6` runs all of it in a few minutes, to see that it runs.
"""

import argparse
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.corpus import Corpus, StoreError
from interactspeech.errors import InputError
from interactspeech.formats import Report, read
from interactspeech.listener.model import ListenerMode, decode_card
from interactspeech.pipelines.building import BuildSettings, build
from interactspeech.records import PlainDialogue
from interactspeech.training.listener.loop import ListenerTrainSettings, load_checkpoint, train
from interactspeech.training.listener.network import Network
from interactspeech.training.listener.onnx_export import write_listener
from interactspeech.training.listener.preparation import prepare
from interactspeech.training.listener.transcribed_texts import plain_dialogues

PACKAGE = Path(__file__).parents[1] / "src" / "interactspeech" / "listener" / "data"
#: Their audio (or some of it) is what the listener is measured on.
MEASURED = {"EN2001a", "EN2001e", "EN2003a", "EN2004a", "EN2009b", "ES2011a"}
HELD_OUT = ("f_hazel", "f_gwen", "f_ella", "m_hugo", "m_gavin", "m_caleb")
HIBARI = "hibari:heart,f_agnes,f_beth,f_clara,f_daisy,f_fay,m_arlo,m_boris,m_dylan,m_ellis,m_frank"
#: Voices of people's timbre and melody, at many times the cost: for so many dialogues.
SLOW_VOICES = ("kokoro:af_heart,af_bella,af_nicole,af_sarah,am_adam,am_michael,bf_emma,bm_george",)
SLOW_DIALOGUES = 20
VOICES = (
    HIBARI,
    "espeak:us-m3,us-f1,us-m7,us-f4,gb-m1,gb-f4",
    "flite:slt,rms,awb",
    "piper:joe",
)
FITTING = 6  # consultations


class Stage(NamedTuple):
    """A part of the training."""

    mode: ListenerMode
    start: str  # the stage whose weights it begins with
    batches: int
    learning_rate: float
    warmup: int
    seed: int
    lookahead: int
    kept: tuple[int, ...] = ()  # batches after which a copy of the run stays, for learning curves


#: First a channel a speaker, from random weights; from there a second network is trained on mixed
#: channels, with a longer lookahead, for it must recognise voices, and a third on diarized ones.
#: Copies stay at 10, 20, 40, 80 and 160 hours of training audio.
STAGES = (
    Stage("two_channel", "", 3200, 3e-3, 100, 1, 2, kept=(141, 281, 563, 1125, 2250)),
    Stage("mixed", "two_channel", 600, 2e-3, 50, 2, 12),
    Stage("diarized", "two_channel", 600, 1e-3, 50, 3, 2),
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
        return [
            t for d in dialogues for t in plain_dialogues(d, corpus=corpus, licence="CC-BY-4.0")
        ]

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


def learn(stage: Stage, out: Path, given: argparse.Namespace) -> None:
    """Train a stage, or resume it, and keep intermediate copies."""
    plain = ListenerTrainSettings()
    settings = msgspec.structs.replace(
        plain, batches=part(stage.batches, given.share), learning_rate=stage.learning_rate,
        warmup=part(stage.warmup, given.share), seed=stage.seed,
        start=str(out / stage.start) if stage.start else "",
        shape=msgspec.structs.replace(plain.shape, lookahead=stage.lookahead),
        conditions=msgspec.structs.replace(
            plain.conditions, mixed=float(stage.mode != "two_channel"),
            diarized=float(stage.mode == "diarized"),
            breath=0.0,  # the one that ships was trained before there was any
        ),
    )  # fmt: skip
    run = out / stage.mode
    began = time.monotonic()
    network = Network(settings.shape)
    for until in (*(part(batches, given.share) for batches in stage.kept), settings.batches):
        copy = out / f"{stage.mode}-{until}"
        kept = until < settings.batches
        if kept and (copy.exists() or load_checkpoint(run, network) > until):
            continue
        left = None if given.minutes is None else given.minutes - (time.monotonic() - began) / 60
        train(
            [out / "features" / "train"], run, settings, threads=given.threads, until=until,
            device=given.device, minutes=left, held_out=[out / "features" / "fit"],
            report=lambda line: print(stage.mode, line, flush=True),  # noqa: T201
        )  # fmt: skip
        if load_checkpoint(run, network) < until:
            raise SystemExit("not done yet: the same command resumes")
        if kept:
            shutil.copytree(run, copy.with_suffix(".part"), dirs_exist_ok=True)
            copy.with_suffix(".part").rename(copy)


def install(graph: Path) -> None:
    """Put a listener into the package. What bench/fit_*.py fitted on people stays in its card until
    those are run again: how activity is cut, Silero's share, the decision about feedback, bids for
    the floor and ends of turns.
    """
    shipped = decode_card((PACKAGE / "listener-1.json").read_bytes())
    card = decode_card(graph.with_suffix(".json").read_bytes())
    card = card.deciding_as(shipped)
    for file in graph.parent.glob("listener-1*.onnx"):
        shutil.copy(file, PACKAGE / file.name)
    write_file(
        PACKAGE / "listener-1.json", msgspec.json.format(msgspec.json.encode(card), indent=1)
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--transcripts", type=Path, default=Path("../shared/data/timing"))
    options.add_argument("--output", type=Path, default=Path("out/model"))
    options.add_argument("--test-texts", default="@demo", help="what the measured corpus says")
    options.add_argument("--share", type=float, default=1.0, help="of the batches")
    options.add_argument("--dialogues", type=int, help="of each corpus, at most")
    options.add_argument(
        "--minutes",
        type=float,
        help="train each stage for at most so long; the same command resumes",
    )
    options.add_argument("--threads", type=int)
    options.add_argument("--device", default="cpu")
    options.add_argument("--install", action="store_true", help="put it into the package")
    given = options.parse_args()
    out = given.output
    said = texts(given.transcripts, out / "texts")
    made = {
        "train": [
            corpus(out / "train", said["train"], VOICES, 1, given.dialogues),
            corpus(
                out / "slow",
                said["train"],
                SLOW_VOICES,
                2,
                min(SLOW_DIALOGUES, given.dialogues or SLOW_DIALOGUES),
            ),
        ],
        "fit": [corpus(out / "fit", said["fit"], (HIBARI,), 9, given.dialogues)],
    }
    measured = ("hibari:" + ",".join(HELD_OUT),)
    corpus(out / "test", [Path(given.test_texts)], measured, 5, given.dialogues or 48)
    for name, paths in made.items():
        if not (out / "features" / name / "index.json").exists():
            prepare(paths, out / "features" / name)
    for stage in STAGES:
        learn(stage, out, given)
    graph, figures = write_listener(
        out / "two_channel", "listener-1", [out / "features" / "fit"],
        trained_on=[out / "features" / "train"],
        mode_runs={stage.mode: out / stage.mode for stage in STAGES[1:]},
    )  # fmt: skip
    print(graph, figures)  # noqa: T201
    if given.install:
        install(graph)


if __name__ == "__main__":
    main()

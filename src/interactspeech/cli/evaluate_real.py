"""`interactspeech evaluate events real` and `fetch`: recordings whose events people have marked."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from interactspeech.cli.common import Command, json_option, listener_option, quiet_option

if TYPE_CHECKING:
    from interactspeech._typing import Float32Array
    from interactspeech.errors import InteractSpeechError
    from interactspeech.evaluation.events.floor_bids import BidScorer
    from interactspeech.evaluation.events.labelled_recordings import LabelledRecording
    from interactspeech.evaluation.events.public_recordings import PublicRecording
    from interactspeech.evaluation.events.real_benchmark import LiveScores
    from interactspeech.evaluation.events.real_systems import RealSystem
    from interactspeech.listener import Listener
    from interactspeech.models.vad import Detector as Vad

_SYSTEMS = (
    *("listener", "listener-words", "network", "unlevelled"),
    *("silero", "silero-words", "mine", "mine-words"),
    *("webrtc", "energy", "marked", "marked-words"),
)


@click.command(
    "fetch",
    cls=Command,
    examples="""
    interactspeech evaluate events fetch recordings
    interactspeech evaluate events fetch recordings --name aws49 --name ja_159
    interactspeech evaluate events fetch recordings --from downloads   # without a network
    interactspeech evaluate events real recordings -o real.md          # then measure
    """,
    failure="some recordings could not be had; they are named",
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="Recording; repeatable. [all of them]"
)
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="DIR",
    help="Take the published files from this folder (at any depth), in place of the network.",
)  # fmt: skip
@json_option
@quiet_option
def fetch(
    folder: Path, names: tuple[str, ...], source: Path | None, as_json: bool, quiet: bool
) -> None:
    """Fetch public recordings of people, and write our labels beside their sound.

    FOLDER gets a folder a recording, as `evaluate events real` reads it: audio.flac, events.json,
    activity.rttm, and SOURCE.txt with where the sound is from and its licence. Most of it is under
    CC BY-NC 4.0: not for commercial use. Every file is checked by its SHA-256; what is there
    already is kept.
    """
    from interactspeech.evaluation.events.public_recordings import fetch_recordings
    from interactspeech.progress import Progress

    lost: list[tuple[str, str]] = []

    def left_out(recording: PublicRecording, error: InteractSpeechError) -> None:
        lost.append((recording.name, str(error)))

    with Progress(None, "fetching", show=not (quiet or as_json)) as progress:
        before: dict[str, int] = {}

        def tick(name: str, done: int, total: int) -> None:
            progress.total = (progress.total or 0) + (0 if name in before else total)
            progress.update(done - before.get(name, 0))
            before[name] = done

        found = fetch_recordings(folder, names, source=source, progress=tick, on_lost=left_out)
    for name, problem in lost:
        click.secho(f"{name}: {problem}", fg="red", err=True)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "recordings": [
                        {
                            "name": one.recording.name,
                            "folder": str(one.folder),
                            "licence": one.recording.licence,
                            "kept": one.kept,
                        }
                        for one in found
                    ],
                    "lost": [{"name": name, "problem": problem} for name, problem in lost],
                }
            )
        )
    else:
        for one in found:
            how = "there already" if one.kept else "fetched"
            limit = "" if one.recording.commercial else ", not for commercial use"
            click.echo(f"{one.folder}: {how}; {one.recording.licence}{limit}")
        if found:
            click.echo(f"next: interactspeech evaluate events real {shlex.quote(str(folder))}")
    if lost:
        raise SystemExit(1)


@click.command(
    "real",
    cls=Command,
    examples="""
    interactspeech evaluate events real recordings
    interactspeech evaluate events real recordings -o real.md
    interactspeech evaluate events real recordings --system listener --system silero --json
    """,
    failure="the recordings or a model cannot be read",
)
@click.argument("recordings", type=click.Path(path_type=Path))
@click.option(
    "--system", "systems", multiple=True, type=click.Choice(_SYSTEMS), metavar="NAME",
    default=["listener", "silero", "mine", "marked", "marked-words"], show_default=True,
    help=f"System to measure ({', '.join(_SYSTEMS)}); repeatable. "
    "network: the listener without Silero's share. unlevelled: the listener with the decision "
    "about feedback in which level takes part. -words: with recognised words "
    "(whisper-base). marked: the rules on speech, or speech and words, as people marked them.",
)  # fmt: skip
@listener_option
@click.option(
    "--keep-words",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep recognised words here, and use them in the next run.",
)
@click.option(
    "--questions", type=click.IntRange(0), default=200, show_default=True,
    help="Questions of Task A, at most; 0 for none.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the questions.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a page (.md) or all figures (.json).",
)
@json_option
@quiet_option
def real(
    recordings: Path,
    systems: tuple[str, ...],
    model: Path | None,
    keep_words: Path | None,
    questions: int,
    seed: int,
    output: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure systems side by side on real recordings whose events people have marked.

    RECORDINGS is a folder of folders, each with audio.flac (a channel a speaker), events.json and
    activity.rttm. Doubtful events count neither way. F1 of the onsets within 200 ms, precision and
    recall, missed speech, questions about clips, and bids for the floor as they are told live.
    """
    from interactspeech.atomic_files import write_file
    from interactspeech.errors import InputError
    from interactspeech.evaluation.events.labelled_recordings import labelled_recordings
    from interactspeech.evaluation.events.real_benchmark import evaluate_real
    from interactspeech.evaluation.events.real_report import real_page
    from interactspeech.listener import Listener
    from interactspeech.progress import Progress

    found = labelled_recordings(recordings)
    notes = []
    if wordless := [one.name for one in found if not one.has_words]:
        note = f"marked-words is left out: no words are marked in {', '.join(wordless)}"
        measured = tuple(name for name in systems if name != "marked-words")
        if not measured:
            raise InputError(note, recordings, reason="no-words")
        if measured != systems:
            notes.append(note)
            click.echo(note, err=True)
        systems = measured
    listener = Listener.load(model)
    scores = []
    for system in _systems(systems, listener, keep_words):
        with Progress(None, system.name, show=not (quiet or as_json)) as progress:

            def tick(done: int, total: int, progress: Progress = progress) -> None:
                progress.total = total
                progress.update(done - progress.done)

            scores.append(
                evaluate_real(found, system, questions=questions, seed=seed, progress=tick)
            )
    live = _live(found, listener)
    given = [f"--system {name}" for name in systems]
    words = ["interactspeech evaluate events real", shlex.quote(recordings.name), *given]
    if model is not None:
        words += ["--model", shlex.quote(model.name)]
    words += [f"--questions {questions}", f"--seed {seed}"]
    page = real_page(found, scores, live, " ".join(words), notes)
    text = json.dumps(
        {
            "systems": [s.to_json() for s in scores],
            "live": [s.to_json() for s in live],
            "notes": notes,
        },
        indent=1,
    )
    if output is not None:
        as_page = output.suffix.lower() in {".md", ".markdown"}
        write_file(output, ((page if as_page else text) + "\n").encode())
    if as_json:
        click.echo(text)
    elif output is None or not quiet:
        click.echo(page)


def _systems(names: Sequence[str], listener: Listener, keep: Path | None) -> list[RealSystem]:
    from interactspeech.evaluation.events import real_systems as made
    from interactspeech.models.recognition import recogniser

    words = None
    if any(name.endswith("-words") and name != "marked-words" for name in names):
        words = made.WordCache(recogniser("whisper-base"), keep)
    found: list[RealSystem] = []
    for name in names:
        kind, _, said = name.partition("-")
        heard = words if said else None
        if kind == "listener":
            found.append(made.ListenerSystem(listener, words=heard))
        elif kind == "unlevelled":
            found.append(
                made.ListenerSystem(listener.without_levelling(), "listener, level deciding")
            )
        elif kind == "network":
            found.append(made.ListenerSystem(listener.without_silero(), "listener without Silero"))
        elif kind == "mine":
            found.append(made.MiningSystem(heard))
        elif kind == "marked":
            found.append(made.MarkedActivity(words=bool(said)))
        else:
            found.append(made.DetectorRules(cast("Vad", kind), heard))
    return found


def _remembered(scorer: BidScorer) -> BidScorer:
    """The scorer, asked once about each recording."""
    known: dict[int, Float32Array] = {}

    def scores(samples: Float32Array) -> Float32Array:
        if id(samples) not in known:  # recordings keep their sound
            known[id(samples)] = scorer(samples)
        return known[id(samples)]

    return scores


def _live(recordings: Sequence[LabelledRecording], listener: Listener) -> list[LiveScores]:
    from interactspeech.evaluation.events.floor_bids import duration_scorer, listener_scorer
    from interactspeech.evaluation.events.real_benchmark import evaluate_live
    from interactspeech.listener import Stream

    scorer, silero = _remembered(listener_scorer(listener)), _remembered(duration_scorer("silero"))
    return [
        evaluate_live(recordings, scorer, "listener"),
        evaluate_live(recordings, scorer, "listener", Stream(listener=listener).bid_threshold),
        evaluate_live(recordings, silero, "silero, seconds of talk"),
        evaluate_live(recordings, silero, "silero, seconds of talk", 0.5),
    ]

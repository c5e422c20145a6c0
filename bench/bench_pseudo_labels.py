"""What real sound without labels brings: the listener adapted to its own labels of people's talk.

    python bench/bench_pseudo_labels.py LABELLED... --made PREPARED [--batches N] [--write]

LABELLED are folders of labelled recordings of people (as for `evaluate events real`). Their sound is labelled by the
listener that ships: the network, Silero and, in English, recognised words. One source of recordings (support calls,
task calls, chats) is left out at a time; the network that ships goes on learning from the others' pseudo-labels beside
made talk (PREPARED: `out/model/features/train` of tools/make_model.py, or a part of it), and is measured on the labels of
the source that it has not heard. People's labels are used for measuring only. Beside it: the network that ships, and one
that went on learning from made talk alone for as long. --write writes docs/bench/pseudo_labels.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interactspeech.evaluation.events.labelled_recordings import (
    LabelledRecording,
    labelled_recordings,
)
from interactspeech.evaluation.events.real_benchmark import evaluate_real
from interactspeech.evaluation.events.real_systems import ClipDetector, ListenerSystem
from interactspeech.listener import Listener, detect
from interactspeech.models.recognition import DEFAULT_RECOGNISER, WordEngine, recogniser
from interactspeech.signal.log_mel import RATE
from interactspeech.training.listener.augmentation import Conditions
from interactspeech.training.listener.loop import ListenerTrainSettings, load_checkpoint, train
from interactspeech.training.listener.network import Network
from interactspeech.training.listener.onnx_export import export
from interactspeech.training.listener.onnx_import import shipped_graph
from interactspeech.training.listener.preparation import (
    PreparedCorpus,
    PreparedPart,
    log_mel_steps,
    write_prepared,
)
from interactspeech.training.listener.targets import targets_of

PAGE = Path(__file__).parents[1] / "docs/bench/pseudo_labels.md"
#: Share of what is heard in training that is real.
REAL = 0.3
RATE_OF_LEARNING = 5e-4


def source_of(recording: LabelledRecording) -> str:
    """Recordings of one source share the letters that their names begin with."""
    name = recording.name.split("_")[0]
    return name.rstrip("0123456789")


def pseudo_labelled(
    recordings: Sequence[LabelledRecording], folder: Path, words: WordEngine
) -> Path:
    def parts():
        for one in recordings:
            known = None if source_of(one) == "ja" else words
            found = detect(one.audio, RATE, words=known, id=one.name)
            mel = log_mel_steps(one.audio, RATE)
            yield PreparedPart(found, mel, targets_of(found, mel.shape[1]))

    write_prepared(parts(), folder, [one.name for one in recordings])
    return folder


def adapted(data: Sequence[Path], folder: Path, batches: int, threads: int) -> Listener:
    """The network that ships after `batches` more on `data`, with all that decides beside it."""
    settings = ListenerTrainSettings(
        batches=batches, learning_rate=RATE_OF_LEARNING, warmup=25, seed=11,
        start=str(shipped_graph()), conditions=Conditions(mixed=0.0),
    )  # fmt: skip
    train(
        data, folder, settings, threads=threads, every=100,
        report=lambda line: print(folder.name, line, flush=True),
    )  # fmt: skip
    network = Network(settings.shape)
    load_checkpoint(folder, network)
    export(network.eval(), folder / "listener.onnx")
    (folder / "listener.json").write_bytes(shipped_graph().with_suffix(".json").read_bytes())
    return Listener.load(folder / "listener.onnx")


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Each recording is heard by the listener that was not adapted to its source."""

    listeners: Mapping[str, Listener]
    name: str

    def prepare(self, recording: LabelledRecording) -> ClipDetector:
        return ListenerSystem(self.listeners[source_of(recording)]).prepare(recording)


def rows(recordings: Sequence[LabelledRecording], systems: Mapping[str, Mapping[str, Listener]]):
    for name, listeners in systems.items():
        for how in ("", ", without Silero"):
            asked = {
                source: one.without_silero() if how else one for source, one in listeners.items()
            }
            found = evaluate_real(recordings, LeftOut(asked, name + how), questions=0)
            cells = [
                str(found.onset[kind])
                for kind in ("mean", "backchannel", "interruption", "gap", "pause")
            ]
            yield (
                f"| {name}{how} | {' | '.join(cells)} | {found.missed_speech:.2%} | "
                f"{found.false_speech:.2%} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("labelled", type=Path, nargs="+")
    parser.add_argument("--made", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=400)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path, help="keep runs here")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    recordings = [one for folder in given.labelled for one in labelled_recordings(folder)]
    by_source: dict[str, list[LabelledRecording]] = defaultdict(list)
    for one in recordings:
        by_source[source_of(one)].append(one)
    minutes = {s: sum(r.samples for r in rs) / RATE / 60 for s, rs in by_source.items()}
    work = given.work or Path(tempfile.mkdtemp())
    words = recogniser(DEFAULT_RECOGNISER)
    real = {}
    for source, mine in by_source.items():
        real[source] = work / "real" / source
        if not (real[source] / "index.json").exists():
            pseudo_labelled(mine, real[source], words)
    made_hours = PreparedCorpus(given.made).index.hours
    shipped = Listener.load()
    more = adapted([given.made], work / "made", given.batches, given.threads)
    found = {"as shipped": dict.fromkeys(by_source, shipped)}
    found["made talk alone"] = dict.fromkeys(by_source, more)
    left: dict[str, Listener] = {}
    for source in by_source:
        others = [folder for name, folder in real.items() if name != source]
        hours = sum(PreparedCorpus(folder).index.hours for folder in others)
        times = max(1, round(REAL / (1 - REAL) * made_hours / hours))
        left[source] = adapted(
            [given.made, *others * times], work / f"without-{source}", given.batches, given.threads
        )
    found["pseudo-labels of the other sources"] = left
    lines = list(rows(recordings, found))
    sure = {
        kind: sum(len(one.events(kind, sure=True)) for one in recordings)
        for kind in ("backchannel", "interruption", "gap", "pause")
    }
    text = "\n".join([
        "# What real sound without labels brings", "",
        f"Written by `bench/bench_pseudo_labels.py --batches {given.batches}`.", "",
        ("The network that ships went on learning for " f"{given.batches} batches, in which half of the "
        f"speakers breathe audibly: from made talk alone ({made_hours:.1f} h), or with {REAL:.0%} of people's talk as the listener itself labels it (network, Silero, and "
        "words in English). Sources of recordings: "
        + "; ".join(f"{name}, {len(by_source[name])} recordings, {minutes[name]:.1f} min" for name in by_source)
        + ". Each is measured with a network that was adapted to the others only; people's labels measure, and nothing "
        "else. F1 of onsets within 200 ms; brackets are 95 % intervals by bootstrap over pieces of 30 s. Sure events: "
        + ", ".join(f"{n} {kind}s" for kind, n in sure.items()) + "."), "",
        "| network | mean | backchannel | interruption | gap | pause | missed speech | false speech |",
        "|---|---:|---:|---:|---:|---:|---:|---:|", *lines, "",
        ("The network that ships is none of the adapted ones: most of this sound may not be used commercially. "
        "`interactspeech train events mined --start shipped` does the same with recordings of yours."), "",
    ])  # fmt: skip
    print(text)
    if given.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

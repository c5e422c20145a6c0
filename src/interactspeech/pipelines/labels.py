"""What became of labels: progress, agreement, consensus, and dialogues for any format."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, UsageError
from interactspeech.evaluation.agreement.events import (
    AgreementSettings,
    JointLabels,
    TypeAgreement,
    event_agreement,
)
from interactspeech.evaluation.events.labelled_recordings import (
    SPEAKERS,
    EventLabels,
    LabelledEvent,
    LabelledUnit,
    Side,
    activity_rttm,
    encode_labels,
)
from interactspeech.formats import Report
from interactspeech.labels.base import current_items, human_events, labelled_dialogue
from interactspeech.labels.folder import LabelFolder, progress
from interactspeech.labels.voting import ConsensusSettings, VotedEvent, consensus
from interactspeech.paths import Paths
from interactspeech.pipelines.dialogues import Dialogues, write
from interactspeech.pipelines.serving import label_source, with_speech_by_energy
from interactspeech.records import Dialogue, Event
from interactspeech.signal.flac import encode_flac
from interactspeech.signal.log_mel import RATE
from interactspeech.signal.resampling import resample_samples
from interactspeech.viewer.record import activity, channel_of
from interactspeech.viewer.served.sound import OutlineCache
from interactspeech.viewer.served.sources import DialogueSource

_LOG = logging.getLogger(__name__)

VOTES = "votes.jsonl"

Lost = Callable[[InputError], None]


def _warn(error: InputError) -> None:
    _LOG.warning("left out: %s", error)


def open_labels(
    folder: Path | str, source: Paths | None = None
) -> tuple[LabelFolder, DialogueSource]:
    """Labels, and what they are of.

    Args:
        folder: the folder of labels.
        source: where the corpus or the recordings are now; None: where they were labelled.

    Raises:
        InputError: no folder of labels; or what was labelled is not there, or is another corpus.
    """
    found = LabelFolder.open(folder)
    place = found.manifest.source
    try:
        there = label_source(
            list(place.paths) if source is None else source,
            pair=place.pair, speakers=place.speakers,
        )  # fmt: skip
    except InputError as error:
        raise InputError(
            f"labels of {place.name!r}, which is not where it was labelled: {error.problem}",
            folder, remedy="say where it is now, with --source", reason=error.reason,
        ) from None  # fmt: skip
    return found, there


def label_progress(folder: Path | str) -> list[dict[str, Any]]:
    """For each person: dialogues given, begun and done; events, words and seconds at work."""
    with LabelFolder.open(folder) as found:
        return progress(found)


def joint_labels(
    folder: LabelFolder,
    source: DialogueSource,
    *,
    unfinished: bool = False,
    on_lost: Lost = _warn,
) -> list[JointLabels]:
    """What several annotators labelled in each dialogue.

    Args:
        folder: the labels.
        source: what they are of.
        unfinished: take what was begun, too, and not only what an annotator called done.
        on_lost: takes dialogues that are gone, or have changed since they were labelled.
    """
    found = []
    for key, people in folder.assignment.items():
        ready = [
            one
            for one in people
            if folder.log(one).is_done(key) or (unfinished and key in folder.log(one).dialogues)
        ]
        if not ready:
            continue
        dialogue = _dialogue(folder, source, key, ready, on_lost)
        if dialogue is None:
            continue
        speakers = tuple(speaker.id for speaker in dialogue.speakers)
        events = {
            one: human_events(
                current_items(dialogue, folder.log(one).items(key)).values(), one, speakers
            )
            for one in ready
        }
        found.append(JointLabels(key, dialogue.rate, dialogue.length, speakers, events))
    return found


def _dialogue(
    folder: LabelFolder, source: DialogueSource, key: str, people: Iterable[str], on_lost: Lost
) -> Dialogue | None:
    """The record as it was labelled, or None with the reason in `on_lost`."""
    name = folder.manifest.source.name
    try:
        dialogue = source.dialogue(key)
    except KeyError:
        on_lost(InputError(f"dialogue {key!r} is not in {name!r}", reason="unknown-dialogue"))
        return None
    except InputError as error:
        on_lost(error)
        return None
    now = source.fingerprint(key)
    if any(folder.log(one).source(key) not in ("", now) for one in people):
        on_lost(
            InputError(
                f"dialogue {key!r} of {name!r} has changed since it was labelled",
                remedy="restore it",
                reason="changed-source",
            )
        )
        return None
    return dialogue


def label_agreement(
    folder: Path | str,
    settings: AgreementSettings | None = None,
    *,
    source: Paths | None = None,
    unfinished: bool = False,
    on_lost: Lost = _warn,
) -> list[TypeAgreement]:
    """How far the annotators of a folder of labels agree: see `event_agreement`.

    Raises:
        InputError: nothing was labelled by two annotators.
    """
    labels, there = open_labels(folder, source)
    joint = joint_labels(labels, there, unfinished=unfinished, on_lost=on_lost)
    found = event_agreement(joint, settings)
    if not found:
        raise InputError(
            "no dialogue that two annotators have called done",
            folder,
            remedy="label with --per-dialogue 2 or more; --unfinished takes what was begun, too",
            reason="nothing-to-measure",
        )
    return found


Whose = Literal["consensus", "adjudicator", "each"]


def labelled_dialogues(
    folder: Path | str,
    whose: Whose | str = "consensus",
    settings: ConsensusSettings | None = None,
    *,
    source: Paths | None = None,
    unfinished: bool = False,
    keep: bool = False,
    on_lost: Lost = _warn,
) -> tuple[Dialogues, list[tuple[str, int, VotedEvent]]]:
    """The labelled dialogues as records, ready for any format; and everybody's votes.

    Args:
        folder: the labels.
        whose: "consensus": events of a majority, at median times, with the record's own words;
            with one annotator a dialogue, that annotator's labels. "adjudicator": of who decided.
            "each": a record for each annotator, called ``DIALOGUE.NAME``. Or one annotator's name.
        settings: of the consensus.
        source: where the corpus or the recordings are now; None: where they were labelled.
        unfinished: take what was begun, too.
        keep: keep the record's planned, rule and model events beside the labels.
        on_lost: takes dialogues that cannot be used.

    Returns:
        The records; and for each event that anybody labelled in them: dialogue, its rate, votes.
        The votes are all there, whatever the majority said.

    Raises:
        InputError: no labels are ready, or nobody of that name labels there.
    """
    labels, there = open_labels(folder, source)
    decider = labels.settings.adjudicator
    if whose == "adjudicator" and not decider:
        raise UsageError("nobody decides in these labels", folder, remedy="take the consensus")
    if whose not in ("consensus", "adjudicator", "each", *labels.people):
        raise UsageError(
            f"nobody called {whose!r} labels here", folder,
            remedy=f"use consensus, adjudicator, each, or one of {', '.join(labels.people)}",
        )  # fmt: skip
    joint = joint_labels(labels, there, unfinished=unfinished, on_lost=on_lost)
    votes = [
        (one.dialogue, one.rate, voted)
        for one in joint
        for voted in consensus(one.events, one.rate, settings)
    ]
    records: list[Dialogue] = []
    if whose == "consensus":
        for one in joint:
            dialogue = there.dialogue(one.dialogue)
            (alone, *others) = one.events
            if not others:
                edited = labels.log(alone).items(one.dialogue)
                records.append(labelled_dialogue(dialogue, edited, alone, keep=keep))
                continue
            kept = tuple(
                voted.event() for key, _, voted in votes if key == one.dialogue and voted.majority
            )
            records.append(_with_events(dialogue, kept, keep=keep))
    else:
        names = [decider] if whose == "adjudicator" else [whose]
        if whose == "each":
            names = list(labels.settings.annotators)
        for name in names:
            log = labels.log(name)
            for key in log.dialogues:
                if not (unfinished or log.is_done(key)):
                    continue
                found = _dialogue(labels, there, key, [name], on_lost)
                if found is None:
                    continue
                record = labelled_dialogue(found, log.items(key), name, keep=keep)
                if whose == "each":
                    record = msgspec.structs.replace(record, id=f"{key}.{name}")
                records.append(record)
    if not records:
        raise InputError(
            "no dialogue is done", folder,
            remedy="--unfinished takes what was begun, too", reason="nothing-to-measure",
        )  # fmt: skip
    return Dialogues(tuple(records), Report()), votes


def _with_events(dialogue: Dialogue, events: tuple[Event, ...], *, keep: bool) -> Dialogue:
    others = tuple(event for event in dialogue.events if keep and event.origin != "human")
    together = tuple(sorted((*others, *events), key=lambda e: (e.start, e.end, e.type, e.speaker)))
    needed = {event.rules for event in together}
    sets = {name: values for name, values in dialogue.rule_sets.items() if name in needed}
    return msgspec.structs.replace(dialogue, events=together, rule_sets=sets)


def export_labels(
    folder: Path | str,
    output: Path | str,
    format: str | None = None,  # noqa: A002  (the word users know)
    whose: Whose | str = "consensus",
    settings: ConsensusSettings | None = None,
    *,
    source: Paths | None = None,
    unfinished: bool = False,
    keep: bool = False,
    on_lost: Lost = _warn,
) -> list[Path]:
    """Write labels in an annotation format, or as a benchmark of recordings.

    Args:
        folder: the labels.
        output: a folder; or a file, as `interactspeech.write` takes it.
        format: as in `interactspeech.write`; or "benchmark": folders that `interactspeech evaluate
            events real` reads, in which events without a majority are doubtful (neither missed
            nor wrong).
        whose: see `labelled_dialogues`, as for the rest.
        settings: see there.
        source: see there.
        unfinished: see there.
        keep: see there.
        on_lost: see there.

    Returns:
        The files. Into a folder the votes are written, too (``votes.jsonl``).
    """
    output = Path(output)
    found, votes = labelled_dialogues(
        folder, whose, settings, source=source, unfinished=unfinished, keep=keep, on_lost=on_lost
    )
    if format == "benchmark":
        labels, there = open_labels(folder, source)
        cache = OutlineCache(labels.path / "cache")
        files = _write_benchmark(found, votes, there, cache, output, on_lost)
    else:
        files = write(found.dialogues, output, format)
    if output.is_dir():
        write_file(output / VOTES, votes_jsonl(votes))
        files.append(output / VOTES)
    return files


def votes_jsonl(votes: Iterable[tuple[str, int, VotedEvent]]) -> bytes:
    """A line for each event that anybody labelled: times in seconds, who voted for it."""
    return b"".join(
        msgspec.json.encode(
            {
                "dialogue": key,
                "type": one.type,
                "speaker": one.speaker,
                "start": one.start / rate,
                "end": one.end / rate,
                "people": one.people,
                "majority": one.majority,
                "votes": {
                    name: [start / rate, end / rate]
                    for name, (start, end) in sorted(one.votes.items())
                },
            }
        )
        + b"\n"
        for key, rate, one in votes
    )


def _write_benchmark(
    dialogues: Dialogues,
    votes: Iterable[tuple[str, int, VotedEvent]],
    source: DialogueSource,
    cache: OutlineCache,
    output: Path,
    on_lost: Lost,
) -> list[Path]:
    doubted: dict[str, list[VotedEvent]] = {}
    for key, _, one in votes:
        if not one.majority:
            doubted.setdefault(key, []).append(one)
    files = []
    for dialogue in dialogues:
        names: dict[str, Side] = dict(
            zip((s.id for s in dialogue.speakers), SPEAKERS, strict=False)
        )
        sound = source.sound(dialogue.id)
        channels = channel_of(dialogue)
        if len(dialogue.speakers) != 2 or sound is None or len(set(channels.values())) != 2:
            on_lost(
                InputError(
                    f"dialogue {dialogue.id!r} has not two speakers on two channels of sound",
                    reason="not-two-speakers",
                )
            )
            continue
        rate = dialogue.rate
        seen = dialogue if dialogue.utterances else with_speech_by_energy(dialogue, source, cache)
        spans = dict(zip((s.id for s in dialogue.speakers), activity(seen), strict=True))
        events = [_benchmark_event(e, names, rate, sure=True) for e in dialogue.events]
        events += [
            _benchmark_event(one.event(), names, rate, sure=False,
                             why=f"{len(one.votes)} of {one.people}")
            for one in doubted.get(dialogue.id, [])
        ]  # fmt: skip
        labels = EventLabels(
            dialogue.id, dialogue.seconds,
            tuple(
                LabelledUnit(names[who], start / rate, end / rate, "talk")
                for who, mine in spans.items() for start, end in mine
            ),
            tuple(events),
        )  # fmt: skip
        place = output / dialogue.id
        samples = sound.read(0, sound.samples)[[channels[s.id] for s in dialogue.speakers]]
        write_file(
            place / "audio.flac",
            encode_flac(np.clip(resample_samples(samples, sound.rate, RATE), -1, 1), RATE),
        )
        write_file(place / "events.json", encode_labels(labels))
        write_file(place / "activity.rttm", activity_rttm(labels))
        files += [place / name for name in ("audio.flac", "events.json", "activity.rttm")]
    return files


def _benchmark_event(
    event: Event, names: Mapping[str, Side], rate: int, *, sure: bool, why: str = ""
) -> LabelledEvent:
    start, end = event.start / rate, event.end / rate
    return LabelledEvent(event.type, names[event.speaker], start, end, sure, why)

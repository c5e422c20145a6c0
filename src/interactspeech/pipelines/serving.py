"""Pages that are served: what `label`, `rate` and `view --serve` run."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from interactspeech.corpus import Corpus
from interactspeech.corpus.remote import is_remote
from interactspeech.errors import InputError, UsageError
from interactspeech.formats import Report
from interactspeech.labels.folder import LabelFolder, LabelledSource, LabelSettings
from interactspeech.labels.rating_folder import (
    RatedSystem,
    RatingFolder,
    RatingPlan,
    RatingSettings,
    plan_ratings,
)
from interactspeech.paths import Paths, expand
from interactspeech.pipelines.dialogues import dialogues_of
from interactspeech.pipelines.exchanging import Corpora, open_corpora
from interactspeech.pipelines.labelling import choose_rules, detect
from interactspeech.records import Dialogue, Event, Script, Span, Utterance
from interactspeech.scripts import format_script
from interactspeech.signal.decoders import find_audio, is_audio
from interactspeech.signal.recording import Recording
from interactspeech.training.text.dataset import read_unchecked
from interactspeech.turntaking import label
from interactspeech.viewer.record import channel_of
from interactspeech.viewer.served.explorer import ExplorerServer
from interactspeech.viewer.served.explorer_pages import explorer_application
from interactspeech.viewer.served.labelling import LabellingServer, Suggest, application
from interactspeech.viewer.served.rating import RatingServer, Stimuli, rating_application
from interactspeech.viewer.served.running import Listening, serve
from interactspeech.viewer.served.sound import OutlineCache
from interactspeech.viewer.served.sources import (
    CorpusSource,
    DialogueSound,
    DialogueSource,
    recordings_source,
)

_LOG = logging.getLogger(__name__)


def label_source(
    source: Corpus | Paths,
    *,
    pair: bool = False,
    speakers: int | None = None,
    on_lost: Callable[[InputError], None] | None = None,
) -> DialogueSource:
    """What is to be labelled: a corpus; or recordings, with the annotations that belong to them.

    Args:
        source: a corpus or its folder; or audio files, folders of them, patterns. Files that are
            no audio are read as annotations, and belong to the recording with the same stem.
        pair: the two files named are one recording, a speaker in each.
        speakers: how many speak on the one channel of a recording.
        on_lost: takes what cannot be used; by default it is logged.

    Raises:
        InputError: nothing can be used.
        StoreError: a folder is a corpus that is not finished.
    """

    def lost(error: InputError) -> None:
        if on_lost:
            on_lost(error)
        else:
            _LOG.warning("left out: %s", error)

    if isinstance(source, Corpus):
        return CorpusSource(source)
    paths = list(expand(source))
    if len(paths) == 1 and (paths[0] / "build.json").is_file():
        return CorpusSource(Corpus.open(paths[0]))
    audio: list[Path] = []
    others: list[Path] = []
    for path in paths:
        if path.is_dir() and (path / "build.json").is_file():
            raise UsageError("a corpus among other things", path, remedy="name one corpus alone")
        if path.is_dir():
            inside, beside = find_audio(path)
            audio += inside
            others += beside
        elif is_audio(path) or not path.exists():
            audio.append(path)
        else:
            others.append(path)
    if pair and len(audio) != 2:
        raise UsageError(f"a pair is two files, and {len(audio)} are given")
    groups = [tuple(audio)] if pair else [(one,) for one in audio]
    known = _annotations(groups, others, lost)
    name = paths[0].stem if len(paths) == 1 else paths[0].resolve().parent.name
    return recordings_source(groups, name, speakers=speakers, annotations=known, on_lost=lost)


def _places(source: Corpus | Paths) -> tuple[str, ...]:
    """Where a source is, for whoever opens its labels later."""
    given = [source.root] if isinstance(source, Corpus) else list(expand(source))
    return tuple(str(one) if is_remote(one) else str(Path(one).resolve()) for one in given)


def _annotations(
    groups: Sequence[tuple[Path, ...]], others: Sequence[Path], lost: Callable[[InputError], None]
) -> dict[str, Dialogue]:
    """Stem of a recording -> its annotation, on the recording's clock."""
    found: dict[str, Dialogue] = {}
    by_stem: dict[str, list[Path]] = {}
    for path in others:
        by_stem.setdefault(path.name.partition(".")[0], []).append(path)
    for files in groups:
        mine = by_stem.get(files[0].stem, [])
        if not mine:
            continue
        try:
            with Recording.open(list(files)) as recording:
                rate = recording.rate
        except InputError:
            continue  # it is reported where the recording is opened
        report = Report()
        dialogues = dialogues_of(mine, rate=rate, report=report)
        for error in report.errors:
            lost(error)
        if len(dialogues) == 1:
            found[files[0].stem] = dialogues[0]
        elif dialogues:
            lost(InputError(f"{len(dialogues)} conversations for one recording", mine[0],
                            reason="bad-annotation"))  # fmt: skip
    return found


def suggester(name: str, source: DialogueSource, cache: OutlineCache) -> Suggest | None:
    """What proposes events: see `LabelSettings.suggest`.

    Args:
        name: "none", "record", "rules" or "model".
        source: where recordings are, for the listener.
        cache: outlines, in which the rules find speech where the record has none.
    """
    if name == "none":
        return None
    if name == "record":
        return lambda dialogue: [event for event in dialogue.events if event.origin != "human"]
    if name == "model":

        def heard(dialogue: Dialogue) -> list[Event]:
            sound = source.sound(dialogue.id)
            if sound is None or not 1 <= sound.channels <= 2:
                return []
            samples = sound.read(0, sound.samples)
            found = detect(samples, sound.rate, diarize=False)[0]
            return _on_tracks(found, dialogue)

        return heard
    rules, decision = choose_rules()

    def ruled(dialogue: Dialogue) -> list[Event]:
        seen = dialogue if dialogue.utterances else with_speech_by_energy(dialogue, source, cache)
        found = label(seen, rules, backchannel=decision)
        return [event for event in found.events if event.origin == "rule"]

    return ruled


def _on_tracks(found: Dialogue, dialogue: Dialogue) -> list[Event]:
    """What the listener heard, on the clock and with the speakers of `dialogue`."""
    names = {
        one.id: other.id for one, other in zip(found.speakers, dialogue.speakers, strict=False)
    }
    scale = dialogue.rate / found.rate
    events = []
    for event in found.events:
        start, end = (min(dialogue.length, round(at * scale)) for at in (event.start, event.end))
        if event.speaker in names and event.origin == "model":
            events.append(
                msgspec.structs.replace(
                    event,
                    speaker=names[event.speaker],
                    start=start,
                    end=max(start, end),
                    partner=names.get(event.partner, ""),
                    utterance="",
                    attributes={},
                ),
            )
    return events


def with_speech_by_energy(
    dialogue: Dialogue, source: DialogueSource, cache: OutlineCache
) -> Dialogue:
    """The dialogue with an utterance for each stretch of speech that its channels have."""
    sound = source.sound(dialogue.id)
    if sound is None:
        return dialogue
    outline = cache.get(source.fingerprint(dialogue.id), sound)
    made = []
    for speaker, channel in channel_of(dialogue).items():
        for n, (start, end) in enumerate(outline.speech[channel].tolist()):
            stop = min(end, dialogue.length)
            if start < stop:
                name = f"{speaker}{n}"
                made.append(Utterance(name, speaker, start, stop, (Span(start, stop),)))
    ordered = tuple(sorted(made, key=lambda u: (u.start, u.end, u.speaker)))
    return msgspec.structs.replace(dialogue, utterances=ordered)


def serve_labels(
    source: Corpus | Paths,
    output: Path | str,
    settings: LabelSettings | None = None,
    *,
    pair: bool = False,
    speakers: int | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    names: tuple[str, ...] = (),
    on_start: Callable[[Listening], None],
    on_lost: Callable[[InputError], None] | None = None,
) -> None:
    """Serve the page on which a corpus or recordings are labelled, until the process ends.

    Args:
        source: see `label_source`, as for `pair`, `speakers` and `on_lost`.
        output: the folder of labels; what is there already goes on.
        settings: who labels what; None takes those of the folder.
        pair: see `label_source`.
        speakers: see `label_source`.
        host: see `interactspeech.viewer.served.running.serve`, as for `port` and `names`.
        port: see there.
        names: see there.
        on_start: takes the links, once the page answers.
        on_lost: see `label_source`.

    Raises:
        InputError: nothing can be labelled; or `output` holds labels of another corpus.
        StoreError: another process labels there.
        MissingExtraError: the extra ``serve`` is not installed.
    """
    found = label_source(source, pair=pair, speakers=speakers, on_lost=on_lost)
    place = LabelledSource(found.name, found.kind, _places(source), pair, speakers)
    with LabelFolder.begin(output, place, found.fingerprints(), settings) as folder:
        for name in folder.people:
            folder.log(name)  # a damaged log is named now, not in the middle of the work
        cache = OutlineCache(folder.path / "cache")
        suggest = suggester(folder.settings.suggest, found, cache)
        app = application(LabellingServer(folder, found, suggest))
        serve(app, folder.access_keys(), host=host, port=port, names=names, on_start=on_start)


def serve_explorer(
    corpora: Corpora,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    names: tuple[str, ...] = (),
    on_start: Callable[[Listening], None],
) -> None:
    """Serve an explorer of one corpus, or of several side by side, until the process ends.

    Args:
        corpora: open or by their folders.
        host: see `interactspeech.viewer.served.running.serve`, as for `port` and `names`.
        port: see there.
        names: see there.
        on_start: takes the link, once the page answers.

    Raises:
        StoreError: a folder is no corpus, or its build is unfinished.
        MissingExtraError: the extra ``serve`` is not installed.
    """
    import platformdirs

    cache = platformdirs.user_cache_path("interactspeech", appauthor=False, opinion=False)
    server = ExplorerServer([CorpusSource(one) for one in open_corpora(corpora)], cache / "texts")
    try:
        app = explorer_application(server)
        keys = {"explorer": secrets.token_urlsafe(18)}
        serve(app, keys, host=host, port=port, names=names, on_start=on_start)
    finally:
        server.close()


class _CorpusStimuli:
    """The sound of a corpus' dialogues."""

    def __init__(self, corpus: Corpus) -> None:
        self._source = CorpusSource(corpus)

    def ids(self) -> list[str]:
        return list(self._source.fingerprints())

    def sound(self, dialogue: str) -> DialogueSound | None:
        return self._source.sound(dialogue)

    def text(self, dialogue: str) -> str:
        del dialogue
        return ""


class _ScriptStimuli:
    """Scripts, by their ids."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        self._texts = {one.id: format_script(one) for one in scripts}

    def ids(self) -> list[str]:
        return list(self._texts)

    def sound(self, dialogue: str) -> DialogueSound | None:
        del dialogue
        return None

    def text(self, dialogue: str) -> str:
        return self._texts[dialogue]


def rated_system(
    name: str, path: Path | str, *, scripts: bool = False, on_lost: Callable[[InputError], None]
) -> tuple[RatedSystem, _CorpusStimuli | _ScriptStimuli]:
    """A system to be rated, and what it has.

    Args:
        name: what results call it; raters never see it.
        path: a corpus, whose sound is rated; or scripts, as `interactspeech evaluate text` reads
            them.
        scripts: rate the scripts of a corpus, and not its sound.
        on_lost: takes scripts that cannot be read.

    Raises:
        InputError: there is nothing to rate.
    """
    place = Path(path)
    if (place / "build.json").is_file() and not scripts:
        sound = _CorpusStimuli(Corpus.open(place))
        if not sound.ids():
            raise InputError("nothing to rate", place, reason="nothing-to-measure")
        return RatedSystem(name, str(place.resolve()), "sound"), sound
    kept: dict[str, Script] = {}
    for one in read_unchecked([place]):
        if isinstance(one, InputError):
            on_lost(one)
        elif one.id in kept:
            on_lost(InputError(f"a second script {one.id!r}", place, reason="same-id"))
        else:
            kept[one.id] = one
    if not kept:
        raise InputError("no script to rate", place, reason="no-scripts")
    return RatedSystem(name, str(place.resolve()), "script"), _ScriptStimuli(kept.values())


def serve_ratings(
    systems: Mapping[str, Path | str],
    output: Path | str,
    settings: RatingSettings | None = None,
    *,
    scripts: bool = False,
    host: str = "127.0.0.1",
    port: int | None = None,
    names: tuple[str, ...] = (),
    on_start: Callable[[Listening], None],
    on_lost: Callable[[InputError], None],
) -> None:
    """Serve the page on which people rate systems, until the process ends.

    Args:
        systems: name -> a corpus or scripts; empty to go on with a study.
        output: the folder of ratings; a study that is there goes on as it was drawn.
        settings: see `RatingSettings`; None for those of the study.
        scripts: rate the scripts of corpora, and not their sound.
        host: see `interactspeech.viewer.served.running.serve`, as for `port` and `names`.
        port: see there.
        names: see there.
        on_start: takes the links, once the page answers.
        on_lost: takes what cannot be rated.

    Raises:
        InputError: nothing can be rated, or the folder holds another study.
        StoreError: another process rates there.
        MissingExtraError: the extra ``serve`` is not installed.
    """
    plan: RatingPlan | None = None
    if systems:
        made = [
            rated_system(name, path, scripts=scripts, on_lost=on_lost)
            for name, path in systems.items()
        ]
        ids = {system.name: stimuli.ids() for system, stimuli in made}
        plan = plan_ratings([system for system, _ in made], ids, settings or RatingSettings())
    with RatingFolder.begin(output, plan) as folder:
        known: dict[str, Stimuli] = {}
        for system in folder.plan.systems:
            _, known[system.name] = rated_system(
                system.name, system.path, scripts=system.kind == "script", on_lost=on_lost
            )
        for name in folder.settings.raters:
            folder.log(name)
        app = rating_application(RatingServer(folder, known))
        serve(app, folder.access_keys(), host=host, port=port, names=names, on_start=on_start)

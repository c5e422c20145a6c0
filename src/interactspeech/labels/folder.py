"""A folder of labels: what is labelled, by whom, who does what; and a log for each person.

```
LABELS/labels.json      the source by name and digest, the people, how dialogues are shared out
       assignment.json  dialogue -> annotators
       access.json      a key for each person's page (readable by the owner only)
       logs/NAME.log    what each has labelled (see `interactspeech.labels.log`)
       cache/           outlines of sound, which can be made again
```
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, UsageError
from interactspeech.labels.log import LabelLog
from interactspeech.labels.log_folder import LOGS, LogFolder, locked
from interactspeech.records import EVENT_TYPES, EventType
from interactspeech.seeds import generator
from interactspeech.settings import Count, Natural, Settings

MANIFEST, ASSIGNMENT, CACHE = "labels.json", "assignment.json", "cache"
FORMAT = "interactspeech labels 1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")

SuggestionSource = Literal["none", "record", "rules", "model"]

#: The types that a page offers at first, in the order of the number keys.
DEFAULT_TYPES: tuple[EventType, ...] = (
    "backchannel", "interruption", "silent_interruption", "terminal_overlap", "turn", "pause",
    "filled_pause", "laugh", "breath",
)  # fmt: skip


def is_person_name(name: str) -> bool:
    """Whether a name can stand in an address and a file's name."""
    return bool(_NAME.fullmatch(name))


class LabelSettings(Settings, frozen=True):
    """Who labels what.

    Attributes:
        annotators: names: letters, digits, ``_`` and ``-``.
        per_dialogue: how many annotators label each dialogue, none seeing the others' labels; at
            most as many as there are.
        adjudicator: who decides between them, seeing all; "" for nobody.
        types: types of events that the page offers, in the order of the number keys.
        suggest: what is proposed, to be accepted or refused. "none" is the default: annotators
            agree with each other, and with what made the suggestions, more than they would
            without. "record" proposes the record's own events, "rules" those of the rule set,
            "model" the listener's.
        seed: of the shuffled order and the assignment.
    """

    annotators: tuple[str, ...] = ("me",)
    per_dialogue: Count = 1
    adjudicator: str = ""
    types: tuple[EventType, ...] = DEFAULT_TYPES
    suggest: SuggestionSource = "none"
    seed: Natural = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        everybody = [*self.annotators, *([self.adjudicator] if self.adjudicator else [])]
        for name in everybody:
            if not is_person_name(name):
                raise UsageError(
                    f"{name!r} cannot name an annotator",
                    remedy="use up to 40 letters, digits, '_' and '-'",
                )
        if not self.annotators:
            raise UsageError("nobody labels", remedy="name an annotator")
        lowered = [name.lower() for name in everybody]  # names become files
        if len(set(lowered)) != len(lowered):
            raise UsageError(f"two people have one name: {', '.join(everybody)}")
        if self.per_dialogue > len(self.annotators):
            raise UsageError(
                f"{self.per_dialogue} annotators for each dialogue, and there are "
                f"{len(self.annotators)}",
                remedy="name more people, or lower per_dialogue",
            )
        if not self.types or len(set(self.types)) != len(self.types):
            raise UsageError("types are missing or named twice")


class LabelledSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is labelled, and where it was found.

    Attributes:
        name: of the corpus or the recordings.
        kind: which of the two.
        paths: absolute paths, or URLs.
        pair: the two paths are one recording.
        speakers: how many speak on the one channel of a recording; None: one a channel.
    """

    name: str
    kind: Literal["corpus", "recordings"]
    paths: tuple[str, ...] = ()
    pair: bool = False
    speakers: int | None = None


class LabelManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in ``labels.json``."""

    source: LabelledSource
    digest: str
    settings: dict[str, Any]
    format: str = FORMAT


def digest_of(fingerprints: Mapping[str, str]) -> str:
    """One digest of all dialogues and what they hold."""
    whole = hashlib.sha256()
    for key in sorted(fingerprints):
        whole.update(f"{key}\0{fingerprints[key]}\n".encode())
    return whole.hexdigest()


class LabelFolder(LogFolder[LabelLog]):
    """A folder of labels. Begin or go on with `LabelFolder.begin`, look with `LabelFolder.open`.

    Attributes:
        path: the folder.
        manifest: see `LabelManifest`.
        settings: see `LabelSettings`.
        assignment: dialogue -> its annotators.
    """

    def __init__(
        self, path: Path, manifest: LabelManifest, assignment: dict[str, tuple[str, ...]],
        *, read_only: bool,
    ) -> None:  # fmt: skip
        super().__init__(path, read_only=read_only)
        self.manifest, self.assignment = manifest, assignment
        self.settings = settings_of(manifest)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a folder to read.

        Raises:
            InputError: it is no folder of labels.
        """
        root = Path(path)
        return cls(root, read_manifest(root), _read_assignment(root), read_only=True)

    @classmethod
    def begin(
        cls,
        path: Path | str,
        source: LabelledSource,
        fingerprints: Mapping[str, str],
        settings: LabelSettings | None = None,
    ) -> Self:
        """Go on with a folder of labels, or begin one, and keep other processes out.

        Args:
            path: the folder.
            source: what is labelled.
            fingerprints: dialogue -> a digest of it.
            settings: None keeps those of a folder that exists. People may be added to it and
                types changed; nobody is taken away.

        Raises:
            InputError: labels of another corpus (reason "other-corpus"), or the folder holds
                something else.
            StoreError: another process labels there.
        """
        root = Path(path)
        manifest = read_manifest(root) if (root / MANIFEST).exists() else None
        if manifest is None and root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise InputError(
                "holds something that is no labels", root,
                remedy="name another folder with -o", reason="output-exists",
            )  # fmt: skip
        lock = locked(root)
        try:
            found = cls._begun(root, source, fingerprints, settings, manifest)
        except BaseException:
            lock.release()
            raise
        found._lock = lock  # noqa: SLF001
        return found

    @classmethod
    def _begun(
        cls,
        root: Path,
        source: LabelledSource,
        fingerprints: Mapping[str, str],
        settings: LabelSettings | None,
        manifest: LabelManifest | None,
    ) -> Self:
        assignment: dict[str, tuple[str, ...]] = {}
        digest = digest_of(fingerprints)
        if manifest is not None:
            assignment = _read_assignment(root)
            if manifest.digest != digest:
                _check_same(root, manifest, source.name, fingerprints, assignment)
            before = settings_of(manifest)
            settings = settings or before
            gone = set(before.annotators) - set(settings.annotators)
            if gone:
                raise UsageError(
                    f"{', '.join(sorted(gone))} labelled here and would be left out", root,
                    remedy="name everybody who labels in this folder",
                )  # fmt: skip
        settings = settings or LabelSettings()
        new = sorted(set(fingerprints) - set(assignment))
        if new:
            assignment |= assign(new, settings)
            write_file(root / ASSIGNMENT, msgspec.json.encode(assignment))
        plain: dict[str, Any] = msgspec.to_builtins(settings)
        wanted = LabelManifest(source, digest, plain)
        if wanted != manifest:
            write_file(root / MANIFEST, msgspec.json.format(msgspec.json.encode(wanted)))
        return cls(root, wanted, assignment, read_only=False)

    @property
    def people(self) -> tuple[str, ...]:
        """The annotators, and the adjudicator where there is one."""
        extra = (self.settings.adjudicator,) if self.settings.adjudicator else ()
        return (*self.settings.annotators, *extra)

    def _open_log(self, path: Path, person: str, *, read_only: bool) -> LabelLog:
        return LabelLog.open(path, person, read_only=read_only)

    def dialogues_of(self, annotator: str) -> list[str]:
        """What a person has to label, in the shuffled order of the folder; the adjudicator sees
        everything that several people label.
        """
        if annotator == self.settings.adjudicator:
            several = [key for key, who in self.assignment.items() if len(who) > 1]
            return several or list(self.assignment)
        return [key for key, who in self.assignment.items() if annotator in who]


def settings_of(manifest: LabelManifest) -> LabelSettings:
    """The settings that a manifest holds."""
    return msgspec.convert(manifest.settings, LabelSettings)


def read_manifest(root: Path) -> LabelManifest:
    """The manifest of a folder of labels.

    Raises:
        InputError: there is none, or it is of another version.
    """
    path = root / MANIFEST
    try:
        found = msgspec.json.decode(path.read_bytes(), type=LabelManifest)
        if found.format != FORMAT:
            raise msgspec.ValidationError(f"its format is {found.format!r}")
    except FileNotFoundError:
        raise InputError(
            "no folder of labels", root,
            remedy="begin one with `interactspeech label`", reason="bad-labels",
        ) from None  # fmt: skip
    except (msgspec.DecodeError, OSError) as error:
        raise InputError(f"cannot be used: {error}", path, reason="bad-labels") from None
    return found


def _read_assignment(root: Path) -> dict[str, tuple[str, ...]]:
    path = root / ASSIGNMENT
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[str, ...]])
    except (msgspec.DecodeError, OSError) as error:
        raise InputError(f"cannot be used: {error}", path, reason="bad-labels") from None


def _check_same(
    root: Path,
    manifest: LabelManifest,
    source: str,
    fingerprints: Mapping[str, str],
    assignment: Mapping[str, tuple[str, ...]],
) -> None:
    """A corpus may have grown; what was labelled must be there, as it was."""
    settings = settings_of(manifest)
    for name in (*settings.annotators, settings.adjudicator):
        path = root / LOGS / f"{name}.log"
        if not name or not path.exists():
            continue
        log = LabelLog.open(path, name, read_only=True)
        for dialogue in log.dialogues:
            now = fingerprints.get(dialogue, "")
            if now != log.source(dialogue):
                state = "has changed" if now else "is not in it"
                raise InputError(
                    f"labels of {manifest.source.name!r}, and this is {source!r}: {name} labelled "
                    f"{dialogue!r}, which {state}",
                    root,
                    remedy="name the corpus that was labelled, or another folder with -o",
                    reason="other-corpus",
                )
    if not set(assignment) & set(fingerprints):
        raise InputError(
            f"labels of {manifest.source.name!r}, and this is {source!r}: they share no dialogue",
            root,
            remedy="name the corpus that is to be labelled, or another folder with -o",
            reason="other-corpus",
        )


def assign(dialogues: Sequence[str], settings: LabelSettings) -> dict[str, tuple[str, ...]]:
    """Share dialogues out: shuffled, each to `per_dialogue` people, all groups of people in turn.

    Everybody gets the same number, and every two people share the same number, give or take the
    groups of the last, unfinished round.
    """
    rng = generator(settings.seed, "labels", "assignment", len(dialogues), *dialogues[:1])
    order = [dialogues[i] for i in rng.permutation(len(dialogues))]
    groups: list[tuple[str, ...]] = list(
        itertools.combinations(settings.annotators, settings.per_dialogue)
    )
    groups = _spread(groups)
    return {key: groups[i % len(groups)] for i, key in enumerate(order)}


def _spread(groups: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The groups in an order in which nobody waits long: the least used people come next."""
    left, used, found = list(groups), dict.fromkeys(itertools.chain(*groups), 0), []
    if len(left) > 2000:
        return left
    while left:
        best = min(left, key=lambda group: (max(used[n] for n in group), [used[n] for n in group]))
        left.remove(best)
        found.append(best)
        for name in best:
            used[name] += 1
    return found


def progress(folder: LabelFolder) -> list[dict[str, Any]]:
    """For each person: dialogues to do, begun, done; events, words, and seconds at work.

    Time at work is the sum of the times between edits that are less than two minutes apart.
    """
    rows = []
    for name in folder.people:
        log = folder.log(name)
        assigned = set(folder.dialogues_of(name))
        begun = [key for key in log.dialogues if key in assigned]
        labels = [item for key in begun for item in log.labels(key).values()]
        times = sorted(one.time for key in log.dialogues for one in log.since(key, 0))
        rows.append(
            {
                "annotator": name,
                "assigned": len(assigned),
                "begun": len(begun),
                "done": sum(log.is_done(key) for key in begun),
                "events": sum(item.kind == "event" for item in labels),
                "words": sum(item.kind == "word" for item in labels),
                "seconds": round(
                    sum(b - a for a, b in itertools.pairwise(times) if b - a < 120), 1
                ),
            }
        )
    return rows


def types_of(names: Iterable[str]) -> tuple[EventType, ...]:
    """Names of types, checked.

    Raises:
        UsageError: there is no such type.
    """
    found = []
    for name in names:
        if name not in EVENT_TYPES:
            raise UsageError(
                f"no type of event is called {name!r}",
                remedy=f"there are: {', '.join(EVENT_TYPES)}",
            )
        found.append(name)
    return tuple(found)

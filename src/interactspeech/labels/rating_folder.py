"""Ratings by people: what is rated, in which order, and a log for each rater.

Raters see stimuli without the names of systems or dialogues, each rater in an order of their own.
Some trials are attention checks: the page says which answer to choose, in the place of the
question. What a rater does is in a log that survives crashes (see `labels.synced_lines`).

```
RATINGS/ratings.json   the design, the systems by name and place, the trials
        access.json    a key for each rater's page (readable by the owner only)
        logs/NAME.log  the answers of a rater
```
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec

from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError, UsageError
from interactspeech.labels.folder import is_person_name
from interactspeech.labels.log_folder import LogFolder, locked
from interactspeech.labels.synced_lines import SyncedLines
from interactspeech.seeds import generator
from interactspeech.settings import Count, Natural, Settings, Share

STUDY = "ratings.json"
FORMAT = "interactspeech ratings 1"
LOG_FORMAT = "interactspeech ratings log 1"

RatingDesign = Literal["mos", "pairwise", "scales"]
#: Question -> what the rater reads, and the answers from worst to best.
Questions = dict[str, tuple[str, tuple[tuple[str, str], ...]]]

_FIVE = (
    ("1", "bad"), ("2", "poor"), ("3", "fair"), ("4", "good"), ("5", "excellent"),
)  # fmt: skip
#: ITU-T P.800: absolute category rating, five points. The scales are those of the original's
#: evaluation of scripts (naturalness, consistency, specificity: yes or no).
QUESTIONS: dict[RatingDesign, Questions] = {
    "mos": {"quality": ("How natural is this conversation?", _FIVE)},
    "pairwise": {
        "preference": (
            "Which conversation is more natural?",
            (("a", "the first"), ("tie", "no difference"), ("b", "the second")),
        )
    },
    "scales": {
        "natural": ("Would people say it like that, here and in these words?",
                    (("no", "no"), ("yes", "yes"))),
        "consistent": ("Does everything fit what was said before?",
                       (("no", "no"), ("yes", "yes"))),
        "specific": ("Does it answer to what was said, and not to anything at all?",
                     (("no", "no"), ("yes", "yes"))),
    },
}  # fmt: skip


class RatingSettings(Settings, frozen=True):
    """Who rates what, and how.

    Attributes:
        design: "mos", five points of quality; "pairwise", which of two systems' versions of one
            dialogue; "scales", yes or no to naturalness, consistency and specificity.
        raters: names: letters, digits, ``_`` and ``-``.
        per_item: how many raters rate each stimulus or pair; None: all of them.
        items: dialogues of each system at most, drawn by the seed; None: all.
        checks: attention checks, as a share of a rater's trials.
        seed: of draws and orders.
    """

    design: RatingDesign = "mos"
    raters: tuple[str, ...] = ("me",)
    per_item: Count | None = None
    items: Count | None = None
    checks: Share = 0.1
    seed: Natural = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.raters:
            if not is_person_name(name):
                raise UsageError(
                    f"{name!r} cannot name a rater",
                    remedy="use up to 40 letters, digits, '_' and '-'",
                )
        if not self.raters or len({name.lower() for name in self.raters}) != len(self.raters):
            raise UsageError("raters are missing or named twice")
        if self.per_item is not None and self.per_item > len(self.raters):
            raise UsageError(
                f"{self.per_item} raters for an item, and there are {len(self.raters)}"
            )


class RatedSystem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A system under test: a name that raters never see, and where its dialogues are."""

    name: str
    path: str
    kind: Literal["sound", "script"]


class RatingTrial(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is shown at once.

    Attributes:
        id: unique in the study.
        stimuli: (system, dialogue), one or two.
        check: the answer that the page asks for, in an attention check; "" in none.
    """

    id: str
    stimuli: tuple[tuple[str, str], ...]
    check: str = ""


class RatingPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in ``ratings.json``: everything is drawn once, when the study is begun."""

    settings: dict[str, Any]
    systems: tuple[RatedSystem, ...]
    trials: dict[str, tuple[RatingTrial, ...]]
    format: str = FORMAT


class RatingAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rater's answers to a trial; the last one counts.

    Attributes:
        trial: its id.
        answers: question -> answer.
        seconds: from when the trial was shown to the answer.
        heard: of the sound of each stimulus, which share was played.
        time: in seconds since 1970.
    """

    trial: Annotated[str, msgspec.Meta(max_length=40)]
    answers: dict[str, str]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=1e7)] = 0.0
    heard: tuple[Annotated[float, msgspec.Meta(ge=0, le=1)], ...] = ()
    time: float = 0.0


def plan_ratings(
    systems: Sequence[RatedSystem], dialogues: Mapping[str, Sequence[str]], settings: RatingSettings
) -> RatingPlan:
    """Draw what each rater is shown, and in which order.

    Args:
        systems: at least one; at least two for pairs.
        dialogues: system -> ids of its dialogues.
        settings: see `RatingSettings`.

    Raises:
        InputError: there is nothing to rate; or pairs are asked for and the systems share no
            dialogue.
    """
    rng = generator(settings.seed, "ratings", settings.design)
    names = [system.name for system in systems]
    units: list[tuple[tuple[str, str], ...]]
    if settings.design == "pairwise":
        if len(names) < 2:
            raise UsageError("pairs need two systems", remedy="name another one")
        shared = sorted(set.intersection(*(set(dialogues[name]) for name in names)))
        if not shared:
            raise InputError(
                f"{', '.join(names)} share no dialogue, and a pair is two versions of one",
                remedy="build the systems from the same texts, or use --design mos",
                reason="nothing-to-measure",
            )
        shared = _drawn(rng, shared, settings.items)
        units = [
            ((one, key), (other, key))
            for key in shared
            for one, other in itertools.combinations(names, 2)
        ]
    else:
        # Where systems have dialogues in common, the same ones are drawn of each.
        units = [
            ((name, key),)
            for name in names
            for key in _drawn(
                generator(settings.seed, "ratings", "items"), sorted(dialogues[name]),
                settings.items,
            )
        ]  # fmt: skip
    if not units:
        raise InputError("nothing to rate", reason="nothing-to-measure")
    order = rng.permutation(len(units))
    groups = list(
        itertools.combinations(settings.raters, settings.per_item or len(settings.raters))
    )
    given: dict[str, list[Any]] = {name: [] for name in settings.raters}
    for turn, place in enumerate(order.tolist()):
        for rater in groups[turn % len(groups)]:
            given[rater].append(units[place])
    numbers = itertools.count(1)
    trials = {
        rater: tuple(_trials(rater, mine, settings, numbers)) for rater, mine in given.items()
    }
    plain: dict[str, Any] = msgspec.to_builtins(settings)
    return RatingPlan(plain, tuple(systems), trials)


def _drawn(rng: Any, keys: Sequence[str], n: int | None) -> list[str]:
    if n is None or len(keys) <= n:
        return list(keys)
    return [keys[i] for i in sorted(rng.choice(len(keys), n, replace=False).tolist())]


def _trials(
    rater: str, units: Sequence[Any], settings: RatingSettings, numbers: Any
) -> list[RatingTrial]:
    rng = generator(settings.seed, "ratings", "order", rater)
    mine = [units[i] for i in rng.permutation(len(units)).tolist()]
    _, answers = next(iter(QUESTIONS[settings.design].values()))
    found: list[RatingTrial] = []
    every = round(1 / settings.checks) if settings.checks else 0
    for place, unit in enumerate(mine):
        sides = tuple(unit[i] for i in rng.permutation(len(unit)).tolist())
        found.append(RatingTrial(f"t{next(numbers)}", sides))
        if every and (place + 1) % every == 0:
            asked = answers[int(rng.integers(len(answers)))][0]
            again = mine[int(rng.integers(len(mine)))]
            found.append(RatingTrial(f"t{next(numbers)}", tuple(again), asked))
    return found


class RatingLog:
    """The answers of one rater. Open one with `RatingLog.open`."""

    def __init__(self, rater: str) -> None:
        self.rater = rater
        self.answers: dict[str, RatingAnswer] = {}
        self._lock = threading.Lock()
        self._file: SyncedLines | None = None

    @classmethod
    def open(cls, path: Path | str, rater: str, *, read_only: bool = False) -> Self:
        """Open a log, or begin one.

        Raises:
            InputError: it is damaged, or another's.
        """
        log = cls(rater)
        file = SyncedLines.open(path, log._line, read_only=read_only)
        if not read_only and not file.lines:
            file.append(msgspec.json.encode({"format": LOG_FORMAT, "rater": rater}))
        log._file = file
        return log

    def add(self, answer: RatingAnswer) -> None:
        """Write an answer; it is on the disk when this returns."""
        with self._lock:
            assert self._file is not None
            stamped = msgspec.structs.replace(answer, time=round(time.time(), 3))
            self._file.append(msgspec.json.encode(stamped))
            self.answers[answer.trial] = stamped

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _line(self, payload: bytes, number: int) -> None:
        if number == 1:
            if msgspec.json.decode(payload) != {"format": LOG_FORMAT, "rater": self.rater}:
                raise InputError(f"not the log of {self.rater!r}", reason="bad-labels")
            return
        try:
            answer = msgspec.json.decode(payload, type=RatingAnswer)
        except msgspec.DecodeError as error:
            raise InputError(f"line {number} is no answer: {error}", reason="bad-labels") from None
        self.answers[answer.trial] = answer


class RatingFolder(LogFolder[RatingLog]):
    """A folder of ratings. Begin or go on with `RatingFolder.begin`, look with `open`.

    Attributes:
        path: the folder.
        plan: see `RatingPlan`.
        settings: see `RatingSettings`.
    """

    def __init__(self, path: Path, plan: RatingPlan, *, read_only: bool) -> None:
        super().__init__(path, read_only=read_only)
        self.plan = plan
        self.settings = msgspec.convert(plan.settings, RatingSettings)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a folder to read.

        Raises:
            InputError: it is no folder of ratings.
        """
        return cls(Path(path), _read_plan(Path(path)), read_only=True)

    @classmethod
    def begin(cls, path: Path | str, plan: RatingPlan | None) -> Self:
        """Go on with a folder (`plan` None, or the same plan), or begin one.

        Raises:
            InputError: the folder holds something else, or another study.
            StoreError: another process rates there.
        """
        root = Path(path)
        if (root / STUDY).exists():
            there = _read_plan(root)
            if plan is not None and plan != there:
                raise InputError(
                    "holds another study", root,
                    remedy="name another folder with -o; a study is drawn once, when it is begun",
                    reason="other-corpus",
                )  # fmt: skip
        elif plan is None or (root.exists() and any(root.iterdir())):
            raise InputError(
                "holds no study of ratings", root, remedy="name another folder with -o",
                reason="output-exists",
            )  # fmt: skip
        lock = locked(root)
        if not (root / STUDY).exists():
            write_file(root / STUDY, msgspec.json.format(msgspec.json.encode(plan)))
        found = cls(root, _read_plan(root), read_only=False)
        found._lock = lock
        return found

    @property
    def people(self) -> tuple[str, ...]:
        """The raters."""
        return self.settings.raters

    def _open_log(self, path: Path, person: str, *, read_only: bool) -> RatingLog:
        return RatingLog.open(path, person, read_only=read_only)


def _read_plan(root: Path) -> RatingPlan:
    path = root / STUDY
    try:
        found = msgspec.json.decode(path.read_bytes(), type=RatingPlan)
        if found.format != FORMAT:
            raise msgspec.ValidationError(f"its format is {found.format!r}")
    except FileNotFoundError:
        raise InputError(
            "no folder of ratings", root, remedy="begin one with `interactspeech rate`",
            reason="bad-labels",
        ) from None  # fmt: skip
    except (msgspec.DecodeError, OSError) as error:
        raise InputError(f"cannot be used: {error}", path, reason="bad-labels") from None
    return found

"""The timing model: distributions of gaps, overlaps, pauses and backchannels, drawn dyad by dyad.

Dyads differ more than the moments of one dyad do, so a dialogue first draws its own parameters
(`TimingModel.draw_dyad`) and then its events (`Dyad`). Over many dialogues every variable has the
model's distribution exactly (see `distribution`). Everything here is in seconds; the planner turns
seconds into samples.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
import numpy as np

from interactspeech._typing import Float64Array
from interactspeech.atomic_files import write_file
from interactspeech.errors import InputError
from interactspeech.turntaking.distribution import (
    Distribution,
    constant,
    encode_by_field,
    normal_level,
    remove_component,
)
from interactspeech.turntaking.timing.floor_process import FloorProcess
from interactspeech.turntaking.timing.pause_places import PausePlaces

_Record = TypeVar("_Record")
_Result = TypeVar("_Result")

#: Results that are kept; the oldest make room.
_KEPT = 8


def cached_by_identity(function: Callable[[_Record], _Result]) -> Callable[[_Record], _Result]:
    """Compute `function` once for each object (by identity, which the kept reference guards)."""
    known: dict[int, tuple[_Record, _Result]] = {}

    @wraps(function)
    def remembered(record: _Record) -> _Result:
        found = known.get(id(record))
        if found is None:
            if len(known) >= _KEPT:
                known.pop(next(iter(known)))
            found = known[id(record)] = (record, function(record))
        return found[1]

    return remembered


#: What the turn before a change of floor was.
After = Literal["question", "statement", ""]

#: Where a backchannel lies: wholly inside the partner's talk; begun in it and finished after the
#: partner stopped; or begun after the partner stopped.
Place = Literal["inside", "late", "silence"]
PLACEMENTS: tuple[Place, ...] = ("inside", "late", "silence")

#: The variables of which a dyad has a tendency of its own, in the order of `correlation`.
EFFECTS: tuple[str, ...] = (
    "fto",
    "pause",
    "interruption_overlap",
    "attempt_overlap",
    "backchannel_duration",
    "backchannel_delay",
    "backchannel_lead",
    "backchannels_per_minute",
    "pauses_per_minute",
    "interruptions_per_minute",
    "failed_per_minute",
    "words_per_second",
)

#: The samples by which every interruption of the original demo overlaps, and their rate.
ORIGINAL_OVERLAP = 10_000 / 22_050


class TimingModel(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A timing model: distributions in seconds, and rates that vary over dyads.

    Attributes:
        id: name and version; it goes into every record made with the model.
        source: what the numbers come from.
        fto: floor-transfer offset of every change of floor (backchannels taken out of the floor;
            Heldner and Edlund 2010): gap, or minus the overlap between.
        after: "question" and "statement" -> distribution, over the levels of `fto` in [0, 1], of
            the offsets after such a turn.
        pause: silence inside a turn, at least 0.2 s.
        interruption_overlap: talk over talk from the onset of an interruption that takes the floor
            until the one cut off is silent; longer than the rule's 0.25 s.
        attempt_overlap: length of an attempt at the floor that fails (in overlap throughout).
        backchannel_duration: length of a backchannel.
        backchannel_delay: onset after the partner stopped, for a backchannel in silence.
        backchannel_lead: from the onset to the partner's next silence, for one in overlap.
        backchannel_places: shares of `PLACEMENTS`.
        backchannel_words: text -> share.
        backchannels_per_minute, pauses_per_minute, interruptions_per_minute, failed_per_minute:
            distribution over dyads of both speakers' events together, a minute of dialogue;
            interruptions are those that take the floor, `failed` those that do not.
        words_per_second: distribution over dyads, words a second of speech.
        words_per_minute: mean words of both speakers together a minute of dialogue.
        interruption_share: share of the changes of floor that are interruptions.
        correlation: of the dyads' tendencies, rows and columns as `EFFECTS`; empty: independent.
        borrowed: fields that the corpus said too little about, taken from another model.
        floor: the process that `simulate` draws whole conversations from, where there is one.
        pauses: where pauses lie inside a turn; None: where people of the shipped model pause.
    """

    id: str
    source: str
    fto: Distribution
    pause: Distribution
    interruption_overlap: Distribution
    attempt_overlap: Distribution
    backchannel_duration: Distribution
    backchannel_delay: Distribution
    backchannel_lead: Distribution
    backchannels_per_minute: Distribution
    pauses_per_minute: Distribution
    interruptions_per_minute: Distribution
    failed_per_minute: Distribution
    words_per_second: Distribution
    backchannel_places: dict[Place, float]
    backchannel_words: dict[str, float]
    interruption_share: float
    words_per_minute: float
    after: dict[Literal["question", "statement"], Distribution] = {}
    correlation: tuple[tuple[float, ...], ...] = ()
    borrowed: tuple[str, ...] = ()
    floor: FloorProcess | None = None
    pauses: PausePlaces | None = None

    def __post_init__(self) -> None:
        for name, shares in (
            ("backchannel_places", self.backchannel_places),
            ("backchannel_words", self.backchannel_words),
        ):
            if not shares or min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > 1e-6:
                raise ValueError(f"{name}: the shares must add up to 1")
        if not 0.0 <= self.interruption_share < 1.0:
            raise ValueError("interruption_share is in [0, 1)")
        size = len(EFFECTS)
        if self.correlation and np.shape(self.correlation) != (size, size):
            raise ValueError(f"correlation is {size} x {size}, or empty")

    @classmethod
    def human(cls) -> TimingModel:
        """The shipped model: 1,155 Switchboard calls (framework.md section 6)."""
        return _shipped("human-2.json")

    @classmethod
    def meetings(cls) -> TimingModel:
        """The shipped model of three to five people: 52 meetings of ICSI (bench/fit_company.py).

        Its rates are those of any two of the people there.
        """
        return _shipped("meetings-1.json")

    @classmethod
    def original(cls) -> TimingModel:
        """The original demo's timing: every interruption overlaps 10,000 samples at 22,050 Hz,
        every other change of floor has offset 0; no backchannels, no pauses, no failed attempts.
        """
        none = constant(0.0)
        return msgspec.structs.replace(
            cls.human(),
            id="original-1",
            source="InteractSpeech demo release: offsets 0 and 10,000 samples at 22,050 Hz",
            fto=none,
            after={},
            pause=constant(0.2),
            interruption_overlap=constant(ORIGINAL_OVERLAP),
            backchannels_per_minute=none,
            pauses_per_minute=none,
            failed_per_minute=none,
            interruption_share=0.0,
            correlation=(),
            floor=None,
        )

    @classmethod
    def load(cls, path: Path | str) -> TimingModel:
        """Read a model: a file, or the name of a shipped one ("human", "meetings",
        "original").

        Raises:
            InputError: the file cannot be read, or is no timing model; it names the field.
        """
        shipped = {"human": cls.human, "meetings": cls.meetings, "original": cls.original}
        if str(path) in shipped:
            return shipped[str(path)]()
        try:
            return msgspec.json.decode(Path(path).read_bytes(), type=cls)
        except OSError as error:
            raise InputError(
                f"cannot read the timing model: {error.strerror or error}",
                path,
                remedy="name a file written by `interactspeech fit`, or human, meetings or "
                "original",
                reason="unreadable",
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"not a timing model: {error}",
                path,
                remedy="write one with `interactspeech fit FILES... -o timing.json`",
                reason="bad-timing-model",
            ) from None

    def save(self, path: Path | str) -> None:
        """Write the model as JSON; equal models give equal bytes."""
        write_file(path, self.encode())

    def encode(self) -> bytes:
        """The model as JSON in UTF-8, one distribution a line."""
        return encode_by_field(self)

    def draw_dyad(self, rng: np.random.Generator) -> Dyad:
        """Draw one conversation's own parameters."""
        effects = rng.standard_normal(len(EFFECTS))
        if self.correlation:
            values, vectors = np.linalg.eigh(np.asarray(self.correlation))
            effects = vectors @ (np.sqrt(np.maximum(values, 0.0)) * effects)
        return self.dyad(dict(zip(EFFECTS, effects.tolist(), strict=True)))

    def dyad(self, effects: dict[str, float] | None = None) -> Dyad:
        """The dyad of the given tendencies (normal scores by name); without any, the typical one.

        A rate is a parameter that a dyad has once, so its tendency places it in the distribution.
        """
        own = dict.fromkeys(EFFECTS, 0.0) | (effects or {})
        rates = {
            name: max(0.0, getattr(self, name).at(normal_level(own[name])))
            for name in EFFECTS
            if name in RATES
        }
        return Dyad(model=self, effects=own, **rates)


RATES = frozenset(
    {
        "backchannels_per_minute",
        "pauses_per_minute",
        "interruptions_per_minute",
        "failed_per_minute",
        "words_per_second",
    }
)


class Dyad(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One conversation's own timing. Draws are seconds, float64, shape ``(n,)``.

    Attributes:
        model: where it was drawn from.
        effects: the dyad's tendencies as normal scores, by the names of `EFFECTS`.
        backchannels_per_minute, ...: see `TimingModel`; this dyad's values.
    """

    model: TimingModel
    effects: dict[str, float]
    backchannels_per_minute: float
    pauses_per_minute: float
    interruptions_per_minute: float
    failed_per_minute: float
    words_per_second: float

    @property
    def pauses_per_word(self) -> float:
        """Probability of a pause after a word inside a turn: what a writer or planner needs."""
        return min(1.0, self.pauses_per_minute / self.model.words_per_minute)

    @property
    def backchannels_per_word(self) -> float:
        """Backchannels of the listener for each word of the one who holds the floor."""
        return min(1.0, self.backchannels_per_minute / self.model.words_per_minute)

    def fto(
        self,
        rng: np.random.Generator,
        n: int,
        after: After = "",
        changes: Literal["all", "smooth"] = "smooth",
    ) -> Float64Array:
        """Floor-transfer offsets: silence before the next turn, or minus the overlap.

        Args:
            rng: where the randomness comes from.
            n: how many.
            after: what the turn before was; "" where that is unknown.
            changes: "smooth" for changes that are not interruptions (those take their overlap from
                `interruption_overlap`); "all" for any change. Both kinds, mixed at the human share,
                give the human distribution.
        """
        model = self.model
        levels = model.fto.levels_of(rng, n, self.effects["fto"])
        if after and after in model.after:
            levels = model.after[after].quantile(levels)
        offsets = _smooth(model) if changes == "smooth" else model.fto
        return offsets.quantile(levels)

    def gap(self, rng: np.random.Generator, n: int, after: After = "") -> Float64Array:
        """Offsets of changes of floor that do not overlap (at least 0)."""
        return self._one_sign(rng, n, after, positive=True)

    def overlap(self, rng: np.random.Generator, n: int, after: After = "") -> Float64Array:
        """Lengths of the overlap of smooth changes of floor that overlap (above 0)."""
        return -self._one_sign(rng, n, after, positive=False)

    def _one_sign(
        self, rng: np.random.Generator, n: int, after: After, *, positive: bool
    ) -> Float64Array:
        kept: list[Float64Array] = []
        missing = n
        while missing > 0:
            drawn = self.fto(rng, 4 * missing + 16, after)
            drawn = drawn[drawn >= 0] if positive else drawn[drawn < 0]
            if drawn.size == 0 and _smooth(self.model).cdf(0.0 if positive else -1e-9) == positive:
                # This model has no such changes at all (the original's never overlap).
                return np.zeros(n)
            kept.append(drawn[:missing])
            missing -= len(kept[-1])
        return np.concatenate(kept) if kept else np.zeros(0)

    def pause(self, rng: np.random.Generator, n: int) -> Float64Array:
        """Silences inside a turn, at least 0.2 s."""
        return self._draw("pause", rng, n)

    def interruption_overlap(self, rng: np.random.Generator, n: int) -> Float64Array:
        """Talk over talk from an interruption's onset until the one cut off is silent."""
        return self._draw("interruption_overlap", rng, n)

    def attempt_overlap(self, rng: np.random.Generator, n: int) -> Float64Array:
        """Lengths of attempts at the floor that fail."""
        return self._draw("attempt_overlap", rng, n)

    def backchannel_duration(self, rng: np.random.Generator, n: int) -> Float64Array:
        """Lengths of backchannels."""
        return self._draw("backchannel_duration", rng, n)

    def backchannel_delay(self, rng: np.random.Generator, n: int) -> Float64Array:
        """Onsets after the partner stopped, of backchannels in silence."""
        return self._draw("backchannel_delay", rng, n)

    def backchannel_lead(self, rng: np.random.Generator, n: int) -> Float64Array:
        """Times from the onset to the partner's next silence, of backchannels in overlap."""
        return self._draw("backchannel_lead", rng, n)

    def backchannel_place(self, rng: np.random.Generator, n: int) -> list[Place]:
        """Where each backchannel lies (see `Place`)."""
        shares = [self.model.backchannel_places.get(place, 0.0) for place in PLACEMENTS]
        return [PLACEMENTS[i] for i in rng.choice(len(PLACEMENTS), size=n, p=shares).tolist()]

    def backchannel_words(self, rng: np.random.Generator, n: int) -> list[str]:
        """Words of backchannels ("mm-hm"), by their frequency."""
        words = list(self.model.backchannel_words)
        shares = np.fromiter(self.model.backchannel_words.values(), dtype=np.float64)
        return [words[i] for i in rng.choice(len(words), size=n, p=shares / shares.sum()).tolist()]

    def _draw(self, name: str, rng: np.random.Generator, n: int) -> Float64Array:
        distribution: Distribution = getattr(self.model, name)
        return distribution.draw(rng, n, self.effects[name])


@cache
def _shipped(name: str) -> TimingModel:
    data = resources.files("interactspeech.turntaking.timing").joinpath("data", name)
    return msgspec.json.decode(data.read_bytes(), type=TimingModel)


@cached_by_identity
def _smooth(model: TimingModel) -> Distribution:
    """The offsets of the changes that are no interruptions."""
    if model.interruption_share <= 0:
        return model.fto
    overlap = model.interruption_overlap
    taken = Distribution(
        tuple(1.0 - level for level in reversed(overlap.levels)),
        tuple(-value for value in reversed(overlap.values)),
    )
    return remove_component(model.fto, model.interruption_share, taken)

"""How good scripts are, by program: validity, placement, ignorance, diversity, perplexity.

Nothing here needs to know who wrote them: a trained model, a commercial one, the offline writer, or
people. Shares come with Wilson's 95 % intervals.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.words import bare, content, leaks_unsaid, openness, sentences
from interactspeech.records import Backchannel, Script
from interactspeech.scripts.checks import CheckLimits, check
from interactspeech.scripts.writers.llm.memory import diversity

#: For each text the summed negative log-likelihood in nats, and the count of its tokens.
Losses = Callable[[Sequence[str]], list[tuple[float, int]]]

#: Bins of a cut's place in its sentence.
BINS = 10
_Z = 1.959963984540054


class Share(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`count` of `of`, with the 95 % interval of Wilson (1927)."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share; 0 of 0 is 0."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        if not self.of:
            return 0.0, 1.0
        p, n, z = self.value, self.of, _Z
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.value:.1f} % [{100 * low:.1f}, {100 * high:.1f}] of {self.of:,}"


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where turns are cut.

    Attributes:
        open: cuts after a word that plainly wants more after it (`lexicon.words.openness`).
        bins: cuts by their place in the sentence, in `BINS` equal parts.
        evenness: entropy of the bins over that of even ones, in [0, 1]: positions vary.
        unsaid_words: mean words of the turn that stay unsaid.
        backchannels_at_pause: backchannels after a word with punctuation (the end of a clause).
    """

    open: Share
    bins: list[int]
    evenness: float
    unsaid_words: float
    backchannels_at_pause: Share


class TextReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured.

    Attributes:
        valid: scripts that pass every check, of all that were wanted (losses count).
        failures: check, or reason of a loss -> how often.
        interruptions: turns that are cut off; `a_script`: of them.
        ignorant: interruptions that use no content word which only the unsaid part holds.
        kinds: kind of interruption -> count.
        diversity: of the interruptions' words (`scripts.writers.llm.memory.diversity`).
        perplexity: of what is said, a token, under a model; None where none was given.
    """

    scripts: int
    valid: Share
    failures: dict[str, int]
    interruptions: int
    a_script: float
    ignorant: Share
    placement: Placement
    backchannels: int
    kinds: dict[str, int]
    diversity: dict[str, float]
    perplexity: float | None = None

    def rows(self) -> list[tuple[str, str]]:
        """Name and value of each figure, for a table."""
        place = self.placement
        found = [
            ("scripts", f"{self.scripts:,}"),
            ("valid", str(self.valid)),
            ("interruptions a script", f"{self.a_script:.2f}"),
            ("interrupter ignorant of the unsaid", str(self.ignorant)),
            ("cut after a word that wants more", str(place.open)),
            ("evenness of positions", f"{place.evenness:.2f}"),
            ("words left unsaid", f"{place.unsaid_words:.1f}"),
            ("backchannels a script", f"{self.backchannels / max(1, self.scripts):.2f}"),
            ("backchannels at the end of a clause", str(place.backchannels_at_pause)),
        ]
        found += [(f"diversity, {name}", f"{value:.3f}") for name, value in self.diversity.items()]
        if self.perplexity is not None:
            found.append(("perplexity", f"{self.perplexity:.1f}"))
        return found


def measure(
    items: Iterable[Script | InputError],
    *,
    limits: CheckLimits | None = None,
    losses: Losses | None = None,
) -> TextReport:
    """Measure scripts; losses among the items count as invalid."""
    failures: Counter[str] = Counter()
    scripts: list[Script] = []
    valid = wanted = 0
    for item in items:
        wanted += 1
        if isinstance(item, InputError):
            failures[item.reason] += 1
            continue
        scripts.append(item)
        found = check(item, limits)
        valid += not found
        failures.update(f"check-{name}" for name in {failure.check for failure in found})
    cuts = [cut for script in scripts for cut in interruptions(script)]
    at_pause = [at for script in scripts for at in _backchannels_at_pause(script)]
    return TextReport(
        scripts=len(scripts),
        valid=Share(valid, wanted),
        failures=dict(sorted(failures.items())),
        interruptions=len(cuts),
        a_script=len(cuts) / max(1, len(scripts)),
        ignorant=Share(sum(not cut.leaked for cut in cuts), len(cuts)),
        placement=_placement(cuts, at_pause),
        backchannels=len(at_pause),
        kinds=dict(Counter(cut.kind or "unnamed" for cut in cuts).most_common()),
        diversity=diversity(cut.words for cut in cuts),
        perplexity=None if losses is None else perplexity(scripts, losses),
    )


class ScriptInterruption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One interruption of a script.

    Attributes:
        turn: number of the turn that is cut off.
        said, unsaid: words of that turn.
        words: of the one who cuts in.
        leaked: content words of `words` that only `unsaid` holds.
    """

    turn: int
    kind: str
    said: str
    unsaid: str
    words: str
    leaked: tuple[str, ...]


def interruptions(script: Script) -> list[ScriptInterruption]:
    """The interruptions of a script, in order."""
    found: list[ScriptInterruption] = []
    known: frozenset[str] = frozenset()
    for index, turn in enumerate(script.turns):
        known |= content(turn.said)
        if turn.cut is None or index + 1 == len(script.turns):
            continue
        words = script.turns[index + 1].said
        leaked = leaks_unsaid(words, turn.unsaid, known)
        found.append(
            ScriptInterruption(
                index, turn.cut.kind, turn.said, turn.unsaid, words, tuple(sorted(leaked))
            )
        )
    return found


def _backchannels_at_pause(script: Script) -> list[bool]:
    """For each backchannel whether the word before it ends a clause."""
    found: list[bool] = []
    for turn in script.turns:
        last = ""
        for part in turn.parts:
            if isinstance(part, Backchannel):
                found.append(bool(last) and not last[-1].isalnum())
            else:
                last = getattr(part, "text", last)
    return found


def _placement(cuts: list[ScriptInterruption], at_pause: list[bool]) -> Placement:
    bins = [0] * BINS
    open_ = unsaid = 0
    for cut in cuts:
        said, rest = cut.said.split(), cut.unsaid.split()
        at = len(said)
        unsaid += len(rest)
        open_ += bool(said and bare(said[-1]) and openness(said[-1]))
        for start, end in sentences(said + rest):
            if start < at < end:
                bins[min(BINS - 1, BINS * (at - start) // (end - start))] += 1
    total = sum(bins)
    entropy = -sum(count / total * math.log(count / total) for count in bins if count)
    return Placement(
        open=Share(open_, len(cuts)),
        bins=bins,
        evenness=entropy / math.log(BINS) if total else 0.0,
        unsaid_words=unsaid / max(1, len(cuts)),
        backchannels_at_pause=Share(sum(at_pause), len(at_pause)),
    )


def perplexity(scripts: Sequence[Script], losses: Losses) -> float:
    """Perplexity a token of what is said, each script as lines ``A: ...`` (Jelinek et al. 1977)."""
    texts = ["\n".join(f"{turn.speaker}: {turn.said}" for turn in one.turns) for one in scripts]
    found = losses(texts)
    tokens = sum(count for _, count in found)
    return math.exp(sum(loss for loss, _ in found) / tokens) if tokens else math.nan

"""The framework once more, written from docs/framework.md alone, sample by sample, for tests.

It shares nothing with the package but the numbers in a `RuleSet`, the phrase lists and the shape of
the answer: no intervals, no sorting, no arrays; only questions about single samples.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby, pairwise

from interactspeech.turntaking import DEFAULT, RuleSet, Timeline


class Naive:
    """Layer 1 and layer 2 of a (short) conversation.

    Attributes:
        runs: list of (start, end, frozenset of speakers, class).
        transitions: list of (class, start, end, before, after).
        events: list of (type, speaker, partner, start, end, attributes).
    """

    def __init__(self, timeline: Timeline, rules: RuleSet = DEFAULT) -> None:
        self.names = timeline.speakers
        self.length = timeline.length
        self.rules = rules
        self.rate = timeline.rate
        self.words = {
            name: [
                (text, int(start), int(end), bool(fragment))
                for text, (start, end), fragment in zip(
                    track.texts, track.times, track.fragment, strict=True
                )
            ]
            for name, track in timeline.words.items()
        }
        self.on = {name: [False] * self.length for name in self.names}
        for name, rows in timeline.activity.items():
            for start, end in rows:
                for i in range(int(start), int(end)):
                    self.on[name][i] = True
        for name in self.names:
            self._bridge(self.on[name])
        self.ipus = {name: stretches(self.on[name]) for name in self.names}
        self.state = [frozenset(n for n in self.names if self.on[n][i]) for i in range(self.length)]
        self._layer1()
        self._feedback()
        self._units()
        self.events: list[tuple] = []
        self._layer2()

    def ms(self, samples: int) -> Fraction:
        return Fraction(samples * 1000, self.rate)

    def _bridge(self, on: list[bool]) -> None:
        silent = stretches([not x for x in on])
        for start, end in silent:
            if start > 0 and end < self.length and self.ms(end - start) < self.rules.bridge_ms:
                on[start:end] = [True] * (end - start)

    # Layer 1

    def _layer1(self) -> None:
        pieces = [(next(group), state) for state, group in groupby(range(self.length), self._at)]
        starts = [start for start, _ in pieces] + [self.length]
        runs = [(a, b, s) for (a, s), b in zip(pieces, starts[1:], strict=True)]
        single = [i for i, run in enumerate(runs) if len(run[2]) == 1]
        kinds = ["mixed"] * len(runs)
        self.transitions = []
        for i, j in pairwise(single):
            between = runs[i + 1 : j]
            counts = {min(len(s), 2) for _, _, s in between}
            (before,), (after,) = runs[i][2], runs[j][2]
            if not between:
                kind = "latch"
            elif counts == {0}:
                kind = "pause" if before == after else "gap"
            elif counts == {2}:
                kind = "overlap_within" if before == after else "overlap_between"
            else:
                kind = "mixed"
            for k in range(i + 1, j):
                kinds[k] = kind
            self.transitions.append((kind, runs[i][1], runs[j][0], before, after))
        for i in single:
            kinds[i] = "speech"
        for i in {0, len(runs) - 1}:
            if runs and not runs[i][2]:
                kinds[i] = "edge"
        self.runs = [(*run, kind) for run, kind in zip(runs, kinds, strict=True)]

    def _at(self, i: int) -> frozenset[str]:
        return self.state[i]

    # Backchannels and units

    def _said(self, name: str, start: int, end: int) -> list[tuple[str, int, int, bool]]:
        """The words whose middle lies in [start, end)."""
        return [w for w in self.words.get(name, []) if start <= Fraction(w[1] + w[2], 2) < end]

    def _kind(self, texts: list[str]) -> str:
        lists = {
            "continuer": self.rules.continuers,
            "acknowledgement": self.rules.acknowledgements,
            "reaction": self.rules.reactions,
        }
        plain = [t.lower().strip(".,?!-") for t in texts]
        found = []
        for word in plain:  # the test vocabulary has single words only
            kinds = [kind for kind, phrases in lists.items() if word in phrases]
            if not kinds:
                return ""
            found += kinds
        for kind in ("reaction", "acknowledgement", "continuer"):
            if kind in found:
                return kind
        return ""

    def _like(self, name: str, start: int, end: int) -> bool:
        """Short, isolated, and of feedback words where words are known."""
        rules = self.rules
        texts = [w[0] for w in self._said(name, start, end)]
        if self.ms(end - start) > rules.backchannel_max_ms or (texts and not self._kind(texts)):
            return False
        for step, edge in ((-1, start), (1, end)):
            i = edge if step > 0 else edge - 1
            silence = 0
            while 0 <= i < self.length and not self.on[name][i]:
                silence += 1
                i += step
            if 0 <= i < self.length and self.ms(silence) < rules.isolation_ms:
                return False
        return True

    def _feedback(self) -> None:
        like = {(n, s, e) for n in self.names for s, e in self.ipus[n] if self._like(n, s, e)}
        talk = {n: [(s, e) for s, e in self.ipus[n] if (n, s, e) not in like] for n in self.names}
        self.partner: dict[tuple[str, int, int], str] = {}
        for name, start, end in like:
            own = max((e for s, e in talk[name] if s < start), default=-1)
            holders = []
            for rank, other in enumerate(self.names):
                before = [(s, e) for s, e in talk[other] if s < start]
                if other == name or not before:
                    continue
                s, e = before[-1]
                if e > start:
                    holders.append((0, s, rank, other))
                elif self.ms(start - e) <= self.rules.turn_pause_ms and e > own:
                    holders.append((1, -e, rank, other))
            if not holders:
                continue
            other = min(holders)[-1]
            following = [s for s, e in self.ipus[other] if e > end]
            again = [s for s, e in self.ipus[name] if s >= end]
            if not following:
                continue
            wait = max(0, following[0] - end)
            if self.ms(wait) > self.rules.turn_pause_ms:
                continue
            if again and following[0] >= again[0]:
                continue
            self.partner[name, start, end] = other

    def _units(self) -> None:
        self.talk = {
            n: [(s, e) for s, e in self.ipus[n] if (n, s, e) not in self.partner]
            for n in self.names
        }
        self.loud = {n: [False] * self.length for n in self.names}
        for name, rows in self.talk.items():
            for s, e in rows:
                self.loud[name][s:e] = [True] * (e - s)
        self.units: dict[str, list[list[tuple[int, int]]]] = {}
        for name, rows in self.talk.items():
            units: list[list[tuple[int, int]]] = []
            for s, e in rows:
                if units and not self._ends(name, units[-1][-1][1], s):
                    units[-1].append((s, e))
                else:
                    units.append([(s, e)])
            self.units[name] = units

    def _covers(self, other: str, start: int, end: int) -> bool:
        return all(self.loud[other][start - 1 : end + 1]) and (
            self.ms(end - start) <= self.rules.overlap_pause_ms
        )

    def _ends(self, name: str, start: int, end: int) -> bool:
        """Whether the silence [start, end) of `name` ends a unit."""
        longest = 2 * (self.rules.turn_pause_ms * self.rate // 1000)
        longest += self.rules.backchannel_max_ms * self.rate // 1000
        if end - start > longest:
            return True
        silent = stretches([not s for s in self.state[start:end]])
        if any(self.ms(b - a) > self.rules.turn_pause_ms for a, b in silent):
            return True
        return any(
            any(self.loud[other][start:end]) and not self._covers(other, start, end)
            for other in self.names
            if other != name
        )

    # Layer 2

    def _add(self, kind: str, who: str, partner: str, start: int, end: int, /, **more) -> None:
        attributes = {name: value for name, value in more.items() if value is not None}
        self.events.append((kind, who, partner, start, end, tuple(sorted(attributes.items()))))

    def _layer2(self) -> None:
        for (name, s, e), other in self.partner.items():
            kind = self._kind([w[0] for w in self._said(name, s, e)])
            talks = any(a < s < b for a, b in self._talk_without_feedback(other))
            self._add(
                *("backchannel", name, other, s, e),
                kind=kind or None,
                placement="overlap" if talks else "silence",
            )
        for name, units in self.units.items():
            for unit in units:
                self._onset(name, unit)
                self._pauses(name, unit)
        self._overlaps()
        self._hold_shift()

    def _talk_without_feedback(self, name: str) -> list[tuple[int, int]]:
        return [(s, e) for s, e in self.ipus[name] if not self._like(name, s, e)]

    def _onset(self, name: str, unit: list[tuple[int, int]]) -> None:
        start, end = unit[0][0], unit[-1][1]
        others = [n for n in self.names if n != name]
        over = [
            (u[0][0], -u[-1][1], self.names.index(n), n)
            for n in others
            for u in self.units[n]
            if any(s < start < e for s, e in u)
        ]
        if over:
            _, minus, _, other = min(over)
            self._cut_in(name, unit, other, -minus)
            return
        last = max(
            ((e, -self.names.index(n), n) for n in others for e in self._ended(n, start)),
            default=(-1, 0, ""),
        )
        own = max(self._ended(name, start))
        if last[0] < 0 and own < 0:
            self._add("turn", name, "", start, end, onset="first")
        elif own > last[0]:
            self._add("turn", name, "", start, end, onset="resume", silence=start - own)
        else:
            fto, other = start - last[0], last[2]
            gap = self.ms(fto) >= self.rules.min_gap_ms
            self._add("turn", name, other, start, end, onset="gap" if gap else "smooth", fto=fto)
            if gap:
                self._add("gap", name, other, last[0], start, fto=fto)
            before = [[(s, e)] for s, e in self.talk[other] if e == last[0]]
            near = self.ms(fto) <= self.rules.turn_pause_ms
            if near and self._complete(other, before[0]) is False:
                self._add("silent_interruption", name, other, last[0], start, fto=fto)

    def _ended(self, name: str, time: int) -> list[int]:
        return [-1, *(e for _, e in self.talk.get(name, []) if e <= time)]

    def _cut_in(self, name: str, unit: list[tuple[int, int]], other: str, other_end: int) -> None:
        start, end = unit[0][0], unit[-1][1]
        taken = end > other_end
        stop = min(end, other_end)
        outcome = "taken" if taken else "failed"
        fto = start - other_end if taken else None
        if taken:
            self._add("turn", name, other, start, end, onset="overlapped", fto=fto)
        if self.ms(other_end - start) <= self.rules.terminal_ms:
            self._add("terminal_overlap", name, other, start, stop, outcome=outcome, fto=fto)
            return
        cut = next(u for u in self.units[other] if u[-1][1] == other_end)
        self._add(
            *("interruption", name, other, start, stop),
            outcome=outcome,
            overlap=stop - start,
            floor_transfer=stop if taken else None,
            complete=self._complete(other, cut) if taken else None,
        )

    def _unfinished(self, word: tuple[str, int, int, bool]) -> bool:
        text, _, _, fragment = word
        return fragment or text.endswith("-") or text.lower() in self.rules.incomplete

    def _complete(self, name: str, unit: list[tuple[int, int]]) -> bool | None:
        said = self._said(name, *unit[-1])
        return not self._unfinished(said[-1]) if said else None

    def _pauses(self, name: str, unit: list[tuple[int, int]]) -> None:
        fills = [(s, e, self._said(name, s, e)) for s, e in unit]
        for (_, a, said), (b, _, then) in pairwise(fills):
            others = [n for n in self.names if n != name]
            if any(self._covers(n, a, b) for n in others):
                continue
            if self.ms(b - a) < self.rules.min_pause_ms:
                continue
            soon = b + rules_horizon(self.rules, self.rate)
            first = [word for word in then if word[2] <= soon][:1]
            hesitation = None
            if said or first:
                hesitation = bool(
                    (said and (said[-1][0] == "um" or self._unfinished(said[-1])))
                    or (first and first[0][0] == "um")
                )
            count = sum(a <= s < b for n, s, _ in self.partner if n != name)
            self._add(
                *("pause", name, "", a, b),
                fill="silent",
                hesitation=hesitation,
                backchannels=count or None,
            )
        for s, e, said in fills:
            for text, a, b, _ in said:
                if text == "um":
                    self._add("filled_pause", name, "", max(s, a), min(e, b))

    def _overlaps(self) -> None:
        for a, b in stretches([len(s) > 1 for s in self.state]):
            before = self.state[a - 1] if a else frozenset()
            new = [n for n in self.names if n in self.state[a] - before]
            old = [n for n in self.names if n in before] or [
                n for n in self.names if n in self.state[a] and n != new[0]
            ]
            kind = next(kind for s, _, _, kind in self.runs if s == a)
            self._add("overlap", new[0], old[0], a, b, **{"class": kind})

    def _alone(self, name: str, start: int, end: int, *, ahead: bool) -> bool:
        """Whether `name` alone talks throughout [start, end), own short pauses included."""
        if start < 0 or end > self.length:
            return False
        i, step = (start, 1) if ahead else (end - 1, -1)
        while start <= i < end:
            if self.state[i] == {name}:
                i += step
                continue
            if self.state[i]:
                return False
            quiet = i
            while 0 <= i < self.length and not self.state[i]:
                i += step
            inside = 0 <= i < self.length and self.state[i] == {name}
            if not inside or self.ms(abs(i - quiet)) > self.rules.turn_pause_ms:
                return False
        return True

    def _hold_shift(self) -> None:
        rules = self.rules
        before_n = -(-rules.hold_before_ms * self.rate // 1000)
        after_n = -(-rules.hold_after_ms * self.rate // 1000)
        for kind, a, b, before, after in self.transitions:
            if kind not in ("pause", "gap") or self.ms(b - a) < rules.hold_silence_ms:
                continue
            if not self._alone(before, a - before_n, a, ahead=False):
                continue
            if not self._alone(after, b, b + after_n, ahead=True):
                continue
            if kind == "pause":
                self._add("hold", after, "", a, b)
            else:
                self._add("shift", after, before, a, b, fto=b - a)


def rules_horizon(rules: RuleSet, rate: int) -> int:
    return rules.horizon_ms * rate // 1000


def stretches(on: list[bool]) -> list[tuple[int, int]]:
    """Maximal stretches of True, as half-open intervals."""
    found, start = [], None
    for i, x in enumerate([*on, False]):
        if x and start is None:
            start = i
        elif not x and start is not None:
            found.append((start, i))
            start = None
    return found

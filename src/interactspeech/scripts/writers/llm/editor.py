"""One dialogue through all stages: every answer is checked by program, and asked for again once.

The order: fold turns that only acknowledge, tell the source's summary (where that is asked for),
find places, write each interruption (the model is never shown the unsaid part), resume
the interrupted turn, add backchannels and hesitations, review and repair the whole script.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from interactspeech.errors import InputError
from interactspeech.lexicon.words import content, leaks_unsaid
from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    PlainDialogue,
    Script,
    Turn,
)
from interactspeech.scripts.checks import CheckLimits, check, irrelevant_words
from interactspeech.scripts.kinds import DISTRACTING_KINDS, KINDS
from interactspeech.scripts.notation import format_script, parse_script
from interactspeech.scripts.writers.folding import asks
from interactspeech.scripts.writers.llm import draft, stages
from interactspeech.scripts.writers.llm.answers import BadAnswerError, parse
from interactspeech.scripts.writers.llm.client import Client
from interactspeech.scripts.writers.llm.memory import Snapshot, Written, opening
from interactspeech.scripts.writers.llm.mix import DialogueMix, RequestedInterruption
from interactspeech.scripts.writers.telling import TellingName

T = TypeVar("T")

_TAKEN_WORDS, _FAILED_WORDS, _REPLY_WORDS, _TOLD_WORDS = 40, 8, 60, 90
#: Share of the unsaid content words that the speaker must come back to.
_TAKEN_UP = 0.5
_QUOTED = 4000


class RejectedTwiceError(InputError):
    """An answer and its retry failed their checks."""


class ScriptEditor:
    """Makes one dialogue interactive.

    Args:
        plain: the dialogue.
        plan: what is to happen in it.
        memory: what was written before.
        client: the service.
        caught: counts of checks that failed; added to.
        limits: of the final checks.
        writer: goes into `Script.writer`.
        telling: as in `LLMSettings`.
    """

    def __init__(
        self,
        plain: PlainDialogue,
        plan: DialogueMix,
        memory: Snapshot,
        client: Client,
        caught: Counter[str],
        limits: CheckLimits,
        writer: str,
        telling: TellingName = "off",
    ) -> None:
        self._plain, self._plan, self._memory = plain, plan, memory
        self._client, self._caught, self._limits = client, caught, limits
        self._writer = writer
        self._telling = telling
        self._lines = draft.lines_of(plain, fold=telling != "off")
        self._written = Written([], [], [], [])

    async def edit(self) -> tuple[Script, Written]:
        """The script, and what it adds to the memory.

        Raises:
            InputError: an answer failed its check twice (reason ``llm-<check>``), or the service
                did not answer.
        """
        await self._lengthen()
        if self._plan.interruptions:
            places = await self._ask("places", self._places_data(), self._places)
            shift = 0
            for number, at, wanted in places:
                shift += await self._interrupt(number + shift, at, wanted)
        plan = self._plan
        if plan.backchannels + plan.hesitations + plan.repairs:
            added = await self._ask("listen", self._listen_data(), self._marks)
            self._lines = added
        script = await self._read_over()
        for turn in script.turns:
            self._written.heard.extend(
                part.text for part in turn.parts if isinstance(part, Backchannel)
            )
        return script, self._written

    # -- longer turns --------------------------------------------------------------------------

    async def _lengthen(self) -> None:
        """Fold what only acknowledges, and let one of the two tell the source's summary."""
        if self._telling == "off":
            return
        open_ = draft.may_acknowledge(self._lines)
        if open_:
            data = {
                "turns": self._told(self._lines),
                "open": [number + 1 for number in open_],
            }
            try:
                self._lines = await self._ask("fold", data, self._folded)
            except RejectedTwiceError:
                self._caught["left-out-fold"] += 1  # the turns stay as they are written
        if self._telling == "narrative" and self._plain.summary and not self._lines[-1].marks:
            await self._tell()
        room = sum(has_room(line) for line in self._lines)
        if len(self._plan.interruptions) > room:
            wanted = self._plan.interruptions[:room]
            self._plan = msgspec.structs.replace(self._plan, interruptions=wanted)

    def _folded(self, answer: dict[str, Any], last: bool) -> list[draft.DraftLine]:
        """The folded lines; in the retried answer, turns that fail are left out."""
        numbers = [one["turn"] - 1 for one in answer["turns"]]
        if not last:
            return draft.fold_answered(self._lines, numbers)
        kept: list[int] = []
        for number in numbers:
            try:
                draft.fold_answered(self._lines, [*kept, number])
            except BadAnswerError as bad:
                self._caught[f"left-out-{bad.check}"] += 1
            else:
                kept.append(number)
        return draft.fold_answered(self._lines, kept)

    async def _tell(self) -> None:
        """Add the summary, told by whoever speaks last, to the last turn."""
        line = self._lines[-1]
        if asks(line.tokens):
            return
        other = next(one.speaker for one in self._lines if one.speaker != line.speaker)
        known = content(self._plain.summary).union(
            *(content(turn.text) for turn in self._plain.turns)
        )

        def told_(answer: dict[str, Any], _: bool) -> str:
            self._by(answer, line.speaker)
            text = draft.spoken(answer["words"], _TOLD_WORDS)
            invented = content(text) - known
            if invented:
                raise BadAnswerError(
                    "invented", f"speaks of {', '.join(sorted(invented))}, which nobody said"
                )
            if "?" in text:
                raise BadAnswerError("asks", "a question would need an answer")
            summary = content(self._plain.summary)
            if len(summary & content(text)) < _TAKEN_UP * len(summary):
                raise BadAnswerError("summary-lost", "tells too little of the summary")
            return text

        data = {
            "turns": self._told(self._lines),
            "summary": self._plain.summary.replace(f"#{line.speaker}#", line.speaker).replace(
                f"#{other}#", other
            ),
            "speaker": line.speaker,
        }
        try:
            text = await self._ask("tell", data, told_)
        except RejectedTwiceError:
            self._caught["left-out-tell"] += 1  # the dialogue is whole without it
            return
        written = line.written or " ".join(line.tokens)
        line.written = f"{written} [summary: {self._plain.summary}]"
        if line.tokens[-1][-1].isalnum():
            line.tokens[-1] += "."
        line.tokens = [*line.tokens, *text.split()]

    # -- find places ---------------------------------------------------------------------------

    def _places_data(self) -> dict[str, Any]:
        wanted = [
            {"interruption": number, **_described(one)}
            for number, one in enumerate(self._plan.interruptions)
        ]
        room = [number + 1 for number, line in enumerate(self._lines) if has_room(line)]
        return {"turns": self._told(self._lines), "open": room, "interruptions": wanted}

    def _places(
        self, answer: dict[str, Any], _: bool
    ) -> list[tuple[int, int, RequestedInterruption]]:
        """Line, word and kind of each interruption, in the order of the lines."""
        found: dict[int, tuple[int, int, RequestedInterruption]] = {}
        for place in answer["places"]:
            which, number = place["interruption"], place["turn"] - 1
            if not 0 <= which < len(self._plan.interruptions) or not 0 <= number < len(self._lines):
                raise BadAnswerError("place-not-found", "there is no such interruption or turn")
            if any(number == other for other, _, _ in found.values()):
                raise BadAnswerError("place", f"turn {number + 1} is interrupted twice")
            if not has_room(self._lines[number]):
                raise BadAnswerError("place", f"turn {number + 1} is not open")
            tokens = self._lines[number].tokens
            at = draft.find(tokens, place["after"])
            if not draft.can_cut(tokens, at):
                raise BadAnswerError(
                    "place",
                    f"{place['after'][:60]!r} lies in the first or last words of its sentence",
                )
            found[which] = (number, at, self._plan.interruptions[which])
        if len(found) < len(self._plan.interruptions):
            raise BadAnswerError("place-missing", "not every interruption has a place")
        return sorted(found.values(), key=lambda place: place[:2])

    # -- write the interruption, complete the unsaid part ------------------------------------------

    async def _interrupt(self, number: int, at: int, wanted: RequestedInterruption) -> int:
        """Write one interruption; how many lines it put in."""
        line = self._lines[number]
        other = next(one.speaker for one in self._lines if one.speaker != line.speaker)
        before = self._lines[:number]
        said, unsaid = " ".join(line.tokens[:at]), " ".join(line.tokens[at:])
        known = content(said).union(*(content(one.said) for one in before))
        heard = [*self._told(before), {"n": number + 1, "speaker": line.speaker, "words": said}]

        def words_(answer: dict[str, Any], last: bool) -> str:
            self._by(answer, other)
            most = _TAKEN_WORDS if wanted.outcome == "taken" else _FAILED_WORDS
            text = draft.spoken(answer["words"], most)
            leaked = leaks_unsaid(text, unsaid, known)
            if leaked:
                raise BadAnswerError(
                    "ignorance", f"uses {', '.join(sorted(leaked))}, which was not said yet"
                )
            strange = irrelevant_words(text, known)
            if strange and wanted.kind not in DISTRACTING_KINDS:
                raise BadAnswerError(
                    "relevance",
                    f"speaks of {', '.join(sorted(strange))}; take up a word that was said",
                )
            if not last and wanted.outcome == "taken" and opening(text) in self._stale():
                raise BadAnswerError("stale-opening", f"{opening(text)!r} was used lately")
            return text

        data = {
            "turns": heard,
            "speaker": other,
            "opening": wanted.opening,
            "recent": self._stale(),
            **_described(wanted),
        }
        text = await self._ask("interrupt", data, words_)
        self._written.kinds.append(wanted.kind)
        if wanted.outcome == "failed":
            trial = text.strip(" .,!;")
            line.marks.append((at, FailedInterruption(other, trial, wanted.kind, wanted.style)))
            return 0
        self._written.interruptions.append(text)

        def reply_(answer: dict[str, Any], _: bool) -> str:
            self._by(answer, line.speaker)
            reply = draft.spoken(answer["words"], _REPLY_WORDS + len(unsaid.split()))
            left = content(unsaid)
            if left and len(left & content(reply)) < _TAKEN_UP * len(left):
                raise BadAnswerError(
                    "unsaid-lost", f"does not come back to {', '.join(sorted(left))}"
                )
            return reply

        after = self._lines[number + 1 : number + 2]
        data = {
            "turns": [*heard, {"n": number + 2, "speaker": other, "words": text}],
            "unsaid": unsaid,
            "speaker": line.speaker,
            "next": after[0].said if after else "",
            "recent": self._memory.replies,
        }
        reply = await self._ask("complete", data, reply_)
        self._written.replies.append(reply)
        draft.interrupt(
            self._lines, number, at, Interruption(wanted.kind, wanted.style), text, reply
        )
        return 2

    def _stale(self) -> list[str]:
        return [*self._memory.openings, *map(opening, self._written.interruptions)]

    # -- backchannels, hesitations, repairs --------------------------------------------------------

    def _listen_data(self) -> dict[str, Any]:
        wanted = {
            "backchannel": self._plan.backchannels,
            "hesitation": self._plan.hesitations,
            "repair": self._plan.repairs,
        }
        return {
            "turns": self._told(self._lines),
            "wanted": wanted,
            "recent": self._memory.heard,
        }

    def _marks(self, answer: dict[str, Any], last: bool) -> list[draft.DraftLine]:
        """The lines with the marks; in the retried answer, marks that fail are left out."""
        lines = [_copy(line) for line in self._lines]
        room = Counter(self._listen_data()["wanted"])
        room["pause"] = 1 + room["hesitation"]
        for mark in answer["marks"]:
            try:
                _mark(lines, mark, room)
            except BadAnswerError as bad:
                if not last:
                    raise
                self._caught[f"left-out-{bad.check}"] += 1
        return lines

    # -- check and repair --------------------------------------------------------------------------

    async def _read_over(self) -> Script:
        """The finished script, read over by the service and checked by program."""
        script = draft.script_of(self._plain, self._lines, self._writer)
        problems = self._problems(script)
        added = {n for n, line in enumerate(self._lines) if line.role != "source"}
        if not added and not problems:
            return script  # nothing here that needs an actor's ear
        bare_script = msgspec.structs.replace(script, names={})
        try:
            text = format_script(bare_script, header=False)
        except InputError as error:
            raise InputError(error.problem, reason="llm-notation") from None
        data = {
            "script": text,
            "added": [script.turns[n].said for n in sorted(added)],
            "problems": [problem for _, problem in problems],
        }

        def mended(answer: dict[str, Any], _: bool) -> Script:
            if answer["verdict"] == "good":
                if problems:
                    raise BadAnswerError(*problems[0])
                return script
            if answer["verdict"] != "mended":
                raise BadAnswerError("shape", "the verdict is neither good nor mended")
            try:
                turns = parse_script(answer["script"]).turns
            except InputError as error:
                raise BadAnswerError("notation", str(error)[:200]) from None
            new = msgspec.structs.replace(script, turns=_with_sources(script.turns, turns))
            wrong = draft.changed(script, new, added)
            if wrong:
                raise BadAnswerError("changed-source", wrong)
            for failure in self._problems(new):
                raise BadAnswerError(*failure)
            return new

        try:
            return await self._ask("mend", data, mended)
        except RejectedTwiceError:
            # A reading that failed spoils nothing where the program has nothing against the script.
            if problems:
                raise
            return script

    def _problems(self, script: Script) -> list[tuple[str, str]]:
        return [
            (failure.check, f"line {failure.turn + 1}: {failure.problem}")
            for failure in check(script, self._limits)
        ]

    # -- asking ------------------------------------------------------------------------------------

    async def _ask(
        self, name: str, data: dict[str, Any], read: Callable[[dict[str, Any], bool], T]
    ) -> T:
        """One stage: request, check, and retry a bad answer once."""
        stage = stages.load().named(name)
        messages = stages.messages(stage, data)
        for last in (False, True):
            answer = await self._client.ask(stage, messages)
            try:
                value, prose = parse(answer, stage.schema)
                if prose:
                    self._caught["prose"] += 1
                return read(value, last)
            except BadAnswerError as bad:
                self._caught[bad.check] += 1
                if last:
                    raise RejectedTwiceError(
                        f"dialogue {self._plain.id}, stage {name}: {bad.problem}",
                        self._plain.file or None,
                        self._plain.line or None,
                        reason=f"llm-{bad.check}",
                    ) from None
                again = (
                    f"That answer was not used: {bad.problem} (check: {bad.check}). Do the same "
                    "task again, on the same data, and answer with the JSON object alone."
                )
                messages = [
                    *messages,
                    {"role": "assistant", "content": answer.text[:_QUOTED] or "(nothing)"},
                    {"role": "user", "content": again},
                ]
        raise AssertionError  # the loop returns or raises

    def _by(self, answer: dict[str, Any], speaker: str) -> None:
        if answer["speaker"].strip() != speaker:
            raise BadAnswerError(
                "wrong-speaker", f"{speaker} speaks here, not {answer['speaker'][:20]!r}"
            )

    def _told(self, lines: list[draft.DraftLine]) -> list[dict[str, Any]]:
        return [
            {"n": number + 1, "speaker": line.speaker, "words": line.said}
            for number, line in enumerate(lines)
        ]


def has_room(line: draft.DraftLine) -> bool:
    """Whether a turn can be interrupted at all; what was heard in it must not be cut off."""
    tokens = line.tokens
    return not line.marks and any(draft.can_cut(tokens, at) for at in range(1, len(tokens)))


def _mark(lines: list[draft.DraftLine], mark: dict[str, Any], room: Counter[str]) -> None:
    """Add one mark, and count it."""
    number, what = mark["turn"] - 1, mark["what"]
    if not 0 <= number < len(lines):
        raise BadAnswerError("place-not-found", f"there is no turn {number + 1}")
    if what in room and not room[what]:
        raise BadAnswerError("too-many-marks", f"more {what}s than were wanted")
    line = lines[number]
    other = next(one.speaker for one in lines if one.speaker != line.speaker)
    draft.add_mark(line, other, what, mark["after"], mark["text"])
    room[what] -= 1


def _described(wanted: RequestedInterruption) -> dict[str, str]:
    kind = KINDS[wanted.kind]
    return {
        "kind": kind.name,
        "meaning": kind.meaning,
        "example": kind.example,
        "style": wanted.style,
        "outcome": wanted.outcome,
    }


def _copy(line: draft.DraftLine) -> draft.DraftLine:
    """A copy of a line, with marks of its own."""
    return draft.DraftLine(
        line.speaker, line.tokens, line.role, line.written, line.cut, list(line.marks)
    )


def _with_sources(old: tuple[Turn, ...], new: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The new turns with the source's own text, which the notation does not hold."""
    if len(old) != len(new):
        return new
    return tuple(
        msgspec.structs.replace(turn, written=before.written)
        for before, turn in zip(old, new, strict=True)
    )

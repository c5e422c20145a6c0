"""Many dialogues at a time through a service, in order, with a memory that does not depend on luck.

Dialogues go in batches of `BATCH`, of which `AHEAD` are in work at a time. All of a batch see the
same memory: that of the batches that had to be finished before it could begin. So who answers first
changes nothing, and requests do not run dry while one long dialogue is waited for. Snapshots are
recorded beside the answers: a run that goes on asks with the same memory, and so finds its answers
again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts.checks import CheckLimits, check, refusal_error
from interactspeech.scripts.writers.llm import stages
from interactspeech.scripts.writers.llm.client import Cache, Client, Service, Spending, key_of
from interactspeech.scripts.writers.llm.draft import lines_of, script_of
from interactspeech.scripts.writers.llm.editor import ScriptEditor, has_room
from interactspeech.scripts.writers.llm.memory import Snapshot, WritingMemory, Written, diversity
from interactspeech.scripts.writers.llm.mix import MIX, plan
from interactspeech.scripts.writers.telling import TellingName
from interactspeech.settings import Settings

#: Dialogues that share a memory.
BATCH = 16
#: Batches in work at a time. A dialogue asks one thing after the other, four on average and ten at
#: most: about half of those in work have a request in flight while the slowest of a batch end.
AHEAD = 10

Item = PlainDialogue | Script | InputError
_Done = tuple[Script | InputError, Written | None]


class LLMSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """What is written.

    Attributes:
        interruptions, backchannels: times the rate of people.
        max_interruptions: in a dialogue.
        mix: kind of interruption -> weight.
        telling: how turns become longer: "off"; "fold", turns that only acknowledge become
            backchannels (the service is asked about those that no list knows); "narrative", one of
            the two also tells the source's own summary.
    """

    interruptions: float = 1.0
    backchannels: float = 1.0
    max_interruptions: int = 2
    mix: dict[str, float] = msgspec.field(default_factory=lambda: dict(MIX))
    telling: TellingName = "fold"


class LLMWriter:
    """Makes dialogues interactive with a service.

    Args:
        service: which, and how it is asked.
        settings: what is written.
        seed: of the corpus.
        cache: recorded answers and memories.
        spending: prices and limits; counts what is spent.
        blocked: words and phrases that no script may hold (`CheckLimits.blocked`).

    Attributes:
        caught: check -> how often an answer failed it (repaired or not).
        client: for its counts.

    Raises:
        MissingExtraError, InputError: see `Client`.
    """

    def __init__(
        self,
        service: Service,
        settings: LLMSettings | None = None,
        *,
        seed: int = 0,
        cache: Cache | None = None,
        spending: Spending | None = None,
        blocked: frozenset[str] = frozenset(),
    ) -> None:
        self.settings = settings or LLMSettings()
        self.caught: Counter[str] = Counter()
        self.name = f"llm {stages.load().version} {' '.join(service.model.split())}"
        self._seed = seed
        self._cache = cache or Cache(None)
        self.client = Client(
            msgspec.structs.replace(service, seed=seed), self._cache, spending or Spending()
        )
        self._identity = key_of(self.name, stages.digest(), msgspec.to_builtins(self.settings))
        self._limits = CheckLimits(
            speakers=2, interruptions=max(self.settings.max_interruptions, 2), blocked=blocked
        )
        self._memory = WritingMemory()
        self._interruptions: list[str] = []

    @property
    def diversity(self) -> dict[str, float]:
        """How varied the interruptions were (see `memory.diversity`)."""
        return diversity(self._interruptions)

    def report(self) -> dict[str, Any]:
        """Counts of this run as plain data: requests, tokens, cost, bad answers, diversity."""
        spending = self.client.spending
        return {
            "asked": spending.asked,
            "recorded": spending.recorded,
            "retried": self.client.retried,
            "tokens": spending.prompt_tokens + spending.answer_tokens,
            "cost": spending.cost,
            "caught": dict(sorted(self.caught.items())),
            "diversity": self.diversity,
        }

    def write(self, items: Iterable[Item]) -> Iterator[Script | InputError]:
        """A script, or why there is none, for each dialogue in order.

        Scripts and errors among the items come out as they are. Closing the iterator ends all
        requests.
        """
        left = iter(items)
        running: deque[list[asyncio.Task[_Done]]] = deque()
        with asyncio.Runner() as runner:
            try:
                while True:
                    batch = list(islice(left, BATCH))
                    if batch:
                        running.append(runner.run(self._begin(batch)))
                    if not running:
                        return
                    if batch and len(running) < AHEAD:
                        continue
                    for outcome, written in runner.run(_all(running.popleft())):
                        if written is not None:
                            self._memory.add(written)
                            self._interruptions += written.interruptions
                        yield outcome
            finally:
                for task in [task for batch_ in running for task in batch_]:
                    task.cancel()
                runner.run(self.client.close())

    async def _begin(self, batch: list[Item]) -> list[asyncio.Task[_Done]]:
        memory = self._remembered(batch)
        return [asyncio.create_task(self._one(item, memory)) for item in batch]

    async def _one(self, item: Item, memory: Snapshot) -> _Done:
        if not isinstance(item, PlainDialogue):
            return item, None
        settings = self.settings
        lines = lines_of(item, fold=settings.telling != "off")
        # No request where no answer could help.
        failures = check(script_of(item, lines, self.name), self._limits)
        if failures:
            return refusal_error(script_of(item, lines, self.name), failures), None
        wanted = plan(
            item,
            self._seed,
            interruptions=settings.interruptions,
            backchannels=settings.backchannels,
            most=settings.max_interruptions,
            room=sum(has_room(line) for line in lines),
            mix=settings.mix,
        )
        editor = ScriptEditor(
            item,
            wanted,
            memory,
            self.client,
            self.caught,
            self._limits,
            self.name,
            settings.telling,
        )
        try:
            return await editor.edit()
        except InputError as error:
            # The failure of a service has no place of its own: it happened to this dialogue.
            problem = error.problem
            if not problem.startswith("dialogue "):
                problem = f"dialogue {item.id}: {problem}"
            place = (item.file or None, item.line or None)
            return InputError(problem, *place, remedy=error.remedy, reason=error.reason), None

    def _remembered(self, batch: list[Item]) -> Snapshot:
        """The memory for a batch: as recorded, if this batch was begun before."""
        said = [
            [(turn.speaker, turn.text) for turn in item.turns] if isinstance(item, PlainDialogue)
            else []
            for item in batch
        ]  # fmt: skip
        ids = ["" if isinstance(item, InputError) else item.id for item in batch]
        key = key_of(self._identity, self._seed, ids, said)
        recorded = self._cache.read("memory", key)
        if recorded is not None:
            try:
                return msgspec.json.decode(recorded, type=Snapshot)
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass  # damaged: made again below
        snapshot = self._memory.snapshot()
        self._cache.write("memory", key, msgspec.json.encode(snapshot))
        return snapshot


async def _all(tasks: list[asyncio.Task[_Done]]) -> list[_Done]:
    return list(await asyncio.gather(*tasks))

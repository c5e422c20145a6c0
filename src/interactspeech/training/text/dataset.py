"""Training data of the text model: scripts read, split without leakage, made into examples.

Text corpora are made of each other (DialogSum holds dialogues of DailyDialog), and one dialogue can
be written by several writers or seeds. So scripts are grouped by their source's id and by every
line of `SHARED` words or more that they have in common, and whole groups go to one side of a split.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.corpus import Corpus
from interactspeech.errors import InputError
from interactspeech.lexicon.words import bare
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts.checks import check, refusal_error
from interactspeech.scripts.notation import parse_script
from interactspeech.scripts.readers.inputs import read_all
from interactspeech.scripts.readers.text_files import text_lines
from interactspeech.seeds import digest
from interactspeech.training.text import prompts
from interactspeech.training.text.examples import TextExample, all_examples
from interactspeech.training.text.settings import TextTrainSettings


@dataclass
class Data:
    """Training examples, and the held-out ones.

    Attributes:
        train, held: examples.
        scripts: how many scripts gave the first; `held_ids`: ids of those that gave the others.
        mix: kind of interruption -> share, among examples of `resume`.
        licences: of the sources.
        left_out: reason -> examples that were not used.
    """

    train: list[TextExample]
    held: list[TextExample]
    scripts: int = 0
    held_ids: list[str] = field(default_factory=list)
    mix: dict[str, float] = field(default_factory=dict)
    licences: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> dict[str, int]:
        """Task -> examples to learn from."""
        return dict(sorted(Counter(example.task for example in self.train).items()))


def prepare(scripts: Sequence[Script], settings: TextTrainSettings) -> Data:
    """Split scripts, make examples of them, and balance the tasks.

    Raises:
        InputError: there are no scripts, too few, or none with anything to learn from.
    """
    if not scripts:
        raise InputError(
            "no scripts to learn from",
            remedy="make some first: interactspeech script INPUT -o scripts.jsonl",
            reason="no-scripts",
        )
    kept, held = split(scripts, settings.held_out, settings.seed)
    data = Data(all_examples(kept, settings.tasks), all_examples(held, settings.tasks))
    data.scripts, data.held_ids = len(kept), sorted(script.id for script in held)
    data.train = _quieter(data.train, settings, data.left_out)
    data.held = _quieter(data.held, settings, Counter())
    if not data.train:
        raise InputError(
            f"{len(scripts):,} scripts, but nothing in them to learn {', '.join(settings.tasks)} "
            "from",
            remedy="write scripts with interruptions and backchannels (interactspeech script)",
            reason="no-scripts",
        )
    kinds = Counter(example.kind for example in data.train if example.task == "resume")
    total = kinds.total()
    data.mix = {kind: round(count / total, 4) for kind, count in sorted(kinds.items()) if kind}
    data.licences = sorted({script.licence or "unknown" for script in kept})
    return data


def _quieter(
    examples: list[TextExample], settings: TextTrainSettings, left_out: Counter[str]
) -> list[TextExample]:
    """Fewer questions whose answer is "none", and fewer of `listen`, chosen by seed; then all in
    an order by seed.
    """

    def fewer(some: list[TextExample], others: int, share: float, reason: str) -> set[int]:
        """Those of `some` that are one too many for a share of all that are kept."""
        most = int(others * share / (1.0 - share)) if share < 1.0 and others else len(some)
        dropped = sorted(some, key=lambda one: _key(one, settings.seed, "kept"))[most:]
        if dropped:
            left_out[reason] += len(dropped)
        return {id(one) for one in dropped}

    listening = [example for example in examples if example.task == "listen"]
    silent = [one for one in listening if one.completion[0]["content"] == prompts.NOTHING]
    dropped = fewer(silent, len(listening) - len(silent), settings.silent, "silent")
    listening = [one for one in listening if id(one) not in dropped]
    others = sum(example.task != "listen" for example in examples)
    dropped |= fewer(listening, others, settings.listening, "listening")
    kept = [example for example in examples if id(example) not in dropped]
    return sorted(kept, key=lambda one: _key(one, settings.seed))


def _key(example: TextExample, seed: int, purpose: str = "order") -> bytes:
    """A draw of an example: another one for each purpose, or those that were kept of a task would
    all stand at the beginning, and a training of few steps would see little else.
    """
    return digest(
        seed, purpose, example.task, example.prompt[1]["content"], example.completion[0]["content"]
    )


def fitting(
    examples: list[TextExample], tokenizer: Any, settings: TextTrainSettings, left_out: Counter[str]
) -> Any:
    """The examples as a data set of `datasets`, in the order in which they are learned from.

    Examples of like length share a batch, so that little is spent on padding; batches follow each
    other in an order by seed, so that no stretch of the training sees one task alone.

    Args:
        examples: of one side.
        tokenizer: with a chat template.
        settings: `max_length` and the size of a batch are used.
        left_out: counts those of more than `max_length` tokens.
    """
    from datasets import Dataset

    rows = _measured(examples, tokenizer, settings, left_out)
    if not rows:
        return None
    size = settings.batch
    ordered: list[TextExample] = []
    for start in range(0, len(rows), size * _WINDOW):
        near = sorted(rows[start : start + size * _WINDOW], key=lambda row: row[0])
        batches = [near[at : at + size] for at in range(0, len(near), size)]
        batches.sort(key=lambda batch: (len(batch) < size, _key(batch[0][1], settings.seed)))
        ordered += [example for batch in batches for _, example in batch]
    return Dataset.from_list([example.row() for example in ordered])


def tokens_of(
    examples: list[TextExample], tokenizer: Any, settings: TextTrainSettings, left_out: Counter[str]
) -> int:
    """Tokens of one epoch, questions and answers."""
    return sum(length for length, _ in _measured(examples, tokenizer, settings, left_out))


def _measured(
    examples: list[TextExample], tokenizer: Any, settings: TextTrainSettings, left_out: Counter[str]
) -> list[tuple[int, TextExample]]:
    """The examples that are not too long, with their tokens."""
    rows: list[tuple[int, TextExample]] = []
    for example in examples:
        whole = tokenizer.apply_chat_template(example.prompt + example.completion, tokenize=False)
        length = len(tokenizer(whole, add_special_tokens=False)["input_ids"])
        if length > settings.max_length:
            left_out["too-long"] += 1
        else:
            rows.append((length, example))
    return rows


#: Batches that are made of one stretch of the examples.
_WINDOW = 32


#: Words that a line must have to identify a dialogue; shorter ones occur everywhere.
SHARED = 7
#: A line in more scripts than this is a formula ("How may I help you today?"), no sign of a source.
COMMON = 8


def groups(scripts: Sequence[Script]) -> list[int]:
    """For each script the number of the group that it belongs to, counted from 0 as they appear."""
    parent = list(range(len(scripts)))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    keys = [set(_keys(script)) for script in scripts]
    counts = Counter(key for found in keys for key in found)
    first: dict[str, int] = {}
    for index, found in enumerate(keys):
        for key in sorted(found):
            # One source may give any number of scripts; a line that is everywhere proves nothing.
            if counts[key] > COMMON and not key.startswith("source "):
                continue
            if key in first:
                parent[root(index)] = root(first[key])
            else:
                first[key] = index
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(index), len(numbers)) for index in range(len(scripts))]


def _keys(script: Script) -> Iterator[str]:
    if script.source_id:
        yield f"source {script.corpus}\0{script.source_id}"
    for turn in script.turns:
        whole = turn.written or f"{turn.said} {turn.unsaid}"
        tokens = [word for word in map(bare, whole.split()) if word]
        if len(tokens) >= SHARED:
            yield hashlib.sha256(" ".join(tokens).encode()).hexdigest()


def split(
    scripts: Sequence[Script], held_out: float, seed: int = 0
) -> tuple[list[Script], list[Script]]:
    """Scripts to learn from, and scripts that are held out.

    Args:
        scripts: in any order; the same scripts and seed give the same sides.
        held_out: share of the scripts, in (0, 1); met to within the size of a group.
        seed: chooses the groups.

    Raises:
        InputError: one side would be empty (reason ``too-few-scripts``).
    """
    number = groups(scripts)
    members: dict[int, list[int]] = {}
    for index, group in enumerate(number):
        members.setdefault(group, []).append(index)
    # By a hash of its ids, so that a group's side does not depend on what else is there.
    order = sorted(
        members, key=lambda group: digest(seed, *sorted(scripts[n].id for n in members[group]))
    )
    wanted = held_out * len(scripts)
    out: set[int] = set()
    for group in order:
        if len(out) + len(members[group]) / 2 <= wanted or not out:
            out.update(members[group])
    kept = [script for index, script in enumerate(scripts) if index not in out]
    held = [script for index, script in enumerate(scripts) if index in out]
    if not kept or not held:
        raise InputError(
            f"{len(scripts)} scripts in {len(members)} groups that share text: too few to hold "
            "any out",
            remedy="bring more dialogues",
            reason="too-few-scripts",
        )
    return kept, held


_MARKS = ("corpus.json", "index.parquet")


def read_scripts(names: Iterable[str | Path]) -> Iterator[Script | InputError]:
    """Scripts and losses of all inputs, in order.

    Args:
        names: ``.jsonl`` of `interactspeech script`, files in the notation, folders, ``@demo``, or
            a corpus folder (whose records hold their scripts).

    A script that fails a check (`scripts.checks`) is one of the losses: no model should learn from
    it.
    """
    for item in read_unchecked(names):
        failures = [] if isinstance(item, InputError) else check(item)
        yield (
            refusal_error(item, failures) if failures and not isinstance(item, InputError) else item
        )


def read_unchecked(names: Iterable[str | Path]) -> Iterator[Script | InputError]:
    """The same, with scripts that fail checks: for measuring them."""
    for name in names:
        yield from _all_of(name)


def _all_of(name: str | Path) -> Iterator[Script | InputError]:
    path = Path(name)
    if path.is_dir() and any((path / mark).exists() for mark in _MARKS):
        yield from _of_corpus(path)
    elif path.suffix == ".jsonl" and path.is_file() and _holds_scripts(path):
        yield from _of_lines(path)
    else:
        plain = 0
        for item in read_all([str(name)]):
            if isinstance(item, PlainDialogue):
                plain += 1
                continue
            yield item
        if plain:
            yield InputError(
                f"{plain:,} plain dialogues, which are not interactive yet",
                path,
                remedy="make scripts of them first: interactspeech script INPUT -o scripts.jsonl",
                reason="no-scripts",
            )


def _holds_scripts(path: Path) -> bool:
    """Whether the first line is a script (a text corpus may be .jsonl too)."""
    for _, line in text_lines(path):
        if isinstance(line, str) and line.strip():
            try:
                msgspec.json.decode(line, type=Script)
            except msgspec.DecodeError:
                return False
            return True
    return False


def _of_lines(path: Path) -> Iterator[Script | InputError]:
    decoder = msgspec.json.Decoder(Script)
    for number, line in text_lines(path):
        if isinstance(line, InputError):
            yield line
        elif line.strip():
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                yield InputError(
                    f"no script: {error}", path, number,
                    remedy="each line is a script as `interactspeech script` writes it",
                    reason="bad-script",
                )  # fmt: skip


def _of_corpus(path: Path) -> Iterator[Script | InputError]:
    for item in Corpus.open(path):
        source = item.dialogue.provenance
        if not source.script:
            yield InputError(
                f"dialogue {item.id!r} holds no script", path,
                remedy="recordings have none; learn from a corpus that was built of text",
                reason="no-scripts",
            )  # fmt: skip
            continue
        try:
            script = parse_script(source.script, item.id, path)
        except InputError as error:
            yield error
            continue
        yield msgspec.structs.replace(
            script,
            corpus=script.corpus or source.corpus,
            source_id=script.source_id or source.id,
            licence=script.licence or source.licence,
        )

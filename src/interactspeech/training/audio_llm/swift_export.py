"""A folder that ms-swift trains an audio LLM from: questions, clips, solutions, rewards, scripts.

```
train.jsonl    messages (the question, with <audio>), audios, solution; licence and source
audio/*.wav    clips, 16 kHz, one channel
plugin.py      the rewards
paper.sh       the paper's settings       modern.sh    a default of today
```
Questions are those of the event benchmark: a quarter for each kind of event, half "yes", half of
the "no" hard (the clip holds what is easily taken for the event).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.atomic_files import replacing
from interactspeech.errors import InputError
from interactspeech.evaluation.audio_llm import clip_wav, question_text, solution
from interactspeech.evaluation.events.benchmark import Benchmark, Question

_FILES = {"plugin.py.txt": "plugin.py", "paper.sh": "paper.sh", "modern.sh": "modern.sh"}


def row(benchmark: Benchmark, question: Question, *, onset: bool = False) -> dict[str, Any]:
    """One line of ``train.jsonl``: what ms-swift reads, and where it comes from."""
    dialogue = benchmark.cases[question.dialogue].dialogue
    source = dialogue.provenance
    asked = question_text(question.event, onset=onset)
    return {
        "messages": [{"role": "user", "content": f"<audio>{asked}"}],
        "audios": [f"audio/{question.id}.wav"],
        "solution": msgspec.json.encode(solution(benchmark, question)).decode(),
        "id": question.id,
        "event": question.event,
        "hard": question.hard,
        "dialogue": dialogue.id,
        "corpus": source.corpus,
        "licence": source.licence,
    }


def export(
    benchmarks: Sequence[Benchmark], output: Path, *, onset: bool = False
) -> Counter[tuple[str, str]]:
    """Write the folder.

    Args:
        benchmarks: made of what may be learned from; never those that are measured on.
        output: a new folder.
        onset: ask for the time of the first event too, and reward it.

    Returns:
        (event, answer) -> questions.

    Raises:
        InputError: the folder is not empty, or there is nothing to ask.
    """
    if output.exists() and any(output.iterdir()):
        raise InputError("not empty", output, remedy="name a new folder", reason="not-empty")
    asked = [(one, question) for one in benchmarks for question in one.questions]
    if not asked:
        raise InputError("the benchmarks hold no questions", reason="nothing-to-learn")
    with replacing(output) as folder:
        return _write(asked, folder, onset=onset)


def _write(
    asked: list[tuple[Benchmark, Question]], output: Path, *, onset: bool
) -> Counter[tuple[str, str]]:
    (output / "audio").mkdir(parents=True)
    counts: Counter[tuple[str, str]] = Counter()
    seen: Counter[str] = Counter()
    with (output / "train.jsonl").open("w", encoding="utf-8") as file:
        for benchmark, question in asked:
            seen[question.id] += 1
            wanted = question
            if seen[question.id] > 1:  # another benchmark numbers its questions alike
                wanted = msgspec.structs.replace(question, id=f"{question.id}_{seen[question.id]}")
            line = row(benchmark, wanted, onset=onset)
            (output / line["audios"][0]).write_bytes(clip_wav(benchmark, question))
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            counts[question.event, "yes" if question.answer else "no"] += 1
    for source, name in _FILES.items():
        path = output / name
        path.write_bytes((files(__package__) / "recipes" / source).read_bytes())
        if path.suffix == ".sh":
            path.chmod(0o755)
    return counts

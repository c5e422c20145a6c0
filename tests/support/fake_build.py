"""A small build by shards, run as a program so that tests can kill it.

usage: fake_build.py ROOT WORKERS SHARDS SECONDS_A_DIALOGUE
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from made_dialogues import dialogue

from interactspeech.corpus import CorpusWriter, ShardWriter
from interactspeech.ledger import Ledger
from interactspeech.pipelines.executors.local import run

PER_SHARD = 3


@dataclass(frozen=True)
class FakeStage:
    root: str
    delay: float

    def open(self):
        return self.work

    def work(self, number):
        ledger = Ledger()
        with ShardWriter(self.root, number) as shard:
            for k in range(number * PER_SHARD, (number + 1) * PER_SHARD):
                record, samples = dialogue(k)
                time.sleep(self.delay)
                shard.add(record, samples)
                ledger.keep(record.seconds)
            ledger.drop(f"line {number} is bad", "bad-line")
            shard.finish(ledger.to_json())
        return number


def build(root, workers, shards, delay=0.0):
    with CorpusWriter(root, {"seed": 1, "shards": shards}) as writer:
        for outcome in run(writer.missing(shards), FakeStage(str(root), delay), workers=workers):
            outcome.result()
        writer.finish(shards)


def content(root):
    """Every file of a corpus that is not the lock, by name."""
    root = Path(root)
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".lock")
    }


if __name__ == "__main__":
    build(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))

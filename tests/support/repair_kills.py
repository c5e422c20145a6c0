"""Kill `corpus repair` before each change of the disk, repair again, and say what differs.

``python repair_kills.py FOLDER [--remake]`` prints a JSON object: how many kills, and a line for
each that left something behind.
"""

import json
import shutil
import sys
from pathlib import Path

from kill_points import KILLED, files, run_until
from made_dialogues import dialogue

from interactspeech.corpus import Corpus, CorpusWriter, repair, verify


def damaged(root: Path) -> None:
    """A corpus of six shards: two whole, a bit, a Parquet file, both, and everything damaged."""
    with CorpusWriter(root, {"seed": 1}) as writer:
        for number in range(6):
            with writer.shard(number) as shard:
                for k in range(3):
                    shard.add(*dialogue(number * 3 + k, seconds=0.1))
                shard.finish({"kept": 3, "seconds": 0.3, "dropped": {}})
        writer.finish(6)
    (row,) = Corpus.open(root).query("id = 'made-00004'")
    _flip(root / "shards/000001.tar", row["audio_offset"] + row["audio_size"] // 2)
    (root / "shards/000002.parquet").write_bytes(b"PAR1")
    (row,) = Corpus.open(root).query("id = 'made-00011'")
    _flip(root / "shards/000003.tar", row["record_offset"])
    (root / "shards/000003.parquet").unlink()
    for name in ("000004.tar", "000004.parquet"):
        (root / "shards" / name).unlink()


def _flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(bytes(data))


def main() -> None:
    place, remake = Path(sys.argv[1]), "--remake" in sys.argv
    damaged(place / "damaged")
    root, report = place / "corpus", place / "report.json"

    def repaired() -> None:
        done = repair(root, remake=remake)
        report.write_text(json.dumps([done.lost, done.finished]))

    shutil.copytree(place / "damaged", root)
    assert run_until(repaired, root, None) == 0
    wanted, said = files(root), report.read_text()
    if not remake:
        assert list(verify(root)) == []
    kills, wrong = 0, []
    while True:
        shutil.rmtree(root)
        report.unlink(missing_ok=True)
        shutil.copytree(place / "damaged", root)
        status = run_until(repaired, root, kills)
        if status != KILLED:
            assert status == 0
            break
        ended = (root / "SHA256SUMS").exists() and files(root).items() >= wanted.items()
        kills += 1
        if run_until(repaired, root, None):
            wrong.append(f"kill {kills}: the second repair failed")
        elif files(root) != wanted:
            there = files(root)
            names = sorted(n for n in wanted.keys() | there if wanted.get(n) != there.get(n))
            wrong.append(f"kill {kills}: {', '.join(names)}")
        elif report.read_text() != said and not ended:
            wrong.append(f"kill {kills}: said {report.read_text()}, not {said}")
    sys.stdout.write(json.dumps({"kills": kills, "wrong": wrong}))


if __name__ == "__main__":
    main()

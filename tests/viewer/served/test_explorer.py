"""The explorer's server: what is found, what is counted, what is refused."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from interactspeech.corpus import Corpus, CorpusWriter
from interactspeech.errors import InputError
from interactspeech.records import Dialogue, Event, Provenance, Samples
from interactspeech.viewer.served.explorer import ExplorerServer
from interactspeech.viewer.served.explorer_query import ExplorerQuery, explorer_query
from interactspeech.viewer.served.sources import CorpusSource

Make = Callable[..., tuple[Dialogue, Samples]]


def store(root: Path, dialogues: list[Dialogue], sound: Samples | None = None) -> Path:
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for dialogue in dialogues:
                shard.add(dialogue, sound)
            shard.finish()
        writer.finish(1)
    return root


@pytest.fixture
def talks(make_dialogue: Make, tmp_path: Path) -> Path:
    made = []
    for n in range(12):
        dialogue, _ = make_dialogue(f"d{n:02d}", "rutabaga" if n == 7 else "")
        laughs = tuple(Event("laugh", "A", i * 10, i * 10 + 5, origin="human") for i in range(n))
        made.append(
            msgspec.structs.replace(
                dialogue,
                events=(*dialogue.events, *laughs),
                length=(6 + n) * dialogue.rate,
                tracks=(),
                provenance=Provenance("even" if n % 2 == 0 else "odd", f"src{n}"),
            )
        )
    return store(tmp_path / "talks", made)


@pytest.fixture
def server(talks: Path, tmp_path: Path) -> Any:
    found = ExplorerServer([CorpusSource(Corpus.open(talks))], tmp_path / "cache")
    yield found
    found.close()


def ids(server: ExplorerServer, **given: Any) -> list[str]:
    return [row["id"] for row in server.search(ExplorerQuery(**given))["rows"]]


def read(server: ExplorerServer) -> None:
    until = time.monotonic() + 10
    while (state := server.start()["texts"])["read"] < state["of"]:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_what_fits_is_found(server: ExplorerServer) -> None:
    assert len(ids(server)) == 12
    assert ids(server, event="laugh", at_least=10) == ["d10", "d11"]
    assert ids(server, source="odd", longest=10) == ["d01", "d03"]
    assert ids(server, shortest=17) == ["d11"]
    assert ids(server, name="SRC3") == ["d03"]
    assert len(ids(server, name="fake/low")) == 11
    assert ids(server, where="laughs > 3 and corpus = 'even'", limit=2, offset=1) == ["d06", "d08"]
    assert ids(server, order="longest", limit=1) == ["d11"]
    assert ids(server, order="laugh")[:2] == ["d11", "d10"]
    assert server.search(ExplorerQuery(limit=3))["total"] == 12


def test_what_is_said_is_found_and_kept_for_the_next_time(
    server: ExplorerServer, talks: Path, tmp_path: Path
) -> None:
    read(server)
    assert ids(server, text="RUTABAGA") == ["d07"]
    assert len(ids(server, text="mm-hm")) == 12
    assert ids(server, text="rutabaga", source="even") == []
    assert list((tmp_path / "cache").glob("*.parquet"))
    again = ExplorerServer([CorpusSource(Corpus.open(talks))], tmp_path / "cache")
    read(again)
    assert ids(again, text="rutabaga") == ["d07"]


def test_distributions_add_up_and_stand_beside_people(server: ExplorerServer) -> None:
    found = server.overview(ExplorerQuery(source="odd"))
    for one in found["measures"]:
        assert sum(one["bins"][0]) == 6
    by_name = {one["name"]: one for one in found["measures"]}
    assert by_name["seconds"]["means"] == [pytest.approx(12)]
    assert by_name["backchannels"]["people"][0] > 1
    timing = server.timing(ExplorerQuery())
    assert timing["corpora"][0]["dialogues"] == 12
    assert sum(timing["people"]) == pytest.approx(1, abs=1e-3)
    assert server.overview(ExplorerQuery(name="nobody"))["measures"][0]["means"] == [None]
    assert server.timing(ExplorerQuery(name="nobody"))["corpora"][0]["dialogues"] == 0


@pytest.mark.parametrize(
    "where",
    [
        "1; DROP TABLE dialogues", "seconds > (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "seconds >", "nonsense = 1", "true) OR (SELECT * FROM texts",
        "id IN (SELECT content FROM read_text('/etc/hostname'))", "COPY dialogues TO 'x.csv'",
        "getenv('HOME') = 'x'",
    ],
)  # fmt: skip
def test_conditions_reach_nothing_else(server: ExplorerServer, where: str) -> None:
    with pytest.raises(InputError, match=r"condition|filter"):
        server.search(ExplorerQuery(where=where))
    assert len(ids(server)) == 12


@pytest.mark.parametrize(
    "bad",
    [{"event": "id"}, {"order": "seconds; --"}, {"limit": "x"}, {"limit": "100000"},
     {"offset": "-1"}, {"shortest": "nan"}, {"corpus": "-2"}, {"name": "x" * 300}],
)  # fmt: skip
def test_bad_parameters_are_refused(server: ExplorerServer, bad: dict[str, str]) -> None:
    with pytest.raises(InputError):
        server.search(explorer_query(bad))


def test_quotes_and_percent_signs_are_only_text(server: ExplorerServer) -> None:
    for text in ("'", "%", "_", "' OR 1=1 --", "\\", "\x00"):
        assert ids(server, name=text) in ([], [f"d{n:02d}" for n in range(12)])
        assert ids(server, source=text) == []


def test_two_corpora_stand_side_by_side(make_dialogue: Make, talks: Path, tmp_path: Path) -> None:
    other, audio = make_dialogue("other")
    store(tmp_path / "people", [other], audio)
    sources = [CorpusSource(Corpus.open(one)) for one in (talks, tmp_path / "people")]
    server = ExplorerServer(sources, read_texts=False)
    assert [one["dialogues"] for one in server.start()["corpora"]] == [12, 1]
    found = server.search(ExplorerQuery(corpus=1))
    assert [row["key"] for row in found["rows"]] == ["1:other"]
    assert [sum(one) for one in server.overview(ExplorerQuery())["measures"][0]["bins"]] == [12, 1]
    record = server.dialogue("1:other")
    assert record["audio"]["each"][1] == "api/sound.wav?id=1:other&tracks=1"
    assert server.dialogue("0:d03")["audio"] == {}
    for place in ("2:other", "x", "0:other", "-1:d00"):
        with pytest.raises(InputError):
            server.dialogue(place)


def test_a_corpus_that_is_made_again_is_opened_again(
    server: ExplorerServer, talks: Path, make_dialogue: Make
) -> None:
    import shutil

    assert server.search(ExplorerQuery())["changed"] is False
    shutil.rmtree(talks)
    store(talks, [msgspec.structs.replace(make_dialogue("new")[0], tracks=())])
    found = server.search(ExplorerQuery())
    assert found["changed"] is True
    assert [row["id"] for row in found["rows"]] == ["new"]


def test_a_damaged_record_is_shown_as_lost(server: ExplorerServer, talks: Path) -> None:
    tar = next(talks.rglob("*.tar"))
    data = bytearray(tar.read_bytes())
    at = data.index(b"d05.json") + 512
    data[at : at + 20] = b"x" * 20
    tar.write_bytes(data)
    rows = {row["id"]: row for row in server.search(ExplorerQuery())["rows"]}
    assert rows["d05"].get("lost")
    assert not rows["d06"].get("lost")


def test_texts_wait_while_somebody_looks_at_the_page(server: ExplorerServer) -> None:
    read(server)  # which asks all the time
    began = time.monotonic()
    server._wait_for_page()
    assert time.monotonic() - began > 0.1
    time.sleep(0.4)
    began = time.monotonic()
    server._wait_for_page()
    assert time.monotonic() - began < 0.1

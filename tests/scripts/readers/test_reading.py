import gzip
import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts import DialogueLimits, find_files, read


def kinds(items: list[object]) -> list[str]:
    return [item.reason if isinstance(item, InputError) else type(item).__name__ for item in items]


def put(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


TURNS = [("Ann", "Hi there, Bob."), ("Bob", "Hello ."), ("Ann", "Bye 1 .")]
ROWS = {
    "dialogsum": {
        "fname": "dev_3",
        "dialogue": "#Person1#: Hi there, Bob.\n#Person2#: Hello .\n#Person1#: Bye 1 .",
    },
    "soda": {
        "speakers": [who for who, _ in TURNS],
        "dialogue": [text for _, text in TURNS],
        "original_index": 7,
    },
    "dailydialog": {"dialogue": [{"text": text, "act": "x"} for _, text in TURNS]},
    "multiwoz": {
        "dialogue_id": "MUL1.json",
        "services": ["train"],
        "turns": [
            {"speaker": "USER", "utterance": "Hi there, Bob.", "frames": []},
            {"speaker": "SYSTEM", "utterance": "Hello .", "frames": []},
            {"speaker": "USER", "utterance": "Bye 1 .", "frames": []},
        ],
    },
    "sgd": {
        "dialogue_id": "1_0001",
        "services": ["Events_1"],
        "turns": [
            {"speaker": "USER", "utterance": "Hi there, Bob."},
            {"speaker": "SYSTEM", "utterance": "Hello ."},
            {"speaker": "USER", "utterance": "Bye 1 ."},
        ],
    },
    "places": {"conversation": [f"{who}: {text}" for who, text in TURNS]},
    "": {"turns": [{"speaker": who, "text": text} for who, text in TURNS]},
}


@pytest.mark.parametrize("corpus", ROWS)
@pytest.mark.parametrize("layout", ["array", "lines", "gz", "zst"])
def test_every_shape_in_every_layout(corpus: str, layout: str, tmp_path: Path) -> None:
    row = ROWS[corpus]
    line = json.dumps(row) + "\n"
    if layout == "array":
        path = put(tmp_path, "x.json", json.dumps([row, row]))
    elif layout == "lines":
        path = put(tmp_path, "x.jsonl", line * 2)
    elif layout == "gz":
        path = put(tmp_path, "x.jsonl.gz", gzip.compress((line * 2).encode()))
    else:
        zstandard = pytest.importorskip("zstandard")
        path = put(tmp_path, "x.jsonl.zst", zstandard.compress((line * 2).encode()))
    found = list(read(path))
    assert kinds(found) == ["PlainDialogue", "PlainDialogue"]
    first, second = found
    assert isinstance(first, PlainDialogue)
    assert isinstance(second, PlainDialogue)
    assert first.corpus == corpus
    assert first.id != second.id
    assert [turn.speaker for turn in first.turns] == ["A", "B", "A"]
    assert [turn.text for turn in first.turns] == ["Hi there, Bob.", "Hello.", "Bye one."]
    assert [turn.written for turn in first.turns] == ["", "Hello .", "Bye 1 ."]


def test_licences_travel(tmp_path: Path) -> None:
    licences = {}
    for corpus, row in ROWS.items():
        path = put(tmp_path, f"{corpus}.jsonl", json.dumps(row))
        (found,) = read(path)
        assert isinstance(found, PlainDialogue)
        licences[corpus] = found.licence
    assert licences == {
        "dialogsum": "CC-BY-NC-SA-4.0",
        "soda": "CC-BY-4.0",
        "dailydialog": "CC-BY-NC-SA-4.0",
        "multiwoz": "MIT",
        "sgd": "CC-BY-SA-4.0",
        "places": "CC-BY-NC-4.0",
        "": "",
    }


def test_dialogstudio(tmp_path: Path) -> None:
    row = {
        "original dialog id": "p1",
        "log": [
            {"turn id": 1, "user utterance": "Hi there.", "system response": "Hello."},
            {"turn id": 2, "user utterance": "Bye.", "system response": ""},
        ],
    }
    path = put(tmp_path, "x.json", json.dumps({"SODA--train--1": row, "SODA--train--2": row}))
    found = list(read(path))
    assert [item.id for item in found if isinstance(item, PlainDialogue)] == [
        "soda-SODA--train--1",
        "soda-SODA--train--2",
    ]
    assert isinstance(found[0], PlainDialogue)
    assert found[0].licence == "CC-BY-4.0"
    assert found[0].split == "train"


def test_text_with_names_marks_and_losses(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "chat.txt",
        "# a file\n\n"
        "Alice: Hi, Bob.\nBob: Hi.\nBob: You well?\nAlice: Very.\n\n"
        "# id: marked\nA: So I [B: yes] went [interrupt] home.\nB: When?\n\n"
        "A: Hello\nwhat is this\nB: Hm\n\n"
        "A: one\nB: two\nC: three\nD: four\nE: five\nF: six\nG: seven\n\n"
        "A: alone\nA: still alone\n\n"
        "A: So [interupt] no.\nB: Yes.\n\n"
        "A: Hi.\nB:\nA: 😀\nB: Well.\n",
    )
    found = list(read(path))
    assert kinds(found) == [
        "PlainDialogue",
        "Script",
        "bad-line",
        "speakers",
        "one-speaker",
        "unknown-mark",
        "empty-turn",
        "empty-turn",
        "PlainDialogue",
    ]
    first = found[0]
    assert isinstance(first, PlainDialogue)
    assert first.names == {"A": "Alice", "B": "Bob"}
    assert [turn.text for turn in first.turns] == ["Hi, Bob.", "Hi. You well?", "Very."]
    assert isinstance(found[1], Script)
    assert found[1].id == "marked"
    lines = [item.line for item in found if isinstance(item, InputError)]
    assert lines == [13, 22, 24, 27, 31, 32]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty-file"),
        ("\n\n", "empty-file"),
        (b"\xff\xfeA\x00:\x00 \x00h\x00i\x00\n\x00", "one-speaker"),
        (b"A: caf\xe9\nB: hi", "encoding"),
        ("A: привет\nB: hi", "not-english"),
        ("A: " + "word " * 500 + "\nB: hi", "turn-too-long"),
        ("A: hi\nB: ho\n" * 5000, "too-many-turns"),
        ('{"fname": "x", "dialogue": "#Person1#: a"', "bad-json"),
        ('[{"a": 1}]', "unknown-shape"),
        ('[{"dialogue": ["a", "b"], "speakers": ["x"]}]', "bad-record"),
    ],
)
def test_bad_files_say_why(text: str | bytes, reason: str, tmp_path: Path) -> None:
    name = "x.json" if isinstance(text, str) and text[:1] in "[{" and text else "x.txt"
    found = list(read(put(tmp_path, name, text)))
    assert reason in kinds(found)
    assert not any(isinstance(item, PlainDialogue) for item in found)


def test_bad_lines_do_not_stop_the_rest(tmp_path: Path) -> None:
    good = json.dumps(ROWS["dialogsum"])
    path = put(tmp_path, "x.jsonl", f"{good}\n{{broken\n[1]\n{good}\n")
    found = list(read(path))
    assert kinds(found) == ["PlainDialogue", "bad-json", "unknown-shape", "PlainDialogue"]
    assert [item.line for item in found if isinstance(item, InputError)] == [2, 3]


def test_a_cut_off_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    data = gzip.compress(("\n\n".join(f"A: hi {n}\nB: ho" for n in range(5000))).encode())
    found = list(read(put(tmp_path, "x.txt.gz", data[: len(data) // 2])))
    assert kinds(found)[-1] in {"unreadable", "PlainDialogue"}
    assert "unreadable" in kinds(found)
    assert kinds(found).count("PlainDialogue") > 10


def test_missing_files_and_formats(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_files(tmp_path / "no.txt")
    assert caught.value.reason == "no-file"
    path = put(tmp_path, "x.txt", "A: hi\nB: ho")
    assert kinds(list(read(path, format="nonsense"))) == ["format"]
    assert find_files(tmp_path) == [path]


def test_limits_are_settings(tmp_path: Path) -> None:
    path = put(tmp_path, "x.txt", "A: one two three four\nB: hi")
    assert kinds(list(read(path, limits=DialogueLimits(turn_words=3)))) == ["turn-too-long"]


def test_csv(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "x.csv",
        'dialogue_id,speaker,text\nd1,Ann,"Hi, Bob"\nd1,Bob,Hello\nd2,Ann,So\nd2,Bob,Yes\n',
    )
    several = list(read(path))
    assert [item.id for item in several if isinstance(item, PlainDialogue)] == ["d1", "d2"]
    assert kinds(list(read(put(tmp_path, "y.csv", "a,b\n1,2\n")))) == ["bad-csv"]
    assert kinds(list(read(put(tmp_path, "z.csv", "a\rb,c\n1,2\n")))) == ["bad-csv"]
    quoted = put(tmp_path, "q.csv", 'speaker,text\nAnn,"Hi,\nBob"\nBob,Yes\n')
    (found,) = read(quoted)
    assert isinstance(found, PlainDialogue)
    assert found.turns[0].text == "Hi, Bob"


def test_parquet(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist([ROWS["soda"]]), tmp_path / "x.parquet")
    (found,) = read(tmp_path / "x.parquet")
    assert isinstance(found, PlainDialogue)
    assert found.corpus == "soda"
    (lost,) = read(put(tmp_path, "y.parquet", b"no"))
    assert isinstance(lost, InputError)


def test_scripts_read_back(tmp_path: Path) -> None:
    import msgspec

    from interactspeech.scripts import demo_dialogues, write_offline

    plain = demo_dialogues()[3]
    assert isinstance(plain, PlainDialogue)
    script = write_offline(plain, 3)
    path = put(tmp_path, "s.jsonl", msgspec.json.encode(script))
    (found,) = read(path)
    assert isinstance(found, Script)
    assert found.turns == script.turns
    assert found.licence == "CC0-1.0"


def test_all_shared_text(shared_data: Path) -> None:
    counts: Counter[str] = Counter()
    ids: set[str] = set()
    for path in find_files(shared_data / "text"):
        for item in read(path):
            counts[kinds([item])[0]] += 1
            if isinstance(item, PlainDialogue):
                assert item.licence
                assert item.id not in ids
                ids.add(item.id)
                assert not any(sign.isdigit() for turn in item.turns for sign in turn.text)
    assert counts == {"PlainDialogue": 2569}


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_never_end_in_a_traceback(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    sources = [(json.dumps(row) + "\n").encode() * 3 for row in ROWS.values()]
    sources.append(b"A: Hi [B: mm-hm] there [interrupt] now.\nB: No.\n\nA: So.\nB: Yes.\n")
    sources.append(b"speaker,text\nA,hi\nB,ho\n")
    inserts = [b"[", b"]", b'"', b"{", b"}", b"\n\n", b"null", b":", b"__eou__", b"\x00", b"\r"]
    for name in ("x.txt", "x.json", "x.jsonl", "x.csv", "x.gz", "x.zst", "x.parquet") * 6:
        data = bytearray(random.choice(sources))
        for _ in range(random.randint(1, 20)):
            at = random.randrange(len(data))
            if random.random() < 0.5:
                data[at] = random.randrange(256)
            else:
                data[at:at] = random.choice(inserts)
        for item in read(put(tmp_path, name, bytes(data))):
            assert isinstance(item, PlainDialogue | Script | InputError)


def shown(found: list[object]) -> list[object]:
    """Turns of plain dialogues, and reasons."""
    return [
        [f"{turn.speaker}: {turn.text}" for turn in one.turns]
        if isinstance(one, PlainDialogue)
        else kinds([one])[0]
        for one in found
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Each turn a block of its own.
        ("A: One.\n\nB: Two.\n\nA: Three.\n", [["A: One.", "B: Two.", "A: Three."]]),
        ("A: One.\n\nB: Two.\n\n\nA: Three.\n\nB: Four.\n",
         [["A: One.", "B: Two."], ["A: Three.", "B: Four."]]),
        ("A: One.\n\nB: Two.\n---\nA: Three.\n\nB: Four.\n",
         [["A: One.", "B: Two."], ["A: Three.", "B: Four."]]),
        # Paragraphs inside a turn.
        ("A: One.\n\nB: A list:\n\nof things,\nand more.\n\nA: Three.\n",
         [["A: One.", "B: A list: of things, and more.", "A: Three."]]),
        ("A: One.\nB: Two.\n\nand more\n", [["A: One.", "B: Two. and more"]]),
        ("A: One.\nB: Two.\n\nand more\n\nA: Three.\nB: Four.\n",
         [["A: One.", "B: Two. and more"], "blank-line-in-turn", ["A: Three.", "B: Four."]]),
        ("A: One.\nB: Two.\n\nand more\n\n\nA: Three.\nB: Four.\n",
         [["A: One.", "B: Two. and more"], ["A: Three.", "B: Four."]]),
        # As ever: a blank line ends a dialogue.
        ("A: One.\nB: Two.\n\nA: Three.\nB: Four.\n",
         [["A: One.", "B: Two."], ["A: Three.", "B: Four."]]),
        ("A: One.\nB: Two.\n\nA: Alone.\n\n# id: x\nA: Three.\nB: Four.\n",
         [["A: One.", "B: Two."], "one-speaker", ["A: Three.", "B: Four."]]),
        ("Some prose.\n\nMore prose.\n", ["bad-line", "bad-line"]),
        ("A: One.\n\nB: Two [pause] three.\n", ["Script"]),
    ],
)  # fmt: skip
def test_blank_lines(tmp_path: Path, text: str, expected: list[object]) -> None:
    found = list(read(put(tmp_path, "x.txt", text)))
    assert shown(found) == expected
    for one in found:
        if isinstance(one, InputError):
            assert one.path == tmp_path / "x.txt"
            assert one.line


@pytest.mark.parametrize(
    ("row", "summary"),
    [
        (
            {"fname": "d_1", "summary": "#Person1# asks\n#Person2# for #Person1#'s pan.",
             "dialogue": "#Person1#: A pan?\n#Person2#: Here."},
            "#A# asks #B# for #A#'s pan.",
        ),
        (
            {"fname": "t_1", "summary1": "#Person2# gives.", "summary2": "Other.",
             "dialogue": "#Person1#: A pan?\n#Person2#: Here."},
            "#B# gives.",
        ),
        (
            {"narrative": "Ann asks Annabel for a pan.", "speakers": ["Ann", "Annabel"],
             "dialogue": ["A pan?", "Here."]},
            "#A# asks #B# for a pan.",
        ),
        (
            {"summary": "#Ann# asks Bo.", "turns": [{"speaker": "Ann", "text": "A pan?"},
                                                   {"speaker": "Bo", "text": "Here."}]},
            "#Ann# asks #B#.",
        ),
        (
            {"summary": ["A list."], "turns": [{"speaker": "A", "text": "A pan?"},
                                              {"speaker": "B", "text": "Here."}]},
            "",
        ),
        (
            {"fname": "d_2", "summary": "#Person1# asks. " * 1000,
             "dialogue": "#Person1#: A pan?\n#Person2#: Here."},
            "",
        ),
        (
            {"dialogue_id": "7_1", "services": ["Pans_1"],
             "turns": [{"speaker": "USER", "utterance": "A pan.",
                        "frames": [{"service": "Pans_1", "state": {
                            "active_intent": "FindPans", "slot_values": {"size": ["big"]}}}]},
                       {"speaker": "SYSTEM", "utterance": "Here.", "frames": []}]},
            "#A# wants #B# to find pans, and the size is big.",
        ),
    ],
)  # fmt: skip
def test_the_source_s_own_summary_is_kept(row, summary, tmp_path: Path) -> None:
    (found,) = read(put(tmp_path, "rows.jsonl", json.dumps(row) + "\n"))
    assert isinstance(found, PlainDialogue), found
    assert found.summary == summary


CHATS = {
    "a.txt": [
        "[00:01] Ann: Hi.\n[00:03.5] Bob: At 3:30: yes.\n",
        "[12/05/2023, 14:03:05] Ann: Hi.\n[12/05/2023, 14:03:09] Bob: At 3:30: yes.\n",
        "12/05/2023, 14:03 - Ann: Hi.\n12/05/2023, 2:04 pm - Bob: At 3:30: yes.\n",
        "(1:05) Ann: Hi.\n(1:07) Bob: At 3:30: yes.\n",
        "**Ann:** Hi.\n\n**Bob:** At 3:30: yes.\n",
        "**Ann**: Hi.\n**Bob** : At 3:30: yes.\n",
        "Ann\uff1a Hi.\nBob\uff1aAt 3:30: yes.\n",
    ],
    "a.json": [json.dumps(value) for value in (
        [{"role": "system", "content": "Be kind."}, {"role": "Ann", "content": "Hi."},
         {"role": "tool", "content": "{}"}, {"role": "Bob", "content": "At 3:30: yes."}],
        {"messages": [{"role": "Ann", "content": [{"type": "text", "text": "Hi."}]},
                      {"role": "Bob", "content": "At 3:30: yes."}]},
        {"conversations": [{"from": "Ann", "value": "Hi."},
                           {"from": "Bob", "value": "At 3:30: yes."}]},
        {"utterances": [{"speaker": "Ann", "utterance": "Hi."},
                        {"speaker": "Bob", "utterance": "At 3:30: yes."}]},
    )],
    "a.csv": ["Speaker;Text\nAnn;Hi.\nBob;At 3:30: yes.\n"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in CHATS.items() for t in texts])
def test_the_ways_in_which_chats_are_kept(name: str, text: str, tmp_path: Path) -> None:
    (dialogue,) = read(put(tmp_path, name, text))
    assert isinstance(dialogue, PlainDialogue)
    assert [turn.text for turn in dialogue.turns] == ["Hi.", "At three thirty: yes."]
    assert list(dialogue.names.values()) == ["Ann", "Bob"]


def test_a_turn_without_a_speaker_is_an_error_of_its_dialogue(tmp_path: Path) -> None:
    text = '{"messages": [{"role": "user", "content": "Hi."}, {"role": null, "content": "Yes."}]}'
    (error,) = read(put(tmp_path, "a.jsonl", text))
    assert isinstance(error, InputError)
    assert "a turn without a speaker" in str(error)

from hypothesis import given
from hypothesis import strategies as st

from interactspeech.corpus.tar import member_name
from interactspeech.records.ids import MAX_ID, fitting_id, id_size
from interactspeech.scripts import read_all
from interactspeech.scripts.readers.raw_dialogue import safe_id

NAMES = st.text("ab.-_", min_size=1, max_size=200).filter(lambda name: name[0] not in ".-")


@given(NAMES, st.sampled_from(["", "-00001500", "_12"]))
def test_ids_fit_and_short_ones_stay(name, ending) -> None:
    made = fitting_id(name, ending)
    assert id_size(made) <= MAX_ID
    assert made.endswith(ending)
    if id_size(name + ending) <= MAX_ID:
        assert made == name + ending
    member_name(made, "flac")


def test_long_names_stay_apart() -> None:
    one, other = ("call" * 40 + end for end in ("x", "y"))
    assert fitting_id(one) != fitting_id(other)
    assert safe_id(one) != safe_id(other)
    assert len(safe_id("é" * 300 + "a.b" * 100)) <= MAX_ID


def test_ids_of_several_files_are_distinct(tmp_path) -> None:
    for name, ids in (("1.txt", "x"), ("2.txt", "x"), ("3.txt", "x_2")):
        (tmp_path / name).write_text(f"# id: {ids}\nA: Hello.\nB: Hi.\n", "utf-8")
    found = [item.id for item in read_all([str(tmp_path)])]
    assert found == ["x", "x_2", "x_2_2"]

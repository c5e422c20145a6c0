"""How large a file may be, packed and as it is."""

import gzip

import pytest

from interactspeech import formats
from interactspeech.errors import InputError
from interactspeech.formats import file_input, parsed_file


@pytest.mark.parametrize("size", [99, 100, 101])
@pytest.mark.parametrize("packed", [False, True])
def test_files_may_be_as_large_as_the_limit(tmp_path, monkeypatch, size, packed):
    monkeypatch.setattr(file_input, "MAX_FILE_BYTES", 100)
    data = b"a" * size
    path = tmp_path / ("x.rttm.gz" if packed else "x.rttm")
    path.write_bytes(gzip.compress(data) if packed else data)
    if size <= 100:
        assert file_input.load(path) == data
        return
    with pytest.raises(InputError) as caught:
        file_input.load(path)
    assert caught.value.reason == "too-large"


def test_what_is_packed_far_more_than_annotation_packs_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(file_input, "UNPACKED", 1000)
    path = tmp_path / "x.rttm.gz"
    path.write_bytes(gzip.compress(b"a" * 50_000))
    with pytest.raises(InputError, match="packed bytes hold more than"):
        file_input.load(path)
    path.write_bytes(gzip.compress(b"a" * 1000))
    assert len(file_input.load(path)) == 1000


def test_a_file_of_bad_lines_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(parsed_file, "MAX_LEFT_OUT", 50)
    path = tmp_path / "x.ctm"
    path.write_text("x A 0 1 hi\n" + "x A no 1 hi\n" * 200)
    report = formats.Report()
    assert formats.read(path, report=report, skip_bad=True) == []
    assert [error.reason for error in report.errors] == ["too-many-errors"]
    assert sum(note.severity == "loss" for note in report.notes) == 50


def test_xml_may_nest_as_deep_as_the_limit(tmp_path):
    deep = file_input.MAX_DEPTH
    for depth in (deep, deep + 1):
        data = b"<a>" * depth + b"</a>" * depth
        if depth == deep:
            assert file_input.parse_xml(data, tmp_path / "x.eaf").tag == "a"
            continue
        with pytest.raises(InputError, match=f"deeper than {deep}"):
            file_input.parse_xml(data, tmp_path / "x.eaf")

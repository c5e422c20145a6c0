"""How large a file may be, packed and as it is."""

import gzip

import pytest

from interactspeech.errors import InputError
from interactspeech.formats import file_input


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

"""Public recordings: what ships of them, and fetching their sound from a server or a folder."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from interactspeech.cli import cli
from interactspeech.errors import InputError, MissingResourceError, UsageError
from interactspeech.evaluation.events import public_recordings as public
from interactspeech.evaluation.events.derived_events import read_units, unit_problems
from interactspeech.evaluation.events.joined_labels import join_labels
from interactspeech.evaluation.events.labelled_recordings import (
    EventLabels,
    LabelledEvent,
    LabelledUnit,
    encode_labels,
    labelled_recordings,
)
from interactspeech.evaluation.events.public_recordings import (
    PublicRecording,
    SoundFile,
    fetch_from,
    public_labels,
    public_recordings,
)

RATE = 8_000


class Server:
    """Serves the files of a folder; breaks off once after some bytes when told to."""

    def __init__(self, folder):
        self.asked = []
        self.break_after = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                begin = int(self.headers.get("Range", "bytes=0-")[6:-1])
                outer.asked.append((self.path, begin))
                path = folder / self.path.rpartition("/")[2]
                if not path.exists():
                    self.send_error(404)
                    return
                body = path.read_bytes()[begin:]
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                limit, outer.break_after = outer.break_after or len(body), None
                self.wfile.write(body[:limit])
                if limit < len(body):
                    self.wfile.flush()
                    self.connection.shutdown(2)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/commit"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def published(tmp_path):
    """A folder with a stereo file, and a file for each side of another recording."""
    folder = tmp_path / "published" / "deep"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    sound = rng.integers(-3000, 3000, (2 * RATE, 2), np.int16)
    soundfile.write(folder / "talk.wav", sound, RATE, subtype="PCM_16")
    soundfile.write(folder / "agent.wav", sound[:, 0], RATE, subtype="PCM_16")
    soundfile.write(folder / "caller.wav", sound[:, 1], RATE, subtype="PCM_16")
    return folder


@pytest.fixture
def server(published):
    made = Server(published)
    yield made
    made.close()


def recordings(folder, url):
    samples, _ = soundfile.read(folder / "talk.wav", dtype="int16")

    def file(name, *speakers):
        data = (folder / name).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        return SoundFile(f"{url}/{name}", digest, len(data), speakers)

    def recording(name, licence, *files):
        return PublicRecording(
            name=name,
            language="en",
            talk="noise",
            seconds=2.0,
            licence=licence,
            licence_url="https://example.org/licence",
            attribution="nobody",
            page="https://example.org",
            samples_sha256=hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest(),
            files=files,
        )

    return (
        recording("call", "Apache-2.0", file("agent.wav", "A"), file("caller.wav", "B")),
        recording("talk", "CC-BY-NC-4.0", file("talk.wav", "A", "B")),
    )


def labels(name):
    return EventLabels(
        name,
        2.0,
        (LabelledUnit("A", 0.2, 1.0, "talk"), LabelledUnit("B", 1.3, 1.8, "talk")),
        (LabelledEvent("gap", "B", 1.0, 1.3, sure=True),),
    )


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("local", [False, True])
def test_sound_and_labels_are_put_together(published, server, tmp_path, local):
    known = recordings(published, server.url)
    source = published.parent if local else None
    found = fetch_from(known, labels, tmp_path / "out", source=source)
    assert [(one.recording.name, one.kept) for one in found] == [("call", False), ("talk", False)]
    assert len(server.asked) == (0 if local else 3)
    names = {"audio.flac", "events.json", "activity.rttm", "SOURCE.txt"}
    assert set(content(tmp_path / "out")) == {f"{f}/{n}" for f in ("call", "talk") for n in names}
    original, _ = soundfile.read(published / "talk.wav", dtype="int16")
    for recording in labelled_recordings(tmp_path / "out"):
        sound, rate = soundfile.read(recording.folder / "audio.flac", dtype="int16")
        assert rate == RATE
        assert np.array_equal(sound, original)
        assert recording.activity()["A"].tolist() == [[3200, 16000]]
        assert recording.labels == labels(recording.name)
    told = (tmp_path / "out" / "talk" / "SOURCE.txt").read_text()
    assert "CC-BY-NC-4.0" in told
    assert "not for commercial use" in told
    assert f"{server.url}/talk.wav" in told
    assert "commercial" not in (tmp_path / "out" / "call" / "SOURCE.txt").read_text()


def test_what_is_there_is_kept(published, server, tmp_path):
    known = recordings(published, server.url)
    fetch_from(known, labels, tmp_path / "out")
    before = content(tmp_path / "out")
    asked = len(server.asked)
    again = fetch_from(known, labels, tmp_path / "out")
    assert all(one.kept for one in again)
    assert content(tmp_path / "out") == before
    assert len(server.asked) == asked
    # Damaged sound is fetched again.
    path = tmp_path / "out" / "talk" / "audio.flac"
    path.write_bytes(b"\0" * 100)
    assert [one.kept for one in fetch_from(known, labels, tmp_path / "out")] == [True, False]
    assert content(tmp_path / "out") == before


def test_a_broken_transfer_is_taken_up(published, server, tmp_path):
    known = recordings(published, server.url)
    server.break_after = 5_000
    seen = []
    fetch_from(known[1:], labels, tmp_path, progress=lambda *row: seen.append(row))
    assert [begin for _, begin in server.asked] == [0, 5_000]
    size = (published / "talk.wav").stat().st_size
    assert seen[-1] == ("talk.wav", size, size)


def test_other_bytes_are_refused(published, server, tmp_path):
    known = recordings(published, server.url)
    data = bytearray((published / "talk.wav").read_bytes())
    data[-1] ^= 1
    (published / "talk.wav").write_bytes(data)
    with pytest.raises(MissingResourceError, match="not the pinned"):
        fetch_from(known[1:], labels, tmp_path / "out")
    assert not (tmp_path / "out" / "talk" / "events.json").exists()
    with pytest.raises(InputError, match=f"get it from {server.url}/talk.wav") as error:
        fetch_from(known[1:], labels, tmp_path / "out", source=published)
    assert (error.value.reason, error.value.path) == ("bad-checksum", published / "talk.wav")


def test_without_a_network_the_remedy_is_named(published, server, tmp_path):
    known = recordings(published, server.url)
    server.close()
    server.close = lambda: None
    with pytest.raises(MissingResourceError, match="cannot be reached") as error:
        fetch_from(known, labels, tmp_path / "out")
    assert "--from" in str(error.value)
    assert f"{server.url}/agent.wav" in str(error.value)


def test_one_that_is_lost_does_not_stop_the_others(published, server, tmp_path):
    known = recordings(published, server.url)
    (published / "caller.wav").unlink()
    lost = []
    found = fetch_from(
        known, labels, tmp_path / "out", on_lost=lambda one, error: lost.append((one.name, error))
    )
    assert [one.recording.name for one in found] == ["talk"]
    ((name, error),) = lost
    assert name == "call"
    assert "404" in str(error)
    with pytest.raises(InputError, match=r"holds no caller\.wav") as error:
        fetch_from(known, labels, tmp_path / "local", source=published)
    assert error.value.reason == "missing-file"
    with pytest.raises(InputError) as error:
        fetch_from(known, labels, tmp_path / "local", source=tmp_path / "nowhere")
    assert error.value.reason == "no-file"


def test_files_that_make_another_sound_are_refused(published, server, tmp_path):
    call, _ = recordings(published, server.url)
    swapped = msgspec.structs.replace(call, files=call.files[::-1])
    with pytest.raises(InputError, match="not make the sound that was labelled") as error:
        fetch_from([swapped], labels, tmp_path, source=published)
    assert error.value.reason == "bad-audio"


def test_labels_of_others_are_not_written_over(published, server, tmp_path):
    known = recordings(published, server.url)[1:]
    fetch_from(known, labels, tmp_path, source=published)
    events = tmp_path / "talk" / "events.json"

    def newer(name):
        base = labels(name)
        return EventLabels(base.name, base.seconds, base.units, ())

    # Labels that another version of this command wrote are replaced, those of others are not.
    fetch_from(known, newer, tmp_path, source=published)
    assert events.read_bytes() == encode_labels(newer("talk"))
    events.write_text("mine")
    with pytest.raises(InputError, match="did not write") as error:
        fetch_from(known, newer, tmp_path, source=published)
    assert error.value.reason == "output-exists"
    assert events.read_text() == "mine"


@pytest.fixture
def shipped(published, server, monkeypatch):
    """As if these recordings were those that ship."""
    known = recordings(published, server.url)
    monkeypatch.setattr(public, "public_recordings", lambda: known)
    monkeypatch.setattr(public, "public_labels", labels)
    return known


def invoke(*words):
    return CliRunner().invoke(cli, ["evaluate", "events", "fetch", *map(str, words)])


@pytest.mark.usefixtures("shipped")
def test_the_command(published, tmp_path):
    out = tmp_path / "out"
    done = invoke(out, "--from", published.parent, "--name", "talk", "-q")
    assert done.exit_code == 0, done.output
    assert f"{out / 'talk'}: fetched; CC-BY-NC-4.0, not for commercial use" in done.output
    assert f"evaluate events real {out}" in done.output
    assert not (out / "call").exists()
    again = json.loads(invoke(out, "--json").stdout)
    assert [(one["name"], one["kept"]) for one in again["recordings"]] == [
        ("call", False),
        ("talk", True),
    ]
    page = tmp_path / "page.md"
    measured = CliRunner().invoke(
        cli,
        ["evaluate", "events", "real", str(out), "-o", str(page), "--questions", "0", "-q",
         "--system", "marked", "--system", "marked-words"],
    )  # fmt: skip
    assert measured.exit_code == 0, measured.output
    assert "marked-words is left out: no words are marked in call, talk" in measured.stderr
    text = page.read_text()
    assert "no words are marked in call, talk." in text
    assert "hand-marked activity + rules" in text
    assert "hand-marked activity and words" not in text


@pytest.mark.usefixtures("shipped")
def test_the_command_says_what_is_lost(published, tmp_path):
    (published / "talk.wav").unlink()
    done = invoke(tmp_path / "out", "--from", published, "-q")
    assert done.exit_code == 1
    assert "talk:" in done.stderr
    assert "holds no talk.wav" in done.stderr
    assert f"{tmp_path / 'out' / 'call'}: fetched" in done.stdout
    refused = invoke(tmp_path / "out", "--name", "nobody")
    assert refused.exit_code == 2
    assert "one of call, talk" in refused.stderr


def test_what_ships_follows_from_what_the_annotators_marked():
    """After a change of the rules: ``python tools/join_labels.py bench/real_labels --write``."""
    folder = Path(__file__).parents[3] / "bench" / "real_labels"
    for recording in public_recordings():
        one, other = (
            read_units(folder / recording.name / f"labels_{who}.json", recording.seconds)
            for who in "PQ"
        )
        assert not any(unit.text for unit in (*one.units, *other.units))
        joined = join_labels(one, other, recording.seconds, group=recording.language)
        assert joined == public_labels(recording.name)


def test_what_ships_is_whole():
    known = public_recordings()
    assert len(known) == len({one.name for one in known}) >= 9
    folder = Path(public.__file__).parent / "data" / "real"
    assert {path.stem for path in folder.glob("*.json")} == {"sources", *(k.name for k in known)}
    for recording in known:
        assert [name for file in recording.files for name in file.speakers] == ["A", "B"]
        for file in recording.files:
            # At a commit, which does not change.
            assert file.url.startswith("https://raw.githubusercontent.com/")
            assert len(file.url.split("/")[5]) == 40
            assert len(file.sha256) == 64
        found = public_labels(recording.name)
        assert (found.name, found.seconds) == (recording.name, recording.seconds)
        assert found.units
        assert not list(unit_problems(found.units, found.seconds))
        assert not any(unit.text for unit in found.units)  # the words are not ours
        assert all(0 <= e.start <= e.end <= found.seconds for e in found.events)
        assert all(bool(event.why) != event.sure for event in found.events)
    with pytest.raises(UsageError, match="one of aws49"):
        public_labels("nobody")

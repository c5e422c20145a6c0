"""Corpora in object stores: URLs as folders, objects that appear whole, a lease for one builder.

A corpus may lie behind any URL that fsspec knows (``s3://bucket/corpus``, ``gs://...``,
``file:///...``). Code of this room works with `pathlib`'s words on both: `place` gives a `Path`, or
for a URL an object with the same methods (universal-pathlib's `UPath`).

What differs, and how it is kept safe:

- There is no rename. A file is written here first and then uploaded in one piece: an object that is
  there is whole, because stores show a PUT or a multipart upload only when it is complete.
- There is no lock that the system drops when its holder dies. A `Lease` is an object that its
  holder changes every few seconds; who wants it watches whether it changes, by the own clock, so
  that neither clocks that disagree nor clocks that jump matter.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import threading
import uuid
from pathlib import Path
from typing import Any, cast

from interactspeech.errors import InteractSpeechError, MissingExtraError, StoreError

#: What a URL looks like, also after `Path` has taken one of its slashes.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,3}")
#: Seconds between two changes of a lease, and without a change until it is taken for dead.
BEAT, LIFE = 5.0, 20.0
#: Bytes that are fetched at a time where a file is read in places.
_BLOCK = 2**20
_BLOCK_IN_ORDER = 8 * 2**20
_EXTRAS = {"s3": ("s3fs", "s3"), "s3a": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"),
           "gcs": ("gcsfs", "gcs")}  # fmt: skip
#: Packages whose errors are those of a store that cannot be reached or says no.
_THEIRS = frozenset({"botocore", "aiobotocore", "aiohttp", "gcsfs", "google"})


def place(root: str | os.PathLike[str]) -> Path:
    """The folder behind a name: a path as it is, a URL as a folder of its store.

    Raises:
        MissingExtraError: the package for that kind of store is not installed.
        StoreError: there is no such kind of store.
    """
    if is_remote(root):
        return cast(Path, root)
    text = os.fspath(root)
    found = _URL.match(text)
    if found is None or len(found[1]) == 1:  # one letter is a drive of Windows
        return Path(root)
    scheme, rest = found[1].lower(), text[found.end() :]
    if scheme == "file":
        return Path("/" + rest)
    try:
        from upath import UPath
    except ImportError:
        raise MissingExtraError("universal-pathlib", "s3", f"reading {scheme}://") from None
    try:
        made = UPath(f"{scheme}://{rest}", use_listings_cache=False)
        _ = made.fs  # opens the store's package
    except ImportError:
        package, extra = _EXTRAS.get(scheme, ("an fsspec package", "s3"))
        raise MissingExtraError(package, extra, f"reading {scheme}://") from None
    except ValueError as error:
        raise StoreError(f"{text}: no kind of store is called {scheme!r} ({error})") from None
    return cast(Path, made)


def is_remote(path: Any) -> bool:
    """Whether `place` made this of a URL of a store."""
    return not isinstance(path, str | Path) and hasattr(path, "fs")


def is_theirs(error: Exception) -> bool:
    """Whether an error is that of a store's client (no way to it, or no leave)."""
    return type(error).__module__.partition(".")[0] in _THEIRS


def _store(path: Path) -> tuple[Any, str]:
    found = cast(Any, path)
    return found.fs, found.path


def upload(partial: Path, path: Path) -> None:
    """Make a local file an object, which appears when it is whole; the local file is removed."""
    store, name = _store(path)
    store.put_file(str(partial), name)
    partial.unlink(missing_ok=True)


def put(path: Path, data: bytes) -> None:
    """Write an object in one piece."""
    store, name = _store(path)
    store.pipe_file(name, data)


def move(path: Path, target: Path) -> None:
    """Give an object another name in its store."""
    store, name = _store(path)
    store.mv(name, cast(Any, target).path)


def copy(path: Path, target: Path) -> None:
    """Have a second object with the same content in the same store."""
    store, name = _store(path)
    store.cp_file(name, cast(Any, target).path)


def fetch(path: Path, offset: int, size: int) -> bytes:
    """Bytes ``[offset, offset + size)`` of an object; fewer where it ends before."""
    store, name = _store(path)
    data: bytes = store.cat_file(name, start=offset, end=offset + size)
    return data


def opened(path: Path, *, in_order: bool = False) -> io.BufferedReader:
    """A file or object for reading; `in_order`: from its beginning to its end."""
    if not is_remote(path):
        return path.open("rb")
    store, name = _store(path)
    block = _BLOCK_IN_ORDER if in_order else _BLOCK
    return cast(io.BufferedReader, store.open(name, "rb", block_size=block))


def local_partial(path: Path, suffix: str) -> Path:
    """Where this process writes what will be an object: a new file in the system's own folder."""
    handle, name = tempfile.mkstemp(suffix=f"-{path.name}{suffix}", prefix="interactspeech-")
    os.close(handle)
    return Path(name)


class Lease:
    """Held by the one process that may build a corpus in an object store.

    Where two take over a dead lease at the same moment, both may believe for one beat that they
    hold it; then one sees the other's mark and gives up. No harm is done meanwhile: both write the
    same bytes under the same names.
    """

    def __init__(self, path: Path, holder: str) -> None:
        self._path = path
        self._mark = f"{holder} {uuid.uuid4()}"
        self._beats = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._lost = False

    def acquire(self) -> str:
        """Take the lease; "" where it is ours now, else who holds it.

        Where another process seems to hold it, this watches for `LIFE` seconds whether they live.
        """
        if not self._create():
            first = self._content()
            if self._changes(first):
                return first.rpartition(" ")[0].rpartition(" ")[0] or "another process"
            # Dead. Whoever took it over since is seen by its other mark.
            if self._content() == first:
                self._path.unlink(missing_ok=True)
            if not self._create():
                return self._content().rpartition(" ")[0].rpartition(" ")[0] or "another process"
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()
        return ""

    def release(self) -> None:
        """Let the next builder in."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            if self.is_held():
                self._path.unlink(missing_ok=True)

    def is_held(self) -> bool:
        """Whether it is still ours; the store is asked, not what the last beat saw."""
        return not self._lost and self._content().startswith(self._mark)

    def _create(self) -> bool:
        store, name = _store(self._path)
        try:
            store.pipe_file(name, self._text(), mode="create")
        except FileExistsError:
            return False
        except Exception as error:
            if self._path.exists():
                return False
            if isinstance(error, OSError) or is_theirs(error):
                raise
            raise OSError(f"{type(error).__name__}: {error}") from error
        return True

    def _text(self) -> bytes:
        return f"{self._mark} {self._beats}".encode()

    def _content(self) -> str:
        for tries_left in reversed(range(5)):
            try:
                return self._path.read_bytes().decode("utf-8", "replace")
            except FileNotFoundError:
                return ""
            except OSError as error:
                # s3fs: the holder wrote a new beat between the look at its tag and the reading.
                if type(error).__name__ != "FileExpired" or not tries_left:
                    raise
        return ""

    def _changes(self, first: str) -> bool:
        waited = 0.0
        while waited < LIFE:
            self._ended.wait(min(1.0, LIFE))
            waited += min(1.0, LIFE)
            if self._content() != first:
                return True
        return False

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            try:
                if not self.is_held():
                    self._lost = True
                    return
                self._beats += 1
                put(self._path, self._text())
            except (OSError, InteractSpeechError):
                continue  # the store is away for a moment; the next beat tries again
            except Exception as error:  # noqa: BLE001 - a client's own kinds of "away"
                if not is_theirs(error):
                    self._lost = True
                    return

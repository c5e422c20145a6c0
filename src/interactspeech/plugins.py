"""Registries that other packages extend through entry points, one group for each kind of part.

An entry of the package and one of another package look alike: a name, and an object at
``module:attribute`` that is imported when it is asked for. Another package adds an engine with

    [project.entry-points."interactspeech.engines"]
    beep = "mypackage.speech:BeepEngine"

A name of the package cannot be taken over, and a name that two packages claim belongs to neither.
docs/extending.md says what an entry of each group is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

from interactspeech.errors import UsageError

T = TypeVar("T")

#: Group of entry points -> where its registry is.
REGISTRIES = {
    "interactspeech.engines": "interactspeech.tts.registry:ENGINES",
    "interactspeech.text_corpora": "interactspeech.scripts.readers.corpora:TEXT_CORPORA",
    "interactspeech.timing_formats": "interactspeech.formats.registry:FORMATS",
    "interactspeech.exchange_formats": "interactspeech.corpus.exchange.registry:EXCHANGE_FORMATS",
    "interactspeech.recording_layouts": "interactspeech.mining.layouts:LAYOUTS",
    "interactspeech.diarizers": "interactspeech.diarization:DIARIZERS",
    "interactspeech.recognisers": "interactspeech.models.recognition:RECOGNISERS",
    "interactspeech.aligners": "interactspeech.models.aligners:ALIGNERS",
    "interactspeech.codecs": "interactspeech.models.codecs:CODECS",
}

_log = logging.getLogger(__name__)


def owner(point: EntryPoint) -> str:
    """Name and version of what installed an entry point (``beeps 0.1``)."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"


def load_object(place: str) -> Any:
    """The object at ``module:attribute``."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


class Registry(Mapping[str, T], Generic[T]):
    """Name -> entry: those of the package in their order, then those of other packages by name.

    Args:
        group: of the entry points.
        noun: what an entry is, for messages ("speech engine").
        kind: the class of an entry.
        entries: of the package: objects, or ``module:attribute``.
        reason: of the error for an unknown name.

    Looking up raises `UsageError` for a name that does not exist, and for an entry of another
    package that cannot be used (reason ``bad-plugin``). `values` and `items` leave the latter out,
    with a warning in the log, so that a broken package takes nothing else down.
    """

    def __init__(
        self,
        group: str,
        noun: str,
        kind: type[Any],
        entries: Mapping[str, T | str],
        *,
        reason: str = "usage",
    ) -> None:
        self.group, self.noun, self.kind, self.reason = group, noun, kind, reason
        self.own: Mapping[str, T | str] = entries
        self._loaded: dict[str, T] = {}

    @cached_property
    def points(self) -> dict[str, list[EntryPoint]]:
        """The entry points of other packages, by name; looked up once."""
        found: dict[str, list[EntryPoint]] = {}
        for point in sorted(entry_points(group=self.group), key=lambda p: (p.name, owner(p))):
            found.setdefault(point.name, []).append(point)
        return found

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def get(self, name: object, default: Any = None, /) -> Any:
        """The entry called `name`, or `default` where there is none; raises as looking up does."""
        return self[str(name)] if name in self else default

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.points

    def __iter__(self) -> Iterator[str]:
        return iter([*self.own, *(name for name in self.points if name not in self.own)])

    def __len__(self) -> int:
        return len(self.own.keys() | self.points.keys())

    def items(self) -> Any:
        """Name and entry of all that can be used."""
        return self.usable().items()

    def values(self) -> Any:
        """All entries that can be used."""
        return self.usable().values()

    def usable(self) -> dict[str, T]:
        """Name -> entry; an entry of another package that cannot be used is logged and left out."""
        found: dict[str, T] = {}
        for name in self:
            try:
                found[name] = self[name]
            except UsageError as error:
                if name in self.own:
                    raise
                _log.warning("%s", error)
        return found

    def problems(self) -> list[UsageError]:
        """What is wrong with the entries of other packages, one error each."""
        found: list[UsageError] = []
        for name, points in self.points.items():
            if name in self.own:
                found.append(self._clash(name, points))
                continue
            try:
                _ = self[name]
            except UsageError as error:
                found.append(error)
        return found

    def _load(self, name: str) -> T:
        if name in self.own:
            entry = self.own[name]
            return cast("T", load_object(entry)) if isinstance(entry, str) else entry
        points = self.points.get(name, [])
        if not points:
            raise UsageError(
                f"no {self.noun} is called {name!r}",
                remedy=f"use one of {', '.join(self)}",
                reason=self.reason,
            )
        if len(points) > 1:
            raise self._clash(name, points)
        try:
            entry = points[0].load()
        except Exception as error:
            raise self.unusable(name, f"{type(error).__name__}: {error}") from error
        if not self.accepts(entry):
            raise self.unusable(name, f"{points[0].value} is {_described(entry)}")
        return cast("T", entry)

    def accepts(self, entry: Any) -> bool:
        """Whether an object can be an entry."""
        return isinstance(entry, self.kind)

    def _clash(self, name: str, points: list[EntryPoint]) -> UsageError:
        owners = [owner(point) for point in points]
        if name in self.own:
            owners = ["interactspeech itself", *owners]
        return UsageError(
            f"the {self.noun} {name!r} comes from {' and '.join(owners)}",
            remedy="uninstall all but one"
            if name not in self.own
            else "the one of interactspeech is used; ask the other's author for another name",
            reason="bad-plugin",
        )

    def unusable(self, name: str, why: str) -> UsageError:
        """The error for an entry of another package that does not do what it should."""
        package = " and ".join(map(owner, self.points.get(name, []))) or "interactspeech"
        return UsageError(
            f"the {self.noun} {name!r} of {package} cannot be used: {why}",
            remedy="upgrade or uninstall that package; docs/extending.md says what is expected",
            reason="bad-plugin",
        )


class FactoryRegistry(Registry[Callable[..., T]]):
    """A registry whose entries make something: classes, or functions that give an instance.

    Args:
        group, noun, entries, reason: as in `Registry`.
        makes: the class, or the runtime-checkable protocol, of what an entry gives.
    """

    def __init__(
        self,
        group: str,
        noun: str,
        makes: type[Any],
        entries: Mapping[str, Callable[..., T] | str],
        *,
        reason: str = "usage",
    ) -> None:
        super().__init__(group, noun, object, entries, reason=reason)
        self.makes = makes

    def accepts(self, entry: Any) -> bool:
        """Whether an object can be called."""
        return callable(entry)

    def make(self, name: str, **options: Any) -> T:
        """What the entry called `name` gives for `options`.

        Raises:
            UsageError: there is no such entry, or it cannot be used (reason ``bad-plugin``).
        """
        made = self[name](**options)
        if not isinstance(made, self.makes):
            raise self.unusable(name, f"it gave {_described(made)}, not {self.makes.__name__}")
        return made


def _described(thing: Any) -> str:
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    return f"an object of the class {type(thing).__name__}"


def registries() -> list[Registry[Any]]:
    """All registries; this imports the modules that hold them."""
    return [load_object(place) for place in REGISTRIES.values()]

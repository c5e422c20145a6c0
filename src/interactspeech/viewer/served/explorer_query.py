"""What is looked for in corpora: a query of the explorer, from an address to conditions of SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from interactspeech.errors import InputError
from interactspeech.records import EVENT_TYPES
from interactspeech.settings import Count, Natural, NonNegative, Settings

ORDERS: Final = {
    "": "corpus_number, shard, record_offset",
    "longest": "seconds DESC, id",
    "shortest": "seconds, id",
    "id": "id",
}


class ExplorerQuery(Settings, frozen=True):
    """What is looked for.

    Attributes:
        corpus: number of the corpus, -1 for all.
        name: part of an id, a source's id, a speaker or a voice.
        text: part of what is said.
        event: a type that the dialogue has.
        at_least: how many of it.
        shortest, longest: seconds; 0 for no upper bound.
        source: name of the source corpus.
        where: a condition over the columns of the index, in SQL.
        order: "", "longest", "shortest", "id", or a type of event: most a minute first.
        offset, limit: which of the found ones.
    """

    corpus: Annotated[int, msgspec.Meta(ge=-1)] = -1
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""
    event: Annotated[str, msgspec.Meta(max_length=40)] = ""
    at_least: Count = 1
    shortest: NonNegative = 0.0
    longest: NonNegative = 0.0
    source: Annotated[str, msgspec.Meta(max_length=200)] = ""
    where: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    order: Annotated[str, msgspec.Meta(max_length=40)] = ""
    offset: Natural = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


def conditions(query: ExplorerQuery) -> tuple[list[str], list[Any]]:
    """Conditions of SQL on the index, and their values; `text` and `where` are the server's.

    Raises:
        InputError: there is no such type of event.
    """
    parts: list[str] = []
    values: list[Any] = []
    if query.corpus >= 0:
        parts.append("corpus_number = ?")
        values.append(query.corpus)
    if query.name.strip():
        parts.append("contains(named, ?)")
        values.append(query.name.strip().lower())
    if query.source:
        parts.append("corpus = ?")
        values.append(query.source)
    if query.event:
        parts.append(f"{event_column(query.event)} >= ?")
        values.append(query.at_least)
    if query.shortest:
        parts.append("seconds >= ?")
        values.append(query.shortest)
    if query.longest:
        parts.append("seconds <= ?")
        values.append(query.longest)
    return parts, values


def event_column(event: str) -> str:
    """The column of the index that counts a type of event.

    Raises:
        InputError: there is no such type.
    """
    if event not in EVENT_TYPES:
        raise InputError(f"no type of event is called {event!r}", reason="bad-query")
    return f'"{EVENT_TYPES[event].column}"'  # it is in the table


def order_by(order: str) -> str:
    """What stands after ORDER BY.

    Raises:
        InputError: there is no such order, and no such type of event.
    """
    if order in ORDERS:
        return ORDERS[order]
    return f"{event_column(order)} / nullif(seconds, 0) DESC NULLS LAST, id"


def explorer_query(values: Mapping[str, str]) -> ExplorerQuery:
    """A query from the parameters of an address.

    Raises:
        InputError: one of them is no value of its field.
    """
    known = {name: values[name] for name in ExplorerQuery.__struct_fields__ if name in values}
    try:
        return msgspec.convert(known, ExplorerQuery, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"cannot use the filter: {error}", reason="bad-query") from None

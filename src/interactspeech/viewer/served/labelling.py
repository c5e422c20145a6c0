"""The labelling page's server: what a person may see of a dialogue, and their edits into the log.

Everything of a person lies below ``/NAME/``; `guard.Guard` has checked the key. An annotator's
answers hold nothing of what others labelled; the adjudicator's hold all of it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from string import Template
from typing import TYPE_CHECKING, Any

import msgspec

from interactspeech.errors import InputError, InteractSpeechError, MissingExtraError, StoreError
from interactspeech.labels.base import (
    Suggestion,
    base_items,
    current_items,
    human_events,
    suggestions_of,
)
from interactspeech.labels.folder import LabelFolder, progress
from interactspeech.labels.items import (
    LabelConflictError,
    Revision,
    Transaction,
    check_item,
)
from interactspeech.labels.log import LabelLog, check_words, plain
from interactspeech.labels.voting import consensus
from interactspeech.records import Dialogue, Event
from interactspeech.viewer.page import MARK, asset, program, style
from interactspeech.viewer.record import channel_of, page_record
from interactspeech.viewer.served.guard import POLICY
from interactspeech.viewer.served.sound import (
    OutlineCache,
    SoundOutline,
    wav_bytes,
    wav_size,
    zero_crossing,
)
from interactspeech.viewer.served.sources import DialogueSound, DialogueSource

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

#: The page's script: what it shares with the static page, then its own.
SCRIPTS = ("core.js", "layout.js", "details.js", "paint.js", "timeline.js", "player.js",
           "label_store.js", "label_timeline.js", "label.js")  # fmt: skip
_PAGE_ROWS = 200

Suggest = Callable[[Dialogue], Sequence[Event]]


class SourceChangedError(InputError):
    """The dialogue is not what it was when its labels were begun."""


class LabellingServer:
    """Answers for a folder of labels: see `application`.

    Args:
        folder: where labels go; held open by this process.
        source: what is labelled.
        suggest: proposes events of a dialogue; None proposes nothing.
    """

    def __init__(
        self, folder: LabelFolder, source: DialogueSource, suggest: Suggest | None = None
    ) -> None:
        self.folder, self.source, self.suggest = folder, source, suggest
        self.outlines = OutlineCache(folder.path / "cache")
        self._suggested: dict[tuple[str, str], list[Suggestion]] = {}

    def task(self, name: str) -> dict[str, Any]:
        """What the page shows of the whole."""
        settings = self.folder.settings
        return {
            "annotator": name,
            "adjudicates": name == settings.adjudicator,
            "title": self.source.name,
            "types": list(settings.types),
            "suggest": settings.suggest,
            "dialogues": len(self._mine(name)),
        }

    def rows(self, name: str, search: str, offset: int, limit: int, state: str) -> dict[str, Any]:
        """A part of the list of a person's dialogues."""
        log = self.folder.log(name)
        begun = set(log.dialogues)
        states = {
            one: ("done" if log.is_done(one) else "begun") if one in begun else "new"
            for one in self._mine(name)
        }
        text = search.strip().lower()
        fitting = [one for one, now in states.items() if text in one.lower() and state in ("", now)]
        part = fitting[offset : offset + min(limit, _PAGE_ROWS)]
        rows = [
            {
                **row,
                "state": states[row["id"]],
                "events": sum(
                    item.kind == "event" for item in log.labels(row["id"]).values()
                ) if row["id"] in begun else 0,
            }
            for row in self.source.rows(part)
        ]  # fmt: skip
        done = sum(now == "done" for now in states.values())
        return {"total": len(fitting), "all": len(states), "done": done, "rows": rows}

    def dialogue(self, name: str, key: str) -> dict[str, Any]:
        """All that the page needs to show a dialogue and its labels.

        Raises:
            InputError: the person does not label it, or it is gone or damaged.
        """
        dialogue, outline = self._dialogue(name, key)
        log = self.folder.log(name)
        channels = channel_of(dialogue)
        # Events of the record are no part of it: they would tell annotators what to find.
        blind = msgspec.structs.replace(dialogue, events=())
        given = base_items(dialogue)
        shown = page_record(blind, outline.peaks if outline else None, {})
        speech = {
            speaker.id: [[span.start, span.end] for u in dialogue.utterances for span in u.speech
                         if u.speaker == speaker.id]
            for speaker in dialogue.speakers
        }  # fmt: skip
        if outline and not dialogue.utterances:
            speech = {
                speaker: outline.speech[channel].tolist() for speaker, channel in channels.items()
            }
        made: dict[str, Any] = {
            "record": shown,
            "base": [{"id": one, "item": msgspec.to_builtins(item)} for one, item in given.items()],
            "edited": plain(log.items(key)),
            "number": len(log),
            "history": [
                {"key": one.key, "edits": msgspec.to_builtins(one.edits)}
                for one in log.since(key, 0)
            ],
            "speech": [speech.get(speaker.id, []) for speaker in dialogue.speakers],
            "sound": outline is not None,
            "suggestions": [msgspec.to_builtins(one) for one in self._suggestions(name, dialogue)],
            "changed": self._has_changed(log, key),
        }
        if name == self.folder.settings.adjudicator:
            made["others"] = [
                {
                    "annotator": one,
                    "done": self.folder.log(one).is_done(key),
                    "events": [msgspec.to_builtins(item) for item in self._events(one, dialogue)],
                }
                for one in self.folder.assignment.get(key, ())
            ]
        return made

    def changes(self, name: str, key: str, since: int) -> dict[str, Any]:
        """What the person's other tabs did to a dialogue after transaction `since`."""
        self._check_mine(name, key)
        log = self.folder.log(name)
        news = log.since(key, since)
        ids = {edit.id for one in news for edit in one.edits}
        items = log.items(key)
        return {
            "number": news[-1].number if news else since,
            "items": plain({one: items[one] for one in ids}),
            "keys": [one.key for one in news],
            "changed": self._has_changed(log, key),
        }

    def edit(self, name: str, body: bytes) -> dict[str, Any]:
        """Write a transaction; what is returned is on the disk.

        Raises:
            InputError: it is no transaction, or does not fit the dialogue.
            LabelConflictError: it builds on what has changed.
            SourceChangedError: the dialogue has changed.
        """
        try:
            wanted = msgspec.json.decode(body, type=Transaction)
        except msgspec.DecodeError as error:
            raise InputError(f"not a transaction: {error}", reason="bad-label") from None
        self._check_mine(name, wanted.dialogue)
        log = self.folder.log(name)
        if self._has_changed(log, wanted.dialogue):
            raise SourceChangedError(
                f"dialogue {wanted.dialogue!r} of {self.source.name!r} has changed since its "
                "labels were begun: nothing more is labelled on it",
                remedy="restore it, or label it in another folder",
                reason="changed-source",
            )
        dialogue = self.source.dialogue(wanted.dialogue)
        speakers = frozenset(speaker.id for speaker in dialogue.speakers)
        for edit in wanted.edits:
            if edit.item is not None:
                check_item(edit.item, speakers, dialogue.length)

        def check(after: dict[str, Revision]) -> None:
            touched = {edit.item.speaker for edit in wanted.edits if edit.item}
            touched = {
                one
                for one in touched
                if any(
                    e.item and e.item.kind == "word" and e.item.speaker == one for e in wanted.edits
                )
            }
            if touched:
                stand = current_items(dialogue, after).values()
                check_words([item for item in stand if item.speaker in touched])

        entry = log.commit(wanted, self.source.fingerprint(wanted.dialogue), check)
        items = log.items(wanted.dialogue)
        return {
            "number": entry.number,
            "revisions": {edit.id: items[edit.id].revision for edit in wanted.edits},
        }

    def zero(self, name: str, key: str, speaker: str, sample: int) -> int:
        """A zero crossing near a sample, on a speaker's channel."""
        self._check_mine(name, key)
        sound = self.source.sound(key)
        channel = channel_of(self.source.dialogue(key)).get(speaker)
        if sound is None or channel is None:
            return sample
        return zero_crossing(sound, channel, sample)

    def sound_of(self, name: str, key: str, tracks: str) -> tuple[DialogueSound, list[int]]:
        """The sound of a dialogue, and the channels of some of its speakers (all if none)."""
        self._check_mine(name, key)
        return sound_of(self.source, key, tracks)

    def progress(self) -> list[dict[str, Any]]:
        """See `interactspeech.labels.progress`."""
        return progress(self.folder)

    def _mine(self, name: str) -> list[str]:
        there = self.source.fingerprints()
        return [one for one in self.folder.dialogues_of(name) if one in there]

    def _check_mine(self, name: str, key: str) -> None:
        if key not in self.folder.assignment or (
            name != self.folder.settings.adjudicator and name not in self.folder.assignment[key]
        ):
            raise InputError(f"{name} does not label a dialogue {key!r}", reason="unknown-dialogue")

    def _has_changed(self, log: LabelLog, key: str) -> bool:
        before = log.source(key)
        return bool(before) and before != self.source.fingerprint(key)

    def _dialogue(self, name: str, key: str) -> tuple[Dialogue, SoundOutline | None]:
        self._check_mine(name, key)
        try:
            dialogue = self.source.dialogue(key)
        except KeyError:
            raise InputError(
                f"dialogue {key!r} is no longer in {self.source.name!r}", reason="unknown-dialogue"
            ) from None
        sound = self.source.sound(key)
        if sound is None:
            return dialogue, None
        return dialogue, self.outlines.get(self.source.fingerprint(key), sound)

    def _events(self, name: str, dialogue: Dialogue) -> tuple[Event, ...]:
        items = current_items(dialogue, self.folder.log(name).items(dialogue.id))
        return human_events(items.values(), name, [speaker.id for speaker in dialogue.speakers])

    def _suggestions(self, name: str, dialogue: Dialogue) -> list[Suggestion]:
        if name == self.folder.settings.adjudicator:
            given = {
                one: self._events(one, dialogue)
                for one in self.folder.assignment.get(dialogue.id, ())
            }
            voted = consensus(given, dialogue.rate)
            return [
                proposal
                for one in voted
                for proposal in suggestions_of(
                    [one.event()], f"{len(one.votes)} of {one.people}: {', '.join(one.votes)}"
                )
            ]
        if self.suggest is None:
            return []
        place = (dialogue.id, self.source.fingerprint(dialogue.id))
        if place not in self._suggested:
            wanted = self.folder.settings.types
            found = [one for one in self.suggest(dialogue) if one.type in wanted]
            self._suggested[place] = suggestions_of(found)
        return self._suggested[place]


def sound_of(source: DialogueSource, key: str, tracks: str) -> tuple[DialogueSound, list[int]]:
    """The sound of a dialogue, and the channels of some of its speakers, by their numbers.

    Raises:
        InputError: there is no sound, or no such track.
    """
    try:
        dialogue, sound = source.dialogue(key), source.sound(key)
    except KeyError:
        raise InputError(f"no dialogue {key!r}", reason="unknown-dialogue") from None
    if sound is None:
        raise InputError(f"dialogue {key!r} has no sound", reason="no-audio")
    channels = channel_of(dialogue)
    names = [speaker.id for speaker in dialogue.speakers]
    try:
        chosen = [names[int(one)] for one in tracks.split(",") if one] or names
    except (ValueError, IndexError):
        raise InputError(f"no tracks {tracks!r}", reason="unknown-speaker") from None
    found = sorted({channels[one] for one in chosen if one in channels})
    if not found or found[-1] >= sound.channels:
        raise InputError(f"no sound of the tracks {tracks!r}", reason="no-audio")
    return sound, found


def application(server: LabellingServer) -> Any:
    """The ASGI application of a `LabellingServer`.

    Raises:
        MissingExtraError: Starlette is not installed.
    """
    try:
        from starlette.concurrency import run_in_threadpool
    except ImportError:
        raise MissingExtraError("starlette", "serve", "a page that is served") from None

    def home(request: Request) -> Response:
        del request
        return page_response("label.html", server.source.name)

    def task(request: Request) -> Response:
        return json_response(server.task(request.path_params["name"]))

    def dialogues(request: Request) -> Response:
        query = request.query_params
        return json_response(
            server.rows(
                request.path_params["name"],
                query.get("search", ""),
                number(query.get("offset", "0")),
                number(query.get("limit", "50")),
                query.get("state", ""),
            ),
        )

    def dialogue(request: Request) -> Response:
        key = request.query_params.get("id", "")
        return json_response(server.dialogue(request.path_params["name"], key))

    def changes(request: Request) -> Response:
        query = request.query_params
        found = server.changes(
            request.path_params["name"], query.get("id", ""), number(query.get("since", "0"))
        )
        return json_response(found)

    async def edits(request: Request) -> Response:
        body = await request.body()
        name = request.path_params["name"]
        return json_response(await run_in_threadpool(server.edit, name, body))

    def zero(request: Request) -> Response:
        query = request.query_params
        sample = server.zero(
            request.path_params["name"], query.get("id", ""), query.get("speaker", ""),
            number(query.get("at", "0")),
        )  # fmt: skip
        return json_response({"sample": sample})

    def sound(request: Request) -> Response:
        query = request.query_params
        found, channels = server.sound_of(
            request.path_params["name"], query.get("id", ""), query.get("tracks", "")
        )
        return sound_response(found, channels, request.headers.get("range", ""))

    def shown_progress(request: Request) -> Response:
        name = request.path_params["name"]
        rows = server.progress()
        if name != server.folder.settings.adjudicator:
            rows = [row for row in rows if row["annotator"] == name]
        return json_response({"rows": rows})

    return routed(
        {
            "/": home,
            "/api/task": task,
            "/api/dialogues": dialogues,
            "/api/dialogue": dialogue,
            "/api/changes": changes,
            "/api/zero": zero,
            "/api/sound.wav": sound,
            "/api/progress": shown_progress,
        },
        {"/api/edits": edits},
        {"page.js": lambda: program(SCRIPTS), "page.css": lambda: style(("page.css", "label.css"))},
    )


def routed(
    gets: dict[str, Callable[..., Any]],
    posts: dict[str, Callable[..., Any]],
    files: dict[str, Callable[[], str]],
) -> Any:
    """A Starlette application whose paths lie below ``/{name}``, with errors as JSON."""
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    made = {name: text() for name, text in files.items()}
    kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}

    def file(name: str) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            del request
            return Response(made[name], media_type=kinds[name.rpartition(".")[2]])

        return answer

    def failed(request: Request, error: Exception) -> Response:
        del request
        status = next(code for kind, code in _STATUS.items() if isinstance(error, kind))
        body: dict[str, Any] = {"error": str(error), "reason": getattr(error, "reason", "")}
        if isinstance(error, LabelConflictError):
            body["current"] = plain(error.current)
        return json_response(body, status)

    routes = [
        *(Route(f"/{{name}}{path}", call, methods=["GET"]) for path, call in gets.items()),
        *(Route(f"/{{name}}{path}", call, methods=["POST"]) for path, call in posts.items()),
        *(Route(f"/{{name}}/{one}", file(one), methods=["GET"]) for one in made),
    ]
    return Starlette(routes=routes, exception_handlers=dict.fromkeys(_STATUS, failed))


#: Kind of error -> status, the first that fits.
_STATUS: dict[Any, int] = {
    LabelConflictError: 409,
    SourceChangedError: 409,
    StoreError: 507,
    InputError: 422,
    InteractSpeechError: 422,
    KeyError: 404,
}


def json_response(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    from starlette.responses import Response

    return Response(msgspec.json.encode(value), status, media_type="application/json")


def number(text: str) -> int:
    """A natural number of a query.

    Raises:
        InputError: it is none.
    """
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise InputError(f"not a number: {text[:40]!r}", reason="usage")
    return int(text)


def page_response(name: str, title: str) -> Response:
    """A page of the package, with its title."""
    from starlette.responses import Response

    text = Template(asset(name)).substitute(title=html.escape(title), policy=POLICY, mark=MARK)
    return Response(text, media_type="text/html; charset=utf-8")


def sound_response(sound: DialogueSound, channels: Sequence[int], asked: str) -> Response:
    """A WAV file, or the range of it that a player asks for."""
    from starlette.responses import Response, StreamingResponse

    size = wav_size(sound, min(2, len(channels)))
    found = re.fullmatch(r"bytes=(\d{1,12})-(\d{0,12})", asked.strip())
    start, stop, status = 0, size, 200
    headers = {"accept-ranges": "bytes"}
    if found:
        start = int(found[1])
        stop = min(size, int(found[2]) + 1) if found[2] else size
        if start >= stop:
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        status = 206
        headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["content-length"] = str(stop - start)
    parts = wav_bytes(sound, channels, start, stop)
    return StreamingResponse(parts, status, headers, media_type="audio/wav")

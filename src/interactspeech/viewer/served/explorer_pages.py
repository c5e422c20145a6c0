"""The explorer as an ASGI application: addresses, and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from interactspeech.errors import MissingExtraError
from interactspeech.viewer.page import page_html, program, style
from interactspeech.viewer.served.explorer import ExplorerServer
from interactspeech.viewer.served.explorer_query import ExplorerQuery, explorer_query
from interactspeech.viewer.served.guard import POLICY
from interactspeech.viewer.served.labelling import json_response, routed, sound_of, sound_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


#: The page's script: that of the static page, with a list that asks the server.
SCRIPTS = ("core.js", "layout.js", "paint.js", "timeline.js", "player.js", "transcript.js",
           "details.js", "corpus.js", "page.js", "explorer.js")  # fmt: skip


def explorer_application(server: ExplorerServer) -> Any:
    """The ASGI application of an `ExplorerServer`.

    Raises:
        MissingExtraError: Starlette is not installed.
    """
    try:
        import starlette  # noqa: F401
    except ImportError:
        raise MissingExtraError("starlette", "serve", "a page that is served") from None

    def answering(ask: Callable[[ExplorerQuery], Any]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            return json_response(ask(explorer_query(dict(request.query_params))))

        return answer

    def home(request: Request) -> Response:
        from starlette.responses import Response

        del request
        text = page_html(
            " beside ".join(source.name for source in server.sources), POLICY,
            style_element='<link rel="stylesheet" href="page.css">',
            scripts='<script src="page.js"></script>', explorer=True,
        )  # fmt: skip
        return Response(text, media_type="text/html; charset=utf-8")

    def start(request: Request) -> Response:
        del request
        return json_response(server.start())

    def dialogue(request: Request) -> Response:
        return json_response(server.dialogue(request.query_params.get("id", "")))

    def sound(request: Request) -> Response:
        query = request.query_params
        source, key = server.place(query.get("id", ""))
        found, channels = sound_of(source, key, query.get("tracks", ""))
        return sound_response(found, channels, request.headers.get("range", ""))

    return routed(
        {
            "/": home,
            "/api/start": start,
            "/api/search": answering(server.search),
            "/api/overview": answering(server.overview),
            "/api/timing": answering(server.timing),
            "/api/dialogue": dialogue,
            "/api/sound.wav": sound,
        },
        {},
        {
            "page.js": lambda: program(SCRIPTS),
            "page.css": lambda: style(("page.css", "explorer.css")),
        },
    )

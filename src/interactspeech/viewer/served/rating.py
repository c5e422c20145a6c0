"""The rating page's server: stimuli without names, in each rater's order; answers to the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.labels.rating_folder import (
    QUESTIONS,
    RatingAnswer,
    RatingFolder,
    RatingTrial,
)
from interactspeech.viewer.page import program, style
from interactspeech.viewer.served.labelling import (
    json_response,
    number,
    page_response,
    routed,
    sound_response,
)
from interactspeech.viewer.served.sources import DialogueSound

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SCRIPTS = ("core.js", "rate.js")


class Stimuli(Protocol):
    """What a system has: the sound, or the text, of a dialogue."""

    def sound(self, dialogue: str) -> DialogueSound | None:
        """The sound; None where a script is rated."""
        ...

    def text(self, dialogue: str) -> str:
        """The script; "" where sound is rated."""
        ...


class RatingServer:
    """Answers for a folder of ratings: see `rating_application`.

    Args:
        folder: held open by this process.
        systems: name -> what it has.
    """

    def __init__(self, folder: RatingFolder, systems: Mapping[str, Stimuli]) -> None:
        self.folder, self.systems = folder, systems

    def trial(self, rater: str, place: int | None) -> dict[str, Any]:
        """A trial by its place, or the first that is not answered; without any name.

        Raises:
            InputError: there is no such trial.
        """
        trials = self.folder.plan.trials[rater]
        answers = self.folder.log(rater).answers
        done = sum(one.id in answers for one in trials)
        if place is None:
            place = next((i for i, one in enumerate(trials) if one.id not in answers), len(trials))
        if place == len(trials):
            return {"done": done, "of": len(trials), "place": place, "trial": ""}
        if place > len(trials):
            raise InputError(f"there are {len(trials)} trials", reason="usage")
        trial = trials[place]
        questions = QUESTIONS[self.folder.settings.design]
        given = answers.get(trial.id)
        return {
            "done": done,
            "of": len(trials),
            "place": place,
            "trial": trial.id,
            "stimuli": [self._shown(trial, side) for side in range(len(trial.stimuli))],
            "questions": [
                {
                    "name": name,
                    "text": self._asked(trial, text, dict(choices)),
                    "choices": [list(choice) for choice in choices],
                }
                for name, (text, choices) in questions.items()
            ],
            "answers": given.answers if given else {},
        }

    def rate(self, rater: str, body: bytes) -> dict[str, Any]:
        """Write an answer; it is on the disk when this returns.

        Raises:
            InputError: it answers another question, or with another answer, than there is.
        """
        try:
            answer = msgspec.json.decode(body, type=RatingAnswer)
        except msgspec.DecodeError as error:
            raise InputError(f"not an answer: {error}", reason="bad-rating") from None
        self._trial(rater, answer.trial)
        questions = QUESTIONS[self.folder.settings.design]
        for name, (_, choices) in questions.items():
            if answer.answers.get(name) not in dict(choices):
                raise InputError(f"no answer to {name!r}", reason="bad-rating")
        if set(answer.answers) != set(questions):
            raise InputError("an answer to another question", reason="bad-rating")
        self.folder.log(rater).add(answer)
        return {"saved": answer.trial}

    def sound_of(self, rater: str, trial: str, side: int) -> DialogueSound:
        """The sound of a stimulus.

        Raises:
            InputError: there is none.
        """
        stimuli = self._trial(rater, trial).stimuli
        if side >= len(stimuli):
            raise InputError("no such stimulus", reason="usage")
        system, dialogue = stimuli[side]
        sound = self.systems[system].sound(dialogue)
        if sound is None:
            raise InputError("no sound", reason="no-audio")
        return sound

    def _trial(self, rater: str, key: str) -> RatingTrial:
        for one in self.folder.plan.trials[rater]:
            if one.id == key:
                return one
        raise InputError(f"no trial {key!r}", reason="bad-rating")

    def _shown(self, trial: RatingTrial, side: int) -> dict[str, Any]:
        system, dialogue = trial.stimuli[side]
        text = self.systems[system].text(dialogue)
        if text:
            return {"text": text}
        return {"sound": f"api/sound.wav?trial={trial.id}&side={side}"}

    @staticmethod
    def _asked(trial: RatingTrial, text: str, choices: Mapping[str, str]) -> str:
        if not trial.check:
            return text
        wanted = choices.get(trial.check)
        if wanted is None:
            return text
        return f"To show that you read this, please choose “{wanted}”."


def rating_application(server: RatingServer) -> Any:
    """The ASGI application of a `RatingServer`.

    Raises:
        MissingExtraError: Starlette is not installed.
    """
    try:
        from starlette.concurrency import run_in_threadpool
    except ImportError:
        raise MissingExtraError("starlette", "serve", "a page that is served") from None

    def home(request: Request) -> Response:
        del request
        return page_response("rate.html", "conversations")

    def trial(request: Request) -> Response:
        place = request.query_params.get("place")
        found = server.trial(request.path_params["name"], None if place is None else number(place))
        return json_response(found)

    def sound(request: Request) -> Response:
        query = request.query_params
        found = server.sound_of(
            request.path_params["name"], query.get("trial", ""), number(query.get("side", "0"))
        )
        return sound_response(found, range(found.channels), request.headers.get("range", ""))

    async def rate(request: Request) -> Response:
        body = await request.body()
        name = request.path_params["name"]
        return json_response(await run_in_threadpool(server.rate, name, body))

    files: dict[str, Callable[[], str]] = {
        "page.js": lambda: program(SCRIPTS),
        "page.css": lambda: style(("page.css", "rate.css")),
    }
    return routed(
        {"/": home, "/api/trial": trial, "/api/sound.wav": sound}, {"/api/rate": rate}, files
    )

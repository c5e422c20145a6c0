"""Speech from an OpenAI-compatible service: usable sound, or an error that says what came instead.

| what came | reason |
|---|---|
| an error page, JSON, text | `speech-page` |
| another format than was asked for (MP3, which is lossy, for WAV) | `speech-format` |
| less than the header announces, or a stream that breaks off | `speech-truncated` |
| less than 16,000 samples a second | `speech-rate` |
| silence | `speech-silent` |
| far too short or long for the text (a header with a wrong rate, a loop) | `speech-length` |
"""

from __future__ import annotations

import os
import struct
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import BoundedSemaphore, Lock
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

import numpy as np

from interactspeech.errors import InputError, MissingExtraError, install_command
from interactspeech.models.aligners import Aligner, aligner
from interactspeech.records import Samples, Speech, Voice
from interactspeech.signal.sound_bytes import opened_sound, read_frames
from interactspeech.tts.aligned_speech import align_speech
from interactspeech.tts.interface import NEUTRAL, Engine, Style

#: Below this rate a voice sounds like a telephone.
LEAST_RATE = 16_000
#: Letters a second that people and voices say: 8 to 25; beyond these, something is wrong.
_SLOWEST, _FASTEST = 3.0, 40.0
#: Of shorter texts, the length says little.
_LEAST_LETTERS = 12
#: Peaks below this fraction of full scale are no speech.
_SILENT = 2e-3
#: Sizes in a WAV header that mean "as long as the stream lasts".
_OPEN = (0, 0x7FFFFFFF, 0xFFFFFFFF)


def sound_of(body: bytes, text: str, wanted: str = "wav") -> tuple[Samples, int]:
    """Samples (mono float32) and rate of what a service sent for `text`.

    Args:
        body: of the answer.
        text: that was to be spoken.
        wanted: the format asked for: ``wav``, ``flac``, ``mp3``, ``opus``.

    Raises:
        InputError: it cannot be used; the reasons are in the module's table.
    """
    import soundfile

    found = format_of(body)
    if found == "page":
        raise InputError(
            f"a page of text instead of sound: {_start(body)!r}",
            remedy="check the service's address and its log",
            reason="speech-page",
        )
    if found != wanted and "mp3" in (found, wanted):
        raise InputError(
            f"{found or 'something else'} came where {wanted} was asked for",
            remedy="ask for what the service gives: INTERACTSPEECH_SPEECH_FORMAT",
            reason="speech-format",
        )
    missing = _missing(body) if found == "wav" else 0
    if missing:
        raise _truncated(f"{missing:,} bytes of the sound are missing")
    try:
        with opened_sound(body) as file:
            samples, rate = read_frames(file, file.frames), int(file.samplerate)
            announced = len(file) if found == "flac" else len(samples)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise _truncated(f"the sound cannot be decoded: {error}") from None
    if len(samples) < announced or not len(samples):
        raise _truncated(f"{len(samples):,} of {announced:,} samples came")
    mono = np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32))
    _check(mono, rate, text)
    return mono, rate


def _check(samples: Samples, rate: int, text: str) -> None:
    if rate < LEAST_RATE:
        raise InputError(
            f"{rate:,} samples a second",
            remedy=f"{LEAST_RATE:,} or more are wanted; another model may give them",
            reason="speech-rate",
        )
    if float(np.abs(samples).max()) < _SILENT or not np.isfinite(samples).all():
        raise InputError("silence", remedy="check the voice's name", reason="speech-silent")
    letters = sum(c.isalnum() for c in text)
    pace = letters * rate / len(samples)
    if letters >= _LEAST_LETTERS and not _SLOWEST <= pace <= _FASTEST:
        raise InputError(
            f"{len(samples) / rate:.1f} s of sound for {letters} letters",
            remedy="the header's rate may be wrong, or the voice ran on",
            reason="speech-length",
        )


def format_of(body: bytes) -> str:
    """``wav``, ``flac``, ``mp3``, ``ogg``, ``page`` for text, or "" for anything else."""
    head = body[:4]
    if head in (b"RIFF", b"RF64"):
        return "wav"
    if head == b"fLaC":
        return "flac"
    if head == b"OggS":
        return "opus"
    if head[:3] == b"ID3" or (len(body) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
        return "mp3"
    start = body[:400].lstrip()
    if not start or all(c in b"\t\n\r" or c >= 32 for c in start):
        return "page"
    return ""


def _missing(body: bytes) -> int:
    """Bytes of a WAV's data that its header announces and that did not come."""
    position = 12
    while position + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, position)
        position += 8
        if name == b"data":
            return 0 if size in _OPEN else max(0, size - (len(body) - position))
        position += size + size % 2
    return 1  # no data at all


def _truncated(problem: str) -> InputError:
    return InputError(
        problem, remedy="the connection or the service broke off", reason="speech-truncated"
    )


def _start(body: bytes) -> str:
    return " ".join(body[:120].decode("utf-8", "replace").split())


# Any OpenAI-compatible speech service as an engine (``audio/speech``), through its own client.
#
# What is asked is set by environment variables, which worker processes share:
#
# ```
# INTERACTSPEECH_SPEECH_URL      of the service; else OPENAI_BASE_URL, else OpenAI's own
# INTERACTSPEECH_SPEECH_MODEL    its name there (tts-1)
# INTERACTSPEECH_SPEECH_VOICES   names, with the sex where it is known: "nova:female,onyx:male"
# INTERACTSPEECH_SPEECH_FORMAT   wav (default), flac, or mp3 where a service has nothing better
# INTERACTSPEECH_SPEECH_LICENCE  of the speech, for the record
# OPENAI_API_KEY                 the key
# ```
# The client repeats requests that fail (429, 5xx, lost connections); what comes and cannot be used
# is asked for again here. Speech is kept in the speech cache, so nothing is paid for twice, and a
# build
# that is run again has the same bytes as long as the cache is there. Words are found by an aligner.


#: OpenAI's voices that `tts-1` and its successors have; it does not say their sexes.
_VOICES = "alloy,ash,coral,echo,fable,nova,onyx,sage,shimmer"
_PREFIX = "INTERACTSPEECH_SPEECH_"


class EndpointEngine(Engine):
    """See the module's docstring; arguments stand before environment variables.

    Args:
        url, model, voices, response_format, licence: as the variables.
        concurrency: requests in flight at most, in this process.
        retries: of one request by the client, and of one text whose answers cannot be used.
        timeout: seconds to wait for an answer.
        give_up: failures in a row after which nothing more is asked.
        characters: asked for at most by this process; None for no limit.
        align: name of the aligner.

    Attributes:
        usage: ``requests``, ``asked again``, ``characters`` (which is what services charge for),
            and the reasons of failures, counted.
    """

    name: ClassVar[str] = "endpoint"
    rate: ClassVar[int] = 24_000
    native_times: ClassVar[bool] = False
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(
        self,
        url: str | None = None,
        model: str | None = None,
        voices: str | None = None,
        response_format: str | None = None,
        licence: str | None = None,
        *,
        concurrency: int = 8,
        retries: int = 2,
        timeout: float = 60.0,
        give_up: int = 20,
        characters: int | None = None,
        align: str = "pocketsphinx",
    ) -> None:
        self._url = url or _variable("URL") or os.environ.get("OPENAI_BASE_URL", "")
        self._model = model or _variable("MODEL") or "tts-1"
        self._voices = voices or _variable("VOICES") or _VOICES
        self._format = response_format or _variable("FORMAT") or "wav"
        self._licence = licence or _variable("LICENCE")
        self._retries, self._timeout, self._give_up = retries, timeout, give_up
        self._concurrency, self._characters, self._align = concurrency, characters, align
        self.usage: Counter[str] = Counter()
        self._gate, self._lock = BoundedSemaphore(concurrency), Lock()
        self._aligning = Lock()
        self._failures = 0
        self._stopped: InputError | None = None

    @property
    def version(self) -> str:
        host = urlsplit(self._url).netloc or "api.openai.com"
        return f"{self._model}@{host}/{self._format}+{self._align}"

    @property
    def missing(self) -> str:
        try:
            import openai  # noqa: F401
        except ImportError:
            return install_command("llm")
        if self._url or os.environ.get("OPENAI_API_KEY"):
            return ""
        return f"{_PREFIX}URL, or OPENAI_API_KEY"

    def voices(self) -> tuple[Voice, ...]:
        found = []
        for item in filter(None, (item.strip() for item in self._voices.split(","))):
            name, _, sex = item.partition(":")
            found.append(
                Voice(
                    engine=self.name,
                    name=name,
                    engine_version=self.version,
                    language="en",
                    sex=_sex(sex),
                    licence=self._licence,
                )
            )
        return tuple(found)

    def speak_all(self, requests: Sequence[tuple[str, str, Style]]) -> list[Speech | InputError]:
        """Speak several ``(text, voice, style)`` at a time, `concurrency` at most in flight."""

        def one(request: tuple[str, str, Style]) -> Speech | InputError:
            try:
                return self.speak(*request)
            except InputError as error:
                return error

        with ThreadPoolExecutor(self._concurrency) as pool:
            return list(pool.map(one, requests))

    def _synthesise(self, text: str, voice: Voice, style: Style) -> Speech:
        samples, rate = self._sound(text, voice, style)
        with self._aligning:  # one decoder
            return align_speech(samples, rate, text, voice, self._aligner)

    def _sound(self, text: str, voice: Voice, style: Style) -> tuple[Samples, int]:
        """Usable sound, within `retries`; every failure is counted."""
        for attempt in range(self._retries + 1):
            self._allow(text)
            try:
                with self._gate:
                    body = self._ask(text, voice.name, style)
                found = sound_of(body, text, self._format)
            except InputError as error:
                self._count(error)
                if attempt == self._retries or error.reason not in _AGAIN:
                    raise
                with self._lock:
                    self.usage["asked again"] += 1
            else:
                with self._lock:
                    self._failures = 0
                return found
        raise AssertionError  # the loop returns or raises

    def _allow(self, text: str) -> None:
        with self._lock:
            if self._stopped is not None:
                raise self._stopped
            spent = self.usage["characters"] + len(text)
            if self._characters is not None and spent > self._characters:
                self._stopped = InputError(
                    f"the budget of {self._characters:,} characters is spent",
                    remedy="what was spoken is in the cache",
                    reason="speech-budget",
                )
                raise self._stopped
            self.usage["requests"] += 1
            self.usage["characters"] += len(text)

    def _count(self, error: InputError) -> None:
        with self._lock:
            self.usage[error.reason] += 1
            self._failures += 1
            if self._stopped is None and (
                error.reason == "speech-no-access" or self._failures >= self._give_up
            ):
                self._stopped = InputError(
                    f"nothing more is asked of the speech service: {error.problem}",
                    remedy=error.remedy or "run the same command again later",
                    reason=error.reason,
                )

    def _ask(self, text: str, voice: str, style: Style) -> bytes:
        openai, client = self._client
        more = {} if style.speed == NEUTRAL.speed else {"speed": style.speed}
        try:
            raw = client.audio.speech.with_raw_response.create(
                model=self._model, voice=voice, input=text, response_format=self._format, **more
            )
            if raw.retries_taken:
                with self._lock:
                    self.usage["asked again"] += raw.retries_taken
            return bytes(raw.content)
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise _failed(error, "speech-no-access", "check OPENAI_API_KEY") from None
        except openai.NotFoundError as error:
            raise _failed(error, "speech-no-access", "check the address and the model") from None
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            raise _failed(
                error, "speech-refused", "check the voice, the format, the text"
            ) from None
        except openai.APITimeoutError as error:
            self._client_gave_up()
            raise _failed(error, "speech-timeout") from None
        except openai.RateLimitError as error:
            self._client_gave_up()
            raise _failed(error, "speech-rate-limit", "use fewer workers") from None
        except openai.InternalServerError as error:
            self._client_gave_up()
            raise _failed(error, "speech-server-error") from None
        except Exception as error:  # the client lets errors of its transport through
            if isinstance(error, openai.APIError) or type(error).__module__.startswith("http"):
                self._client_gave_up()
                raise _failed(error, "speech-disconnected") from None
            raise

    def _client_gave_up(self) -> None:
        """Count what the client has sent again by itself before it raised."""
        if self._retries:
            with self._lock:
                self.usage["asked again"] += self._retries

    @cached_property
    def _client(self) -> tuple[Any, Any]:
        try:
            import openai
        except ImportError:
            raise MissingExtraError("openai", "llm", "A speech service") from None
        key = os.environ.get("OPENAI_API_KEY", "")
        if not key and not self._url:
            raise InputError(
                "no API key",
                remedy=f"set OPENAI_API_KEY, or {_PREFIX}URL to another service",
                reason="no-key",
            )
        return openai, openai.OpenAI(
            api_key=key or "none",
            base_url=self._url or None,
            max_retries=self._retries,
            timeout=self._timeout,
        )

    @cached_property
    def _aligner(self) -> Aligner:
        return aligner(self._align)


#: Reasons after which the same text may still be had by asking again.
_AGAIN = frozenset(
    {
        "speech-page",
        "speech-format",
        "speech-truncated",
        "speech-rate",
        "speech-silent",
        "speech-length",
    }
)


def _variable(name: str) -> str:
    return os.environ.get(_PREFIX + name, "")


def _sex(text: str) -> Literal["female", "male", ""]:
    if text in ("female", "f"):
        return "female"
    return "male" if text in ("male", "m") else ""


def _failed(error: Exception, reason: str, remedy: str = "") -> InputError:
    text = " ".join(str(error.__cause__ or error).split()) or type(error).__name__
    return InputError(f"the speech service: {text[:200]}", remedy=remedy, reason=reason)

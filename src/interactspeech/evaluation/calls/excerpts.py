"""Sound around incidents: which of them, and the excerpts themselves."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Sequence

import msgspec
import numpy as np

from interactspeech.errors import InputError
from interactspeech.evaluation.calls.analysis import CallAnalysis
from interactspeech.evaluation.calls.incidents import INCIDENTS, CallIncident
from interactspeech.evaluation.calls.trust import withheld
from interactspeech.mining.redaction import bleep
from interactspeech.mining.source import RecordingSource
from interactspeech.records import Samples
from interactspeech.signal.flac import encode_flac
from interactspeech.signal.recording import Recording
from interactspeech.signal.sound_bytes import encode_sound

#: Seconds before and after an incident, and of a long one that are heard.
CONTEXT, LONGEST = 3.0, 10.0
#: Samples a second of excerpts.
_RATE = 16_000


class Excerpt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sound around an incident.

    Attributes:
        id: of the incident (`incident_id`).
        start: seconds of the recording at which it begins.
        seconds: its length.
        media: type of the sound ("audio/mpeg").
        data: the sound file in base64.
    """

    id: str
    start: float
    seconds: float
    media: str
    data: str


def incident_id(call: str, incident: CallIncident) -> str:
    """The name of an incident in reports and pins: ``call_7/yield@83.420``."""
    return f"{call}/{incident.kind}@{incident.start:.3f}"


def worst_first(
    calls: Sequence[CallAnalysis], *, keep_untrusted: bool = False
) -> dict[str, list[tuple[int, CallIncident]]]:
    """Kind -> (number of the call, incident), the longest first, without those withheld."""
    found: dict[str, list[tuple[int, CallIncident]]] = {kind: [] for kind in INCIDENTS}
    for number, call in enumerate(calls):
        spoilt = {} if keep_untrusted else withheld(call.findings)
        for one in call.incidents:
            if one.kind not in spoilt:
                found[one.kind].append((number, one))
    for rows in found.values():
        rows.sort(key=lambda row: (-(row[1].value or 0.0), row[0], row[1].start))
    return found


def chosen(
    calls: Sequence[CallAnalysis], count: int, *, keep_untrusted: bool = False
) -> dict[int, list[CallIncident]]:
    """Number of a call -> its incidents of which an excerpt is cut: of each kind the worst."""
    picked: dict[int, list[CallIncident]] = {}
    for kind, rows in worst_first(calls, keep_untrusted=keep_untrusted).items():
        if INCIDENTS[kind].notable:  # type: ignore[index]
            for number, one in rows[:count]:
                picked.setdefault(number, []).append(one)
    return picked


def cut_excerpts(
    source: RecordingSource,
    call: CallAnalysis,
    incidents: Sequence[CallIncident],
    tolerance: float = 1.0,
) -> list[Excerpt]:
    """The sound around incidents of one recording, masked where the call says so.

    Raises:
        InputError: the recording cannot be read.
    """
    done = []
    tracks = [piece.track() for piece in source.pieces]
    with Recording.open(tracks, _RATE, tolerance=tolerance) as recording:
        for one in incidents:
            start = max(one.start - CONTEXT, 0.0)
            end = min(min(one.end, one.start + LONGEST) + CONTEXT, recording.seconds)
            sound = masked(recording, call, start, end)
            media, data = _encoded(sound[:2])
            done.append(
                Excerpt(
                    incident_id(call.id, one), round(start, 3), round(end - start, 3), media,
                    base64.b64encode(data).decode("ascii"),
                )
            )  # fmt: skip
    return done


def masked(recording: Recording, call: CallAnalysis, start: float, end: float) -> Samples:
    """Sound from `start` to `end` (seconds), shape ``(channels, n)``, without what is redacted."""
    rate = recording.rate
    first, last = round(start * rate), min(round(end * rate), recording.samples)
    sound = np.clip(recording.read(first, max(last, first)), -1.0, 1.0)
    for low, high in call.bleeps:
        a, b = max(round(low * rate) - first, 0), min(round(high * rate) - first, sound.shape[1])
        if a < b:
            bleep(sound, a, b, rate)
    return sound


def _encoded(sound: Samples) -> tuple[str, bytes]:
    """MP3, which every browser plays and a third of FLAC's size; FLAC where libsndfile lacks it."""
    import soundfile

    if sound.shape[1] == 0:
        raise InputError("an excerpt of no length", reason="empty-audio")
    if "MP3" in soundfile.available_formats():
        with contextlib.suppress(soundfile.LibsndfileError, ValueError):
            return "audio/mpeg", encode_sound(sound.T, _RATE, "MP3", "MPEG_LAYER_III", 0.7)
    return "audio/flac", encode_flac(sound, _RATE)

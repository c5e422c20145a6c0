"""Lhotse's records as plain data: recordings, supervisions, cuts.

Times are seconds as the nearest double, so ``round(seconds * rate)`` is the sample again; Lhotse
itself rounds sums to eight decimals, which is finer than a sample below 50 MHz. What Lhotse has no
field for goes into `custom`, in samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from interactspeech.corpus.exports.base import provenance
from interactspeech.dialogue import Dialogue, Speaker, Utterance


def recording(
    dialogue: Dialogue, channels: Sequence[int], kind: str, source: str
) -> dict[str, Any]:
    """A `Recording`; `kind` is ``"file"``, or ``"shar"`` for audio that lies in a tar."""
    return {
        "id": dialogue.id,
        "sources": [{"type": kind, "channels": list(channels), "source": source}],
        "sampling_rate": dialogue.rate,
        "num_samples": dialogue.length,
        "duration": dialogue.seconds,
        "channel_ids": list(channels),
    }


def supervisions(
    dialogue: Dialogue, channels: Mapping[str, int], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One `SupervisionSegment` an utterance; `names` are what speakers are to be called."""
    speakers = {speaker.id: speaker for speaker in dialogue.speakers}
    return [
        _supervision(
            dialogue,
            utterance,
            speakers[utterance.speaker],
            channels[utterance.speaker],
            names[utterance.speaker],
        )
        for utterance in dialogue.utterances
    ]


def _supervision(
    dialogue: Dialogue, utterance: Utterance, speaker: Speaker, channel: int, name: str
) -> dict[str, Any]:
    rate = dialogue.rate
    plain: dict[str, Any] = {
        "id": f"{dialogue.id}-{utterance.id}",
        "recording_id": dialogue.id,
        "start": utterance.start / rate,
        "duration": (utterance.end - utterance.start) / rate,
        "channel": channel,
        "text": utterance.text,
        "speaker": name,
        "custom": {
            "utterance": utterance.id,
            "kind": utterance.kind,
            "times": utterance.times,
            "speech": [[span.start, span.end] for span in utterance.speech],
            "unsaid": list(utterance.unsaid),
            "written": utterance.written,
            "fragments": [place for place, word in enumerate(utterance.words) if word.fragment],
        },
    }
    if speaker.voice is not None:
        plain["language"] = speaker.voice.language
        if speaker.voice.sex:
            plain["gender"] = speaker.voice.sex
    if utterance.delivery is not None:
        plain["custom"]["delivery"] = msgspec.to_builtins(utterance.delivery)
    if utterance.words:
        plain["alignment"] = {
            "word": [
                [word.text, word.start / rate, (word.end - word.start) / rate, None]
                for word in utterance.words
            ]
        }
    return plain


def custom(dialogue: Dialogue) -> dict[str, Any]:
    """What of a record has no field in a cut, as plain data; times in samples."""
    plain = msgspec.to_builtins(dialogue)
    found: dict[str, Any] = {"provenance": provenance(dialogue)}
    for key in ("speakers", "events", "rule_sets", "scene"):
        if key in plain:
            found[key] = plain[key]
    if dialogue.provenance.script:
        found["script"] = dialogue.provenance.script
    return found


def multi_cut(
    dialogue: Dialogue, channels: Mapping[str, int], audio: Mapping[str, Any]
) -> dict[str, Any]:
    """A `MultiCut` over the whole recording `audio`."""
    return {
        "id": dialogue.id,
        "start": 0.0,
        "duration": dialogue.seconds,
        "channel": audio["channel_ids"],
        "supervisions": supervisions(
            dialogue, channels, {speaker.id: speaker.id for speaker in dialogue.speakers}
        ),
        "recording": dict(audio),
        "custom": custom(dialogue),
        "type": "MultiCut",
    }

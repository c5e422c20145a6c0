"""Reference clips of voices to be cloned: a folder with ``NAME.wav`` and ``NAME.txt``.

```
clips/anna.wav     some seconds of one person, clean
clips/anna.txt     what is said in it
clips/anna.json    optional: {"sex": "female", "accent": "GB", "licence": "CC-BY-4.0"}
```
The folder is what the environment variable INTERACTSPEECH_CLIPS says, or an engine's option.
Clone only voices whose owners have agreed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Literal

import msgspec

from interactspeech.errors import InputError

VARIABLE = "INTERACTSPEECH_CLIPS"
_SOUND = (".wav", ".flac")


class _ReferenceFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sex: Literal["female", "male", ""] = ""
    accent: str = ""
    licence: str = ""
    language: str = "en"


class VoiceReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One voice to be cloned; `digest` is of the sound and the text."""

    name: str
    sound: str
    text: str
    digest: str
    sex: Literal["female", "male", ""] = ""
    accent: str = ""
    licence: str = ""
    language: str = "en"


def voice_references(folder: str | Path | None = None) -> tuple[VoiceReference, ...]:
    """The clips of a folder, by name; none where no folder is named.

    Raises:
        InputError: the folder is not there, a clip has no text, or its facts cannot be read.
    """
    folder = Path(folder or os.environ.get(VARIABLE, "") or "")
    if folder == Path():
        return ()
    if not folder.is_dir():
        raise InputError("no such folder of reference clips", folder, reason="no-file")
    return tuple(_reference(sound) for sound in sorted(folder.iterdir()) if sound.suffix in _SOUND)


def _reference(sound: Path) -> VoiceReference:
    transcript = sound.with_suffix(".txt")
    try:
        text = " ".join(transcript.read_text("utf-8").split())
        data = sound.read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"a reference clip wants a text beside it: {error}",
            sound,
            remedy=f"write what is said in it to {transcript.name}",
            reason="bad-reference",
        ) from None
    facts = _ReferenceFacts()
    if (file := sound.with_suffix(".json")).is_file():
        try:
            facts = msgspec.json.decode(file.read_bytes(), type=_ReferenceFacts)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InputError(
                f"no facts of a voice: {error}", file, reason="bad-reference"
            ) from None
    digest = hashlib.sha256(data + text.encode()).hexdigest()
    return VoiceReference(
        sound.stem, str(sound), text, digest, facts.sex, facts.accent, facts.licence, facts.language
    )

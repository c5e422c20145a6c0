"""One utterance of espeak-ng in a process of its own; run by `espeak` as a script.

The library carries its state from one utterance to the next, so only the first one in a process
always sounds the same; and so nothing under the GPL is ever loaded into the process that asks.

Standard input: JSON ``{"text", "voice", "words_a_minute", "library", "data"}``. Standard output: a
line of JSON ``{"rate", "words": [[character, sample], ...]}``, then 16-bit samples.
"""

import ctypes
import json
import sys
from typing import Any, ClassVar

# Constants of speak_lib.h.
_SYNCHRONOUS, _POSITION_IN_CHARACTERS, _UTF8 = 2, 1, 1
_RATE_PARAMETER, _WORD_EVENT, _LAST_EVENT = 1, 1, 0


class _EspeakEvent(ctypes.Structure):
    _fields_: ClassVar[list[tuple[str, Any]]] = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent)
)


def main() -> None:
    """Speak what standard input asks for."""
    asked = json.load(sys.stdin)
    library = ctypes.CDLL(asked["library"])
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        *[ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint],
        *[ctypes.c_void_p, ctypes.c_void_p],
    ]
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, asked["data"].encode(), 0)
    if rate <= 0 or library.espeak_SetVoiceByName(asked["voice"].encode()):
        sys.exit(f"espeak-ng does not start with the voice {asked['voice']!r}")
    chunks: list[bytes] = []
    words: list[tuple[int, int]] = []

    def receive(wave: Any, count: int, found: Any) -> int:
        if wave and count > 0:
            chunks.append(ctypes.string_at(wave, count * 2))
        index = 0
        while found[index].type != _LAST_EVENT:
            if found[index].type == _WORD_EVENT:
                words.append((found[index].text_position - 1, found[index].sample))
            index += 1
        return 0

    callback = _CALLBACK(receive)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetParameter(_RATE_PARAMETER, asked["words_a_minute"], 0)
    text = asked["text"].encode()
    library.espeak_Synth(text, len(text) + 1, 0, _POSITION_IN_CHARACTERS, 0, _UTF8, None, None)
    sys.stdout.buffer.write(json.dumps({"rate": rate, "words": words}).encode() + b"\n")
    sys.stdout.buffer.write(b"".join(chunks))


if __name__ == "__main__":
    main()

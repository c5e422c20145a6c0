"""Word times by forced alignment: pocketsphinx with its own acoustic model, no download.

For engines without times of their own, and to check those that have them. Words that the aligner's
dictionary lacks (names, numbers, feedback) get a pronunciation from the phonemes of `phonemes`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.models.phonemes import arpabet, phonemes
from interactspeech.plugins import FactoryRegistry
from interactspeech.records import Samples, spoken_tokens
from interactspeech.signal.speech_energy import Bounds

_RATE = 16_000
_FRAME = 160  # samples at 16 kHz
#: Seconds of silence put around the speech: the model wants some to begin in.
_PAD = 0.25


@runtime_checkable
class Aligner(Protocol):
    """What finds words in sound; see `interactspeech.models.aligners` for those there are."""

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """Where each spoken token of `text` is, ``(start, end)`` in samples at `rate`.

        None where there is no way through the sound.

        Raises:
            InputError: a word has no pronunciation (reason ``unspeakable``).
        """


class PocketsphinxAligner:
    """Forced alignment of American English; 10 ms resolution, about 60x real time.

    Keep one and use it again: loading takes 0.3 s.
    """

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """Where the spoken tokens of `text` are in `samples`.

        Args:
            samples: mono, shape ``(n,)``.
            rate: samples a second.
            text: what is said.

        Returns:
            ``(start, end)`` of each spoken token, in samples at `rate`; None if the aligner found
            no way through the sound.
        """
        import soxr

        tokens = spoken_tokens(text)
        names = self._names(text, tokens)
        sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
        pad = np.zeros(int(_PAD * _RATE), np.float32)
        padded = np.concatenate([pad, sound, pad])
        steps = np.clip(np.rint(padded * 32767), -32768, 32767).astype("<i2")
        # Digital silence has no logarithm: a dither of one step.
        steps += np.random.default_rng(0).integers(-1, 2, len(steps), dtype=np.int16)
        decoder = self._decoder
        decoder.set_align_text(" ".join(names))
        decoder.start_utt()
        decoder.process_raw(steps.tobytes(), full_utt=True)
        decoder.end_utt()
        found = [
            (segment.start_frame, segment.end_frame + 1)
            for segment in decoder.seg() or []
            if segment.word.split("(")[0] in names  # "(2)" marks a second pronunciation
        ]
        if len(found) != len(tokens):
            return None
        scale = rate / _RATE
        first = len(pad)
        last = len(samples)
        return [
            (
                min(max(round((start * _FRAME - first) * scale), 0), last - 1),
                min(max(round((end * _FRAME - first) * scale), 1), last),
            )
            for start, end in found
        ]

    def sayable(self, token: str) -> bool:
        """Whether there is a pronunciation for `token` (written in Latin letters, with a sound)."""
        try:
            phonemes(token, engine="pocketsphinx")
        except InputError:
            return False
        return True

    def _names(self, text: str, tokens: list[str]) -> list[str]:
        """What each token is called in the aligner's dictionary, extended where it must be."""
        spoken = phonemes(text, engine="pocketsphinx")
        names: list[str] = []
        for index, token in enumerate(tokens):
            plain = "".join(c for c in token.lower() if c.isalpha() or c == "'").strip("'")
            symbols = [s for s, o in zip(spoken.symbols, spoken.owners, strict=True) if o == index]
            hyphened = any(
                not c.isalpha() for c in token.strip(".,;:!?\"'“”()…—-").replace("'", "")
            )
            if not hyphened and self._decoder.lookup_word(plain):
                names.append(plain)
                continue
            sounds = " ".join(arpabet(symbols))
            name = f"spoken{sounds.replace(' ', '').lower()}"
            if not self._decoder.lookup_word(name):
                self._decoder.add_word(name, sounds, True)
            names.append(name)
        return names

    @cached_property
    def _decoder(self) -> Any:
        try:
            from pocketsphinx import Decoder
        except ImportError:
            raise MissingExtraError("pocketsphinx", "align", "Forced alignment") from None
        return Decoder(samprate=_RATE, bestpath=False, loglevel="FATAL")


# Forced aligners by name: pocketsphinx with the package, others where they are installed.
#
# - `pocketsphinx`: an acoustic model inside the wheel, 10 ms steps, American English; extra
# `align`; - `mfa`: the Montreal Forced Aligner by its command `mfa align_one`; a conda package;
# - `whisperx`: wav2vec 2.0 from a hub, 20 ms steps, 30 languages; extra `whisperx`;
# - `nemo`: the NeMo Forced Aligner, a script of NeMo's repository that the environment variable
#   NEMO_FORCED_ALIGNER names.


_TIMEOUT = 300


#: Aligners by name, those of other packages after ours.
ALIGNERS: FactoryRegistry[Aligner] = FactoryRegistry(
    "interactspeech.aligners",
    "aligner",
    Aligner,
    {
        "pocketsphinx": f"{__name__}:PocketsphinxAligner",
        "mfa": f"{__name__}:MfaAligner",
        "whisperx": f"{__name__}:WhisperxAligner",
        "nemo": f"{__name__}:NemoAligner",
    },
    reason="unknown-aligner",
)


def aligner(name: str = "pocketsphinx") -> Aligner:
    """The aligner called `name`; what it needs is loaded at its first use.

    Raises:
        InputError: there is none (reason ``unknown-aligner``), or that of another package cannot
            be used (reason ``bad-plugin``).
    """
    return ALIGNERS.make(name)


class MfaAligner:
    """The Montreal Forced Aligner, one file at a time.

    Args:
        dictionary, acoustic: names of its models, or files.
        command: its program.
    """

    def __init__(
        self,
        dictionary: str = "english_us_arpa",
        acoustic: str = "english_us_arpa",
        command: Sequence[str] = ("mfa",),
    ) -> None:
        self._models = (dictionary, acoustic)
        self._command = tuple(command)

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """See `Aligner`."""
        if shutil.which(self._command[0]) is None:
            raise InputError(
                f"the program {self._command[0]!r} is not installed",
                remedy="conda install -c conda-forge montreal-forced-aligner, then "
                "`mfa model download acoustic english_us_arpa` and the same for the dictionary",
                reason="missing-aligner",
            )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder / "a.wav", samples, rate)
            (folder / "a.txt").write_text(" ".join(map(_plain, spoken_tokens(text))), "utf-8")
            out = folder / "a.json"
            files = (str(folder / "a.wav"), str(folder / "a.txt"))
            options = ("--output_format", "json")
            done = _run([*self._command, "align_one", *options, *files, *self._models, str(out)])
            if done.returncode or not out.is_file():
                return None
            try:
                entries = json.loads(out.read_text("utf-8"))["tiers"]["words"]["entries"]
                times = [(float(a), float(b)) for a, b, label in entries if label]
            except (ValueError, KeyError, TypeError):
                return None
        return _bounds(times, len(spoken_tokens(text)), rate, len(samples))


class WhisperxAligner:
    """wav2vec 2.0 through whisperx; the model comes from a hub at the first use.

    Args:
        language: of the text (ISO 639-1).
        device: of torch.
    """

    def __init__(self, language: str = "en", device: str = "cpu") -> None:
        self._language, self._device = language, device

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """See `Aligner`."""
        import soxr

        whisperx, model, metadata = self._model
        tokens = spoken_tokens(text)
        sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
        segment = {
            "text": " ".join(map(_plain, tokens)),
            "start": 0.0,
            "end": len(samples) / rate,
        }
        found = whisperx.align(
            [segment],
            model,
            metadata,
            np.asarray(sound, np.float32),
            self._device,
            return_char_alignments=False,
        )
        words = found.get("word_segments", [])
        if any("start" not in word or "end" not in word for word in words):
            return None
        times = [(float(word["start"]), float(word["end"])) for word in words]
        return _bounds(times, len(tokens), rate, len(samples))

    @cached_property
    def _model(self) -> tuple[Any, Any, Any]:
        try:
            import whisperx
        except ImportError:
            raise MissingExtraError("whisperx", "whisperx", "Alignment by wav2vec 2.0") from None
        model, metadata = whisperx.load_align_model(
            language_code=self._language, device=self._device
        )
        return whisperx, model, metadata


class NemoAligner:
    """The NeMo Forced Aligner, which is a script of NeMo's repository, one file at a time.

    Args:
        script: path of ``tools/nemo_forced_aligner/align.py``; by default what the environment
            variable NEMO_FORCED_ALIGNER says.
        model: a CTC model's name.
    """

    def __init__(
        self, script: str | None = None, model: str = "stt_en_fastconformer_hybrid_large_pc"
    ) -> None:
        self._script = script or os.environ.get("NEMO_FORCED_ALIGNER", "")
        self._model = model

    def align(self, samples: Samples, rate: int, text: str) -> Bounds | None:
        """See `Aligner`."""
        if not Path(self._script).is_file():
            raise InputError(
                "the NeMo Forced Aligner is not there",
                self._script or None,
                remedy="set NEMO_FORCED_ALIGNER to tools/nemo_forced_aligner/align.py of NeMo",
                reason="missing-aligner",
            )
        tokens = spoken_tokens(text)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            _write(folder / "a.wav", samples, rate)
            row = {"audio_filepath": str(folder / "a.wav"), "text": " ".join(map(_plain, tokens))}
            (folder / "manifest.json").write_text(json.dumps(row) + "\n", "utf-8")
            done = _run(
                [
                    sys.executable,
                    self._script,
                    f"pretrained_name={self._model}",
                    f"manifest_filepath={folder / 'manifest.json'}",
                    f"output_dir={folder / 'out'}",
                    "save_output_file_formats=['ctm']",
                ]
            )
            ctm = folder / "out" / "ctm" / "words" / "a.ctm"
            if done.returncode or not ctm.is_file():
                return None
            try:  # name, channel, start, duration, word
                cells = [line.split()[:5] for line in ctm.read_text("utf-8").splitlines()]
                times = [(float(row[2]), float(row[2]) + float(row[3])) for row in cells if row]
            except (ValueError, IndexError):
                return None
        return _bounds(times, len(tokens), rate, len(samples))


def _plain(token: str) -> str:
    """A token without its marks: aligners split words at some of them."""
    kept = "".join(c for c in token if c.isalnum() or c == "'")
    return kept.strip("'") or kept


def _write(path: Path, samples: Samples, rate: int) -> None:
    import soundfile
    import soxr

    sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
    soundfile.write(path, np.asarray(sound, np.float32), _RATE, subtype="PCM_16")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            list(command),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(list(command), 1)


def _bounds(
    times: Sequence[tuple[float, float]], count: int, rate: int, length: int
) -> Bounds | None:
    """Seconds as samples; None where there are not as many as there are words."""
    if len(times) != count:
        return None
    return [
        (
            min(max(round(start * rate), 0), length - 1),
            min(max(round(end * rate), 1), length),
        )
        for start, end in times
    ]

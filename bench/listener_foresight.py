"""Who sees coming who talks next: the listener, and Pipecat's smart-turn v3.2 where it is given.

smart-turn hears the last 8 s of the speaker's own channel, as log-mel features of Whisper on a
waveform of mean 0 and variance 1 (its model card), and gives the probability that the turn is over.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from interactspeech.evaluation.events.benchmark import Benchmark
from interactspeech.evaluation.events.shifts import (
    AFTER,
    BEFORE,
    ShiftQuestion,
    evaluate_predictor,
    listener_predictor,
)
from interactspeech.listener import Listener
from interactspeech.signal.log_mel import RATE

SECONDS = 8
MEASURED = ("clean", "telephone", "noisy")
Kept = Callable[[str, Callable[[], Any]], Any]


class SmartTurn:
    """A `Foresight` of shifts."""

    def __init__(self, graph: Path) -> None:
        import onnxruntime
        from faster_whisper.feature_extractor import FeatureExtractor

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )
        self._features = FeatureExtractor(feature_size=80, chunk_length=SECONDS)

    def __call__(
        self, samples: npt.NDArray[np.float32], moments: Sequence[ShiftQuestion]
    ) -> Sequence[float]:
        return [self.over(samples[m.speaker, : m.time]) for m in moments]

    def over(self, heard: npt.NDArray[np.float32]) -> float:
        """Probability that the turn at whose end these samples (16 kHz) stop is over."""
        wanted = SECONDS * RATE
        last = heard[-wanted:]
        last = np.pad(last, (wanted - len(last), 0))
        last = (last - last.mean()) / np.sqrt(last.var() + 1e-7)
        features = self._features(last.astype(np.float32), padding=0)[None, :, : SECONDS * 100]
        return float(np.ravel(self._session.run(None, {"input_features": features})[0])[0])


def foresight(
    made: dict[str, Benchmark],
    listener: Listener,
    mark: str,
    work: Path,
    smart_turn: Path | None,
    kept: Kept,
) -> list[str]:
    """The section of the page."""
    rows = []
    for name in MEASURED:
        if name not in made:
            continue
        bench = made[name]
        rows += [
            kept(
                f"{what}.{name}.listener-{mark}",
                lambda b=bench, w=what: evaluate_predictor(
                    b, listener_predictor(listener, w), "listener", w
                ).to_json(),
            )
            for what in ("shift", "backchannel")
        ]
        key = f"shift.{name}.smart-turn"
        if smart_turn is not None or (work / "results" / f"{key}.json").exists():
            rows.append(
                kept(
                    key,
                    lambda b=bench: evaluate_predictor(
                        b, SmartTurn(smart_turn or Path()), "smart-turn v3.2", "shift"
                    ).to_json(),
                )
            )
    rows.sort(key=lambda row: row["what"] == "backchannel")
    return [
        "## Task C: who talks next, live",
        "",
        (
            f"Asked {AFTER:.2f} s into a silence: does the other take the floor (shift), or does the "
            f"speaker go on? And {BEFORE:.1f} s before a backchannel, and where none is near: is one "
            "coming? Area under the ROC curve, 0.5 for one who knows nothing; the listener's answers "
            "are `FrameState.shift_probability` and `FrameState.future`. smart-turn is made for the first question."
        ),
        "",
        "| benchmark | who | what | yes, no | area |",
        "|---|---|---|---:|---:|",
        *(
            f"| {r['benchmark']} | {r['scorer']} | {r['what']} | {r['yes']}, {r['no']} | "
            f"{r['area']['value']:.3f} [{r['area']['low']:.2f}, {r['area']['high']:.2f}] |"
            for r in rows
        ),
        "",
    ]

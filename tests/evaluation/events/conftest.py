"""A labelled recording, as files."""

import json

import numpy as np
import pytest
import soundfile


def _written(folder, *, channels=2, **changes):
    """A labelled recording of ten seconds: A talks, B says "mm-hm", "wait" and more."""
    place = folder / "call"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    soundfile.write(place / "audio.flac", 0.01 * rng.standard_normal((10 * 8_000, channels)), 8_000)
    units = [("A", 0.5, 6.0, "talk", "well I think so"), ("B", 2.0, 2.4, "bc", "mm-hm")]
    units += [("B", 5.0, 7.5, "talk", "wait no"), ("B", 8.0, 8.3, "doubt", "")]
    labels = {
        "name": "call",
        "seconds": 10.0,
        "zones": [[9.0, 9.5]],
        "not_speech": [{"speaker": "A", "start": 9.6, "end": 9.7, "what": "noise"}],
        "units": [
            {"speaker": s, "start": a, "end": b, "class": c, "text": t} for s, a, b, c, t in units
        ],
        "events": [
            {"type": "backchannel", "speaker": "B", "start": 2.0, "end": 2.4, "sure": True,
             "placement": "overlap"},
            {"type": "interruption", "speaker": "B", "start": 5.0, "end": 6.0, "sure": True,
             "outcome": "taken"},
            {"type": "backchannel", "speaker": "B", "start": 8.0, "end": 8.3, "sure": False,
             "why": "reading"},
            {"type": "gap", "speaker": "A", "start": 9.1, "end": 9.4, "sure": True},
        ],
        **changes,
    }  # fmt: skip
    (place / "events.json").write_text(json.dumps(labels))
    (place / "activity.rttm").write_text(
        "".join(
            f"SPEAKER call 1 {u['start']} {u['end'] - u['start']:.2f} <NA> <NA> {u['speaker']} "
            "<NA> <NA>\n"
            for u in labels["units"]
        )
    )
    return folder


@pytest.fixture(scope="session")
def written():
    """Writes a labelled recording into a folder, with changes to its labels."""
    return _written

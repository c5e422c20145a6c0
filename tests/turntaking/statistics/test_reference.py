"""The reference is strict about its fields, and densities are shares a second."""

import msgspec
import numpy as np
import pytest
from matplotlib.figure import Figure

from interactspeech.turntaking.statistics.plots import _density
from interactspeech.turntaking.statistics.reference import ReferenceStatistics, human


def test_a_reference_comes_back_and_unknown_fields_are_refused():
    text = human().encode()
    assert msgspec.json.decode(text, type=ReferenceStatistics) == human()
    fields = msgspec.json.decode(text) | {"more": 1}
    with pytest.raises(msgspec.ValidationError, match="more"):
        msgspec.json.decode(msgspec.json.encode(fields), type=ReferenceStatistics)


def test_the_bars_of_a_density_cover_the_share_of_the_samples_inside():
    samples = np.array([0.1, 0.1, 0.3, 0.7, 5.0])
    axes = Figure().subplots()
    _density(axes, samples, np.array([0.5, 0.5]), 0.0, 1.0, 0.2)
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights == pytest.approx([2.0, 1.0, 0.0, 1.0, 0.0])
    (line,) = axes.lines
    assert line.get_ydata() == pytest.approx([0.0, 0.0, 5.0, 0.0, 0.0])
    assert line.get_xdata() == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])

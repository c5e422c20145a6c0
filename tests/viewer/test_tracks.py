"""Pictures of dialogues."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.records import Dialogue, Samples
from interactspeech.viewer import draw_tracks

Make = Callable[..., tuple[Dialogue, Samples]]


def pixels(path: Path) -> np.ndarray:
    matplotlib_image = pytest.importorskip("matplotlib.image")
    return np.asarray(matplotlib_image.imread(path))[..., :3]


def test_the_picture_shows_speech_where_it_is(make_dialogue: Make, tmp_path: Path) -> None:
    dialogue, audio = make_dialogue()
    draw_tracks(dialogue, audio, tmp_path / "a.png")
    picture = pixels(tmp_path / "a.png")
    assert picture.shape[1] == 1760
    blue = (picture[..., 2] - picture[..., 0] > 0.4).any(axis=0)
    left, right = 1760 * 0.115, 1760 * 0.99
    columns = left + (right - left) * np.array([0.7, 1.9, 3.5, 5.5]) / 6
    assert blue[columns.astype(int)].tolist() == [True, True, False, False]


def test_a_stretch_without_sound_and_names_that_look_like_formulas(
    make_dialogue: Make, tmp_path: Path
) -> None:
    dialogue, _ = make_dialogue("d", "$\\frac{")
    draw_tracks(dialogue, None, tmp_path / "b.svg", start=1, end=3)
    assert (tmp_path / "b.svg").stat().st_size > 5000


@pytest.mark.parametrize(("start", "end"), [(3, 3), (7, 8), (-1, 2)])
def test_an_empty_stretch_is_refused(
    make_dialogue: Make, tmp_path: Path, start: float, end: float
) -> None:
    with pytest.raises(InputError, match="nothing between"):
        draw_tracks(*make_dialogue(), tmp_path / "c.png", start=start, end=end)


def test_audio_that_does_not_fit_is_refused(make_dialogue: Make, tmp_path: Path) -> None:
    dialogue, audio = make_dialogue()
    with pytest.raises(InputError, match="audio of shape"):
        draw_tracks(dialogue, audio[:1], tmp_path / "c.png")


def test_without_matplotlib_the_message_says_what_to_install(
    make_dialogue: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"'\.\[plots\]'"):
        draw_tracks(*make_dialogue(), tmp_path / "d.png")

"""The viewer of corpora: a static page with audio, and pictures of dialogues for documents."""

from interactspeech.viewer.page import WrittenPage, write_page
from interactspeech.viewer.summary import SummaryFigure
from interactspeech.viewer.tracks import draw_tracks

__all__ = ["SummaryFigure", "WrittenPage", "draw_tracks", "write_page"]

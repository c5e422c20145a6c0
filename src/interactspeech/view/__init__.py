"""See and hear a corpus: a static page, and pictures of dialogues for documents."""

from interactspeech.view.page import WrittenPage, write_page
from interactspeech.view.summary import SummaryFigure
from interactspeech.view.tracks import draw_tracks

__all__ = ["SummaryFigure", "WrittenPage", "draw_tracks", "write_page"]

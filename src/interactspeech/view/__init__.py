"""See and hear a corpus: a static page, and pictures of dialogues for documents."""

from interactspeech.view.page import Page, write_page
from interactspeech.view.summary import Figure
from interactspeech.view.tracks import draw_tracks

__all__ = ["Figure", "Page", "draw_tracks", "write_page"]

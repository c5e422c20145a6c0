"""Evaluation of rendered speech, scripts, word times and event detectors."""

from interactspeech.evaluation.rendered_speech import Rendered, RenderedCheck

__all__ = ["Rendered", "RenderedCheck"]

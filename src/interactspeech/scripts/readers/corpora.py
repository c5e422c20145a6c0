"""The text corpora that readers know, with their licences (as their own pages state them)."""

from __future__ import annotations

#: Corpus -> SPDX expression of its licence.
LICENCES = {
    "demo": "CC0-1.0",
    "dialogsum": "CC-BY-NC-SA-4.0",
    "dailydialog": "CC-BY-NC-SA-4.0",
    "multiwoz": "MIT",
    "sgd": "CC-BY-SA-4.0",
    "soda": "CC-BY-4.0",
    "places": "CC-BY-NC-4.0",
    "interactspeech": "CC0-1.0",
}

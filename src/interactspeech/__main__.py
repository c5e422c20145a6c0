"""Entry point of `python -m interactspeech`."""

from interactspeech.cli import main

main()

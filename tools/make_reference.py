"""Build the API reference from docstrings: ``python tools/make_reference.py FOLDER``.

It documents what is public: the names in ``__all__`` of the package and of its rooms. A warning of
pdoc is an error.
"""

import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.render

import interactspeech

ROOMS = ("corpus", "diarization", "errors", "formats", "listener", "mining", "records", "rendering",
         "scripts", "settings", "tts", "turntaking", "viewer")  # fmt: skip


def main(folder: Path) -> None:
    """Write the pages into `folder`."""
    warnings.simplefilter("error", UserWarning)
    for name in interactspeech.__all__:  # pdoc reads the module's dictionary, not `__getattr__`
        setattr(interactspeech, name, getattr(interactspeech, name))
    pdoc.render.configure(docformat="google", search=True)
    rooms = [f"interactspeech.{room}" for room in ROOMS]
    pdoc.pdoc("interactspeech", *rooms, output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

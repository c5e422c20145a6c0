"""Several splits of a corpus exported together: a folder each, and one card for a data set.

```
out/train/...    out/dev/...    out/test/...    what the format makes of each
out/PROVENANCE   (and one in each folder, with sheets, so that each is an export by itself)
out/README.md    Hugging Face: the card, with the files of every split
```
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from interactspeech.corpus.exchange.data_files import JsonLines
from interactspeech.corpus.exchange.dataset_card import Totals, card
from interactspeech.corpus.exchange.huggingface import HuggingfaceExporter
from interactspeech.corpus.exchange.interface import (
    ExchangeFormat,
    ExportedDialogue,
    Exporter,
    ExportOptions,
    provenance,
)
from interactspeech.corpus.exchange.sheets import Sheets
from interactspeech.errors import InputError


class SplitsExporter(Exporter):
    """The exporter of a format, once for each split.

    Args:
        folder: of the export.
        options: of the format; its `split` is replaced, and `path_prefix` has the split's folder.
        format: the format.
        split_of: id of a dialogue -> its split.
        sources: name of the list of sources in each folder.
    """

    def __init__(
        self, folder: Path, options: ExportOptions, format: ExchangeFormat,  # noqa: A002
        split_of: Mapping[str, str], sources: str,
    ) -> None:  # fmt: skip
        super().__init__(folder, options)
        self._split_of = split_of
        self._totals = Totals()
        self._writers: dict[str, Exporter] = {}
        self._sources: dict[str, JsonLines] = {}
        self._sheets: dict[str, Sheets] = {}
        for name in dict.fromkeys(split_of.values()):
            place = folder / name
            place.mkdir(exist_ok=True)
            prefix = f"{options.path_prefix}{name}/"
            own = msgspec.structs.replace(options, split=name, path_prefix=prefix)
            self._writers[name] = format.writer(place, own)
            self._sources[name] = JsonLines(place / sources)
            self._sheets[name] = Sheets()

    def add(self, piece: ExportedDialogue) -> None:
        """Write one dialogue into the folder of its split."""
        name = self._split_of.get(piece.item.id)
        if name is None:
            raise InputError(
                f"dialogue {piece.item.id!r} is in none of the splits", reason="no-split"
            )
        self._writers[name].add(piece)
        self._sheets[name].add(piece.dialogue)
        self._sources[name].write(provenance(piece.dialogue))
        self._totals.add(piece.dialogue)

    @property
    def growing(self) -> tuple[Path, ...]:
        """Those of every split."""
        own = tuple(lines.path for lines in self._sources.values())
        return own + tuple(path for one in self._writers.values() for path in one.growing)

    def is_settled(self) -> bool:
        """Where every split is."""
        return all(writer.is_settled() for writer in self._writers.values())

    def flush(self) -> None:
        """Hand everything to the system."""
        for name, writer in self._writers.items():
            writer.flush()
            self._sources[name].flush()

    def state(self) -> dict[str, int]:
        """That of every split."""
        return {
            f"{name}/{key}": value
            for name, writer in self._writers.items()
            for key, value in writer.state().items()
        }

    def resume(self, state: Mapping[str, int]) -> None:
        """Go on in the folder of every split."""
        for name, writer in self._writers.items():
            own = {
                key.partition("/")[2]: n for key, n in state.items() if key.startswith(f"{name}/")
            }
            writer.resume(own)

    def skip(self, piece: ExportedDialogue) -> None:
        """Take account of a dialogue in its split."""
        name = self._split_of[piece.item.id]
        self._writers[name].skip(piece)
        self._sheets[name].add(piece.dialogue)
        self._totals.add(piece.dialogue)

    def close(self) -> None:
        """Finish every split, and the card of a data set."""
        for name, writer in self._writers.items():
            writer.close()
            self._sources[name].close()
            self._sheets[name].write(self.folder / name)
            self.notes.update(writer.notes)
        if any(isinstance(writer, HuggingfaceExporter) for writer in self._writers.values()):
            files = {name: f"{name}/data/{name}-*.parquet" for name in self._writers}
            (self.folder / "README.md").write_text(card(self._totals, files), "utf-8")

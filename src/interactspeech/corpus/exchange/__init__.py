"""Corpora in the formats of training stacks and of people's tools: written, and read back.

```
interface       what a format is given and gives; `ExchangeFormat`
registry        all formats by name
exporting       a corpus out: what was chosen, whole or not at all
checking        what will not fit, before anything is written
journal         how far a killed export had come
sheets          licences and statistics, beside every export
licences        which licences let it out
importing       a corpus of what other tools wrote
data_files      JSON lines and sound, for the formats made of them
moshi, ...      one module a format: its writer and its reader
```
"""

from interactspeech.corpus.exchange.checking import ExportCheck, check
from interactspeech.corpus.exchange.exporting import Exported, chosen, export
from interactspeech.corpus.exchange.importing import import_corpus
from interactspeech.corpus.exchange.interface import ExchangeFormat, ExportOptions
from interactspeech.corpus.exchange.licences import is_free
from interactspeech.corpus.exchange.registry import (
    EXCHANGE_FORMATS,
    exchange_format,
    export_names,
    format_list,
    import_names,
)

__all__ = [
    "EXCHANGE_FORMATS",
    "ExchangeFormat",
    "ExportCheck",
    "ExportOptions",
    "Exported",
    "check",
    "chosen",
    "exchange_format",
    "export",
    "export_names",
    "format_list",
    "import_corpus",
    "import_names",
    "is_free",
]

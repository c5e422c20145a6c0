"""The store of dialogues with their audio: append-only shards, an index, and who may write them."""

from interactspeech.corpus.crops import Crop, CropEvent, Crops, CropSettings, CropWord, collate
from interactspeech.corpus.exchange.original import (
    original_folders,
    read_original,
    write_original,
)
from interactspeech.corpus.files import require_space
from interactspeech.corpus.reader import Corpus, Item, read_shard
from interactspeech.corpus.repairing import Repaired, repair
from interactspeech.corpus.shard import ShardInfo, ShardWriter, finished_shard
from interactspeech.corpus.summary import CorpusSummary, summarise
from interactspeech.corpus.verifying import Problem, verify
from interactspeech.corpus.writer import CorpusManifest, CorpusWriter, fingerprint, read_manifest
from interactspeech.errors import StoreError

__all__ = [
    "Corpus",
    "CorpusManifest",
    "CorpusSummary",
    "CorpusWriter",
    "Crop",
    "CropEvent",
    "CropSettings",
    "CropWord",
    "Crops",
    "Item",
    "Problem",
    "Repaired",
    "ShardInfo",
    "ShardWriter",
    "StoreError",
    "collate",
    "fingerprint",
    "finished_shard",
    "original_folders",
    "read_manifest",
    "read_original",
    "read_shard",
    "repair",
    "require_space",
    "summarise",
    "verify",
    "write_original",
]

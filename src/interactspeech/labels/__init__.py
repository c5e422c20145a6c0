"""Labels that people give: items and edits, logs that survive crashes, folders of several people.

The page that people label on is in `interactspeech.viewer.served`; agreement between them is in
`interactspeech.evaluation.agreement`.
"""

from interactspeech.labels.base import (
    Suggestion,
    current_items,
    human_events,
    labelled_dialogue,
    suggestions_of,
)
from interactspeech.labels.folder import (
    DEFAULT_TYPES,
    LabelFolder,
    LabelledSource,
    LabelManifest,
    LabelSettings,
    progress,
)
from interactspeech.labels.items import (
    LabelConflictError,
    LabelEdit,
    LabelItem,
    LoggedTransaction,
    Revision,
    Transaction,
)
from interactspeech.labels.log import LabelLog
from interactspeech.labels.voting import ConsensusSettings, VotedEvent, consensus

__all__ = [
    "DEFAULT_TYPES",
    "ConsensusSettings",
    "LabelConflictError",
    "LabelEdit",
    "LabelFolder",
    "LabelItem",
    "LabelLog",
    "LabelManifest",
    "LabelSettings",
    "LabelledSource",
    "LoggedTransaction",
    "Revision",
    "Suggestion",
    "Transaction",
    "VotedEvent",
    "consensus",
    "current_items",
    "human_events",
    "labelled_dialogue",
    "progress",
    "suggestions_of",
]

"""The framework of interaction dynamics: who speaks when (layer 1), and what it does (layer 2).

Definitions, parameters and laws: docs/framework.md.
"""

from interactspeech.dynamics.annotate import annotate, annotate_table, label, runs
from interactspeech.dynamics.candidates import Candidates, Decision, default_decision
from interactspeech.dynamics.layer1 import CLASSES, Layer1, layer1
from interactspeech.dynamics.online import OnlineAnnotator
from interactspeech.dynamics.rules import DEFAULT, RULE_SETS, RuleSet, rule_set
from interactspeech.dynamics.table import ABSENT, Columns, EventTable
from interactspeech.dynamics.timeline import Repair, Timeline, WordTrack

__all__ = [
    "ABSENT",
    "CLASSES",
    "DEFAULT",
    "RULE_SETS",
    "Candidates",
    "Columns",
    "Decision",
    "EventTable",
    "Layer1",
    "OnlineAnnotator",
    "Repair",
    "RuleSet",
    "Timeline",
    "WordTrack",
    "annotate",
    "annotate_table",
    "default_decision",
    "label",
    "layer1",
    "rule_set",
    "runs",
]

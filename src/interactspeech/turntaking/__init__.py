"""The framework of interaction dynamics: who speaks when (layer 1), and what it does (layer 2).

Definitions, parameters and laws: docs/framework.md.
"""

from interactspeech.turntaking.activity import CLASSES, Layer1, layer1
from interactspeech.turntaking.annotator import annotate, annotate_table, label, runs
from interactspeech.turntaking.backchannel_candidates import Candidates, Decision, default_decision
from interactspeech.turntaking.event_table import ABSENT, Columns, EventTable
from interactspeech.turntaking.online import OnlineAnnotator
from interactspeech.turntaking.rules import DEFAULT, RULE_SETS, RuleSet, rule_set
from interactspeech.turntaking.timeline import Repair, Timeline, WordTrack

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

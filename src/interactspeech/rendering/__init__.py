"""Planning and rendering: scripts and speech in, two-track dialogues out; pure and seeded."""

from interactspeech.rendering.delivery import deliveries
from interactspeech.rendering.durations import backchannel_speed, hesitated, wanted_durations
from interactspeech.rendering.planned_clips import Plan, PlanLoss, PlannedClip
from interactspeech.rendering.planner import draw_dyad, plan
from interactspeech.rendering.renderer import provenance_of, record, render
from interactspeech.rendering.settings import HUMAN, ORIGINAL, PRESETS, DeliveryParams, PlanSettings
from interactspeech.rendering.speech_outline import Outline, SourceSilence, from_words, outline
from interactspeech.rendering.spoken_lines import LineMark, SpokenLine, lines
from interactspeech.signal.resampling import resample
from interactspeech.signal.time_stretch import lengthened, stretched

__all__ = [
    "HUMAN",
    "ORIGINAL",
    "PRESETS",
    "DeliveryParams",
    "LineMark",
    "Outline",
    "Plan",
    "PlanLoss",
    "PlanSettings",
    "PlannedClip",
    "SourceSilence",
    "SpokenLine",
    "backchannel_speed",
    "deliveries",
    "draw_dyad",
    "from_words",
    "hesitated",
    "lengthened",
    "lines",
    "outline",
    "plan",
    "provenance_of",
    "record",
    "render",
    "resample",
    "stretched",
    "wanted_durations",
]

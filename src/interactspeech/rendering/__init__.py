"""Planning and rendering: scripts and speech in, two-track dialogues out; pure and seeded."""

from interactspeech.rendering.estimated_speech import estimate_outlines
from interactspeech.rendering.holds import Hold, draw_holds, engine_text
from interactspeech.rendering.plan import (
    Plan,
    PlanLoss,
    PlannedClip,
    dialogue_from_plan,
    plan_provenance,
)
from interactspeech.rendering.planner import draw_dyad, plan_dialogue
from interactspeech.rendering.renderer import render
from interactspeech.rendering.script_lines import (
    LineMark,
    SpokenLine,
    spoken_lines,
)
from interactspeech.rendering.settings import HUMAN, ORIGINAL, PRESETS, DeliveryParams, PlanSettings
from interactspeech.rendering.sounds import SoundRates, place_sounds
from interactspeech.rendering.speech_outline import (
    Outline,
    SourceSilence,
    measure_outline,
    outline_from_words,
)
from interactspeech.rendering.speech_plan import (
    SpeechPlan,
    backchannel_speed,
    draw_deliveries,
    draw_target_durations,
    lengthen_hesitations,
    plan_speech,
)
from interactspeech.signal.resampling import resample

__all__ = [
    "HUMAN",
    "ORIGINAL",
    "PRESETS",
    "DeliveryParams",
    "Hold",
    "LineMark",
    "Outline",
    "Plan",
    "PlanLoss",
    "PlanSettings",
    "PlannedClip",
    "SoundRates",
    "SourceSilence",
    "SpeechPlan",
    "SpokenLine",
    "backchannel_speed",
    "dialogue_from_plan",
    "draw_deliveries",
    "draw_dyad",
    "draw_holds",
    "draw_target_durations",
    "engine_text",
    "estimate_outlines",
    "lengthen_hesitations",
    "measure_outline",
    "outline_from_words",
    "place_sounds",
    "plan_dialogue",
    "plan_provenance",
    "plan_speech",
    "render",
    "resample",
    "spoken_lines",
]

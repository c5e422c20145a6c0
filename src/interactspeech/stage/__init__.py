"""Planning and rendering: scripts and speech in, two-track dialogues out; pure and seeded."""

from interactspeech.stage.deliveries import deliveries
from interactspeech.stage.durations import backchannel_speed, wanted_durations
from interactspeech.stage.hesitations import hesitated
from interactspeech.stage.lines import Line, Mark, lines
from interactspeech.stage.outline import Break, Outline, from_words, outline
from interactspeech.stage.plan import draw_dyad, plan
from interactspeech.stage.plans import Clip, Loss, Plan
from interactspeech.stage.record import provenance_of, record
from interactspeech.stage.render import render
from interactspeech.stage.resample import at_rate
from interactspeech.stage.settings import HUMAN, ORIGINAL, PRESETS, Manners, Settings
from interactspeech.stage.stretch import lengthened, stretched

__all__ = [
    "HUMAN",
    "ORIGINAL",
    "PRESETS",
    "Break",
    "Clip",
    "Line",
    "Loss",
    "Manners",
    "Mark",
    "Outline",
    "Plan",
    "Settings",
    "at_rate",
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
    "stretched",
    "wanted_durations",
]

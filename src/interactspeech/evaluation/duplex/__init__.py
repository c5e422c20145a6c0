"""Measures of duplex models and voice agents, exact and without a judge."""

from interactspeech.evaluation.duplex.inputs import duplex_recordings
from interactspeech.evaluation.duplex.live import DuplexSystem, run_scenario
from interactspeech.evaluation.duplex.outcomes import ReactionSettings
from interactspeech.evaluation.duplex.recordings import DuplexRecording, RecordingSettings
from interactspeech.evaluation.duplex.reports import write_reports
from interactspeech.evaluation.duplex.scores import DuplexScores
from interactspeech.evaluation.duplex.scoring import score_recordings
from interactspeech.evaluation.duplex.stimulus import StimulusEvent, StimulusTruth
from interactspeech.evaluation.duplex.stimulus_set import StimulusSettings, write_stimuli

__all__ = [
    "DuplexRecording",
    "DuplexScores",
    "DuplexSystem",
    "ReactionSettings",
    "RecordingSettings",
    "StimulusEvent",
    "StimulusSettings",
    "StimulusTruth",
    "duplex_recordings",
    "run_scenario",
    "score_recordings",
    "write_reports",
    "write_stimuli",
]

"""Calls as the listener hears them: real speech on two channels, clean and with an echo."""

import numpy as np
import pytest
import soundfile

from interactspeech.evaluation.calls.analysis import CallModels, analyse_call
from interactspeech.evaluation.calls.settings import ReportSettings
from interactspeech.mining.source import RecordingSource, SourceFile


@pytest.mark.slow
def test_a_call_of_two_files_and_with_an_echo(shared_data, tmp_path):
    folder = shared_data / "benchmarks" / "interactspeech_demo" / "SODA_PROCESSED--train--1004451"
    files = tuple(SourceFile(str(folder / f"dialogue_speaker{x}.wav")) for x in "ab")
    settings = ReportSettings(names=("agent", "caller"))
    models = CallModels(settings)
    clean = analyse_call(RecordingSource("call", files, channels="speakers"), settings, models)
    assert clean.measured_by.startswith("listener ")
    assert not clean.findings
    kinds = [one.kind for one in clean.incidents]
    assert kinds.count("interruption_taken") == kinds.count("yield") == 2
    assert all(one.sure is not None for one in clean.incidents if one.kind == "yield")
    tracks = [soundfile.read(one.path)[0] for one in files]
    rate = soundfile.info(files[0].path).samplerate
    sound = np.stack([one[: min(map(len, tracks))] for one in tracks])
    sound += 1e-4 * np.random.default_rng(0).standard_normal(sound.shape)
    late = round(0.25 * rate)
    sound[0, late:] += 0.25 * sound[1, :-late]
    soundfile.write(tmp_path / "echo.wav", sound.T, rate)
    source = RecordingSource("echo", (SourceFile(str(tmp_path / "echo.wav")),))
    echoed = analyse_call(source, settings, models)
    [finding] = echoed.findings
    assert (finding.kind, finding.channel) == ("echo", 1)
    assert "yield" in echoed.withheld
    assert "response" not in echoed.withheld

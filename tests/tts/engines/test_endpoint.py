# ruff: noqa: ARG001, ARG005 -- answers share one shape
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from speech_server import Reply, SpeechServer, encoded, good, samples

from interactspeech.errors import InputError
from interactspeech.pipelines.building import BuildSettings, NothingBuiltError, build
from interactspeech.tts import SpeechCache, Style, Synthesizer, engine
from interactspeech.tts.engines.endpoint import EndpointEngine, format_of, sound_of

TEXT = "We missed the last train, so we walked home along the river."


def endpoint(server: SpeechServer, **options) -> EndpointEngine:
    return EndpointEngine(server.url, "test-voice", "ada:female,bob:male", **options)


def test_speech_of_a_service_with_words_where_they_are_said() -> None:
    with SpeechServer() as server:
        made = endpoint(server)
        speech = made.speak(TEXT, "bob", Style(speed=1.2))
    asked = server.asked[0]
    assert asked["model"] == "test-voice"
    assert (asked["voice"], asked["input"], asked["speed"]) == ("bob", TEXT, 1.2)
    assert asked["response_format"] == "wav"
    assert speech.times == "aligned"
    truth = engine("hibari").speak(TEXT, None, Style(speed=1.2))
    apart = [
        abs(a.start / speech.rate - b.start / truth.rate)
        for a, b in zip(speech.words, truth.words, strict=True)
    ]
    assert np.median(apart) < 0.03
    assert made.usage == {"requests": 1, "characters": len(TEXT)}
    assert "127.0.0.1" in made.version
    assert [voice.sex for voice in made.voices()] == ["female", "male"]


def spoiled(spoil: Callable[[dict], Reply]) -> Callable[[dict, int], Reply]:
    return lambda asked, times: spoil(asked)


BAD = {
    "speech-page": lambda asked: Reply(b"<html><h1>502 Bad Gateway</h1></html>"),
    "speech-format": lambda asked: Reply(encoded(*samples(asked), "MP3")),
    "speech-truncated": lambda asked: Reply(encoded(*samples(asked))[:20_000]),
    "speech-rate": lambda asked: Reply(encoded(samples(asked)[0][::3], 8_000)),
    "speech-silent": lambda asked: Reply(encoded(np.zeros(48_000), 24_000)),
    # Said to be three times as slow as it is.
    "speech-length": lambda asked: Reply(encoded(samples(asked)[0], 96_000)),
    "speech-disconnected": lambda asked: Reply(encoded(*samples(asked)), short=5_000),
    "speech-server-error": lambda asked: Reply(b'{"error": {"message": "boom"}}', 500),
    "speech-refused": lambda asked: Reply(b'{"error": {"message": "no such voice"}}', 400),
}


@pytest.mark.parametrize("reason", BAD)
def test_bad_answers_are_named_and_retried_within_bounds(reason: str) -> None:
    with SpeechServer(spoiled(BAD[reason])) as server:
        made = endpoint(server, retries=1)
        with pytest.raises(InputError) as caught:
            made.speak(TEXT)
    assert caught.value.reason == reason
    assert str(caught.value)
    # The client itself sends again what failed on the way; what is of no use is asked for again.
    by_client = {"speech-server-error", "speech-disconnected"}
    assert made.usage[reason] == (1 if reason in {*by_client, "speech-refused"} else 2)
    assert len(server.asked) == (1 if reason == "speech-refused" else 2)
    assert made.usage["asked again"] == len(server.asked) - 1


def test_a_service_that_recovers_is_used() -> None:
    def answer(asked: dict, times: int) -> Reply:
        return good(asked, times) if times else BAD["speech-page"](asked)

    with SpeechServer(answer) as server:
        made = endpoint(server)
        assert made.speak(TEXT).times == "aligned"
    assert made.usage["speech-page"] == made.usage["asked again"] == 1


def test_mp3_where_it_is_asked_for() -> None:
    with SpeechServer(spoiled(BAD["speech-format"])) as server:
        speech = endpoint(server, response_format="mp3").speak(TEXT)
    assert speech.seconds == pytest.approx(engine("hibari").speak(TEXT).seconds, abs=0.1)


def test_no_access_and_a_spent_budget_stop_all_requests() -> None:
    denied = Reply(b'{"error": {"message": "bad key"}}', 401)
    with SpeechServer(spoiled(lambda asked: denied)) as server:
        made = endpoint(server)
        for _ in range(3):
            with pytest.raises(InputError) as caught:
                made.speak(TEXT)
            assert caught.value.reason == "speech-no-access"
    assert len(server.asked) == 1
    with SpeechServer() as server:
        made = endpoint(server, characters=len(TEXT) + 10)
        made.speak(TEXT)
        with pytest.raises(InputError) as caught:
            made.speak(TEXT)
        assert caught.value.reason == "speech-budget"
    assert len(server.asked) == 1


def test_a_service_that_is_gone_is_not_asked_for_ever() -> None:
    with SpeechServer() as server:
        url = server.url
    made = EndpointEngine(url, voices="ada", retries=0, give_up=3)
    begin = time.monotonic()
    reasons = set()
    for _ in range(30):
        with pytest.raises(InputError) as caught:
            made.speak(TEXT)
        reasons.add(caught.value.reason)
    assert reasons == {"speech-disconnected"}
    assert made.usage["requests"] == 3
    assert time.monotonic() - begin < 20


def test_requests_in_flight_are_bounded() -> None:
    def slow(asked: dict, times: int) -> Reply:
        time.sleep(0.1)
        return Reply(encoded(*samples(asked, "fake")))

    with SpeechServer(slow) as server:
        made = endpoint(server, concurrency=3)
        requests = [(f"{TEXT} Number {n}.", "ada", Style()) for n in range(9)]
        found = made.speak_all([*requests, ("", "ada", Style())])
    assert [isinstance(one, InputError) for one in found] == [False] * 9 + [True]
    assert server.most <= 3


def test_nothing_is_paid_for_twice(tmp_path: Path) -> None:
    options = {"endpoint": {"voices": "ada"}}
    with SpeechServer() as server:
        options["endpoint"]["url"] = server.url
        for _ in range(2):
            synthesizer = Synthesizer(SpeechCache(tmp_path), options)
            voice = synthesizer.engine("endpoint").voices()[0]
            speech = synthesizer.speak(TEXT, voice)
            assert speech.times == "aligned"
    assert len(server.asked) == 1
    assert synthesizer.usage() == {}


def test_a_build_counts_what_a_service_did(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("INTERACTSPEECH_SPEECH_VOICES", "ada:female,bob:male")
    (tmp_path / "a.txt").write_text(
        "A: So where did you two go in the end?\nB: To the lake, because the park was full.\n"
    )
    settings = BuildSettings(voices=("endpoint",), writer="none")
    with SpeechServer() as server:
        monkeypatch.setenv("INTERACTSPEECH_SPEECH_URL", server.url)
        made = build([tmp_path / "a.txt"], tmp_path / "corpus", settings)
    assert made.dialogues == 1
    assert made.ledger.noted["endpoint: requests"] == len(server.asked) == 2
    assert made.ledger.noted["endpoint: characters"] == sum(len(a["input"]) for a in server.asked)
    with SpeechServer(spoiled(BAD["speech-page"])) as server:
        monkeypatch.setenv("INTERACTSPEECH_SPEECH_URL", server.url)
        with pytest.raises(NothingBuiltError) as caught:
            build([tmp_path / "a.txt"], tmp_path / "other", settings)
    ledger = caught.value.ledger
    assert ledger.dropped["speech-page"].count == 1
    assert ledger.noted["endpoint: speech-page"] == 3


def test_streamed_headers_and_formats() -> None:
    """A WAV that is streamed announces no length, or the largest."""
    sound, rate = samples({"input": TEXT}, "fake")
    body = bytearray(encoded(sound, rate))
    at = body.index(b"data") + 4
    body[at : at + 4] = b"\xff\xff\xff\xff"
    found, found_rate = sound_of(bytes(body), TEXT)
    assert found_rate == rate
    assert len(found) == len(sound)
    stereo, _ = sound_of(encoded(np.stack([sound, sound], 1), rate), TEXT)
    assert np.allclose(stereo, found, atol=1e-3)
    assert format_of(encoded(sound, rate, "FLAC")) == "flac"
    assert format_of(encoded(sound, rate, "OGG")) == "opus"
    assert format_of(b"") == "page"
    assert format_of(bytes(range(64))) == ""

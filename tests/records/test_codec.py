"""Records to bytes and back: exact, strict, and clear about what is wrong."""

import json

import jsonschema
import msgspec
import pytest
from dialogue_strategies import dialogues
from hypothesis import HealthCheck, given, settings

from interactspeech.errors import InputError
from interactspeech.records import SCHEMA_VERSION, Dialogue, Speaker, decode, encode, json_schema

MINIMAL = Dialogue("d", 16_000, 100, (Speaker("A"),))
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
slow_data = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@slow_data
@given(dialogues())
def test_a_record_comes_back_as_it_was(record):
    data = encode(record)
    assert decode(data) == record
    assert decode(data.decode()) == record
    assert encode(decode(data)) == data


@slow_data
@given(dialogues())
def test_every_record_fits_the_schema_and_says_its_version(record):
    plain = json.loads(encode(record))
    VALIDATOR.validate(plain)
    assert plain["schema_version"] == SCHEMA_VERSION


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.pop("id"),
        lambda plain: plain.update(extra=1),
        lambda plain: plain.update(rate="16000"),
        lambda plain: plain.update(length=1.5),
        lambda plain: plain.update(speakers=[{"id": "A", "nickname": "x"}]),
    ],
)
def test_the_schema_refuses_what_the_decoder_refuses(change):
    plain = json.loads(encode(MINIMAL))
    change(plain)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(plain)
    with pytest.raises(InputError):
        decode(json.dumps(plain))


def test_equal_records_give_equal_bytes_whatever_the_order_of_their_keys():
    sets = {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
    turned = {"b": {"z": 3}, "a": {"y": 2, "x": 1}}
    one = msgspec.structs.replace(MINIMAL, rule_sets=sets)
    other = msgspec.structs.replace(MINIMAL, rule_sets=turned)
    assert encode(one) == encode(other)


UTTERANCE = {"id": "u", "speaker": "A", "start": 10, "end": 50, "speech": [[10, 50]]}
EVENT = {"type": "pause", "speaker": "A", "start": 10, "end": 50}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rate": 0}, "rate 0"),
        ({"length": -1}, "must be positive"),
        ({"id": "../x"}, "use letters, digits"),
        ({"id": ".x"}, "not starting in"),
        ({"id": ""}, "use letters, digits"),
        ({"id": "caf\u00e9"}, "use letters, digits"),
        ({"speakers": [{"id": "A"}, {"id": "A"}]}, "share an id"),
        ({"unknown": 1}, "unknown field `unknown`"),
        ({"rate": "16000"}, "Expected `int`, got `str` - at `$.rate`"),
        ({"utterances": [{**UTTERANCE, "speaker": "B"}]}, "unknown speaker 'B'"),
        ({"utterances": [{**UTTERANCE, "end": 101, "speech": [[10, 101]]}]}, "after the dialogue"),
        ({"utterances": [UTTERANCE, UTTERANCE]}, "share the id 'u'"),
        ({"utterances": [{**UTTERANCE, "speech": []}]}, "no speech span"),
        ({"utterances": [{**UTTERANCE, "speech": [[10, 40]]}]}, "from start to end"),
        ({"utterances": [{**UTTERANCE, "speech": [[10, 30], [30, 50]]}]}, "touch or overlap"),
        ({"utterances": [{**UTTERANCE, "speech": [[10, 5]]}]}, "reversed"),
        ({"utterances": [{**UTTERANCE, "start": -1}]}, "negative"),
        ({"utterances": [{**UTTERANCE, "kind": "shout"}]}, "Invalid enum value 'shout'"),
        (
            {"utterances": [{**UTTERANCE, "words": [{"text": "x", "start": 5, "end": 20}]}]},
            "out of order or outside",
        ),
        (
            {
                "utterances": [
                    {
                        **UTTERANCE,
                        "words": [
                            {"text": "x", "start": 20, "end": 30},
                            {"text": "y", "start": 29, "end": 40},
                        ],
                    }
                ]
            },
            "'y' at [29, 40) is out of order",
        ),
        ({"events": [{**EVENT, "type": "hiccup"}]}, "Invalid enum value 'hiccup'"),
        ({"events": [{**EVENT, "speaker": "Z"}]}, "unknown speaker 'Z'"),
        ({"events": [{**EVENT, "partner": "Z"}]}, "partner: unknown speaker 'Z'"),
        ({"events": [{**EVENT, "end": 101}]}, "after the dialogue's end"),
        ({"events": [{**EVENT, "end": 9}]}, "reversed"),
        ({"events": [{**EVENT, "probability": 1.5}]}, "not in [0, 1]"),
        ({"events": [{**EVENT, "utterance": "u9"}]}, "no utterance 'u9'"),
        ({"events": [{**EVENT, "rules": "r"}]}, "rule set 'r' is not stored"),
        ({"events": [{**EVENT, "attributes": {"a": [1]}}]}, "got `array`"),
        ({"tracks": [{"speaker": "Z", "audio": "a"}]}, "track: unknown speaker"),
    ],
)
def test_what_breaks_a_rule_is_refused_in_words_with_its_place(fields, words):
    plain = json.loads(encode(MINIMAL)) | fields
    with pytest.raises(InputError) as caught:
        decode(json.dumps(plain), "corpus.jsonl", 17)
    assert words in str(caught.value)
    assert str(caught.value).startswith("corpus.jsonl:17: not a dialogue record: ")
    assert caught.value.reason == "bad-record"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"id": "\xff"}',
        b"{}",
        b"[" * 100_000,
        b'{"x":' + b"[" * 100_000,
        b'{"x":' * 100_000,
        b'{"rate": 1e400}',
        b'{"length": 99999999999999999999999999}',
    ],
)
def test_other_bytes_are_refused_and_never_a_crash(data):
    with pytest.raises(InputError) as caught:
        decode(data)
    assert caught.value.reason == "bad-record"


def test_a_record_of_a_newer_version_says_what_to_do():
    plain = json.loads(encode(MINIMAL)) | {"schema_version": SCHEMA_VERSION + 1, "new_field": 1}
    with pytest.raises(InputError, match="upgrade interactspeech") as caught:
        decode(json.dumps(plain))
    assert caught.value.reason == "newer-schema"


def test_a_record_that_is_too_large_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr("interactspeech.records.codec.MAX_RECORD_BYTES", 10)
    with pytest.raises(InputError, match="over the limit of 10"):
        decode(encode(MINIMAL))


def test_an_event_may_be_a_point_and_an_utterance_may_not():
    point = json.loads(encode(MINIMAL)) | {"events": [{**EVENT, "end": 10}]}
    assert decode(json.dumps(point)).events[0].end == 10
    empty = json.loads(encode(MINIMAL)) | {"utterances": [{**UTTERANCE, "end": 10}]}
    with pytest.raises(InputError, match="empty"):
        decode(json.dumps(empty))

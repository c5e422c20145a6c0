"""Roles and scenarios: their settings, who gets which role, and the checks of their rules."""

import pytest

from interactspeech.errors import UsageError
from interactspeech.records import Script
from interactspeech.scripts.kinds import KINDS
from interactspeech.scripts.notation import parse_script
from interactspeech.scripts.role_checks import check_roles
from interactspeech.scripts.roles import (
    SCENARIOS,
    RoleSettings,
    RoleTiming,
    assign_roles,
    scenario_named,
    with_roles,
)

ASSISTANT = SCENARIOS["assistant"]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda one: one.name)
def test_every_role_says_who_it_is_and_where_its_numbers_come_from(scenario):
    people = RoleSettings("people")
    for role in scenario.roles:
        assert role.about
        assert set(role.kinds) <= set(KINDS)
        fields = {*role.__struct_fields__, *role.timing.__struct_fields__}
        fields -= {"name", "about", "sources", "timing", "shortest_latency"}
        assert all(role.source_of(name) for name in fields)
        assert set(role.sources) <= fields
        for name in ("backchannels", "interruptions"):
            if getattr(role, name) != getattr(people, name):
                assert role.sources.get(name), (role.name, name)
        if role.timing.latency:
            assert role.sources["latency"]


def test_an_agent_never_takes_the_floor():
    for scenario in SCENARIOS.values():
        for role in scenario.roles:
            if role.name == "agent":
                assert role.interruptions == role.attempts == role.simultaneous_starts == 0
                assert role.timing.through_feedback
                assert role.timing.yields_within < 1.29  # people's 95th percentile


@pytest.mark.parametrize(
    "wrong",
    [
        {"backchannels": -1},
        {"apologies": 2},
        {"asides": {"side-talk": -1}},
        {"timing": {"pauses": 3}},
        {"interruptions": float("inf")},
    ],
)
def test_settings_are_checked_where_they_are_made(wrong):
    with pytest.raises(UsageError):
        RoleSettings("somebody", **wrong)


def test_unknown_names_are_usage_errors_that_say_what_there_is():
    with pytest.raises(UsageError, match="friends"):
        scenario_named("frends")
    with pytest.raises(UsageError, match="agent"):
        with_roles(ASSISTANT, ("agnet",))
    with pytest.raises(UsageError):
        with_roles(ASSISTANT, ("agent", "user", "user"))
    assert [r.name for r in with_roles(ASSISTANT, ("user", "agent")).roles] == ["user", "agent"]


@pytest.mark.parametrize(
    ("names", "given", "texts", "agent"),
    [
        ({}, {}, {}, "A"),
        ({"A": "user", "B": "system"}, {}, {}, "B"),
        ({"A": "Customer", "B": "Bob"}, {}, {}, "B"),
        ({}, {"A": "user", "B": "agent"}, {}, "B"),
        ({}, {}, {"A": "hello.", "B": "hello, how can i help you?"}, "B"),
        ({}, {}, {"A": "can i help you?", "B": "can i help you?"}, "A"),
        ({"A": "user", "B": "system"}, {"A": "agent", "B": "user"}, {}, "A"),
    ],
)
def test_roles_go_by_what_the_source_says_then_names_then_words_then_order(
    names, given, texts, agent
):
    found = assign_roles(ASSISTANT, ["A", "B"], names, given, texts)
    assert [who for who, role in found.items() if role.name == "agent"] == [agent]


def test_roles_in_the_order_given_ask_for_no_names():
    found = assign_roles(ASSISTANT, ["A", "B"], {"A": "user", "B": "system"}, {}, {}, in_order=True)
    assert found["A"].name == "agent"


def test_of_more_than_two_one_is_the_agent():
    found = assign_roles(ASSISTANT, ["A", "B", "C"], {"C": "assistant"}, {}, {})
    assert [role.name for role in found.values()] == ["user", "user", "agent"]


def script(text: str) -> Script:
    return parse_script(f"# role A: agent\n# role B: user\n{text}")


@pytest.mark.parametrize(
    ("text", "check"),
    [
        (
            "B: I would like to book a [interrupt clarify] table for two.\nA: For when?",
            "role-floor",
        ),
        ("B: I would [A tries stop: wait] like to book a table.\nA: For when?", "role-floor"),
        ("B: Can you see it? [A: mm-hm] It is red.\nA: Yes.", "feedback-place"),
        ("A: Please sit down. [B: mm-hm] It takes a while.\nB: Yes.", "feedback-place"),
        ("A: So a horse walks into a bar. [B: mm-hm] He sits down.\nB: And?", "feedback-place"),
        ("A: We have one [B tries urge: quick] at seven or at eight.\nB: Yes.", "role-kind"),
        ("A: We have one at [interrupt urge] seven or at eight.\nB: Careful!", "role-kind"),
        ("B: It is for [A aside thinking: hmm] two of us.\nA: Yes.", "role-aside"),
        ("A: Is that [overlap choral] everything?\nB: It is.", "choral"),
    ],
)
def test_what_breaks_a_rule_is_found(text, check):
    assert [failure.check for failure in check_roles(script(text), ASSISTANT)] == [check]


def test_what_a_role_may_do_breaks_nothing():
    found = script(
        "A: We have one at seven. [B: mm-hm] And one at [interrupt clarify] half past eight.\n"
        "B: Which day? [B aside thinking: hmm] I mean, so far it is for Friday. [cough]\n"
        "A: Friday, yes. [B aside television: coming up after the break]\n"
        "B: Good, thank [overlap choral] you, bye.\n"
        "A: Bye."
    )
    assert check_roles(found, ASSISTANT) == []


def test_timing_of_people_needs_no_entry():
    assert SCENARIOS["friends"].timings() == {}
    assert set(ASSISTANT.timings()) == {"agent"}
    assert RoleTiming() != ASSISTANT.timings()["agent"]

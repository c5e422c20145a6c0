"""Registries: entries of the package and of others, and what happens to those that are broken."""

import logging
from importlib.metadata import EntryPoint

import pytest

from interactspeech import plugins
from interactspeech.errors import UsageError
from interactspeech.plugins import FactoryRegistry, Registry, registries

GROUP = "interactspeech.tests"


@pytest.fixture
def installed(monkeypatch):
    """Let entry points be there: name -> ``module:attribute``, as many of a name as wanted."""

    def install(*found):
        points = [EntryPoint(name, value, GROUP) for name, value in found]
        monkeypatch.setattr(plugins, "entry_points", lambda group: points if group == GROUP else [])

    return install


def numbers(**own):
    return Registry(GROUP, "number", int, own)


def test_entries_of_others_come_after_ours_by_name(installed):
    installed(("z", "math:pi"), ("sixteen", "sys:maxunicode"), ("a", "sys:maxsize"))
    found = numbers(one=1, maxunicode="sys:maxunicode")
    assert list(found) == ["one", "maxunicode", "a", "sixteen", "z"]
    assert found["maxunicode"] == 0x10FFFF
    assert found["a"] > 1
    assert "a" in found
    assert found.get("b") is None
    assert len(found) == 5


def test_an_unknown_name_is_answered_with_those_that_there_are(installed):
    installed(("a", "sys:maxsize"))
    with pytest.raises(UsageError, match=r"no number is called 'two' \(use one of one, a\)"):
        _ = numbers(one=1)["two"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:x", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("sys:no_such_attribute", "AttributeError"),
        ("math:pi", "math:pi is an object of the class float"),
        ("collections:Counter", "collections:Counter is the class Counter"),
    ],
)
def test_a_broken_entry_is_named_and_takes_nothing_else_down(installed, caplog, value, why):
    installed(("bad", value), ("good", "sys:maxsize"))
    found = numbers(one=1)
    with pytest.raises(
        UsageError, match="the number 'bad' of an unknown package cannot be"
    ) as lost:
        _ = found["bad"]
    assert why in lost.value.problem
    assert lost.value.reason == "bad-plugin"
    with caplog.at_level(logging.WARNING):
        assert list(found.usable()) == ["one", "good"]
        assert len(found.values()) == 2
    assert "'bad'" in caplog.text
    assert [error.problem for error in found.problems()] == [lost.value.problem]


def test_two_packages_with_one_name(installed):
    installed(("a", "sys:maxsize"), ("a", "sys:maxunicode"))
    found = numbers(one=1)
    with pytest.raises(
        UsageError, match=r"the number 'a' comes from .* and .*uninstall all but one"
    ):
        _ = found["a"]
    assert list(found.usable()) == ["one"]


def test_a_name_of_the_package_cannot_be_taken_over(installed):
    installed(("one", "sys:maxsize"))
    found = numbers(one=1)
    assert list(found) == ["one"]
    assert found["one"] == 1
    (problem,) = found.problems()
    assert "interactspeech itself" in problem.problem


def test_what_a_factory_gives_is_checked(installed):
    installed(("text", "builtins:str"), ("number", "builtins:int"), ("constant", "sys:maxsize"))
    found = FactoryRegistry(GROUP, "number maker", int, {"ours": "builtins:int"})
    assert found.make("ours") == 0
    assert found.make("number") == 0
    with pytest.raises(UsageError, match="gave an object of the class str, not int"):
        found.make("text")
    with pytest.raises(UsageError, match="object of the class int"):
        found.make("constant")


def test_every_group_has_a_registry_of_that_group():
    found = registries()
    assert [registry.group for registry in found] == list(plugins.REGISTRIES)
    assert all(registry.own for registry in found)
    for registry in found:
        for name in registry.own:
            assert registry[name] is not None

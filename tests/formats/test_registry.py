"""What is said of a format by default, and of those that say nothing of speech."""

from interactspeech.formats.registry import FORMATS, TimingFormat


def test_a_format_is_exchanged_unless_it_says_otherwise():
    assert TimingFormat("x", (".x",), "about").exchanged
    assert {"uem", "information"} <= {name for name, info in FORMATS.items() if not info.exchanged}
    assert {"rttm", "ctm", "elan"} <= {name for name, info in FORMATS.items() if info.exchanged}
    plain = TimingFormat("x", (".x",), "about")
    assert (plain.written, plain.words, plain.events, plain.returns) == ("", "no", False, "")

import io

import pytest

from interactspeech.progress import Progress


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_plain_lines_where_there_is_no_terminal_at_most_every_ten_seconds():
    stream, clock = io.StringIO(), Clock()
    with Progress(100, "building", stream=stream, clock=clock) as progress:
        for _ in range(40):
            clock.now += 1
            progress.update(1, seconds=90.0, kept=1)
        progress.update(dropped=2)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5  # after 10, 20, 30, 40 s, and at the end
    assert lines[-1] == (
        "building: 40/100, 1.0 h of audio, 90.0x real time, 1:00 left, kept 40, dropped 2"
    )


def test_what_an_earlier_run_did_counts_as_done_and_not_as_speed():
    stream, clock = io.StringIO(), Clock()
    with Progress(30, stream=stream, clock=clock) as progress:
        progress.skip(10, seconds=1000.0, kept=10)
        clock.now = 5.0
        progress.update(10, seconds=100.0)
        assert progress.speed == 20.0
        assert progress.remaining == 5.0
        assert (progress.done, progress.seconds) == (20, 1100.0)


def test_nothing_is_known_before_anything_is_done():
    progress = Progress(None, stream=io.StringIO(), clock=Clock())
    assert (progress.speed, progress.remaining) == (0.0, None)


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_silence_when_asked_for(stream):
    with Progress(2, show=False, stream=stream) as progress:
        progress.update(1)
        progress.log("something")
    assert stream.getvalue() == ""


def test_a_bar_on_a_terminal_with_the_same_facts():
    stream = Terminal()
    with Progress(None, "building", stream=stream) as progress:
        progress.total = 4
        progress.update(4, seconds=30.0, kept=3, dropped=1)
        progress.log("worker [bold]1[/bold] died")
    shown = stream.getvalue()
    assert "building" in shown
    assert "kept 3, dropped 1" in shown
    assert "[bold]1[/bold]" in shown  # a message is no markup
    assert "\x1b[" in shown

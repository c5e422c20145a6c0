"""The language of the words that labels depend on."""

from pathlib import Path

from interactspeech.formats import Report
from interactspeech.pipelines.labelling import annotate, choose_rules

DUTCH = (
    "ja nee ik weet het niet maar we gaan morgen naar de markt en dan zien we wel wat er is dat is "
    "goed hoor ik vind het ook wel leuk om daar te zijn"
)
ENGLISH = "well I think that we should go there because it is nice and you know it " * 3


def ctm(path: Path, text: str) -> Path:
    lines = (f"a {1 + k % 2} {0.4 * k:.2f} 0.35 {word}\n" for k, word in enumerate(text.split()))
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_words_of_another_language_are_noted_once_with_numbers(tmp_path: Path) -> None:
    report = Report()
    annotate([ctm(tmp_path / "a.ctm", DUTCH)], report=report)
    (note,) = [note for note in report.notes if note.reason == "not-english"]
    assert "14% of 35 words" in note.message
    assert not report.lost
    for text, options in ((ENGLISH, {}), (DUTCH, {"backchannels": "rule"})):
        report = Report()
        annotate([ctm(tmp_path / "b.ctm", text)], report=report, **options)
        assert not [note for note in report.notes if note.reason == "not-english"]


def test_phrases_that_the_user_brings_win_over_the_fitted_decision(tmp_path: Path) -> None:
    assert choose_rules()[1] is not None
    path = tmp_path / "dutch.json"
    path.write_text('{"continuers": ["hm"], "acknowledgements": ["ja"], "reactions": ["oh"]}')
    rules, decision = choose_rules(path)
    assert decision is None
    assert rules.acknowledgements == ("ja",)

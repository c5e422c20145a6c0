"""Events for timed conversations (`annotate`) and for recordings (`detect`)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

import msgspec
import numpy as np

from interactspeech._typing import AnyArray
from interactspeech.errors import InputError, UsageError
from interactspeech.formats import Report
from interactspeech.formats.selection import InputChoices
from interactspeech.lexicon.language import LANGUAGE, LanguageCheck, base_language
from interactspeech.models.recognition import DEFAULT_RECOGNISER, Recogniser, recogniser
from interactspeech.paths import Paths, expand
from interactspeech.pipelines.dialogues import Conversations, Dialogues, dialogues_of, settle
from interactspeech.progress import Progress, ShowProgress
from interactspeech.records import Dialogue
from interactspeech.signal.decoders import find_audio, passed_over
from interactspeech.signal.samples import ByteEncoding
from interactspeech.turntaking import DEFAULT, RULE_SETS, Decision, RuleSet, label, rule_set
from interactspeech.turntaking.backchannel_decision import feedback_decision, feedback_rules
from interactspeech.turntaking.user_lexicon import (
    FEEDBACK_LISTS,
    has_feedback_words,
    with_language,
)

if TYPE_CHECKING:
    from interactspeech.diarization import Diarizer
    from interactspeech.listener import ChannelLayout
    from interactspeech.listener.word_decision import WordSource


def choose_rules(
    rules: RuleSet | Path | str = "interactspeech",
    *,
    bridge: float | None = None,
    backchannels: str = "fitted",
    language: str = "",
    lexicon: Path | str | None = None,
) -> tuple[RuleSet, Decision | None]:
    """The rule set that names events, and what decides whether talk is a backchannel.

    Args:
        rules: a rule set, the name of one that ships, or a JSON file of parameters.
        bridge: own silences shorter than this (seconds) are inside one stretch of talk, in place of
            the rule set's.
        backchannels: "fitted", the scorecard fitted on people's labels of English talk (where words
            are known, else the rule); or "rule", always the rule. Phrases of feedback that a rule
            set or a lexicon brings go before the scorecard, which knows the shipped ones only.
        language: of the words, a BCP-47 tag; "": the lexicon's, else the rule set's (English). For
            another language without a lexicon, words are not looked at.
        lexicon: a file of word lists in place of the rule set's: see `UserLexicon`.

    Raises:
        InputError: no such rule set, or a parameter that does not exist; no such language, or no
            lexicon (reason "usage").
    """
    if backchannels not in ("fitted", "rule"):
        raise UsageError(f"backchannels={backchannels!r}", remedy="use 'fitted' or 'rule'")
    chosen = rules if isinstance(rules, RuleSet) else _named_rules(rules)
    if bridge is not None:
        milliseconds = round(bridge * 1000)
        chosen = msgspec.structs.replace(
            chosen, id=f"{chosen.id}+bridge{milliseconds}", bridge_ms=milliseconds
        )
    chosen = with_language(chosen, language, lexicon)
    own_phrases = any(getattr(chosen, kind) != getattr(DEFAULT, kind) for kind in FEEDBACK_LISTS)
    if backchannels == "fitted" and chosen.backchannel == "default" and not own_phrases:
        return feedback_rules(chosen), feedback_decision
    return chosen, None


def note_language(check: LanguageCheck, rules: RuleSet, report: Report) -> None:
    """Say where words are not in the rule set's language, or where it has no word of theirs."""
    if message := check.message():
        report.warn("other-language", message)
    if check.conversations and not has_feedback_words(rules):
        report.note(
            "no-lexicon",
            f"no lexicon of {rules.language!r} is there: words are not looked at, and talk is "
            "labelled by its timing (bring one with --lexicon FILE)",
        )


def _named_rules(name: Path | str) -> RuleSet:
    try:
        if name in RULE_SETS:
            return rule_set(str(name))
        if Path(name).is_file():
            values = json.loads(Path(name).read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise ValueError("a rule set is a JSON object of parameters")  # noqa: TRY301
            return RuleSet.from_dict(str(values.pop("id", Path(name).stem)), values)
    except (InputError, ValueError, OSError) as error:
        raise UsageError(str(error), name) from None
    raise UsageError(
        f"no rule set is called {str(name)!r}",
        remedy=f"use one of {', '.join(RULE_SETS)}, or a JSON file")  # fmt: skip


def annotate(
    source: Conversations,
    *,
    rules: RuleSet | Path | str = "interactspeech",
    bridge: float | None = None,
    backchannels: str = "fitted",
    language: str = "",
    lexicon: Path | str | None = None,
    planned: bool = False,
    format: str | None = None,  # noqa: A002  (as in `read`)
    rate: int | None = None,
    group_by: str | None = None,
    skip_bad: bool = False,
    progress: ShowProgress = False,
    report: Report | None = None,
    **choices: Unpack[InputChoices],
) -> Dialogues:
    """Label the events of timed conversations: turns, interruptions, backchannels, gaps, ...

    Args:
        source: one or many: paths (see `interactspeech.read`), dialogues, or a corpus.
        rules: see `choose_rules`, as are the next four.
        bridge: own silences shorter than this (seconds) are inside one stretch of talk.
        backchannels: "fitted" or "rule".
        language: of the words.
        lexicon: a file of word lists.
        planned: use what only a generator knows (words that were planned and never said).
        format: of the files, where it is not to be recognised; see `interactspeech.read`.
        rate: ticks a second for formats that know seconds.
        group_by: which files are one conversation, as a regular expression.
        skip_bad: leave bad lines out, and count them, instead of giving up their file.
        progress: see `interactspeech.progress.ShowProgress`.
        report: takes up what was lost, and then nothing is raised for a file.
        choices: `tiers`, `speakers`, `columns` and `unit`: see `interactspeech.formats.read`.

    Returns:
        The dialogues with their events, in the order of the inputs.

    Raises:
        InputError: not one conversation could be labelled (unless a `report` is given), or there is
            no such rule set, format or pattern.
    """
    chosen, decision = choose_rules(
        rules, bridge=bridge, backchannels=backchannels, language=language, lexicon=lexicon
    )
    found = report if report is not None else Report()
    dialogues = dialogues_of(
        source, format, rate, group_by=group_by, skip_bad=skip_bad, progress=progress,
        report=found, **choices,
    )  # fmt: skip
    check = LanguageCheck(base_language(chosen.language))
    for dialogue in dialogues:
        check.add(word.text for u in dialogue.utterances for word in u.words)
    note_language(check, chosen, found)
    labelled = []
    with Progress(len(dialogues), "labelling", show=progress) as shown:
        for dialogue in dialogues:
            try:
                labelled.append(label(dialogue, chosen, backchannel=decision, planned=planned))
            except InputError as error:
                found.fail(error)
            shown.update(1, dialogue.seconds)
    return settle(Dialogues(tuple(labelled), found), report)


def detect(
    audio: Paths | AnyArray,
    rate: int | None = None,
    *,
    layout: ChannelLayout = "auto",
    pair: bool = False,
    diarize: bool | str | None = None,
    model: Path | str | None = None,
    threads: int = 1,
    rules: RuleSet = DEFAULT,
    words: bool | str | Path | WordSource = False,
    language: str = "",
    lexicon: Path | str | None = None,
    encoding: ByteEncoding | None = None,
    progress: ShowProgress = False,
    report: Report | None = None,
) -> Dialogues:
    """Find interruptions, backchannels, gaps, pauses and overlaps in recordings.

    ```python
    for event in interactspeech.detect("call.wav")[0].events:
        print(event.type, event.speaker, event.start / 16_000, event.probability)
    ```

    Args:
        audio: one or many: files of one channel (both speakers on it) or two (a speaker on each),
            of any rate, folders of them, patterns; or samples of shape ``(n,)``, ``(1, n)`` or
            ``(2, n)``, floats in [-1, 1] or signed integers.
        rate: of samples; a file has its own.
        layout: "two", a speaker a channel; "mono", both on one; "auto", by the number of channels.
        pair: the two files named are one recording, a speaker in each.
        diarize: separate the voices on one channel with a diarizer first: True (and None) for the
            offline one, or the name of one in `interactspeech.diarization.DIARIZERS`; False leaves
            it to the listener itself. With None, a recording of one channel is refused where the
            diarizer cannot be had.
        model: a listener (.onnx) in place of the one that ships.
        threads: of the processor.
        rules: thresholds of the events.
        words: what is said decides about backchannels beside the sound: True for the recogniser
            that ships (whisper-base), the name of one, or a recogniser; the path of a timed
            transcript (any format that `read` knows) of the recording, or of a folder of them with
            the names of the recordings; or the words of "A" and "B", in samples at 16 kHz.
        language: of the talk, a BCP-47 tag. The listener was trained on English: another language
            is warned about, and stated in the rule set of the records.
        lexicon: a file of word lists, which words are looked up in, and which the records' rule set
            holds; see `UserLexicon`.
        encoding: of samples that are bytes: "u8", "mulaw" or "alaw".
        progress: see `interactspeech.progress.ShowProgress`.
        report: takes up what was lost, and then nothing is raised for a file.

    Returns:
        A dialogue for each recording, at 16 kHz, with speakers "A" and "B", utterances (with words
        if they were asked for), and events of origin "model", each with a probability.

    Raises:
        InputError: not one recording could be used (unless a `report` is given), `pair` without
            two files, or no recogniser or transcript of that name.
        MissingExtraError: onnxruntime or the recogniser's package is not installed.
    """
    from interactspeech import listener as room
    from interactspeech.diarization import diarizer

    if layout not in ("auto", "two", "mono"):
        raise UsageError(f"layout={layout!r}", remedy="use 'auto', 'two' or 'mono'")
    found = report if report is not None else Report()
    rules = with_language(rules, language, lexicon)
    if base_language(rules.language) != LANGUAGE:
        found.warn(
            "other-language",
            f"the listener was trained on English talk, and this is said to be {rules.language!r}: "
            "its measured figures do not hold (docs/listener.md says how to train one)",
        )
    recordings: list[tuple[Path, ...]] = []
    if not isinstance(audio, np.ndarray):
        files = _recordings(audio, found)
        if pair and len(files) != 2:
            raise UsageError(f"a pair is two files, and {len(files)} are given")
        recordings = [tuple(files)] if pair else [(file,) for file in files]
    listener = room.Listener.load(model, threads=threads)
    said = _word_source(words, rules.language)
    separate: Diarizer | Literal["auto"] | None = "auto"
    if diarize is not None:
        separate = diarizer("offline" if diarize is True else diarize) if diarize else None
    if isinstance(audio, np.ndarray):
        heard = room.detect(
            audio, rate, layout=layout, listener=listener, diarizer=separate, rules=rules,
            words=_words_for(said, None), encoding=encoding,
        )  # fmt: skip
        _note_words((heard,), rules, found)
        return Dialogues((heard,), found)
    done: list[tuple[Dialogue, tuple[Path, ...]]] = []
    with Progress(len(recordings), "listening", show=progress) as shown:
        for paths in recordings:
            seconds = 0.0
            try:
                dialogue = room.detect(
                    paths, layout=layout, listener=listener, diarizer=separate, rules=rules,
                    words=_words_for(said, paths[0]), on_note=partial(found.note, "unusual-file"),
                )  # fmt: skip
                done.append((dialogue, paths))
                seconds = dialogue.seconds
            except InputError as error:
                found.fail(error)
            shown.update(1, seconds)
    dialogues, sources = zip(*done, strict=True) if done else ((), ())
    _note_words(dialogues, rules, found)
    return settle(Dialogues(tuple(dialogues), found, tuple(sources)), report)


def _word_source(
    words: bool | str | Path | WordSource,
    language: str,
) -> WordSource | None:
    """The recogniser, transcript, folder of transcripts or words that are meant.

    Raises:
        InputError: there is none of that name.
    """
    if words is False:
        return None
    if words is True or words == DEFAULT_RECOGNISER:
        return Recogniser(language=base_language(language))
    if isinstance(words, str):
        if not Path(words).exists():
            if Path(words).suffix or len(Path(words).parts) > 1:  # meant as a file
                raise InputError("does not exist", words, reason="unreadable")
            return recogniser(words)
        words = Path(words)
    if isinstance(words, Path) and not words.exists():
        raise InputError("does not exist", words, reason="unreadable")
    return words


def _words_for(words: WordSource | None, audio: Path | None) -> WordSource | None:
    """The words of one recording: a folder's transcript with its name.

    Raises:
        InputError: the folder holds none, or several, of that name (reason "no-words").
    """
    if not isinstance(words, Path) or not words.is_dir():
        return words
    stem = audio.stem if audio is not None else "recording"
    found = sorted(p for p in words.iterdir() if p.is_file() and p.name.split(".")[0] == stem)
    found = [p for p in found if p != audio]
    if len(found) != 1:
        raise InputError(
            f"holds {len(found)} transcripts of {stem!r}, expected one", words,
            remedy=f"name it {stem} with the ending of its format", reason="no-words",
        )  # fmt: skip
    return found[0]


def _note_words(dialogues: Iterable[Dialogue], rules: RuleSet, report: Report) -> None:
    """Say where words that decided are not in the language of the lexicon."""
    check = LanguageCheck(base_language(rules.language))
    for dialogue in dialogues:
        if said := [word.text for u in dialogue.utterances for word in u.words]:
            check.add(said)
    if check.conversations:
        note_language(check, rules, report)


def _recordings(paths: Iterable[str | os.PathLike[str]] | Paths, report: Report) -> list[Path]:
    """The files named, and those in folders named that look like audio."""
    found: list[Path] = []
    for path in expand(paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside, others = find_audio(path)
        if not inside:
            report.fail(InputError("holds no audio", path, reason="no-audio"))
        if others:
            report.note("passed-over", f"{path}: {passed_over(others)}")
        found += inside
    return found

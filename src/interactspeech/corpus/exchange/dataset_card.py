"""The card of a Hugging Face data set: statistics, licences, and a datasheet's questions answered.

The questions are those of Gebru et al., "Datasheets for Datasets" (CACM 64(12), 2021), as far as
the records can answer them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from interactspeech.corpus.exchange.licences import sound_licences
from interactspeech.records import ORIGIN_PREFERENCE, Dialogue


@dataclass
class Totals:
    """Counts over what was exported."""

    dialogues: int = 0
    seconds: float = 0.0
    utterances: int = 0
    words: int = 0
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    sources: Counter[tuple[str, str]] = field(default_factory=Counter)
    voices: Counter[tuple[str, str]] = field(default_factory=Counter)
    sounds: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    rates: Counter[int] = field(default_factory=Counter)
    generators: Counter[str] = field(default_factory=Counter)

    def add(self, dialogue: Dialogue) -> None:
        """Count one dialogue."""
        source = dialogue.provenance
        self.dialogues += 1
        self.seconds += dialogue.seconds
        self.utterances += len(dialogue.utterances)
        self.words += sum(len(one.words) for one in dialogue.utterances)
        self.events.update((event.type, event.origin) for event in dialogue.events)
        self.times.update(one.times for one in dialogue.utterances)
        self.sources[source.corpus, source.licence] += 1
        self.rates[dialogue.rate] += 1
        self.generators[source.generator] += 1
        self.sounds.update(sound_licences(dialogue))
        for speaker in dialogue.speakers:
            if speaker.voice is not None:
                self.voices[speaker.voice.engine, speaker.voice.licence] += 1
                self.languages[speaker.voice.language] += 1


def card(totals: Totals, files: Mapping[str, str]) -> str:
    """The text of ``README.md``.

    Args:
        totals: of the whole data set.
        files: name of a split -> pattern of its files.
    """
    licences = sorted({licence for _, licence in totals.sources if licence})
    one = len(licences) == 1 and all(licence for _, licence in totals.sources)
    head = {
        "license": licences[0].lower() if one else "other",
        "language": sorted(language for language in totals.languages if language),
        "pretty_name": "Interactive two-track dialogues",
        "tags": ["audio", "speech", "dialogue", "turn-taking", "full-duplex"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": name, "path": path} for name, path in files.items()],
            }
        ],
    }
    # JSON is YAML; whatever a source calls itself stays a string in it.
    yaml = "\n".join(f"{key}: {json.dumps(value)}" for key, value in head.items() if value)
    return f"---\n{yaml}\n---\n\n" + _BODY.format(
        hours=f"{totals.seconds / 3600:.2f}",
        dialogues=f"{totals.dialogues:,}",
        utterances=f"{totals.utterances:,}",
        words=f"{totals.words:,}",
        rates=", ".join(f"{rate:,} Hz ({count:,})" for rate, count in sorted(totals.rates.items())),
        events=_event_table(totals.events),
        times=_said(totals.times),
        licences=licence_tables(totals),
        generators=_said(totals.generators),
    )


def licence_tables(totals: Totals) -> str:
    """Tables of sources, voices and recorded sounds with their licences, in Markdown."""
    sources = _table(
        "source | licence",
        "dialogues",
        [(" | ".join(map(_code, k)), v) for k, v in totals.sources.most_common()],
    )
    voices = _table(
        "engine | licence",
        "speakers",
        [(" | ".join(map(_code, k)), v) for k, v in totals.voices.most_common()],
    )
    sounds = _table(
        "recorded sounds that are no words | licence",
        "dialogues",
        [(f"laughter, breath, ... | {_code(k)}", v) for k, v in totals.sounds.most_common()],
    )
    return (
        f"{sources}\n\n{voices}\n\nRecorded sounds that are no words (laughter, breath; `licence` "
        f"in the attributes of their events):\n{sounds}"
    )


def _table(names: str, count: str, rows: list[tuple[str, int]]) -> str:
    if not rows:
        return "none"
    columns = names.count("|") + 1
    lines = [f"| {names} | {count} |", "|" + "---|" * columns + "--:|"]
    return "\n".join([*lines, *(f"| {name} | {number:,} |" for name, number in rows)])


def _event_table(counts: Counter[tuple[str, str]]) -> str:
    """A row an event type, a column an origin: one event may be planned and found by rule."""
    if not counts:
        return "none"
    origins = [origin for origin in ORIGIN_PREFERENCE if any(of == origin for _, of in counts)]
    lines = [f"| event | {' | '.join(origins)} |", "|---|" + "--:|" * len(origins)]
    for kind in sorted({kind for kind, _ in counts}):
        numbers = " | ".join(f"{counts[kind, origin]:,}" for origin in origins)
        lines.append(f"| {kind} | {numbers} |")
    return "\n".join(lines)


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{_code(name)}: {count:,}" for name, count in counts.most_common()) or "none"


def _code(text: str) -> str:
    """Words of a source as they are: nothing in them is markup."""
    plain = " ".join(text.replace("`", "'").replace("|", "/").split())
    return f"`{plain}`" if plain else "not stated"


_BODY = """\
# Interactive two-track dialogues

{dialogues} dialogues, {hours} hours, {utterances} utterances, {words} words. Every speaker has a
channel of their own; times are integer samples at `rate`, half-open: `[start, end)`.
Sample rates (dialogues): {rates}.

```python
from datasets import load_dataset

data = load_dataset("path/to/this/folder")
```

## Statistics

{events}

Events are counted by origin. `planned`: the generator put it there; `rule`: computed from who
speaks when, by the rule set in `rule_sets`; `model`: predicted; `human`: annotated by a person. One
interruption may be in several columns (planned, and found by rule): do not add them.

Origins of the word times, by utterance: {times}.

## Licences

Each row names its source's licence in `licence` and its voices' in `speakers`. Heed both.

{licences}

## Datasheet

**For what was it made?** To train and to test systems that take turns in speech: that notice
interruptions, backchannels, pauses and overlaps, and make them.

**What is an instance?** A dialogue: audio, a channel a speaker; utterances with their words;
events; who made the text, the voices and the timing.

**Is it speech of people?** `speakers` says which engine spoke. Where an engine is named, the voice
is synthetic; where none is named, the record does not say, and it may be a recording of people.

**How was it made?** By {generators}. Texts come from the sources above; `writer` and `timing` say
what turned text into turns and gave them their times, and `seed` makes it again.

**Is anything missing?** Words that were planned and never spoken are in `unsaid`, not in the audio.
What an export holds back, a licence for example, is not in these counts.

**What should it not be used for?** To measure how people talk: timing of synthetic dialogues is
drawn from a model of people, and is no observation. Not to imitate the voice of a person.

**How was the audio stored?** FLAC, 16 bit, as in the corpus that it was exported from.
"""

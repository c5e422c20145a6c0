"""Mutate small files of every timing format and read them: no raw error, no hang, no silent loss.

```
python bench/soak_formats.py --count 50000
```

Each input is a small valid file with some bytes or lines changed, repeated, cut out or swapped for
tokens that tools write (``NA``, ``<eps>``, ``nan``, a quote). What is read must obey the laws of
records, and where nothing is read the report must say why.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

from interactspeech import formats
from interactspeech.errors import InputError

EAF = """<?xml version="1.0"?>
<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds">
<MEDIA_DESCRIPTOR MEDIA_URL="c.wav" MIME_TYPE="audio/x-wav" TIME_ORIGIN="0"/></HEADER>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="0"/><TIME_SLOT TIME_SLOT_ID="t2"/>
<TIME_SLOT TIME_SLOT_ID="t3" TIME_VALUE="1500"/><TIME_SLOT TIME_SLOT_ID="t4" TIME_VALUE="2000"/>
</TIME_ORDER>
<TIER TIER_ID="A" PARTICIPANT="A" LINGUISTIC_TYPE_REF="utt"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t3">
<ANNOTATION_VALUE>hello there</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="A - words" PARENT_REF="A" LINGUISTIC_TYPE_REF="w"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2">
<ANNOTATION_VALUE>hello</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="t2" TIME_SLOT_REF2="t3">
<ANNOTATION_VALUE>there</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="ref@B" PARTICIPANT="B" LINGUISTIC_TYPE_REF="ref"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a4" TIME_SLOT_REF1="t3" TIME_SLOT_REF2="t4">
<ANNOTATION_VALUE>N_001</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="tx@B" PARENT_REF="ref@B" LINGUISTIC_TYPE_REF="tx"><ANNOTATION>
<REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a4"><ANNOTATION_VALUE>yes</ANNOTATION_VALUE>
</REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>
"""
GRID = """File type = "ooTextFile"
Object class = "TextGrid"

0
3
<exists>
2
"IntervalTier"
"A"
0
3
3
0
1
"hello there"
1
2
"sil"
2
3
"[laugh]"
"IntervalTier"
"A - words"
0
3
2
0
.5
"hello"
.5
1
"there"
"""
#: Name of a file -> a small valid content.
SEEDS: dict[str, str] = {
    "x.rttm": "SPEAKER x 1 0.5 1.0 <NA> <NA> A <NA> <NA>\nSPEAKER x 2 1 1 <NA> <NA> B <NA> <NA>\n"
    "LEXEME x 1 0.5 0.4 hi lex A 0.9 <NA>\nNON-LEX x 1 2 0.4 <NA> laugh A <NA> <NA>\n",
    "x.ctm": "x A 0.5 1.0 hi 0.9 lex NA\nx A 1.5 0 there 1 lex NA\nx B 1 0.5 <eps>\nx B 2 .3 yes\n",
    "x.stm": "x 1 A 0.5 1.5 <o,f0> hi [yeah] there\nx 2 NA 2 3 ok (laughs)\n",
    "x.uem": "x 1 0 2\nx 1 3 4\n",
    "x.TextGrid": GRID,
    "x.eaf": EAF,
    "x.seglst.json": '[{"session_id": "x", "speaker": "A", "start_time": 0.5, "end_time": 1.5,\n'
    '"words": "hi there"},\n{"session_id": "x", "speaker": null, "channel": 2, "start_time": "1",'
    '"end_time": 2, "words": "so yes", "word_times": [[1, 1.2], [1.2, 1.2]]}]',
    "x.vtt": "WEBVTT\n\nNOTE hi\n\n00:00.500 --> 00:01.500\n<v A>hi there\n\n"
    "00:02.000 --> 00:03.000\nBob: yes\n",
    "x.srt": "1\n00:00:00,500 --> 00:00:01,500\nAnn: hi there\n\n2\n00:00:02,000 --> 00:00:03,000\n"
    "[Bob]: <i>yes</i>\n",
    "x.cha": "@Participants:\tCHI Target_Child, MOT Mother\n*CHI:\thi &-um (1.5) xx there . \x15500_1500\x15\n"
    "%wor:\thi \x15500_700\x15 um there \x15900_1500\x15\n*MOT:\t&=laughs . \x152000_2500\x15\n",
    "m.A.words.xml": '<nite:root xmlns:nite="x"><w nite:id="m.A.words0" starttime="0.5" endtime="1">'
    'hi</w><w nite:id="m.A.words1">there</w><vocalsound nite:id="v" type="laugh" starttime="1"'
    ' endtime="2"/><w nite:id="m.A.words2" starttime="2" endtime="3">yes</w></nite:root>',
    "information.json": '{"processed_dialogue": "A: hi there\\nB: yes", "speakerA_time": [[0, 500]],'
    ' "speakerB_time": [[400, 900]]}',
    "x.csv": 'start,end,speaker,text\n0,1.5,A,"hi, there"\n1.5,2,B,yes\n2,2.5,NA,\n',
    "x.tsv": 'Line\tSpkr\tStTime\tContent\tEnTime\n1\tA\t0.1\tso "yes"\t1.2\n2\tB\t1.2\t<laugh>\t1.5\n',
    "meta_info.json": '{"speakers": ["A", "B"], "utterances": [{"speaker": "A", "tts_text": "hi [x]",'
    ' "start_time": 0, "end_time": 1.5, "backchannels": [{"tts_text": "mm", "start_time": "1",'
    ' "end_time": 1.4}]}, {"speaker": "B", "tts_text": "yes", "start_time": 1.6, "end_time": 2}]}',
    "turns.json": '{"id": "x", "turns": [{"role": "user", "start_ms": 0, "end_ms": 900, "text": null,'
    ' "audio_in": {"source": {"transcript": "hi there"}}}, {"role": "a", "start_ms": 800,'
    ' "end_ms": 1500, "text": "yes"}]}',
    "whisperx.json": '{"segments": [{"start": 0, "end": 1.5, "text": "hi in 2014", "speaker": "A",'
    ' "words": [{"word": "hi", "start": 0, "end": 0.5}, {"word": "in", "start": "0.5", "end": 1},'
    ' {"word": "2014"}]}, {"timestamp": [1.6, 2], "text": " yes", "speaker": "B", "words": null}]}',
    "aws.json": '{"results": {"speaker_labels": {"segments": [{"items": [{"start_time": "0.5",'
    ' "speaker_label": "A"}]}]}, "items": [{"type": "pronunciation", "start_time": "0.5", "end_time":'
    ' "1.0", "alternatives": [{"content": "hi"}]}, {"type": "punctuation", "alternatives":'
    ' [{"content": "."}]}, {"type": "pronunciation", "start_time": "1.0", "end_time": "1.5",'
    ' "speaker_label": "B", "alternatives": [{"content": "yes"}]}]}}',
    "google.json": '{"results": [{"alternatives": [{"words": [{"startTime": "0.5s", "endTime": "1s",'
    ' "word": "hi", "speakerTag": 1}, {"startTime": {"seconds": "1", "nanos": 5}, "endTime": "2s",'
    ' "word": "yes", "speakerTag": 2}]}]}]}',
    "azure.json": '{"recognizedPhrases": [{"channel": 0, "offsetInTicks": 5000000, "durationInTicks":'
    ' 9000000, "nBest": [{"display": "hi there"}]}]}',
    "x.txt": "[00:01] Agent: Good morning.\n[00:03 - 00:05] Customer: Hi, I\nhave it\n",
}  # fmt: skip
TOKENS = (
    b"NA", b"<NA>", b"null", b"nan", b"inf", b"-1", b"1e999", b"<eps>", b"[laugh]", b'"', b"'",
    b",", b"\t", b"\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"0", b"99999999999", b"", b" ",
    b"\x15", b"&", b"<", b">", b"[", b"]", b"{", b"}", b":", b"/", b"sil", b"\xc3\xa9", b"_", b"1_0",
    "\u221e".encode(), "\u0663".encode(), "\u00b2".encode(),
)  # fmt: skip
_QUOTED = re.compile(rb'"([^"\n]*)"')
_VALUES = [token for token in TOKENS if not set(token) & set(b'"<>&\x00\x15\xff\\')]


def mutant(raw: bytes, draw: random.Random) -> bytes:
    """A damaged or odd version of a file."""
    data = bytearray(raw)
    for _ in range(draw.randint(1, 4)):
        size = len(data)
        place = draw.randrange(size + 1)
        kind = draw.randrange(9)
        if kind == 0 and size:
            data[draw.randrange(size)] = draw.randrange(256)
        elif kind == 1:
            del data[place : place + draw.randint(1, 30)]
        elif kind > 6 and (quoted := list(_QUOTED.finditer(data))):
            # A value between quotes: the file stays whole as XML or JSON.
            one = draw.choice(quoted)
            token = draw.choice(quoted)[1] if kind == 7 else draw.choice(_VALUES)
            data[one.start(1) : one.end(1)] = token
        elif kind == 2:
            data[place:place] = draw.choice(TOKENS)
        elif kind == 3:
            data[place:place] = data[place : place + draw.randint(1, 60)]
        else:
            sign = draw.choice((b"\n", b" ", b"\n", b"\t", b'"', b"<"))
            parts = bytes(data).split(sign)
            one = draw.randrange(len(parts))
            if kind == 4:
                parts[one] = draw.choice(TOKENS)
            elif kind == 5:
                parts.insert(one, parts[draw.randrange(len(parts))])
            else:
                other = draw.randrange(len(parts))
                parts[one], parts[other] = parts[other], parts[one]
            data = bytearray(sign.join(parts))
    return bytes(data)


def check(path: Path, *, skip_bad: bool) -> str:
    """Read a file; what came of it, for the count.

    Raises:
        AssertionError: a law of the readers is broken.
    """
    report = formats.Report()
    try:
        found = formats.read(path, report=report, skip_bad=skip_bad)
    except InputError as error:
        raise AssertionError(f"raised in spite of a report: {error!r}") from error
    for dialogue in found:
        for utterance in dialogue.utterances:
            assert utterance.start < utterance.end <= dialogue.length
            assert all(word.text for word in utterance.words), "a word without text"
    assert found or report.errors or report.notes, "nothing was read and nothing was said"
    if report.errors:
        return report.errors[0].reason
    return "lost" if report.lost else "read"


def soak(name: str, count: int, seed: int, folder: Path) -> tuple[Counter[str], float]:
    """Read `count` mutants of one format; what came of them, and the longest time in seconds."""
    draw = random.Random(f"{seed} {name}")
    path = folder / name
    raw = SEEDS[name].encode()
    outcomes: Counter[str] = Counter()
    slowest = 0.0  # processor seconds: what else runs on the machine does not count
    for number in range(count):
        path.write_bytes(mutant(raw, draw))
        began = time.process_time()
        try:
            outcomes[check(path, skip_bad=number % 2 == 1)] += 1
        except Exception as error:
            kept = Path(tempfile.gettempdir()) / f"soak-{number}-{name}"
            kept.write_bytes(path.read_bytes())
            raise AssertionError(f"mutant {number} of {name}, kept as {kept}: {error!r}") from error
        slowest = max(slowest, time.process_time() - began)
    return outcomes, slowest


def main() -> None:
    """Soak every format and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000, help="mutants of each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(SEEDS), help="names of files in SEEDS")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in SEEDS:
            if name in chosen.only:
                began = time.process_time()
                outcomes, slowest = soak(name, chosen.count, chosen.seed, Path(folder))
                taken = time.process_time() - began
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                print(
                    f"{name}: {chosen.count:,} in {taken:.0f} s, slowest {slowest:.3f} s, "
                    f"memory {memory:.0f} MB; "
                    + ", ".join(f"{kind} {n:,}" for kind, n in outcomes.most_common(6)),
                    flush=True,
                )


if __name__ == "__main__":
    main()

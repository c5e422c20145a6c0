"""Hypothesis strategies that draw whole, valid dialogue records."""

from hypothesis import strategies as st

from interactspeech.records import (
    Dialogue,
    Event,
    Provenance,
    Span,
    Speaker,
    Track,
    Utterance,
    Voice,
    Word,
)

# Any text, but no lone surrogates: those are no Unicode text and cannot be written as UTF-8.
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
ids = st.text("abcXYZ019_-", min_size=1, max_size=8)
attributes = st.dictionaries(
    text,
    st.one_of(text, st.booleans(), st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6)),
    max_size=3,
)
KINDS = ("turn", "backchannel", "interruption", "pause", "gap", "overlap", "laugh")


@st.composite
def _bounds(draw, low, high, most):
    """Sorted disjoint stretches in [low, high), apart from each other; at least one."""
    edges = draw(st.lists(st.integers(low, high), min_size=2, max_size=2 * most, unique=True))
    edges = sorted(edges)[: len(edges) // 2 * 2]
    return list(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def _utterance(draw, name, speaker, length):
    speech = draw(_bounds(0, length, 3))
    start, end = speech[0][0], speech[-1][1]
    words = draw(_bounds(start, end, 4)) if end - start > 1 and draw(st.booleans()) else []
    return Utterance(
        id=name,
        speaker=speaker,
        start=start,
        end=end,
        speech=tuple(Span(*one) for one in speech),
        words=tuple(Word(draw(text), *one, fragment=draw(st.booleans())) for one in words),
        unsaid=tuple(draw(st.lists(text, max_size=3))),
        kind=draw(st.sampled_from(("turn", "backchannel", "attempt"))),
        times="aligned" if words else "none",
        written=draw(text),
    )


@st.composite
def dialogues(draw):
    """Any valid record with one to four speakers."""
    length = draw(st.integers(20, 10**9))
    speakers = draw(st.lists(text.filter(bool), min_size=1, max_size=4, unique=True))
    who = st.sampled_from(speakers)
    names = draw(st.lists(ids, max_size=5, unique=True))
    utterances = tuple(draw(_utterance(name, draw(who), length)) for name in names)
    rule_sets = draw(st.dictionaries(ids, attributes, max_size=2))
    events = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, length))
        rules = draw(st.sampled_from([*rule_sets, ""]))
        events.append(
            Event(
                type=draw(st.sampled_from(KINDS)),
                speaker=draw(who),
                start=start,
                end=draw(st.integers(start, length)),
                partner=draw(st.sampled_from([*speakers, ""])),
                origin="rule" if rules else draw(st.sampled_from(("planned", "model", "human"))),
                rules=rules,
                probability=draw(st.none() | st.floats(0, 1)),
                utterance=draw(st.sampled_from([*names, ""])),
                attributes=draw(attributes),
            )
        )
    return Dialogue(
        id=draw(ids),
        rate=draw(st.sampled_from((1, 8000, 22_050, 1_000_000))),
        length=length,
        speakers=tuple(
            Speaker(name, draw(text), voice=draw(st.none() | st.builds(Voice, text, text)))
            for name in speakers
        ),
        utterances=utterances,
        events=tuple(events),
        rule_sets=rule_sets,
        tracks=tuple(Track(name, draw(text), channel) for channel, name in enumerate(speakers)),
        provenance=draw(
            st.builds(Provenance, text, text, text, seed=st.none() | st.integers(-(2**63), 2**63))
        ),
    )

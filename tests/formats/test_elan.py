"""ELAN: whether a file holds one speaker, and slots without a time."""

from parsed import parsed, stretches

from interactspeech.formats import Report, elan
from interactspeech.records import Dialogue, Span, Speaker, Utterance


def talk(*speakers):
    return Dialogue(
        "call",
        1000,
        9000,
        tuple(map(Speaker, speakers)),
        tuple(
            Utterance(f"u{k}", who, 1000 * k, 1000 * k + 500, (Span(1000 * k, 1000 * k + 500),))
            for k, who in enumerate(speakers)
        ),
    )


def test_a_file_of_one_speaker_is_alone():
    for speakers, alone in ((("ann",), True), (("ann", "bob"), False)):
        text = elan.serialise(talk(*speakers), Report())
        sheets, _ = parsed(elan, text, name="call.eaf")
        assert sheets["call"].alone is alone
        assert sheets["call"].names() == list(speakers)


def test_slots_that_no_chain_holds_lie_evenly_between_those_listed_around_them():
    slots = [("t1", 1000), ("t2", None), ("t3", None), ("t4", 4000), ("t5", 5000)]
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{name}"' + (f' TIME_VALUE="{at}"/>' if at else "/>")
        for name, at in slots
    )
    pairs = [("t1", "t2"), ("t3", "t5")]
    annotations = "".join(
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{k}" TIME_SLOT_REF1="{first}" '
        f'TIME_SLOT_REF2="{last}"><ANNOTATION_VALUE>so {k}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
        for k, (first, last) in enumerate(pairs)
    )
    text = (
        '<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/>'
        f"<TIME_ORDER>{order}</TIME_ORDER>"
        f'<TIER TIER_ID="ann">{annotations}</TIER></ANNOTATION_DOCUMENT>'
    )
    sheets, report = parsed(elan, text, name="call.eaf")
    assert stretches(sheets["call"].segments) == [
        ("ann", 1000, 2000, "so 0"),
        ("ann", 3000, 5000, "so 1"),
    ]
    assert report.counts() == {"note": {"estimated-times": 1}}


def test_the_offset_is_that_of_the_sound_and_of_a_video_where_there_is_no_sound():
    def media(kind, origin):
        return f'<MEDIA_DESCRIPTOR MEDIA_URL="x" MIME_TYPE="{kind}" TIME_ORIGIN="{origin}"/>'

    film, sound = media("video/mp4", 700), media("audio/x-wav", 200)
    for header, offset in ((film + sound, 200), (film, 700), (sound, 200)):
        text = (
            f'<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds">{header}</HEADER>'
            '<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="1000"/>'
            '<TIME_SLOT TIME_SLOT_ID="t2"/><TIME_SLOT TIME_SLOT_ID="t3" TIME_VALUE="2000"/>'
            '</TIME_ORDER><TIER TIER_ID="ann">'
            + "".join(
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{k}" TIME_SLOT_REF1="t{k}" '
                f'TIME_SLOT_REF2="t{k + 1}"><ANNOTATION_VALUE>so {k}</ANNOTATION_VALUE>'
                "</ALIGNABLE_ANNOTATION></ANNOTATION>"
                for k in (1, 2)
            )
            + "</TIER></ANNOTATION_DOCUMENT>"
        )
        sheets, _ = parsed(elan, text, name="call.eaf")
        assert stretches(sheets["call"].segments) == [
            ("ann", 1000 + offset, 1500 + offset, "so 1"),  # a chain through a slot without a time
            ("ann", 1500 + offset, 2000 + offset, "so 2"),
        ]


def test_what_is_written_longer_than_it_is_is_told():
    exact, short = Report(), Report()
    elan.serialise(talk("ann", "bob"), exact)
    elan.serialise(
        Dialogue(
            "call",
            48_000,
            9000,
            (Speaker("ann"),),
            (Utterance("u", "ann", 10, 20, (Span(10, 20),)),),
        ),
        short,
    )
    assert exact.counts() == {}
    assert short.counts() == {"note": {"below-a-millisecond": 1}}

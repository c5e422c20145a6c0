"""A build that makes more of its texts: sources told and kept apart, nothing twice."""

from interactspeech.corpus.split import read_split, sources_of, split
from interactspeech.pipelines.building import BuildSettings, build


def test_recombined_dialogues_are_built_and_split_without_leakage(tmp_path, monkeypatch):
    monkeypatch.setenv("INTERACTSPEECH_CACHE", str(tmp_path / "cache"))
    lines = [
        "A: Have you been to the {0} market since it opened near {1} street?",
        "B: Only once, and I bought {2} apples there for my {3} neighbour.",
        "A: My brother sells {4} cakes there on the days when it rains {5}.",
        "B: Then I must have seen him, he wears a {6} hat and sings {7} songs.",
        "A: That is him, he {8} sings because nobody {9} listens.",
    ]
    words = ["old", "new", "green", "quiet", "silver", "gently", "wide", "sad", "only", "really"]
    texts = []
    for k in range(12):
        own = [f"{word}{'abcdefghijkl'[k]}{'mnopqrstuvwx'[(k + n) % 12]}" * 2
               for n, word in enumerate(words)]  # fmt: skip
        text = "\n".join(lines).format(*own)
        # Half of them are scenes, which are joined with each other only.
        texts.append(text.replace("Have you", "Excuse me, have you") if k % 2 else text)
    (tmp_path / "chats.txt").write_text("\n\n".join(texts) + "\n")
    settings = BuildSettings(
        voices=("fake",), recombine=True, limit=20, shard=5, gate="off", writer="none"
    )
    made = build([tmp_path / "chats.txt"], tmp_path / "corpus", settings, cache=False)
    assert (made.dialogues, made.ledger.lost) == (20, 0)
    assert not (tmp_path / "cache" / "speech").exists()
    corpus = made.corpus()
    sources = {item.id: sources_of(item.dialogue.provenance.id) for item in corpus}
    assert sum(len(one) > 1 for one in sources.values()) == 8
    notations = [item.dialogue.provenance.script for item in corpus]
    assert len(set(notations)) == 20
    found = split(corpus, {"train": 0.5, "test": 0.5}, apart=("sources",))
    apart = [
        {source for one in read_split(corpus, name) for source in sources[one]}
        for name in ("train", "test")
    ]
    assert not apart[0] & apart[1]
    assert len(found.left_out) < 20

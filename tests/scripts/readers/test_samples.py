from pathlib import Path

from interactspeech.records import PlainDialogue
from interactspeech.scripts import check, demo_dialogues, parse_script, write_offline

PAGE = Path(__file__).parents[3] / "docs" / "scripts.md"


def test_the_scripts_in_the_docs_are_what_the_writer_writes() -> None:
    samples = PAGE.read_text("utf-8").split("<!-- samples -->")[1]
    blocks = [block.split("```")[0] for block in samples.split("```text\n")[1:]]
    plain = [item for item in demo_dialogues() if isinstance(item, PlainDialogue)][:20]
    assert len(blocks) == len(plain) == 20
    for block, item in zip(blocks, plain, strict=True):
        script = write_offline(item, 21)
        assert check(script) == []
        printed = parse_script(block)
        assert [turn.parts for turn in printed.turns] == [turn.parts for turn in script.turns]

"""Dialogues of recorded speech: speakers of a read-speech corpus in pairs, utterances as turns.

By content the result is no conversation, for the speakers of such a corpus read texts. By its
voices, timing and events it is one, and that is what acoustic models of turn-taking learn from.

```
speaker 84    u1      u3 [interrupt] ...     u5        every utterance at most once, in the order
speaker 174       u2                   u4              of its chapter
              backchannels: the listener's own recorded feedback, where there is some
```
- Two speakers at a time are drawn, and take turns.
- Turns are interrupted at the human rate: the next speaker cuts in, and the rest of the recording
  is unsaid.
- A listener says "mm-hm" where the corpus has feedback of that very speaker (an utterance of one to
  three words, all of them feedback). Read speech seldom has any, and no other voice replaces it, as
  one speaker must not have two voices. To get backchannels, add recordings of them to the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from interactspeech.errors import InputError
from interactspeech.lexicon.feedback import feedback_kind
from interactspeech.records import Script, Turn, spoken_tokens
from interactspeech.records.script import Backchannel, Interruption, Part, Words
from interactspeech.seeds import generator
from interactspeech.tts.engines.recorded import RecordedUtterance, Tree, voice_of

#: Words of a turn, at least and at most (about 2 and 16 seconds).
_MIN_WORDS, _MAX_WORDS = 3, 45
#: Words of an utterance that can be a backchannel.
_MAX_FEEDBACK_WORDS = 3
#: Turns of a dialogue.
_MIN_TURNS, _MOST_TURNS = 6, 10
#: Turns that are cut off, and backchannels, a minute of speech, as people do (framework.md, section
#: 6: 0.66 interruptions that take the floor, 4.66 backchannels).
_CUTS, _FEEDBACK = 0.66, 4.66
#: Words a second of read speech.
_WORDS_PER_SECOND = 2.7
#: Words before and after the place of a cut, at least.
_BEFORE_CUT, _AFTER_CUT = 4, 2
#: Words of a turn in which a listener can use recorded feedback.
_MIN_BACKCHANNEL_TURN = 8


def recorded_scripts(trees: Sequence[Tree], seed: int) -> Iterator[Script | InputError]:
    """Scripts of all utterances of `trees`, and what of them is lost.

    Args:
        trees: each is used by itself; two corpora never meet in a dialogue.
        seed: of pairs, lengths and cuts.
    """
    for index, tree in enumerate(trees):
        try:
            yield from _tree_scripts(tree, f"{tree.layout}{index or ''}", seed)
        except InputError as error:
            yield error


def _tree_scripts(tree: Tree, name: str, seed: int) -> Iterator[Script | InputError]:
    feedback: dict[str, list[str]] = {}
    queues: dict[str, list[RecordedUtterance]] = {}
    for speaker, clips in tree.clips.items():
        for clip in clips:
            tokens = spoken_tokens(clip.text)
            if len(tokens) <= _MAX_FEEDBACK_WORDS and feedback_kind(tokens):
                feedback.setdefault(speaker, []).append(clip.text)
            elif len(tokens) < _MIN_WORDS:
                yield _lost_clip(tree, clip, f"{len(tokens)} word(s) make no turn", "too-short")
            elif len(tokens) > _MAX_WORDS:
                yield _lost_clip(tree, clip, f"{len(tokens)} words in one turn", "too-long")
            else:
                queues.setdefault(speaker, []).append(clip)
    yield from tree.losses
    number = round_ = 0
    while True:
        rng = generator(seed, name, "pairs", round_)
        able = [s for s in sorted(queues) if len(queues[s]) >= _MIN_TURNS // 2]
        if len(able) < 2:
            break
        order = [able[i] for i in rng.permutation(len(able))]
        for one, other in zip(order[::2], order[1::2], strict=False):
            number += 1
            dialogue_id = f"{name}-{number:05d}"
            wanted = int(
                generator(seed, dialogue_id, "turns").integers(_MIN_TURNS, _MOST_TURNS + 1)
            )
            count = min(wanted // 2, len(queues[one]), len(queues[other]))
            turns = [
                clip
                for pair in zip(queues[one][:count], queues[other][:count], strict=True)
                for clip in pair
            ]
            del queues[one][:count], queues[other][:count]
            yield _script(tree, dialogue_id, turns, feedback, seed)
        round_ += 1
    for clips in queues.values():
        for clip in clips:
            yield _lost_clip(tree, clip, "no partner is left", "no-partner")


def _script(
    tree: Tree,
    dialogue_id: str,
    clips: list[RecordedUtterance],
    feedback: dict[str, list[str]],
    seed: int,
) -> Script:
    rng = generator(seed, dialogue_id, "recorded")
    speakers = {clips[0].speaker: "A", clips[1].speaker: "B"}
    turns = []
    for index, clip in enumerate(clips):
        listener = clips[index - 1 if index else 1].speaker
        last = index == len(clips) - 1
        parts = _turn_parts(
            clip.text,
            speakers[listener],
            feedback.get(listener, []),
            rng.random(4).tolist(),
            may_cut=not last,
        )
        turns.append(Turn(speakers[clip.speaker], parts))
    return Script(
        id=dialogue_id,
        turns=tuple(turns),
        names={label: voice_of(tree, speaker).name for speaker, label in speakers.items()},
        corpus=tree.layout if tree.layout != "plain" else tree.root.name,
        source_id=" ".join(clip.id for clip in clips),
        licence=tree.licence,
        writer="recorded 1",
        file=str(tree.root),
        voices={label: f"recorded:{voice_of(tree, s).name}" for s, label in speakers.items()},
    )


def _turn_parts(
    text: str, listener: str, feedback: list[str], draws: list[float], *, may_cut: bool
) -> tuple[Part, ...]:
    """The parts of a turn: its words, and where it is cut off or gets a backchannel."""
    tokens = text.split()
    minutes = len(tokens) / _WORDS_PER_SECOND / 60
    room = len(tokens) - _BEFORE_CUT - _AFTER_CUT
    if may_cut and room > 0 and draws[0] < _CUTS * minutes:
        place = _BEFORE_CUT + int(draws[1] * room)
        return (
            Words(" ".join(tokens[:place])),
            Interruption("floor-taking", "competitive"),
            Words(" ".join(tokens[place:])),
        )
    if feedback and len(tokens) >= _MIN_BACKCHANNEL_TURN and draws[3] < _FEEDBACK * minutes:
        place = len(tokens) // 2 + int(draws[1] * (len(tokens) // 4))
        said = feedback[int(draws[2] * len(feedback))]
        return (
            Words(" ".join(tokens[:place])),
            Backchannel(listener, said),
            Words(" ".join(tokens[place:])),
        )
    return (Words(text),)


def _lost_clip(tree: Tree, clip: RecordedUtterance, problem: str, reason: str) -> InputError:
    return InputError(problem, tree.root / Path(clip.path), reason=reason)


def split_inputs(inputs: Sequence[str]) -> tuple[list[Tree], list[str]]:
    """Trees of recorded speech among the names of inputs, and the names of the others.

    Raises:
        InputError: a tree's folder does not exist.
    """
    trees, others = [], []
    for name in inputs:
        tree = Tree.named(name)
        if tree is None:
            others.append(name)
        else:
            trees.append(tree)
    return trees, others


def engine_options(trees: Sequence[Tree]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the engine of recorded speech has to know, for `Synthesizer`."""
    names = tuple(f"{tree.layout}:{tree.root.absolute()}" for tree in trees)
    return {"recorded": {"trees": names}} if names else {}

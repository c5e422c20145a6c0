"""Interruptions that take the floor, by role: who cuts whom off, where, and with which words."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from interactspeech.lexicon.words import (
    FUNCTION_WORDS,
    bare,
    leaks_unsaid,
    openness,
    stem,
)
from interactspeech.records import Interruption
from interactspeech.scripts.kinds import DISTRACTING_KINDS, KINDS
from interactspeech.scripts.roles import RoleSettings
from interactspeech.scripts.writers import (
    content_phrases,
    cut_points,
    early_answers,
    inserted_interruptions,
    phrases,
    role_phrases,
)
from interactspeech.scripts.writers.role_drafts import DraftedDialogue
from interactspeech.scripts.writers.turn_analysis import AnalysedTurn, Known, first_said
from interactspeech.scripts.writers.turn_drafts import TurnDraft

#: Share of interruptions by the next turn itself, where one can.
DIRECT = 0.6
#: Factor on rates, for those that find no place in the text.
_FOR_LOST_INTERRUPTIONS = 1.08
_TRIES = 5
#: Kinds that the first words of the next turn can be, and the share of those that are, where they
#: can.
_BY_NEXT_TURN = frozenset({"floor-taking", "disagree", "refuse", "clarify", "new-idea"})
_EARLY = 0.7
#: Places that are tried for one at which something can be taken up.
_PLACES = 2
#: First words of questions for yes or no.
ASKS = ("do", "does", "did", "is", "are", "was", "were", "can", "could", "would", "will", "have",
        "has", "shall", "should")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pick:
    """An interruption to be written: by whom, where, of which kind."""

    speaker: str
    place: cut_points.CutPoint
    kind: str


def interrupt(dialogue: DraftedDialogue) -> None:
    wanted = interrupters(dialogue)
    if not wanted:
        return
    said_first = first_said([draft.analysed.stems for draft in dialogue.drafts])
    who = set(wanted)
    direct: list[cut_points.CutPoint] = []
    inserted: list[cut_points.CutPoint] = []
    for index, draft in enumerate(dialogue.drafts):
        if len(draft.tokens) < cut_points.MIN_SAID + cut_points.MIN_UNSAID + 2:
            continue
        if dialogue.company and draft.marks:
            continue  # others' turns lie over it, and would be lost with what stays unsaid
        if who != {draft.speaker}:
            inserted += cut_points.inserted_cut_points(index, draft.analysed)
            inserted += _question_cut_points(index, draft.analysed)
        if index + 1 < len(dialogue.drafts):
            reply = dialogue.drafts[index + 1]
            if reply.speaker != draft.speaker and reply.speaker in who:
                direct += cut_points.direct_cut_points(
                    index, draft.analysed, reply.analysed, Known(said_first, index)
                )
    named = any(
        dialogue.roles[speaker].kinds.get(kind)
        for speaker in wanted
        for kind in ("help-word", "repair")
    )
    nouns: dict[int, list[str]] = {}
    turns = {place.turn for place in inserted} if named else set()
    if turns:
        spoken = [
            inserted_interruptions.nouns_said(draft.tokens)
            for draft in dialogue.drafts[: max(turns)]
        ]
        nouns = {index: inserted_interruptions.latest_nouns(spoken[:index]) for index in turns}
    chosen: list[_Pick] = []
    while wanted:
        speaker = wanted.pop(int(dialogue.draws.uniform() * len(wanted)))
        taken = {pick.place.turn for pick in chosen}
        # A turn that cuts another off is not cut off itself, nor the one before it by it.
        direct_turns = {
            turn
            for one in chosen
            if one.place.way == "direct"
            for turn in (one.place.turn - 1, one.place.turn, one.place.turn + 1)
        }
        near = {turn + step for turn in taken for step in (-1, 0, 1)}
        full = taken | direct_turns
        used = {pick.kind for pick in chosen}
        pick = _pick(
            dialogue,
            speaker,
            [place for place in direct if place.turn not in near],
            [place for place in inserted if place.turn not in full],
            nouns,
            said_first,
            DISTRACTING_KINDS if used & DISTRACTING_KINDS else frozenset(),
        )
        if pick is not None:
            chosen.append(pick)
    cuts = {p.place.turn: p.place.at for p in chosen if p.place.way == "direct"}
    if cuts:  # what stayed unsaid is not known later
        said_first = first_said(
            [draft.analysed.stems[: cuts.get(n)] for n, draft in enumerate(dialogue.drafts)]
        )
    # From the last to the first, so that what is inserted moves no place that is still to come.
    for pick in sorted(chosen, key=lambda one: -one.place.turn):
        turn = pick.place.turn
        said = dialogue.drafts[turn].analysed.stems[: pick.place.at]
        _cut(dialogue, pick, Known(said_first, turn, said), nouns.get(turn, []))


def interrupters(dialogue: DraftedDialogue) -> list[str]:
    """Who interrupts, once for each interruption that the roles ask for."""
    return [
        speaker
        for speaker, role in dialogue.roles.items()
        for _ in range(
            dialogue.count(role.interruptions, dialogue.floor_factor * _FOR_LOST_INTERRUPTIONS)
            if role.kinds
            else 0
        )
    ]


def _pick(
    dialogue: DraftedDialogue,
    speaker: str,
    direct: list[cut_points.CutPoint],
    inserted: list[cut_points.CutPoint],
    nouns: dict[int, list[str]],
    said_first: Mapping[str, int],
    without: frozenset[str],
) -> _Pick | None:
    """A place and a kind, drawn by the role's weights among the kinds that have a place."""
    drafts, draws = dialogue.drafts, dialogue.draws
    mine = [place for place in direct if drafts[place.turn + 1].speaker == speaker]
    theirs = {index for index, draft in enumerate(drafts) if draft.speaker != speaker}
    added = [place for place in inserted if place.turn in theirs]
    weights = {
        kind: weight
        for kind, weight in dialogue.roles[speaker].kinds.items()
        if weight > 0 and kind not in without
    }
    while weights:
        kinds = list(weights)
        kind = kinds[draws.weighted(list(weights.values()))]
        by_turn = [place for place in mine if place.kind == kind]
        by_insert = [place for place in added if (kind == "answer") == (place.kind == "answer")]
        if kind in _CONDITIONAL:
            by_insert = [
                place
                for place in by_insert
                if _makes_possible(
                    kind,
                    drafts[place.turn].tokens,
                    place.at,
                    nouns.get(place.turn, []),
                    Known(said_first, place.turn),
                )
            ]
        for places in (by_turn, by_insert) if draws.chance(DIRECT) else (by_insert, by_turn):
            if places:
                weighed = [place.weight for place in places]
                for _ in range(_PLACES):
                    place = places[draws.weighted(weighed)]
                    if place.way == "direct" or kind not in content_phrases.INSERTED:
                        break
                    heard = content_phrases.Heard(drafts[place.turn].tokens, place.at)
                    if content_phrases.has_phrase(content_phrases.INSERTED, kind, heard):
                        break
                return _Pick(speaker, place, kind)
        del weights[kind]
    return None


def _cut(dialogue: DraftedDialogue, pick: _Pick, said: Container[str], nouns: list[str]) -> None:
    """Write one interruption; not, where its words would give away what stays unsaid."""
    draft, place, kind = dialogue.drafts[pick.place.turn], pick.place, pick.kind
    unsaid = draft.tokens[place.at :]
    cut = place.at
    role = dialogue.roles[pick.speaker]
    if place.way == "direct":
        reply = dialogue.drafts[place.turn + 1]
        if leaks_unsaid(" ".join(reply.tokens), " ".join(unsaid), said):
            return
        _preface(dialogue, reply, kind, role, " ".join(unsaid), said)
    else:
        made = _insertion(dialogue, pick, draft.tokens, nouns, " ".join(unsaid), said)
        if made is None:
            return
        words = made.words.split()
        if KINDS[kind].style == "competitive":
            words = _apologised(dialogue, words, role)
        dialogue.drafts[place.turn + 1 : place.turn + 1] = [
            TurnDraft(pick.speaker, words, added=True, short=True),
            TurnDraft(draft.speaker, made.resumed, added=True),
        ]
        if made.said != draft.tokens[: place.at]:
            draft.written = draft.written or " ".join(draft.tokens)
            cut = len(made.said)
            draft.tokens = made.said + unsaid
    draft.cut = cut
    draft.marks = [mark for mark in draft.marks if mark[0] < place.at - 1]
    draft.marks.append((cut, Interruption(kind, KINDS[kind].style)))


def _preface(
    dialogue: DraftedDialogue,
    reply: TurnDraft,
    kind: str,
    role: RoleSettings,
    unsaid: str,
    said: Container[str],
) -> None:
    before = reply.tokens
    after = phrases.add_preface(kind, before, dialogue.memory, dialogue.draws)
    if len(after) == len(before) and KINDS[kind].style == "competitive":
        after = _apologised(dialogue, before, role)
    if len(after) == len(before) or leaks_unsaid(" ".join(after), unsaid, said):
        return
    shift = len(after) - len(before)
    reply.tokens = after
    reply.marks = [(at + shift, part) for at, part in reply.marks]
    reply.written = reply.written or " ".join(before)


def _apologised(dialogue: DraftedDialogue, words: list[str], role: RoleSettings) -> list[str]:
    """The words, seldom with an apology for interrupting."""
    if not role.apologies or not dialogue.draws.chance(role.apologies):
        return words
    if bare(words[0]) in {"so", "but", "and"} and len(words) > 1:
        words = words[1:]  # "but so what about"
    head = phrases.lower_initial(words[0])
    if head[0].isupper() and head.rstrip(",") != "I" and not head.startswith("I'"):
        return words
    return [*dialogue.draws.choose(role_phrases.APOLOGIES).split(), head, *words[1:]]


def _insertion(
    dialogue: DraftedDialogue,
    pick: _Pick,
    tokens: list[str],
    nouns: list[str],
    unsaid: str,
    said: Container[str],
) -> inserted_interruptions.InsertedInterruption | None:
    kind, place = pick.kind, pick.place
    drafts, memory, draws = dialogue.drafts, dialogue.memory, dialogue.draws
    way = role_phrases.RESUMED_AS.get(kind, "asked")
    following = drafts[place.turn + 1] if place.turn + 1 < len(drafts) else None
    earlier = drafts[place.turn - 2].tokens if place.turn > 1 else []
    if place.turn > 1 and drafts[place.turn - 2].speaker != drafts[place.turn].speaker:
        earlier = []
    listener = drafts[place.turn - 1].tokens if place.turn else []
    if place.turn and drafts[place.turn - 1].speaker != pick.speaker:
        listener = []
    starts = following and following.speaker == pick.speaker and not following.added
    for _ in range(_TRIES):
        made = None
        if kind in _BY_NEXT_TURN and starts and following and draws.chance(_EARLY):
            made = inserted_interruptions.early_turn(
                kind, drafts[place.turn].analysed, place, following.tokens, said, memory, draws
            )
        if made is not None:
            pass
        elif kind == "repair":
            made = _other_repair(dialogue, tokens, place, nouns)
        elif kind == "answer":
            made = _early_answer(dialogue, tokens, place)
        elif kind in role_phrases.INSERTED:
            made = inserted_interruptions.about_what_was_said(
                kind,
                way,
                role_phrases.INSERTED[kind],
                tokens,
                place,
                memory,
                draws,
                earlier,
                listener,
            )
        else:
            made = inserted_interruptions.insert_interruption(
                kind, tokens, place, nouns, memory, draws, said, earlier, listener
            )
        if made is not None and not leaks_unsaid(made.words, unsaid, said):
            return made
    return None


def _early_answer(
    dialogue: DraftedDialogue, tokens: list[str], place: cut_points.CutPoint
) -> inserted_interruptions.InsertedInterruption:
    """An answer before the question is out, of one mind with the one that the text gives."""
    reply = dialogue.drafts[place.turn + 1].tokens if place.turn + 1 < len(dialogue.drafts) else []
    known = early_answers.choices(tokens[place.restart : place.at], reply)
    if known:
        words = f"{dialogue.draws.choose(known)}."
        words += dialogue.draws.choose(role_phrases.AFTER_ANSWERS)
    else:
        return inserted_interruptions.about_what_was_said(
            "answer", "agree", role_phrases.INSERTED["answer"], tokens, place,
            dialogue.memory, dialogue.draws,
        )  # fmt: skip
    again = tokens[place.restart :]
    resumed = phrases.resumption("agree", again, dialogue.memory, dialogue.draws)
    return inserted_interruptions.InsertedInterruption("answer", tokens[: place.at], words, resumed)


def _other_repair(
    dialogue: DraftedDialogue, tokens: list[str], place: cut_points.CutPoint, nouns: list[str]
) -> inserted_interruptions.InsertedInterruption | None:
    """The speaker says a wrong day, number or thing; the other gives the right one."""
    index = inserted_interruptions.doubtable_token(tokens, place.at)
    if index is not None:
        heard = tokens[index].rstrip(",;")
        wrong = inserted_interruptions.neighbouring_value(heard, dialogue.draws)
    else:
        index = _recent_noun(tokens, place.at)
        heard = tokens[index] if index is not None else ""
        others = [noun for noun in nouns if stem(noun) != stem(heard)]
        if index is None or not others:
            return None
        wrong = dialogue.draws.choose(others)
    said = list(tokens[: place.at])
    said[index] = said[index].replace(heard, wrong)
    if index and tokens[index - 1] == "the":
        heard = f"the {heard}"
    words = dialogue.draws.choose(("{}.", "You mean {}.", "No, {}.", "{}, isn't it?")).format(heard)
    words = words[0].upper() + words[1:]
    taken = dialogue.draws.choose(("{}, yes.", "Yes, sorry, {}.", "{}, of course.")).format(heard)
    taken = taken[0].upper() + taken[1:]
    again = phrases.resumption("doubted", tokens[place.restart :], dialogue.memory, dialogue.draws)
    return inserted_interruptions.InsertedInterruption(
        "repair", said, words, [*taken.split(), *again]
    )


def _question_cut_points(turn: int, cut: AnalysedTurn) -> list[cut_points.CutPoint]:
    """Places late in a question for yes or no, where an answer can come early."""
    tokens = cut.tokens
    start, end = cut.sentences[-1]
    if not tokens[end - 1].endswith("?") or bare(tokens[start]) not in ASKS or end - start < 7:
        return []
    return [
        cut_points.CutPoint(turn, at, 1.0, "inserted", "answer", start)
        for at in range(start + 4, end - cut_points.MIN_UNSAID + 1)
        if at - start >= 0.55 * (end - start) and openness(tokens[at - 1])
    ]


#: Kinds of which an inserted turn cannot stand anywhere.
_CONDITIONAL = frozenset(
    {"complete", "correct", "repair", "help-word", "agree", "impatience", "refuse"}
)


def _makes_possible(
    kind: str, tokens: list[str], at: int, nouns: list[str], known: Container[str]
) -> bool:
    """Whether an inserted turn of one of `_CONDITIONAL` can stand at a place."""
    match kind:
        case "complete":
            return (
                inserted_interruptions.expects_adjective(tokens, at)
                or inserted_interruptions.expects_verb(tokens, at)
                or bool(inserted_interruptions.completion(tokens, at, known))
            )
        case "correct":
            return inserted_interruptions.doubtable_token(tokens, at) is not None
        case "repair":
            if inserted_interruptions.doubtable_token(tokens, at) is not None:
                return True
            index = _recent_noun(tokens, at)
            return index is not None and any(stem(n) != stem(tokens[index]) for n in nouns)
        case "help-word":
            return inserted_interruptions.expects_noun(tokens, at) and bool(nouns)
        case "agree":
            return cut_points.invites_agreement(tokens, at)
        case "impatience":
            return at >= 12
        case _:
            return bool(cut_points.request_made(tokens[max(0, at - 12) : at]))


def _recent_noun(tokens: list[str], at: int) -> int | None:
    """Index of a noun just before the cut that was said with "the", in the middle of a clause."""
    for index in range(at - 1, max(1, at - 4), -1):
        if (
            tokens[index - 1] == "the"
            and tokens[index].isalpha()
            and tokens[index].islower()
            and stem(tokens[index])
            and (index + 1 == at or bare(tokens[index + 1]) in FUNCTION_WORDS)
        ):
            return index
    return None

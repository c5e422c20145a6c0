"""The offline writer: any plain dialogue becomes an interactive script, without a network.

Rates are the dyad's (`turntaking.timing`): interruptions, failed interruptions and backchannels per
minute. The same dialogue and seed give the same script.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import MappingProxyType

from interactspeech.lexicon.pace import conversation_minutes
from interactspeech.lexicon.words import bare, leaks_unsaid, openness, stem, words
from interactspeech.records import (
    Backchannel,
    FailedInterruption,
    Interruption,
    Overlap,
    PlainDialogue,
    PlainTurn,
    Script,
    Sound,
    spoken_tokens,
)
from interactspeech.records.sounds import LAUGHS_JOINED
from interactspeech.scripts.kinds import DISTRACTING_KINDS, KINDS
from interactspeech.scripts.writers import (
    backchannels,
    content_phrases,
    cut_points,
    inserted_interruptions,
    phrases,
)
from interactspeech.scripts.writers.draws import Draws
from interactspeech.scripts.writers.feedback_words import FeedbackGiver
from interactspeech.scripts.writers.folding import as_backchannel, fold_groups
from interactspeech.scripts.writers.hesitations import add_hesitations, goes_on
from interactspeech.scripts.writers.telling import TellingName, with_telling
from interactspeech.scripts.writers.turn_analysis import Known, first_said
from interactspeech.scripts.writers.turn_drafts import TurnDraft, finished_script, finished_turn
from interactspeech.seeds import generator
from interactspeech.settings import Settings
from interactspeech.turntaking.timing import Dyad, TimingModel

#: Goes into `Script.writer`; changes whenever the same input would give another script.
WRITER_NAME = "offline 7"

_LAUGHS = words("haha ha-ha hahaha hehe ahahah hahahaha")
#: One of these is in each of them, and in few other words.
_LAUGHED = ("haha", "ha-ha", "hehe")
_ATTEMPTS = (
    "but wait",
    "yeah but",
    "no but",
    "well I",
    "can I just",
    "sorry, I",
    "but I",
    "hang on",
)
_ROLES = frozenset({"user", "system"})
#: Share of attempts that are the next turn's first words, where they can be.
_EARLY = 0.7
#: Places that are tried for an attempt whose words belong to it.
_PLACES = 3
_TRIES = 5
#: This writer has rates of pairs; of more people each has a role (`write_with_roles`).
_PAIR = 2
#: Words at the start of a dialogue that are usually a greeting.
_GREETING = 8


class OfflineWriterSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How the offline writer works.

    Attributes:
        interruptions: written ones, times the dyad's rate; 0 for none. The planner lets changes of
            floor overlap so far that they are interruptions, too, up to the dyad's rate
            (`PlanSettings.interruptions`).
        backchannels: times the dyad's rate; above 1, as not every one finds a place, and the rules
            take nine of ten for backchannels.
        attempts: failed interruptions, times the dyad's rate.
        max_interruptions: in a dialogue.
        direct: share of interruptions by the next turn itself, where one can.
        fillers, repeats, restarts, fragments: filled pauses, words said twice, phrases begun anew,
            words left unfinished and said again; expected number for each word of turns that are
            long enough to hold them.
        connectives: share of the sentences inside a turn that begin with "And" or "So".
        telling: how turns become longer: "off" leaves them as they are written; "fold" makes turns
            that only acknowledge backchannels inside one longer turn of the other; "narrative" also
            lets one of the two tell the source's own summary.
        overlaps: cooperative overlaps that the script asks for, a minute; the timing model adds its
            own.
    """

    interruptions: float = 0.5
    backchannels: float = 1.22
    attempts: float = 1.1
    max_interruptions: int = 2
    direct: float = 0.65
    fillers: float = 0.036
    repeats: float = 0.010
    restarts: float = 0.003
    fragments: float = 0.002
    connectives: float = 0.4
    telling: TellingName = "fold"
    overlaps: float = 0.15


DEFAULT = OfflineWriterSettings()


def write_offline(
    plain: PlainDialogue,
    seed: int,
    dyad: Dyad | None = None,
    settings: OfflineWriterSettings = DEFAULT,
) -> Script:
    """Make a plain dialogue interactive.

    Args:
        plain: two speakers in turn; three to six are written in the scenario "meeting".
        seed: of the corpus; with the dialogue's id it decides everything.
        dyad: rates of the pair; drawn from human rates where None.
        settings: see `OfflineWriterSettings`.
    """
    if len({turn.speaker for turn in plain.turns}) > _PAIR:
        # Imported here: that writer is built of the same parts, and knows company.
        from interactspeech.scripts.roles import SCENARIOS
        from interactspeech.scripts.writers.role_writer import write_with_roles

        return write_with_roles(plain, seed, SCENARIOS["meeting"])
    rng = generator(seed, plain.id, "offline-writer")
    if dyad is None:
        dyad = TimingModel.human().draw_dyad(rng)
    draws = Draws(rng)
    if settings.telling == "narrative":
        plain = with_telling(plain)
    speakers = sorted({turn.speaker for turn in plain.turns})
    drafts = [_draft_turn(turn, speakers, settings, draws) for turn in plain.turns]
    if settings.telling != "off":
        drafts = _fold_acknowledgements(drafts, settings, draws)
    minutes = conversation_minutes([draft.tokens for draft in drafts])
    formal = bool(_ROLES & set(plain.names.values()))

    count = draws.poisson(dyad.interruptions_per_minute * settings.interruptions * minutes)
    if count:
        _add_interruptions(
            drafts, min(count, settings.max_interruptions), speakers, formal, settings, draws
        )
    _add_overlaps(drafts, draws.poisson(settings.overlaps * minutes), draws)
    _add_attempts(
        drafts,
        draws.poisson(dyad.failed_per_minute * settings.attempts * minutes),
        speakers,
        draws,
    )
    _add_backchannels(
        drafts,
        draws.poisson(dyad.backchannels_per_minute * settings.backchannels * minutes)
        - sum(isinstance(part, Backchannel) for draft in drafts for _, part in draft.marks),
        speakers,
        draws,
    )
    return finished_script(plain, map(finished_turn, drafts), WRITER_NAME)


def _draft_turn(
    turn: PlainTurn, speakers: list[str], settings: OfflineWriterSettings, draws: Draws
) -> TurnDraft:
    """The turn's tokens with hesitations; laughter that was written becomes a sound, in
    which the other may join.
    """
    tokens = turn.text.split()
    draft = TurnDraft(turn.speaker, tokens, turn.written)
    text = turn.text.lower()
    laughs = []
    if any(part in text for part in _LAUGHED):
        laughs = [n for n, token in enumerate(tokens) if bare(token) in _LAUGHS]
    if laughs and len(spoken_tokens(turn.text)) > len(laughs):
        for shift, at in enumerate(laughs):
            draft.marks.append((at - shift, Sound("laugh")))
            if draws.chance(LAUGHS_JOINED):
                draft.marks.append(
                    (at - shift, Sound("laugh", _other_speaker(turn.speaker, speakers)))
                )
            del tokens[at - shift]
    else:
        draft.tokens = add_hesitations(
            tokens,
            settings.fillers,
            settings.repeats,
            draws,
            restarts=settings.restarts,
            fragments=settings.fragments,
            connectives=settings.connectives,
        )
    if not turn.written and " ".join(draft.tokens) != turn.text:
        draft.written = turn.text
    return draft


def _fold_acknowledgements(
    drafts: list[TurnDraft], settings: OfflineWriterSettings, draws: Draws
) -> list[TurnDraft]:
    """Drafts in which acknowledgements are backchannels inside one longer turn of the other."""
    found: list[TurnDraft] = []
    for group in fold_groups([(draft.speaker, draft.tokens) for draft in drafts]):
        turn = drafts[group[0]]
        for heard, going_on in zip(group[1::2], group[2::2], strict=True):
            said, more = drafts[heard], drafts[going_on]
            at = len(turn.tokens)
            tokens, marks = more.tokens, more.marks
            if (
                tokens
                and turn.tokens
                and goes_on(turn.tokens[-1], tokens[0])
                and draws.chance(settings.connectives)
            ):
                tokens = ["And", phrases.lower_initial(tokens[0]), *tokens[1:]]
                marks = [(index + 1, part) for index, part in marks]
            sources = [d.written or " ".join(d.tokens) for d in (turn, said, more)]
            turn = TurnDraft(
                turn.speaker,
                turn.tokens + tokens,
                written=f"{sources[0]} [{said.speaker}: {sources[1]}] {sources[2]}",
                marks=[
                    *turn.marks,
                    (at, Backchannel(said.speaker, as_backchannel(said.tokens))),
                    *((at + index, part) for index, part in marks),
                ],
            )
        found.append(turn)
    return found


def _other_speaker(speaker: str, speakers: list[str]) -> str:
    return speakers[1] if speaker == speakers[0] else speakers[0]


def _add_interruptions(
    drafts: list[TurnDraft],
    count: int,
    speakers: list[str],
    formal: bool,
    settings: OfflineWriterSettings,
    draws: Draws,
) -> None:
    """Cut up to `count` turns, not two in a row; drafts grow by what is inserted."""
    said_first = _said_first(drafts)
    found: dict[cut_points.CutMethod, list[cut_points.CutPoint]] = {}

    def free(way: cut_points.CutMethod) -> list[cut_points.CutPoint]:
        if way not in found:
            found[way] = _cut_points(way, drafts, said_first)
        taken = [place.turn for place, _ in chosen]
        return [place for place in found[way] if all(abs(place.turn - n) > 1 for n in taken)]

    nouns = _MentionedNouns(drafts)
    chosen: list[tuple[cut_points.CutPoint, str]] = []
    for _ in range(count):
        direct = draws.chance(settings.direct)
        pick = _pick_direct(free("direct"), draws) if direct else None
        pick = pick or _pick_inserted(
            free("inserted"), drafts, nouns, said_first, chosen, formal, draws
        )
        pick = pick or _pick_direct(free("direct"), draws)
        if pick is None:
            break
        chosen.append(pick)
    memory = phrases.RecentPhrases()
    #: What is never said of a turn that the next one cuts off is not known later either.
    cuts = {place.turn: place.at for place, _ in chosen if place.way == "direct"}
    said_first = _said_first(drafts, cuts)
    # From the last to the first, so that what is inserted moves no place that is still to come.
    for place, kind in sorted(chosen, key=lambda pick: -pick[0].turn):
        draft = drafts[place.turn]
        said = Known(said_first, place.turn, draft.analysed.stems[: place.at])
        unsaid = draft.tokens[place.at :]
        cut = place.at
        if place.way == "direct":
            reply = " ".join(drafts[place.turn + 1].tokens)
            if leaks_unsaid(reply, " ".join(unsaid), said):
                continue  # the reply knows a word of an earlier turn that was cut off before it
            _add_reply_preface(drafts[place.turn + 1], kind, " ".join(unsaid), said, memory, draws)
        else:
            made = _try_insert(kind, draft, place, nouns[place.turn], said, memory, draws)
            if made is None:
                continue  # every interruption tried would reveal the unsaid words
            other = _other_speaker(draft.speaker, speakers)
            drafts[place.turn + 1 : place.turn + 1] = [
                TurnDraft(other, made.words.split(), added=True, short=True),
                TurnDraft(draft.speaker, made.resumed, added=True),
            ]
            cut = len(made.said)
            if cut != place.at:
                draft.written = draft.written or " ".join(draft.tokens)
                draft.tokens = made.said + unsaid
        draft.cut = cut
        draft.marks = [mark for mark in draft.marks if mark[0] < place.at - 1]
        draft.marks.append((cut, Interruption(kind, KINDS[kind].style)))


def _said_first(
    drafts: list[TurnDraft], cuts: Mapping[int, int] = MappingProxyType({})
) -> dict[str, int]:
    """Stem -> the turn in which it is said first; `cuts` are the turns that are cut, and where."""
    return first_said([draft.analysed.stems[: cuts.get(n)] for n, draft in enumerate(drafts)])


class _MentionedNouns:
    """Nouns mentioned before a turn, computed on demand."""

    def __init__(self, drafts: list[TurnDraft]) -> None:
        self._turns = [draft.tokens for draft in drafts]
        self._found: dict[int, list[str]] = {}

    def __getitem__(self, turn: int) -> list[str]:
        if turn not in self._found:
            self._found[turn] = inserted_interruptions.mentioned_nouns(self._turns[:turn])
        return self._found[turn]


def _pick_direct(
    places: list[cut_points.CutPoint], draws: Draws
) -> tuple[cut_points.CutPoint, str] | None:
    if not places:
        return None
    place = places[draws.weighted([place.weight for place in places])]
    return place, place.kind


def _pick_inserted(
    places: list[cut_points.CutPoint],
    drafts: list[TurnDraft],
    nouns: _MentionedNouns,
    said_first: Mapping[str, int],
    chosen: list[tuple[cut_points.CutPoint, str]],
    formal: bool,
    draws: Draws,
) -> tuple[cut_points.CutPoint, str] | None:
    """First the kind, by the target mix over those that there is a place for; then the place."""
    used = {kind for _, kind in chosen}
    if used & DISTRACTING_KINDS:
        used |= DISTRACTING_KINDS  # one distraction a dialogue
    offers: dict[str, list[cut_points.CutPoint]] = {}
    for place in places:
        tokens = drafts[place.turn].tokens
        for kind in inserted_interruptions.possible_kinds(
            tokens,
            place.at,
            nouns[place.turn],
            formal=formal,
            known=Known(said_first, place.turn),
        ):
            offers.setdefault(kind, []).append(place)
    names = [kind for kind in offers if kind not in used] or list(offers)
    if not names:
        return None
    kind = names[draws.weighted([inserted_interruptions.TARGET_MIX[name] for name in names])]
    fitting = offers[kind]
    return fitting[draws.weighted([place.weight for place in fitting])], kind


def _cut_points(
    way: cut_points.CutMethod, drafts: list[TurnDraft], said_first: Mapping[str, int]
) -> list[cut_points.CutPoint]:
    """All cut points of one method, over all turns."""
    found: list[cut_points.CutPoint] = []
    for index, draft in enumerate(drafts):
        if len(draft.tokens) < cut_points.MIN_SAID + cut_points.MIN_UNSAID + 2:
            continue
        if way == "inserted":
            places = cut_points.inserted_cut_points(index, draft.analysed)
        elif index + 1 < len(drafts):
            reply = drafts[index + 1].analysed
            known = Known(said_first, index)
            places = cut_points.direct_cut_points(index, draft.analysed, reply, known)
        else:
            continue
        # What the other said in a folded turn is never cut off with it.
        heard = max((at for at, part in draft.marks if isinstance(part, Backchannel)), default=-1)
        found += [place for place in places if place.at > heard + 1]
    return found


def _add_reply_preface(
    reply: TurnDraft,
    kind: str,
    unsaid: str,
    said: Container[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> None:
    """Prefix the reply with words that claim the floor, unless they reveal unsaid words."""
    before = reply.tokens
    after = phrases.add_preface(kind, before, memory, draws)
    if len(after) == len(before) or leaks_unsaid(" ".join(after), unsaid, said):
        return
    shift = len(after) - len(before)
    reply.tokens = after
    reply.marks = [(at + shift, part) for at, part in reply.marks]
    reply.written = reply.written or " ".join(before)


def _try_insert(
    kind: str,
    draft: TurnDraft,
    place: cut_points.CutPoint,
    nouns: list[str],
    said: Container[str],
    memory: phrases.RecentPhrases,
    draws: Draws,
) -> inserted_interruptions.InsertedInterruption | None:
    """An interruption that does not reveal unsaid words; None after `_TRIES` attempts."""
    unsaid = " ".join(draft.tokens[place.at :])
    for _ in range(_TRIES):
        made = inserted_interruptions.insert_interruption(
            kind, draft.tokens, place, nouns, memory, draws, said
        )
        if made is not None and not leaks_unsaid(made.words, unsaid, said):
            return made
    return None


def _add_overlaps(drafts: list[TurnDraft], count: int, draws: Draws) -> None:
    """Let the next turn start on the last words, where it does not depend on them."""
    for _ in range(count):
        found = [
            index
            for index, draft in enumerate(drafts[:-1])
            if not draft.cut and len(draft.tokens) >= 7 and not draft.marks
        ]
        if not found:
            return
        index = draws.choose(found)
        draft, reply = drafts[index], " ".join(drafts[index + 1].tokens)
        at = len(draft.tokens) - (2 if draws.chance(0.4) else 1)
        said = frozenset(map(stem, draft.tokens[:at]))
        if not leaks_unsaid(reply, " ".join(draft.tokens[at:]), said) and (
            openness(draft.tokens[at - 1]) or stem(draft.tokens[at - 1])
        ):
            draft.marks.append((at, Overlap()))


def _add_attempts(drafts: list[TurnDraft], count: int, speakers: list[str], draws: Draws) -> None:
    """Add failed interruptions at the ends of clauses inside long turns."""
    memory = phrases.RecentPhrases()
    places = [
        (index, at)
        for index, draft in enumerate(drafts if count else [])
        if len(draft.tokens) >= 14 and not draft.added
        for at, _ in backchannels.backchannel_places(draft.tokens, draft.end - 1)
    ]
    for _ in range(count):
        found = [(index, at) for index, at in places if drafts[index].clear(at)]
        if not found:
            return
        for _ in range(_PLACES):
            index, at = draws.choose(found)
            draft = drafts[index]
            text = _attempt_text(drafts, index, at, memory, draws)
            if text:
                break
        text = text or memory.fresh(_ATTEMPTS, draws)
        other = _other_speaker(draft.speaker, speakers)
        draft.marks.append((at, FailedInterruption(other, text)))


def _attempt_text(
    drafts: list[TurnDraft], index: int, at: int, memory: phrases.RecentPhrases, draws: Draws
) -> str:
    """Text of a failed interruption: the start of the next turn, or about what was just said.

    It is "" for a place where there is neither.
    """
    tokens = drafts[index].tokens
    if index + 1 < len(drafts) and draws.chance(_EARLY):
        reply = drafts[index + 1].tokens
        _, text = content_phrases.start_of_next(
            drafts[index].analysed, at, reply, Known(_said_first(drafts[:index]), index), draws
        )
        if text:
            return text
    heard = content_phrases.Heard(tokens, at)
    return content_phrases.taken_up(content_phrases.ATTEMPTS, "", heard, memory, draws)


def _add_backchannels(
    drafts: list[TurnDraft], count: int, speakers: list[str], draws: Draws
) -> None:
    """Add `count` backchannels, or fewer where there is no place for more."""
    if count <= 0:
        return
    found: list[tuple[int, int]] = []
    weights: list[float] = []
    for index, draft in enumerate(drafts):
        if draft.short or draft.end < backchannels.BEFORE + backchannels.AFTER:
            continue
        for at, weight in backchannels.backchannel_places(draft.tokens, draft.end):
            if draft.clear(at) and (index or at > _GREETING):
                found.append((index, at))
                weights.append(weight)
    chosen: list[tuple[int, int]] = []
    while found and len(chosen) < count:
        pick = draws.weighted(weights)
        index, at = found[pick]
        chosen.append((index, at))
        near = [
            n
            for n, (i, a) in enumerate(found)
            if i == index and abs(a - at) < backchannels.MIN_DISTANCE
        ]
        for n in reversed(near):
            del found[n], weights[n]
    listeners = {speaker: FeedbackGiver() for speaker in speakers}
    for index, at in sorted(chosen):
        draft = drafts[index]
        other = _other_speaker(draft.speaker, speakers)
        said = listeners[other].feedback(draft.tokens, at, draws)
        draft.marks.append((at, Backchannel(other, said)))

"""Roles and scenarios: who talks to whom, how often each does what, and in what time.

A rate is a person's: how often somebody in the role does something, a minute of the conversation.
People's rates are those of 1,155 telephone calls between strangers (docs/framework.md, section 6),
halved, because two people make them; where a role departs from people, `RoleSettings.sources` says
by which source, or by which reason of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from interactspeech.errors import UsageError
from interactspeech.records.script import MAX_SPEAKERS
from interactspeech.settings import NonNegative, Settings, Share
from interactspeech.turntaking.timing.roles import RoleTiming

#: One person's backchannels, interruptions that take the floor, and interruptions that fail, a
#: minute: half of the telephone's 4.66, 1.16 and 1.00.
PEOPLE_BACKCHANNELS, PEOPLE_INTERRUPTIONS, PEOPLE_ATTEMPTS = 2.33, 0.58, 0.50
#: One person's laughs a minute (half of the telephone's 1.42).
PEOPLE_LAUGHS = 0.71


#: Field -> where its number comes from, in every role that says nothing else about it.
COMMON_SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "backchannels": "1,155 telephone calls, half of the pair's 4.66",
        "interruptions": "1,155 telephone calls, half of the pair's 1.16",
        "attempts": "1,155 telephone calls, half of the pair's 1.00; departures are ours, and "
        "follow the role's interruptions",
        "persistence": "French and Local 1983 describe new beginnings; the share is ours",
        "together": "AMI has such feedback (docs/bench/company.md); ours",
        "simultaneous_starts": "Schegloff 2000 describes them; the rate is ours",
        "kinds": "Murata 1994, Li 2001, Goldberg 1990; the weights are ours",
        "apologies": "seldom, by the brief of the corpus; ours",
        "choral": "Schegloff and Sacks 1973, Lerner 2002; the share is ours",
        "fillers": "1,155 telephone calls: 2.9 in 100 words of all talk; departures are ours",
        "repeats": "Shriberg 1994; departures are ours, in the proportion of the fillers",
        "restarts": "Shriberg 1994; departures are ours, in the proportion of the fillers",
        "fragments": "Shriberg 1994; departures are ours, in the proportion of the fillers",
        "corrections": "Levelt 1983 describes self-repair; the rate is ours",
        "asides": "no corpus counts them; ours",
        "coughs": "1,155 telephone calls: .34 vocalized noises a minute; the share is ours",
        "laughs": "1,155 telephone calls: 1.42 a minute; departures are ours",
        "latency": "1,155 telephone calls",
        "yields_within": "1,155 telephone calls",
        "through_feedback": "people pause for half of the backchannels (1,155 telephone calls)",
        "pauses": "1,155 telephone calls",
    }
)


class RoleSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """What somebody in a role does, a minute of the conversation, and how.

    Attributes:
        name: of the role ("agent").
        about: who that is.
        backchannels: given while others talk.
        interruptions: that take the floor.
        attempts: at the floor that fail, repetitions counted.
        persistence: share of failed attempts that are made again in the same turn.
        together: share of the others' feedback that is joined with feedback of one's own, where
            three or more are there.
        simultaneous_starts: turns of others that are begun at the same time, and left to them.
        kinds: kind of interruption -> weight among those that have a place; () for none.
        apologies: share of the competitive interruptions that say sorry for interrupting.
        choral: share of closings that are said together with the other's.
        fillers, repeats, restarts, fragments: hesitations for each word.
        corrections: of one's own words ("on Thursday, no, Friday"), where there is a date or a
            number to correct.
        asides: kind of aside -> a minute.
        coughs, laughs: a minute, in own turns.
        timing: see `RoleTiming`.
        sources: field -> source of its number, or the reason for it.
    """

    name: str
    about: str = ""
    backchannels: NonNegative = PEOPLE_BACKCHANNELS
    interruptions: NonNegative = PEOPLE_INTERRUPTIONS
    attempts: NonNegative = PEOPLE_ATTEMPTS
    persistence: Share = 0.1
    simultaneous_starts: NonNegative = 0.1
    together: Share = 0.2
    kinds: dict[str, NonNegative] = msgspec.field(default_factory=dict)
    apologies: Share = 0.04
    choral: Share = 0.3
    fillers: Share = 0.036
    repeats: Share = 0.010
    restarts: Share = 0.003
    fragments: Share = 0.002
    corrections: NonNegative = 0.1
    asides: dict[str, NonNegative] = msgspec.field(default_factory=dict)
    coughs: NonNegative = 0.0
    laughs: NonNegative = 0.0
    timing: RoleTiming = RoleTiming()
    sources: dict[str, str] = msgspec.field(default_factory=dict)

    def source_of(self, name: str) -> str:
        """Where the number of a field comes from, or the reason for it; also of `RoleTiming`'s."""
        return self.sources.get(name) or COMMON_SOURCES[name]


class Scenario(Settings, frozen=True, forbid_unknown_fields=True):
    """A kind of conversation.

    Attributes:
        name: for ``--scenario``.
        about: what it is.
        roles: one role for everybody, or one for each of two sides. Where more people talk, all
            after the first have the second role.
        source: of the preset as a whole.
        unmarked: changes of floor without a mark may overlap by so far that they are interruptions,
            as people's do, up to so many times the dyad's rate of interruptions; 0: the roles alone
            say who interrupts whom.
    """

    name: str
    about: str
    roles: tuple[RoleSettings, ...]
    source: str = ""
    unmarked: NonNegative = 0.0

    def role(self, name: str) -> RoleSettings:
        """The role of that name.

        Raises:
            UsageError: the scenario has none.
        """
        found = next((role for role in self.roles if role.name == name), None)
        if found is None:
            raise UsageError(
                f"scenario {self.name!r} has no role {name!r}",
                remedy=f"its roles are {', '.join(role.name for role in self.roles)}",
            )
        return found

    def timings(self) -> dict[str, RoleTiming]:
        """Role -> its timing, of those roles that depart from people."""
        return {role.name: role.timing for role in self.roles if role.timing != RoleTiming()}


#: Kinds among people who talk about anything; the weights are ours, after how often the literature
#: meets them, and no greater than texts have places for (docs/roles.md).
_EVERYDAY: Final[dict[str, float]] = {
    "clarify": 3.5,
    "agree": 1.5,
    "floor-taking": 3.5,
    "new-idea": 1.0,
    "complete": 0.15,
    "help-word": 0.2,
    "disagree": 1.0,
    "correct": 0.4,
    "repair": 0.15,
    "answer": 1.0,
    "impatience": 0.5,
    "off-topic": 0.3,
    "distraction": 0.3,
    "urge": 0.1,
    "cannot-hear": 0.3,
    "stop": 0.3,
    "refuse": 0.5,
}
_USER_KINDS: Final[dict[str, float]] = {
    "answer": 2.0,
    "change-mind": 2.0,
    "stop": 2.0,
    "clarify": 3.0,
    "correct": 0.2,
    "repair": 0.2,
    "impatience": 2.0,
    "new-idea": 1.0,
    "floor-taking": 2.5,
    "cannot-hear": 1.0,
    "refuse": 0.5,
    "distraction": 1.0,
}
_AT_HOME: Final[dict[str, float]] = {
    "side-talk": 0.15,
    "self-talk": 0.1,
    "reading": 0.05,
    "television": 0.15,
    "bystander": 0.1,
    "thinking": 0.2,
}
_EVA = (
    "EVA v0.2 gives an agent's latency full marks from .5 to 2 s; .7 is at the quick end, where "
    "people's median of .2 s cannot be reached by a system that waits for the end"
)
_YIELDS = (
    "people's 75th percentile of the overlap that is left when an interruption takes the floor "
    "(1,155 calls); tau-voice counts 2.0 s as yielded"
)
_ASKED = "no corpus counts them: often enough that a model meets each in an hour of talk"

_AGENT: Final = RoleSettings(
    name="agent",
    about="an assistant or a clerk who serves: lets the other talk, stops when interrupted",
    backchannels=0.3,
    interruptions=0.0,
    attempts=0.0,
    simultaneous_starts=0.0,
    apologies=0.0,
    fillers=0.0,
    repeats=0.0,
    restarts=0.0,
    fragments=0.0,
    corrections=0.0,
    timing=RoleTiming(latency=(0.7, 0.2), yields_within=0.76, through_feedback=True, pauses=0.4),
    sources={
        "backchannels": "an eighth of people's: systems that give feedback at people's rate are "
        "taken for interrupting (tau-voice's selectivity); a few, so that a model has any",
        "interruptions": "an agent never takes the floor from its user",
        "fillers": "an agent's text is composed before it is spoken",
        "latency": _EVA,
        "yields_within": _YIELDS,
        "through_feedback": "Full-Duplex-Bench and tau-voice: an agent is to talk on through a "
        "backchannel",
        "pauses": "read speech has fewer and shorter pauses than talk (Goldman-Eisler 1968); ours",
    },
)
_USER: Final = RoleSettings(
    name="user",
    about="somebody who wants something from an agent, at home or in the street",
    backchannels=1.2,
    interruptions=0.8,
    attempts=0.3,
    persistence=0.2,
    simultaneous_starts=0.1,
    kinds=_USER_KINDS,
    apologies=0.02,
    fillers=0.045,
    repeats=0.015,
    restarts=0.006,
    fragments=0.004,
    corrections=0.3,
    asides=_AT_HOME,
    coughs=0.1,
    laughs=0.1,
    sources={
        "backchannels": "half of people's: people give machines less feedback; ours",
        "interruptions": "1.4 times people's: barge-in is what the data are for",
        "fillers": "a quarter more than on the telephone: people plan requests while they talk",
        "corrections": _ASKED,
        "asides": _ASKED + "; kinds of HumDial-FDBench, tau-voice and Full-Duplex-Bench v1.5",
        "coughs": "twice the telephone's .05 a minute of both; ours",
    },
)


def _renamed(role: RoleSettings, **changes: object) -> RoleSettings:
    changed: RoleSettings = msgspec.structs.replace(role, **changes)
    return changed


_FRIEND: Final = RoleSettings(
    name="friend",
    about="one of two who know each other",
    backchannels=PEOPLE_BACKCHANNELS,
    interruptions=0.75,
    attempts=0.6,
    persistence=0.15,
    simultaneous_starts=0.15,
    kinds=_EVERYDAY,
    apologies=0.02,
    choral=0.5,
    asides={"side-talk": 0.05, "self-talk": 0.05, "thinking": 0.1},
    laughs=PEOPLE_LAUGHS,
    sources={
        "backchannels": "1,155 telephone calls",
        "interruptions": "1.3 times the telephone's: friends overlap more (Tannen 1984, "
        "Conversational Style: high involvement); the factor is ours",
        "laughs": "1,155 telephone calls",
        "asides": _ASKED,
    },
)
_OPPONENT: Final = RoleSettings(
    name="opponent",
    about="one of two who quarrel",
    backchannels=0.6,
    interruptions=1.1,
    attempts=0.9,
    persistence=0.5,
    simultaneous_starts=0.2,
    kinds={
        "disagree": 4.0,
        "refuse": 2.0,
        "impatience": 3.0,
        "correct": 1.0,
        "floor-taking": 3.0,
        "stop": 2.0,
        "clarify": 1.0,
        "answer": 0.5,
    },
    apologies=0.0,
    choral=0.1,
    sources={
        "backchannels": "a quarter of people's: opponents do not encourage each other; ours",
        "interruptions": "twice the telephone's; ours, after Beattie 1982 and Hutchby 1996 "
        "(Confrontation Talk), who count no rates",
        "persistence": "French and Local 1983: who competes for the floor begins again",
    },
)
_INTERVIEWER: Final = RoleSettings(
    name="interviewer",
    about="asks, follows up, keeps the answers short",
    backchannels=0.5,
    interruptions=0.5,
    attempts=0.5,
    kinds={"clarify": 4.0, "floor-taking": 3.0, "impatience": 2.0, "disagree": 1.0, "complete": 0.5,
           "correct": 0.5, "stop": 0.5},
    fillers=0.02,
    corrections=0.0,
    sources={
        "backchannels": "interviewers withhold feedback (Heritage 1985; Clayman and Heritage 2002, "
        "The News Interview); a fifth of people's is ours",
        "interruptions": "people's, less a little: their questions take the floor anyway; ours",
    },
)  # fmt: skip
_INTERVIEWEE: Final = RoleSettings(
    name="interviewee",
    about="answers",
    backchannels=0.4,
    interruptions=0.25,
    attempts=0.2,
    kinds={"answer": 1.5, "disagree": 3.0, "correct": 0.6, "clarify": 2.5, "floor-taking": 1.0},
    fillers=0.04,
    asides={"thinking": 0.3},
    sources={
        "backchannels": "who answers seldom listens aloud to a question; ours",
        "interruptions": "half of people's: the floor comes with the question; ours",
        "asides": _ASKED,
    },
)
_TEACHER: Final = RoleSettings(
    name="teacher",
    about="explains, asks, corrects",
    backchannels=1.2,
    interruptions=0.6,
    attempts=0.2,
    kinds={"correct": 0.6, "repair": 0.6, "clarify": 5.0, "complete": 0.2, "help-word": 0.4,
           "agree": 0.3, "floor-taking": 3.5, "stop": 1.5},
    fillers=0.02,
    sources={
        "backchannels": "half of people's: a teacher evaluates in turns of their own (Mehan 1979, "
        "Learning Lessons)",
        "interruptions": "people's",
        "kinds": "correction by the other is common in lessons and rare elsewhere (McHoul 1990, "
        "Language in Society 19)",
    },
)  # fmt: skip
_STUDENT: Final = RoleSettings(
    name="student",
    about="follows, asks, tries",
    backchannels=2.3,
    interruptions=0.4,
    attempts=0.4,
    kinds={"clarify": 4.0, "answer": 1.0, "new-idea": 1.0, "floor-taking": 1.0, "cannot-hear": 1.0,
           "agree": 0.5},
    apologies=0.1,
    fillers=0.05,
    corrections=0.3,
    asides={"reading": 0.2, "self-talk": 0.2, "thinking": 0.4},
    sources={
        "backchannels": "people's",
        "interruptions": "two thirds of people's: the floor is the teacher's to give; ours",
        "asides": "students read aloud and work aloud; the rates are ours",
    },
)  # fmt: skip
_PARTICIPANT: Final = RoleSettings(
    name="participant",
    about="one of three to six who talk about something",
    backchannels=0.68,
    interruptions=0.1,
    attempts=0.42,
    simultaneous_starts=0.05,
    together=0.1,
    kinds=_EVERYDAY,
    asides={"side-talk": 0.03, "thinking": 0.03},
    laughs=0.3,
    sources={
        "backchannels": "ICSI's meetings have .90 a person, AMI's .78 (bench/fit_company.py); the "
        "rest joins others'",
        "interruptions": "ICSI's meetings have .45 a person, AMI's .61 (bench/fit_company.py); "
        "most come with changes of floor that overlap, and few are added to a text",
        "attempts": "ICSI's meetings have .43 a person, AMI's .47 (bench/fit_company.py); a text's "
        "own short turns come first",
        "together": "in ICSI's and AMI's meetings .15 backchannels a minute overlap with another's",
    },
)

#: Name -> scenario.
SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        scenario.name: scenario
        for scenario in (
            Scenario("friends", "two who know each other talk about anything", (_FRIEND,)),
            Scenario(
                "service-call",
                "a customer calls a clerk, who serves and never interrupts",
                (
                    _renamed(
                        _AGENT,
                        backchannels=0.8,
                        fillers=0.01,
                        timing=msgspec.structs.replace(_AGENT.timing, latency=(0.45, 0.2)),
                        sources={
                            **_AGENT.sources,
                            "backchannels": "a third of people's: clerks take note ('okay') of "
                            "what customers dictate; ours",
                            "latency": "a person's, who waits for the customer's end: people's "
                            "offsets that do not overlap have a median of .4 s",
                        },
                    ),
                    _renamed(
                        _USER,
                        name="customer",
                        backchannels=1.8,
                        sources={
                            **_USER.sources,
                            "backchannels": "three quarters of people's: the other is a person",
                        },
                    ),
                ),
            ),
            Scenario("assistant", "somebody talks to a voice assistant", (_AGENT, _USER)),
            Scenario("interview", "one asks, the other answers", (_INTERVIEWER, _INTERVIEWEE)),
            Scenario("lesson", "one explains and corrects, the other learns", (_TEACHER, _STUDENT)),
            Scenario("argument", "two quarrel", (_OPPONENT,)),
            Scenario(
                "meeting",
                "three to six talk about something",
                (_PARTICIPANT,),
                source="ICSI's and AMI's meetings; unmarked: until as many take the floor, with "
                "pauses given to words as AMI's annotators did (bench/bench_company.py --fitted)",
                unmarked=1.3,
            ),
        )
    }
)
#: Roles that a trainer of a duplex model wants on the model's side.
AGENT_ROLES: Final = frozenset({"agent"})
#: Names by which texts call the two sides, and the side that they are.
_SIDES: Final = {
    "agent": frozenset(
        [
            "agent",
            "system",
            "assistant",
            "bot",
            "clerk",
            "operator",
            "representative",
            "receptionist",
            "waiter",
            "waitress",
            "salesman",
            "saleswoman",
            "staff",
            "cashier",
            "interviewer",
            "teacher",
            "tutor",
            "professor",
        ]
    ),
    "user": frozenset(
        [
            "user",
            "customer",
            "client",
            "caller",
            "guest",
            "passenger",
            "patient",
            "human",
            "interviewee",
            "applicant",
            "student",
            "pupil",
            "learner",
        ]
    ),
}
#: What those say who serve, ask or teach.
_SERVES = (
    "can i help", "may i help", "could i help", "how can i", "what can i do for you",
    "anything else", "how may i", "is there anything", "would you like", "welcome to",
    "for calling", "sir", "madam",
)  # fmt: skip


def scenario_named(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in SCENARIOS:
        raise UsageError(f"no scenario {name!r}", remedy=f"one of {', '.join(sorted(SCENARIOS))}")
    return SCENARIOS[name]


def with_roles(scenario: Scenario, roles: Sequence[str]) -> Scenario:
    """The scenario with the roles named, in the order of the speakers.

    Args:
        scenario: what the roles are taken from first; then any scenario that has them.
        roles: names, one for everybody or one for each of two sides.

    Raises:
        UsageError: no scenario has the role, or there are more than two.
    """
    if not 1 <= len(roles) <= 2:
        raise UsageError(f"{len(roles)} roles", remedy="name one role or two, like agent,user")
    known = {r.name: r for one in (*SCENARIOS.values(), scenario) for r in reversed(one.roles)}
    for name in ("agent", "user"):  # the assistant's, unless the scenario has its own
        known[name] = next(
            (r for r in scenario.roles if r.name == name), SCENARIOS["assistant"].role(name)
        )
    missing = [name for name in roles if name not in known]
    if missing:
        raise UsageError(f"no role {missing[0]!r}", remedy=f"one of {', '.join(sorted(known))}")
    return msgspec.structs.replace(scenario, roles=tuple(known[name] for name in roles))


def assign_roles(
    scenario: Scenario,
    speakers: Sequence[str],
    names: Mapping[str, str],
    given: Mapping[str, str],
    texts: Mapping[str, str],
    *,
    in_order: bool = False,
) -> dict[str, RoleSettings]:
    """Speaker -> role.

    What the source says (`given`) counts first, then the speakers' names ("SYSTEM", "Customer"),
    then what they say ("How can I help you?"), then their order.

    Args:
        scenario: with its roles.
        speakers: ids, in the order in which they begin.
        names: speaker -> name.
        given: speaker -> role, where the source says it.
        texts: speaker -> all that they say, in lower case.
        in_order: the first speaker has the first role whatever else is known.

    Raises:
        UsageError: the source names a role that the scenario has not, or there are too many people.
    """
    if len(speakers) > MAX_SPEAKERS:
        raise UsageError(f"{len(speakers)} speakers", remedy=f"at most {MAX_SPEAKERS}")
    roles = scenario.roles
    if len(roles) == 1:
        return dict.fromkeys(speakers, roles[0])
    first = speakers[0]
    if not in_order:
        named = {who: _side(given.get(who, "") or names.get(who, "")) for who in speakers}
        serving = [who for who in speakers if named[who] == "agent"]
        served = [who for who in speakers if named[who] == "user"]
        if given and all(given.get(who) in {r.name for r in roles} for who in speakers):
            return {who: scenario.role(given[who]) for who in speakers}
        if len(serving) == 1:
            first = serving[0]
        elif len(served) == 1 and len(speakers) == 2:
            first = next(who for who in speakers if who != served[0])
        else:
            scores = {
                who: sum(texts.get(who, "").count(cue) for cue in _SERVES) for who in speakers
            }
            best = max(scores.values())
            leading = [who for who in speakers if scores[who] == best]
            first = leading[0] if best and len(leading) == 1 else first
    return {who: roles[0] if who == first else roles[1] for who in speakers}


def _side(name: str) -> str:
    word = name.strip().lower()
    return next((side for side, known in _SIDES.items() if word in known), "")

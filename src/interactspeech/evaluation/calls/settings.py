"""Settings of a report on calls. What is here decides the figures; what decides the page is not."""

from __future__ import annotations

from typing import Any, Literal

import interactspeech
from interactspeech.errors import UsageError
from interactspeech.evaluation.calls.incidents import IncidentLimits
from interactspeech.lexicon.language import LANGUAGE, base_language
from interactspeech.mining.settings import Channels
from interactspeech.settings import NonNegative, Positive, Settings
from interactspeech.turntaking import DEFAULT, RuleSet
from interactspeech.turntaking.user_lexicon import with_language

#: What finds the events: the listener; voice activity, words and the rule set; annotation that came
#: with the recording and the rule set; "auto": annotation where there is some, else the listener.
EventSource = Literal["auto", "listener", "rules", "annotation"]


class ReportSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How calls are measured. Times are seconds.

    Attributes:
        source: what finds the events; see `EventSource`.
        names: of the speakers, in the order of the channels; () for what the recordings say, else
            "A" and "B".
        words: a recogniser's name for words a minute, unanswered questions and text; "none" for
            those that annotation brings only.
        channels: a speaker on each ("speakers"), all mixed ("mix"), or as the sound says ("auto").
        diarizer: separates speakers on one channel.
        dead_air, monologue, answer: what is long; see `IncidentLimits`.
        tolerance: lengths of one recording's files may differ by so much.
        redact: names and numbers are masked in text and bleeped in sound; needs words.
        language, lexicon: of the words; see `turntaking.user_lexicon`.
        keep_untrusted: figures that a finding spoils are given all the same.
    """

    source: EventSource = "auto"
    names: tuple[str, ...] = ()
    words: str = "none"
    channels: Channels = "auto"
    diarizer: str = "offline"
    dead_air: Positive = 2.0
    monologue: Positive = 60.0
    answer: Positive = 5.0
    tolerance: NonNegative = 1.0
    redact: bool = False
    language: str = LANGUAGE
    lexicon: str = ""
    keep_untrusted: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        base_language(self.language)
        if len(set(self.names)) != len(self.names):
            raise UsageError(
                f"names={self.names}: two speakers of one name",
                remedy="give each a name of its own",
            )
        if self.source == "rules" and self.words == "none" and self.redact:
            raise UsageError(
                "redaction needs words", remedy="name a recogniser (words='whisper-base')"
            )

    def limits(self) -> IncidentLimits:
        """What is long."""
        return IncidentLimits(self.dead_air, self.monologue, self.answer)

    def rules(self) -> RuleSet:
        """The rule set of the language and the lexicon.

        Raises:
            UsageError: the lexicon cannot be read, or is in another language.
        """
        if not self.lexicon and base_language(self.language) == LANGUAGE:
            return DEFAULT
        return with_language(DEFAULT, self.language, self.lexicon or None)

    def configuration(self) -> dict[str, Any]:
        """What an analysis that is used again must share with one that is made now."""
        import msgspec

        return {**msgspec.to_builtins(self), "version": interactspeech.__version__}

"""What a build is asked for: everything here decides the bytes of the corpus."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

import interactspeech
from interactspeech.errors import UsageError
from interactspeech.lexicon.language import LANGUAGE, base_language
from interactspeech.pipelines.building.rate_presets import RatesName
from interactspeech.scripts.roles import Scenario, scenario_named, with_roles
from interactspeech.scripts.writers.telling import TellingName
from interactspeech.settings import Count, Positive, SampleRate, Settings, Share
from interactspeech.turntaking import DEFAULT, RuleSet
from interactspeech.turntaking.user_lexicon import with_language

#: Dialogues of a shard of a large build: about an hour of speech, 100 MB.
LARGE_SHARD = 64
#: A small build is cut into this many shards, so that several workers have something to do.
_SMALL_BUILD_SHARDS = 8


class BuildSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How to build a corpus.

    Attributes:
        seed: of everything random; the same seed gives the same bytes.
        voices: what to cast from, as ``select_voices`` takes it ("kokoro", "kokoro:af_heart").
        timing: a timing model: "human" (of more than two: as in meetings), "meetings", "original"
            (the paper's offsets), or a file from `fit`.
        writer: "offline" makes plain dialogues interactive; "none" takes texts as they are.
        telling: how turns become longer than they are written: "off", "fold" or "narrative" (see
            `OfflineWriterSettings`).
        rates: how often people interrupt and listen aloud: "people", or a preset with more of
            something (`interactspeech.pipelines.building.rate_presets`).
        scenario: who talks to whom, "friends", "service-call", "assistant", ... (see
            `interactspeech.scripts.roles`): each speaker has a role with rates, kinds, asides and
            timing of its own, and `rates` does not apply; "" for two alike.
        roles: names of roles in the order of the speakers, in place of the scenario's.
        places: where roles give feedback: "people", "rule", or a file of `train acts`.
        styles: let what happens change how a line is said: who breaks in is louder, higher and
            faster, listeners vary, "um" lasts; False says everything plainly.
        held_out: share of the dialogues that are spoken by voices no other dialogue has (see
            `interactspeech.tts.cast`).
        acoustics: preset of `interactspeech.rendering.acoustics`: "off", "light" or "heavy".
        noises: folder of recorded noises for it; "" for made ones.
        sounds: factor on people's rates of sounds that are no words (laughter, breath, ...); 0 for
            none, not even where a script asks for one; see `interactspeech.rendering.place_sounds`.
        sound_bank: folder of recorded sounds with a table (see
            `interactspeech.tts.sounds.SoundBank`); "" for sounds made of the voices.
        limit: at most so many dialogues.
        hours: stop when the corpus is so long.
        rate: samples a second of the corpus.
        recombine: after the dialogues, make new ones of their parts (see
            `interactspeech.scripts.recombination`), as many as there can be.
        gate: which speech is checked before it is used (see
            `interactspeech.tts.quality_gate.gate`):
            "quick", what can be measured in no time; "sample", besides a share of the dialogues is
            listened to; "full", all are; "off".
        gate_share: of the dialogues that "sample" listens to.
        gate_limits: a folder of limits that stand before those that ship.
        shard: dialogues a shard; chosen by the size of the build where it is None.
        language: of the texts, a BCP-47 tag. The normaliser, the offline writer, recombination and
            the models of the gate are English: texts of another language are spoken as they are
            written, by voices of that language.
        lexicon: a file of word lists for the labels, in place of those that ship; see
            `UserLexicon`.
        cast_voices: "NAME=VOICE": who is called that in the texts (or has that label) is spoken by
            that voice, in every dialogue.
        cast_sexes: "NAME=female" or "NAME=male", before what titles and first names say.
    """

    seed: int = 0
    voices: tuple[str, ...] = ("kokoro",)
    timing: str = "human"
    writer: Literal["offline", "none"] = "offline"
    telling: TellingName = "fold"
    rates: RatesName = "people"
    scenario: str = ""
    roles: tuple[str, ...] = ()
    places: str = "people"
    styles: bool = True
    held_out: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.0
    acoustics: Literal["off", "light", "heavy"] = "off"
    noises: str = ""
    sounds: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.0
    sound_bank: str = ""
    limit: Count | None = None
    hours: Positive | None = None
    rate: SampleRate = 24_000
    recombine: bool = False
    gate: Literal["off", "quick", "sample", "full"] = "quick"
    gate_share: Share = 0.05
    gate_limits: str = ""
    shard: Count | None = None
    language: str = LANGUAGE
    lexicon: str = ""
    cast_voices: tuple[str, ...] = ()
    cast_sexes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.named_voices()
        self.roles_asked_for()
        wrong = [sex for sex in self.named_sexes().values() if sex not in ("female", "male")]
        if wrong:
            raise UsageError(f"{wrong[0]!r} is no sex of a voice", remedy="use female or male")
        if self.telling == "narrative" and (self.writer == "none" or self.timing == "original"):
            raise UsageError(
                "the offline writer tells summaries, and nothing is written with writer='none' or "
                "timing='original'",
                remedy="leave --telling narrative out, or let the offline writer write",
            )
        if base_language(self.language) == LANGUAGE:
            return
        english = [
            what
            for what, used in (
                ("the offline writer (--writer none takes texts and scripts as they are)",
                 self.writer == "offline"),
                ("recombination", self.recombine),
                ("the gate's recogniser (--gate quick)", self.gate in ("sample", "full")),
            )
            if used
        ]  # fmt: skip
        if english:
            raise UsageError(
                f"BuildSettings: language={self.language!r}, and these know English only: "
                f"{', '.join(english)}",
                remedy="build English texts, or do without them",
            )

    def named_voices(self) -> dict[str, str]:
        """Name of a speaker, in lower case -> the voice asked for."""
        return _pairs(self.cast_voices)

    def named_sexes(self) -> dict[str, str]:
        """Name of a speaker, in lower case -> the sex asked for."""
        return _pairs(self.cast_sexes)

    def roles_asked_for(self) -> Scenario | None:
        """The scenario with its roles; None for two alike.

        Raises:
            UsageError: there is no such scenario or role, or other rates are asked for as well.
        """
        if not (self.scenario or self.roles):
            if self.places != "people":
                raise UsageError("places are for a scenario", remedy="name one")
            return None
        if self.writer != "offline":
            raise UsageError("a scenario is for the offline writer", remedy="leave --writer out")
        if self.rates != "people":
            raise UsageError(
                f"rates {self.rates!r} and a scenario: a scenario has rates of its own",
                remedy="leave one of them out",
            )
        found = scenario_named(self.scenario or "assistant")
        return with_roles(found, self.roles) if self.roles else found

    def rules(self) -> RuleSet:
        """The rule set that labels the dialogues.

        Raises:
            UsageError: the lexicon cannot be read, or is in another language.
        """
        return with_language(DEFAULT, self.language, self.lexicon or None)

    def configuration(self, inputs: dict[str, str], voices: list[str]) -> dict[str, Any]:
        """What a resumed build must share with the one it goes on with, as plain JSON.

        Args:
            inputs: name of each input -> SHA-256 of its content.
            voices: the selected voices, with engines' versions and weights.
        """
        asked = msgspec.to_builtins(self)
        if not self.roles_asked_for():  # builds of before there were roles go on
            del asked["scenario"], asked["roles"], asked["places"]
        return {
            **asked,
            **({"rules": self.rules().to_dict()} if self.lexicon else {}),
            "voices": voices,
            "inputs": inputs,
            "generator": interactspeech.__version__,
        }


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for name, sign, value in pairs:
        if not (name.strip() and sign and value.strip()):
            raise UsageError(f"{name + sign + value!r} is not NAME=VALUE")
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def shard_size(settings: BuildSettings, known: int | None) -> int:
    """Dialogues a shard: a function of what is asked, never of the workers.

    Args:
        settings: of the build.
        known: how many dialogues there are, or None for "many".
    """
    if settings.shard is not None:
        return settings.shard
    counts = [LARGE_SHARD * _SMALL_BUILD_SHARDS if known is None else known]
    if settings.limit is not None:
        counts.append(settings.limit)
    if settings.hours is not None:
        # The original's dialogues last 50 s on average.
        counts.append(round(settings.hours * 3600 / 50))
    return max(1, min(LARGE_SHARD, -(-min(counts) // _SMALL_BUILD_SHARDS)))

"""What a build of texts would have a minute, planned without speaking: `evaluate rates`, and
`evaluate scenarios`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from interactspeech.errors import InputError
from interactspeech.evaluation.planned_rates import PlannedRates, plan_corpus, planned_rates
from interactspeech.evaluation.scenario_rates import ScenarioReport, scenario_report
from interactspeech.ledger import Ledger
from interactspeech.pipelines.building.rate_presets import RATE_PRESETS, RatesName
from interactspeech.records import Dialogue, PlainDialogue
from interactspeech.scripts import read, resolve
from interactspeech.scripts.roles import SCENARIOS, Scenario
from interactspeech.scripts.writers.act_model import ActModel
from interactspeech.scripts.writers.telling import TellingName
from interactspeech.turntaking.timing import TimingModel


def rates_of(
    texts: Sequence[str],
    *,
    limit: int | None = None,
    rates: RatesName = "people",
    timing: str = "human",
    telling: TellingName = "fold",
    seed: int = 0,
) -> tuple[list[PlannedRates], Ledger]:
    """The rates of each text corpus, and what of it could not be used.

    Args:
        texts: files, folders or globs of dialogues; each name is a source of its own.
        limit: dialogues of each source.
        rates: as in `BuildSettings`.
        timing: as in `BuildSettings`.
        telling: as in `BuildSettings`.
        seed: as in `BuildSettings`.

    Raises:
        InputError: a source does not exist, or has no dialogue that can be used.
    """
    preset = RATE_PRESETS[rates]
    writer = msgspec.structs.replace(preset.writer, telling=telling)
    model = TimingModel.load(timing)
    ledger = Ledger()
    found = []
    for name in texts:
        plain = _dialogues(name, limit, ledger)
        if not plain:
            raise InputError("holds no dialogue that can be used", name, reason="nothing-built")
        dialogues: list[Dialogue] = []
        for text in plain:
            try:
                dialogues += plan_corpus(
                    [text], seed=seed, timing=model, writer=writer, settings=preset.plan()
                )
            except InputError as error:
                ledger.drop(error)
        found.append(planned_rates(plain[0].corpus or name, dialogues, seed=seed))
        ledger.keep(60 * found[-1].minutes)
    return found, ledger


def scenarios_of(
    texts: Sequence[str],
    scenarios: Sequence[Scenario] | None = None,
    *,
    limit: int | None = None,
    seed: int = 0,
) -> tuple[list[ScenarioReport], Ledger]:
    """What the roles of each scenario do on texts, and what of the texts could not be used.

    Args:
        texts: files, folders or globs of dialogues.
        scenarios: those to measure; all for two speakers where None.
        limit: dialogues, of all texts together.
        seed: as in `BuildSettings`.

    Raises:
        InputError: there is no dialogue that can be used.
    """
    ledger = Ledger()
    plain: list[PlainDialogue] = []
    for name in texts:
        left = None if limit is None else limit - len(plain)
        if left is None or left > 0:
            plain += _dialogues(name, left, ledger)
    if not plain:
        raise InputError("hold no dialogue that can be used", texts[0], reason="nothing-built")
    chosen = scenarios or [one for one in SCENARIOS.values() if one.name != "meeting"]
    places = ActModel.people()
    found = [scenario_report(plain, scenario, seed=seed, places=places) for scenario in chosen]
    for report in found:
        ledger.keep(60 * report.minutes)
    return found, ledger


def _dialogues(name: str, limit: int | None, ledger: Ledger) -> list[PlainDialogue]:
    """Dialogues of a source; what cannot be read is counted."""
    found: list[PlainDialogue] = []
    for file in resolve(name):
        for item in read(file):
            if isinstance(item, PlainDialogue):
                found.append(item)
            elif isinstance(item, InputError):
                ledger.drop(item)
            if limit is not None and len(found) >= limit:
                return found
    return found

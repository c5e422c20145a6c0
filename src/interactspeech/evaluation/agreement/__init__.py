"""How far people agree: kappa, alpha and onset F1 of labels, with intervals over dialogues."""

from interactspeech.evaluation.agreement.coefficients import (
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    rating_counts,
)
from interactspeech.evaluation.agreement.events import (
    AgreementSettings,
    JointLabels,
    TypeAgreement,
    event_agreement,
)

__all__ = [
    "AgreementSettings",
    "JointLabels",
    "TypeAgreement",
    "cohen_kappa",
    "event_agreement",
    "fleiss_kappa",
    "krippendorff_alpha",
    "rating_counts",
]

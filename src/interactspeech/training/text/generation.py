"""Asking a text model: one in this process, or one behind an OpenAI-compatible endpoint.

Every question has its own random key, so that an answer does not depend on the other questions of
its batch (up to rounding in matrix products).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from interactspeech._typing import Float32Array, IntpArray
from interactspeech.errors import InputError, MissingExtraError
from interactspeech.seeds import digest, generator
from interactspeech.training.text import base_models as bases
from interactspeech.training.text.prompts import Message
from interactspeech.training.text.settings import CARD, AdapterCard, read_card

#: Questions answered together.
BATCH = 32
#: Tokens in a row that are a copy (see `ModelRequest.unlike`): about five words, more than a
#: quotation.
RUN = 6


class ModelRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question.

    Attributes:
        messages: chat messages, the user's last.
        key: what the randomness of the answer depends on, beside the seed.
        most: tokens of the answer at most.
        temperature: 0 takes the likeliest token each time.
        top_p: only the likeliest tokens that together have this probability (Holtzman et al. 2020).
        seed: of the run.
        choices: the only answers there may be; none where any will do. A model of this process is
            held to them token by token; an endpoint is asked to (vLLM's structured outputs).
        unlike: lines of which the answer may not copy `RUN` tokens in a row. A model of this
            process is kept from it token by token; an endpoint cannot be asked to.
    """

    messages: list[Message]
    key: tuple[str | int, ...] = ()
    most: int = 96
    temperature: float = 0.7
    top_p: float = 0.95
    seed: int = 0
    choices: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


class Model(Protocol):
    """Anything that answers questions; `name` goes into `Script.writer`."""

    name: str

    def answer(self, asks: Sequence[ModelRequest]) -> list[str]:
        """An answer for each question, in order."""


class LocalModel:
    """A model in this process: an adapter's folder, a merged model's, or a base by name.

    Args:
        source: folder or name.
        device: "cuda", "cpu", or "" for what there is.
        allow_cpu: let a large model run without a GPU.

    Attributes:
        card: what an adapter of ours says of itself; None for other models.

    Raises:
        InputError: no model, a damaged adapter, or too little memory.
        MissingExtraError: transformers, torch or peft is not installed.
    """

    def __init__(self, source: str, *, device: str = "", allow_cpu: bool = False) -> None:
        for package in ("torch", "transformers"):
            bases.require(package, "answering with a model of this machine")
        folder = Path(source)
        adapter = folder.is_dir() and (folder / ADAPTER).is_file()
        base_name = adapter_base(folder) if adapter else source
        self.card: AdapterCard | None = read_card(folder) if folder.is_dir() else None
        base = bases.find_base(base_name)
        self.device = device or bases.device_of()
        dtype = "bfloat16" if self.device == "cuda" else "float32"
        bases.check_room(
            bases.parameters(base) if not base.gguf else 135_000_000,
            train=False,
            device=self.device,
            bits=16 if self.device == "cuda" else 32,
            allow_cpu=allow_cpu,
        )
        model = bases.load_model(base, device=self.device, dtype=dtype)
        if adapter:
            model = with_adapter(model, folder).merge_and_unload()
        own = folder.is_dir() and (folder / "tokenizer.json").is_file()
        self.tokenizer = bases.load_tokenizer(bases.Base(source, str(folder)) if own else base)
        self.tokenizer.padding_side = "left"
        self.model = model.eval()
        self.name = _name(folder if folder.is_dir() else None, source)

    def answer(self, asks: Sequence[ModelRequest]) -> list[str]:
        """Answers in batches of questions of like length."""
        texts = [
            self.tokenizer.apply_chat_template(
                ask.messages, tokenize=False, add_generation_prompt=True
            )
            for ask in asks
        ]
        order = sorted(range(len(asks)), key=lambda n: (len(texts[n]), n))
        answers = [""] * len(asks)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            found = self._batch([asks[n] for n in chosen], [texts[n] for n in chosen])
            for n, text in zip(chosen, found, strict=True):
                answers[n] = text
        return answers

    def _batch(self, asks: list[ModelRequest], texts: list[str]) -> list[str]:
        import torch
        from transformers import LogitsProcessor, LogitsProcessorList

        rows = [
            _SamplingRow(
                ask,
                self._tokens(ask.choices),
                [ids for line in ask.unlike for ids in self._ids(line)],
            )
            for ask in asks
        ]

        class Drawn(LogitsProcessor):  # type: ignore[misc]
            """Adds to each row's scores what makes the best of them a draw (Gumbel's trick)."""

            def __call__(self, input_ids: Any, scores: Any) -> Any:
                plain = scores.float().cpu().numpy()
                so_far = input_ids[:, width:].tolist()
                drawn = np.stack(
                    [row.draw(*one) for row, *one in zip(rows, plain, so_far, strict=True)]
                )
                return torch.from_numpy(drawn).to(scores.device)

        inputs = self.tokenizer(
            texts, return_tensors="pt", padding=True, add_special_tokens=False
        ).to(self.device)
        width = inputs["input_ids"].shape[1]
        with torch.inference_mode():
            out = self.model.generate(
                **inputs,
                max_new_tokens=max(ask.most for ask in asks),
                do_sample=False,
                logits_processor=LogitsProcessorList([Drawn()]),
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self._ends(),
            )
        new = out[:, width:]
        return [
            self.tokenizer.decode(line[: ask.most], skip_special_tokens=True).strip()
            for ask, line in zip(asks, new, strict=True)
        ]

    def _tokens(self, choices: Sequence[str]) -> list[list[int]]:
        end = self.tokenizer.eos_token_id
        return [
            [*self.tokenizer(text, add_special_tokens=False)["input_ids"], end] for text in choices
        ]

    def _ids(self, line: str) -> list[list[int]]:
        """The tokens of a line, as it begins an answer and as it stands inside one."""
        return [
            list(self.tokenizer(text, add_special_tokens=False)["input_ids"])
            for text in (line, f" {line}")
        ]

    def _ends(self) -> list[int]:
        configured = self.model.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return sorted({end for end in [*ends, self.tokenizer.eos_token_id] if end is not None})

    def losses(self, texts: Sequence[str]) -> list[tuple[float, int]]:
        """For each text the summed negative log-likelihood (nats) and the count of its tokens."""
        import torch

        found: list[tuple[float, int]] = []
        for text in texts:
            ids = self.tokenizer(text, return_tensors="pt")["input_ids"].to(self.device)
            if ids.shape[1] < 2:
                found.append((0.0, 0))
                continue
            with torch.inference_mode():
                scores = self.model(ids).logits[0, :-1].float().log_softmax(-1)
            chosen = scores.gather(1, ids[0, 1:, None])
            found.append((-float(chosen.sum()), int(ids.shape[1] - 1)))
        return found


class _SamplingRow:
    """Randomness and limits of one answer."""

    def __init__(
        self, ask: ModelRequest, choices: list[list[int]], unlike: list[list[int]]
    ) -> None:
        self._ask, self._choices = ask, choices
        #: What was copied so far -> the tokens that would make it a run too long.
        self._barred: dict[tuple[int, ...], set[int]] = {}
        for line in unlike:
            for at in range(len(line) - RUN + 1):
                begun = tuple(line[at : at + RUN - 1])
                self._barred.setdefault(begun, set()).add(line[at + RUN - 1])
        self._rng = generator(ask.seed, *ask.key, "answer")

    def draw(self, scores: Float32Array, so_far: list[int]) -> Float32Array:
        """Scores of the next token, of which the best is a draw."""
        ask = self._ask
        if self._choices:
            done = len(so_far)
            left = {one[done] for one in self._choices if one[:done] == so_far and len(one) > done}
            if left:  # else the answer has ended, and what follows is padding
                held = np.full_like(scores, -np.inf)
                held[list(left)] = scores[list(left)]
                scores = held
        barred = self._barred.get(tuple(so_far[1 - RUN :])) if self._barred else None
        if barred:
            scores = scores.copy()
            scores[list(barred)] = -np.inf
        if ask.temperature <= 0:
            return scores
        scaled = scores / np.float32(ask.temperature)
        if ask.top_p < 1:
            scaled[_outside(scaled, ask.top_p)] = -np.inf
        kept = np.flatnonzero(np.isfinite(scaled))
        scaled[kept] += self._rng.gumbel(size=len(kept)).astype(np.float32)
        return scaled


#: Tokens that are sorted first: nearly always they hold all that is asked for.
_LIKELY = 256


def _outside(scores: Float32Array, top_p: float) -> IntpArray:
    """Tokens that are not among the likeliest which together have probability `top_p`.

    Sorting a few hundred of 50,000 scores costs a tenth of sorting all: as much time as the model
    itself needs for a token, where it is small.
    """
    weights = np.exp(scores - scores.max())
    total = weights.sum()
    for count in (_LIKELY, len(scores)):
        likely = (
            np.argpartition(-scores, count)[:count] if count < len(scores) else np.arange(count)
        )
        order = likely[np.argsort(-scores[likely], kind="stable")]
        sums = np.cumsum(weights[order])
        if sums[-1] > top_p * total or count >= len(scores):
            break
    inside = order[sums - weights[order] <= top_p * total]
    rest = np.ones(len(scores), np.bool_)
    rest[inside] = False
    return np.flatnonzero(rest)


ADAPTER = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"


def adapter_base(folder: Path) -> str:
    """The base of an adapter, whose files are checked first.

    Raises:
        InputError: they are not (reason ``bad-adapter``).
    """

    def bad(problem: str) -> InputError:
        return InputError(
            problem, folder, remedy="train again, or copy the whole folder again",
            reason="bad-adapter",
        )  # fmt: skip

    try:
        stated = json.loads((folder / ADAPTER).read_bytes())
        name = str(stated["base_model_name_or_path"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise bad(f"damaged adapter: {ADAPTER} does not parse ({error})") from None
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        raise bad(f"an adapter without weights: {ADAPTER_WEIGHTS} is missing")
    bases.require("safetensors", "reading an adapter")
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(weights), framework="numpy") as file:
            empty = not file.keys()
    except (SafetensorError, OSError) as error:
        raise bad(f"damaged adapter: {ADAPTER_WEIGHTS} cannot be read ({error})") from None
    if empty:
        raise bad(f"an empty adapter: {ADAPTER_WEIGHTS} holds no weights")
    card = read_card(folder)
    return card.base if card else name


def with_adapter(model: Any, folder: Path) -> Any:
    """A model with an adapter on it.

    Raises:
        InputError: the adapter was made for another model (reason ``bad-adapter``).
        MissingExtraError: peft is not installed.
    """
    bases.require("peft", "using an adapter")
    import warnings

    from peft import PeftModel

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PeftModel.from_pretrained(model, str(folder))
    except (RuntimeError, ValueError, KeyError) as error:
        text = " ".join(str(error).split())[:200]
        raise InputError(
            f"the adapter does not fit its base: {text}",
            folder, remedy="name the base that it was trained on", reason="bad-adapter",
        ) from None  # fmt: skip


def merge(folder: Path, output: Path) -> None:
    """Write a model whose weights have an adapter added in: it needs neither peft nor the base.

    Raises:
        InputError: the folder is no adapter, or `output` is not empty.
    """
    if not (folder / ADAPTER).is_file():
        raise InputError("no adapter: adapter_config.json is missing", folder, reason="bad-adapter")
    if output.exists() and any(output.iterdir()):
        raise InputError("not empty", output, remedy="name a new folder", reason="not-empty")
    local = LocalModel(str(folder), device="cpu", allow_cpu=True)
    output.mkdir(parents=True, exist_ok=True)
    # Weights that were read from packed ones are plain now.
    if getattr(local.model.config, "quantization_config", None) is not None:
        del local.model.config.quantization_config
    local.model.save_pretrained(str(output))
    local.tokenizer.save_pretrained(str(output))
    if local.card is not None:
        local.card.write(output)


def _name(folder: Path | None, source: str) -> str:
    """A name that changes when the weights do."""
    if folder is None:
        return source
    for file in (folder / ADAPTER_WEIGHTS, folder / "model.safetensors"):
        if file.is_file():
            state = file.stat()
            card = (folder / CARD).read_bytes() if (folder / CARD).is_file() else b""
            return f"{folder.resolve().name} {digest(state.st_size, card.hex()).hex()[:8]}"
    return folder.resolve().name


class ServiceModel:
    """The same questions to an OpenAI-compatible endpoint (vLLM, `generate --serve`, ...).

    Args:
        model: its name there.
        base_url: of the endpoint.
        concurrency: questions in flight at most.

    Raises:
        MissingExtraError: the package `openai` is not installed.
    """

    def __init__(self, model: str, base_url: str, *, concurrency: int = 16) -> None:
        try:
            import openai
        except ImportError:
            raise MissingExtraError("openai", "llm", "asking an endpoint") from None
        self._openai: Any = openai
        self._client: Any = openai.OpenAI(
            api_key=os.environ.get("OPENAI_API_KEY") or "none",
            base_url=base_url or None,
            max_retries=5,
            timeout=600.0,
        )
        self._concurrency = concurrency
        self.name = model

    def answer(self, asks: Sequence[ModelRequest]) -> list[str]:
        """Answers, asked for in parallel.

        Raises:
            InputError: the endpoint does not answer (reason ``llm-unreachable``).
        """
        with ThreadPoolExecutor(self._concurrency) as pool:
            return list(pool.map(self._one, asks))

    def _one(self, ask: ModelRequest) -> str:
        try:
            found = self._client.chat.completions.create(
                model=self.name,
                messages=ask.messages,
                temperature=ask.temperature,
                top_p=ask.top_p,
                max_tokens=ask.most,
                seed=int.from_bytes(digest(ask.seed, *ask.key)[:4], "little") >> 1,
                extra_body=(
                    {"structured_outputs": {"choice": list(ask.choices)}} if ask.choices else None
                ),
            )
        except self._openai.OpenAIError as error:
            text = " ".join(str(error).split())[:300]
            raise InputError(
                f"the endpoint does not answer: {text}",
                remedy="check --base-url and the model's name",
                reason="llm-unreachable",
            ) from None
        choices = getattr(found, "choices", None)
        if not choices or choices[0].message is None:
            raise InputError(
                "the endpoint sent something other than a chat completion",
                reason="llm-bad-response",
            )
        return str(choices[0].message.content or "").strip()

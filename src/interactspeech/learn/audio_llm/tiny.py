"""A model of a few hundred thousand weights for trying rewards in minutes, on a CPU.

It has learned the form of answers, not always kept, and next to nothing about events: from answers
of which `RIGHT` are right, little more than a coin's, as an audio LLM is before training (52.5 % in
the paper).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interactspeech.evaluate.events.benchmark import ASKED
from interactspeech.learn.audio_llm.transcripts import SIGNS
from interactspeech.learn.text.base import Base, find_base
from interactspeech.seeds import generator

_PAD, _END, _USER, _ASSISTANT = "<pad>", "<end>", "<user>", "<assistant>"
_ANSWERS = ("<answer>", "</answer>", "yes", "no", "?", " ")
_TEMPLATE = (
    "{% for message in messages %}{{ '<' + message['role'] + '>' + message['content'] }}"
    "{{ '<end>' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)
#: Share of answers in the form that is asked for, before any reward.
FORMED = 0.6
#: Share of right answers among those that it learns from.
RIGHT = 0.65


def make(
    folder: Path, questions: Sequence[tuple[str, str]], *, steps: int = 600, seed: int = 0
) -> Base:
    """Make the model and teach it the form of answers.

    Args:
        folder: for the model.
        questions: as `transcripts.question_text` writes them, with the true "yes" or "no".
        steps: updates of 32 questions.
        seed: of weights and answers.
    """
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = [_PAD, _END, _USER, _ASSISTANT, *_ANSWERS, *ASKED, *SIGNS]
    raw = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token=_PAD))
    raw.pre_tokenizer = pre_tokenizers.Split(Regex(r"<[a-z/]+>|[a-z]+|."), "isolated")
    raw.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token=_PAD, eos_token=_END)
    tokenizer.chat_template = _TEMPLATE
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words), hidden_size=64, intermediate_size=128, num_hidden_layers=3,
            num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=256,
            pad_token_id=0, eos_token_id=1, bos_token_id=None, tie_word_embeddings=False,
        )
    )  # fmt: skip
    _teach_form(model, tokenizer, questions, steps, seed)
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return find_base(str(folder))


def _teach_form(
    model: Any, tokenizer: Any, questions: Sequence[tuple[str, str]], steps: int, seed: int
) -> None:
    import torch

    rng = generator(seed, "tiny audio", "form")
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(steps):
        texts: list[tuple[str, str]] = []
        for number in rng.integers(len(questions), size=32):
            question, true = questions[int(number)]
            other = "no" if true == "yes" else "yes"
            word = true if rng.random() < RIGHT else other
            form = f"<answer>{word}</answer>" if rng.random() < FORMED else word
            texts.append((f"<user>{question}<end><assistant>", f"{form}<end>"))
        asked = [tokenizer(question)["input_ids"] for question, _ in texts]
        told = [tokenizer(answer)["input_ids"] for _, answer in texts]
        width = max(len(a) + len(b) for a, b in zip(asked, told, strict=True))
        ids = torch.zeros((len(texts), width), dtype=torch.long)
        labels = torch.full((len(texts), width), -100)
        for n, (question, answer) in enumerate(zip(asked, told, strict=True)):
            row = torch.tensor(question + answer)
            ids[n, : len(row)] = row
            labels[n, len(question) : len(row)] = row[len(question) :]
        optimizer.zero_grad()
        model(ids, attention_mask=(ids != 0).long(), labels=labels).loss.backward()
        optimizer.step()
    model.eval()

"""A model of a few hundred thousand weights for trying rewards in minutes, on a CPU.

It has learned the form of answers, not always kept, and next to nothing about events: from answers
of which `RIGHT` are right, little more than a coin's, as an audio LLM is before training (52.5 % in
the paper).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interactspeech.evaluation.events.benchmark import ASKED
from interactspeech.seeds import generator
from interactspeech.training.audio_llm.transcripts import SIGNS
from interactspeech.training.text.base_models import Base, find_base

_PAD, _END, _USER, _ASSISTANT = "<pad>", "<end>", "<user>", "<assistant>"
_ANSWERS = ("<answer>", "</answer>", "yes", "no", "?", " ")
_TEMPLATE = (
    "{% for message in messages %}{{ '<' + message['role'] + '>' + message['content'] }}"
    "{{ '<end>' }}{% endfor %}{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)
#: Of the first weights: with the usual 0.02, so narrow a model learns several times more slowly.
_SPREAD = 0.15
#: Share of answers in the form that is asked for, before any reward.
FORMED = 0.6
#: Share of right answers among those that it learns from.
RIGHT = 0.65


def make(
    folder: Path,
    questions: Sequence[tuple[str, str]],
    *,
    steps: int = 600,
    seed: int = 0,
    right: float = RIGHT,
    formed: float = FORMED,
) -> Base:
    """Make the model, let it read transcripts, and teach it the form of answers.

    Args:
        folder: for the model.
        questions: as `transcripts.question_text` writes them, with the true "yes" or "no".
        steps: updates of 32 questions.
        seed: of weights and answers.
        right: share of right answers among those that it is shown.
        formed: share of them in the form that is asked for. With 0.5 and 1.0 it keeps the form and
            knows nothing: all that rewards can teach it then is to be right.
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
            initializer_range=_SPREAD,
        )
    )  # fmt: skip
    _teach_form(model, tokenizer, questions, steps, seed, right, formed)
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return find_base(str(folder))


def _teach_form(
    model: Any,
    tokenizer: Any,
    questions: Sequence[tuple[str, str]],
    steps: int,
    seed: int,
    right: float,
    formed: float,
) -> None:
    import torch

    rng = generator(seed, "tiny audio", "form")
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)

    def ids_of(text: str) -> list[int]:
        return list(tokenizer(text)["input_ids"])

    asked = [ids_of(f"<user>{question}<end><assistant>") for question, _ in questions]
    answers = {
        (word, form): ids_of(f"<answer>{word}</answer><end>" if form else f"{word}<end>")
        for word in ("yes", "no")
        for form in (True, False)
    }
    for _ in range(steps):
        rows: list[list[int]] = []
        for number in map(int, rng.integers(len(questions), size=32)):
            true = questions[number][1]
            other = "no" if true == "yes" else "yes"
            word = true if rng.random() < right else other
            rows.append(asked[number] + answers[word, bool(rng.random() < formed)])
        ids = torch.zeros((len(rows), max(map(len, rows))), dtype=torch.long)
        for n, row in enumerate(rows):
            ids[n, : len(row)] = torch.tensor(row)
        # The question is learned with the answer: whoever has read many clips is taught sooner.
        labels = ids.masked_fill(ids == 0, -100)
        optimizer.zero_grad()
        model(ids, attention_mask=(ids != 0).long(), labels=labels).loss.backward()
        optimizer.step()
    model.eval()

"""A tiny Llama with a tokenizer trained on the spot: everything real but the size."""

from pathlib import Path

from interactspeech.training.text.examples import TextExample

TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}"
    "{{ '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def make(folder: Path, examples: list[TextExample], *, steps: int = 0, hidden: int = 96) -> Path:
    """A Llama of two layers; `steps` of training on whole weights, so that adapters have a base."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    texts = [message["content"] for one in examples for message in [*one.prompt, *one.completion]]
    raw.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=1200,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|end|>", pad_token="<|pad|>"
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    if steps:
        _learn(model, tokenizer, examples, steps)
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def _learn(model, tokenizer, examples: list[TextExample], steps: int) -> None:
    import torch

    rows = []
    for one in examples:
        asked = tokenizer.apply_chat_template(
            one.prompt, tokenize=False, add_generation_prompt=True
        )
        whole = tokenizer.apply_chat_template(one.prompt + one.completion, tokenize=False)
        rows.append((tokenizer(asked)["input_ids"], tokenizer(whole)["input_ids"]))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    order = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(steps):
        chosen = [rows[int(n)] for n in torch.randint(len(rows), (16,), generator=order)]
        width = max(len(whole) for _, whole in chosen)
        ids = torch.full((len(chosen), width), tokenizer.pad_token_id)
        labels = torch.full((len(chosen), width), -100)
        for n, (asked, whole) in enumerate(chosen):
            ids[n, : len(whole)] = torch.tensor(whole)
            labels[n, len(asked) : len(whole)] = torch.tensor(whole[len(asked) :])
        optimizer.zero_grad()
        model(
            ids, attention_mask=(ids != tokenizer.pad_token_id).long(), labels=labels
        ).loss.backward()
        optimizer.step()
    model.eval()

"""Real LoRA training of a tiny Llama: the loss falls, only adapters change, stops cost nothing."""

import importlib.util
import shutil
from collections import Counter

import numpy as np
import pytest

from interactspeech.errors import InputError
from interactspeech.training.text.dataset import fitting
from interactspeech.training.text.generation import LocalModel, ModelRequest, merge
from interactspeech.training.text.settings import TextTrainSettings, read_card

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from interactspeech.training.text import base_models as bases  # noqa: E402
from interactspeech.training.text import lora as training  # noqa: E402


def _losses(card):
    return [point.loss for point in card.curve if point.loss is not None]


def _answer_losses(model, tokenizer, examples):
    """Negative log-likelihood of each answer and its tokens, computed without trl."""
    losses, counts = [], []
    for one in examples:
        asked = tokenizer.apply_chat_template(
            one.prompt, tokenize=False, add_generation_prompt=True
        )
        whole = tokenizer.apply_chat_template(one.prompt + one.completion, tokenize=False)
        start = len(tokenizer(asked, add_special_tokens=False)["input_ids"])
        ids = torch.tensor([tokenizer(whole, add_special_tokens=False)["input_ids"]])
        with torch.inference_mode():
            scores = model(ids).logits[0, :-1].log_softmax(-1)
        chosen = -scores.gather(1, ids[0, 1:, None])[start - 1 :]
        losses.append(float(chosen.sum()))
        counts.append(len(chosen))
    return np.array(losses), np.array(counts)


def test_the_loss_falls_and_only_adapters_change(trained):
    losses = _losses(trained.card)
    assert len(losses) == trained.card.settings.steps
    # Batches differ in what they ask, so the fall is measured on the same examples.
    some = trained.data.train[:60]
    tokenizer = bases.load_tokenizer(trained.base)
    before, count = _answer_losses(bases.load_model(trained.base, device="cpu"), tokenizer, some)
    after, _ = _answer_losses(LocalModel(str(trained.adapter)).model, tokenizer, some)
    # Every answer counts alike: long ones spell words out, of which a tiny model learns little.
    assert (after / count).mean() < 0.95 * (before / count).mean()
    assert (after < before).mean() > 0.85
    assert trained.card.base_unchanged is True
    assert 0 < trained.card.trainable < trained.card.parameters / 2
    # And in what was stored: the adapter holds nothing but LoRA's matrices.
    from safetensors import safe_open

    with safe_open(trained.adapter / "adapter_model.safetensors", "pt") as file:
        names = list(file.keys())
    assert names
    assert all("lora_A" in name or "lora_B" in name for name in names)


def test_the_loss_is_that_of_the_answers_alone(trained):
    tokenizer = bases.load_tokenizer(trained.base)
    settings = trained.card.settings
    rows = fitting(trained.data.train, tokenizer, settings, Counter())
    first = rows.select(range(settings.batch)).to_list()
    chosen = [next(one for one in trained.data.train if one.row() == row) for row in first]
    model = bases.load_model(trained.base, device="cpu")
    # Fresh adapters do nothing yet, so the first loss is that of the base on the first batch.
    losses, counts = _answer_losses(model, tokenizer, chosen)
    assert _losses(trained.card)[0] == pytest.approx(losses.sum() / counts.sum(), rel=1e-4)


def test_a_resumed_training_has_the_same_loss_curve_and_weights(trained, tmp_path):
    settings = trained.card.settings
    training.train(trained.data, trained.base, settings, tmp_path, stop_at=37)
    assert not (tmp_path / "adapter_model.safetensors").exists()
    card = training.train(trained.data, trained.base, settings, tmp_path)
    assert _losses(card) == pytest.approx(_losses(trained.card), rel=1e-5)
    from safetensors.torch import load_file

    whole = load_file(trained.adapter / "adapter_model.safetensors")
    resumed = load_file(tmp_path / "adapter_model.safetensors")
    for name, weight in whole.items():
        torch.testing.assert_close(resumed[name], weight, rtol=1e-4, atol=1e-6)
    # What is finished is not trained again.
    assert training.train(trained.data, trained.base, settings, tmp_path) == card


def test_another_training_in_the_folder_is_not_mixed_up(trained, tmp_path):
    shutil.copytree(trained.adapter, tmp_path / "adapter")
    other = TextTrainSettings(steps=5)
    with pytest.raises(InputError, match="another training") as caught:
        training.train(trained.data, trained.base, other, tmp_path / "adapter")
    assert caught.value.reason == "other-training"


def test_a_base_weight_that_changes_is_noticed(trained, tmp_path, monkeypatch):
    from transformers import TrainerCallback

    class Touch(TrainerCallback):
        def on_step_end(self, *_, model=None, **__):
            with torch.no_grad():
                model.get_input_embeddings().weight[0, 0] += 1e-3

    monkeypatch.setattr(training, "_callback", lambda *_: Touch())
    settings = TextTrainSettings(steps=2, batch=2)
    with pytest.raises(training.BaseWeightsChangedError):
        training.train(trained.data, trained.base, settings, tmp_path)
    assert not (tmp_path / "adapter_model.safetensors").exists()


def test_the_card_tells_what_was_learned(trained):
    card = read_card(trained.adapter)
    assert card == trained.card
    assert card.examples == trained.data.counts
    assert set(card.held_out_ids) == set(trained.data.held_ids)
    assert "LoRA" in (trained.adapter / "README.md").read_text("utf-8")


def test_a_merged_model_answers_as_base_and_adapter_do(trained, tmp_path):
    merge(trained.adapter, tmp_path / "merged")
    one, both = LocalModel(str(tmp_path / "merged")), LocalModel(str(trained.adapter))
    asks = [
        ModelRequest(example.prompt, (n,), most=24, temperature=0.5)
        for n, example in enumerate(trained.data.train[:20])
    ]
    answers = both.answer(asks)
    assert one.answer(asks) == answers
    # Neither order nor company changes an answer.
    assert both.answer(asks[::-1])[::-1] == answers
    base = LocalModel(trained.base.path)
    assert base.answer(asks) != answers
    with pytest.raises(InputError, match="not empty"):
        merge(trained.adapter, tmp_path / "merged")


def test_likelihoods_are_those_of_the_model(trained):
    local = LocalModel(str(trained.adapter))
    (loss, count), short = local.losses(["A: So we take the early train.", "x"])
    ids = local.tokenizer("A: So we take the early train.", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        expected = float(local.model(ids, labels=ids).loss) * (ids.shape[1] - 1)
    assert loss == pytest.approx(expected, rel=1e-4)
    assert count == ids.shape[1] - 1
    assert short[1] == 0


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (
            lambda f: (f / "adapter_model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{"),
            "damaged",
        ),
        (lambda f: (f / "adapter_model.safetensors").unlink(), "missing"),
        (lambda f: (f / "adapter_config.json").write_text("{"), "does not parse"),
        (lambda f: (f / "interactspeech.json").write_text('{"base": 3}'), "damaged"),
    ],
)
def test_a_damaged_adapter_is_told_before_the_base_is_loaded(trained, tmp_path, damage, says):
    folder = tmp_path / "adapter"
    shutil.copytree(trained.adapter, folder, ignore=shutil.ignore_patterns("checkpoints"))
    damage(folder)
    with pytest.raises(InputError, match=says) as caught:
        LocalModel(str(folder))
    assert caught.value.reason in {"bad-adapter", "bad-card"}


def test_an_adapter_of_another_base_does_not_fit(trained, tmp_path):
    import tiny_text_model

    other = tiny_text_model.make(tmp_path / "other", trained.data.train[:20], hidden=32)
    from interactspeech.training.text.generation import with_adapter

    model = bases.load_model(bases.find_base(str(other)), device="cpu")
    with pytest.raises(InputError, match="does not fit"):
        with_adapter(model, trained.adapter)


def test_damaged_weights_of_a_base_are_told(trained, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(trained.base.path, folder)
    (folder / "model.safetensors").write_bytes(b"no tensors here")
    with pytest.raises(InputError, match="cannot be read"):
        bases.load_model(bases.find_base(str(folder)), device="cpu")


def test_a_base_without_chat_template_gets_a_plain_one(trained, tmp_path):
    folder = tmp_path / "base"
    shutil.copytree(trained.base.path, folder)
    (folder / "chat_template.jinja").unlink()
    tokenizer = bases.load_tokenizer(bases.find_base(str(folder)))
    example = trained.data.train[0]
    asked = tokenizer.apply_chat_template(
        example.prompt, tokenize=False, add_generation_prompt=True
    )
    whole = tokenizer.apply_chat_template(example.prompt + example.completion, tokenize=False)
    assert whole.startswith(asked)
    assert whole.strip().endswith(tokenizer.eos_token)


def test_four_bit_weights_are_asked_for_on_the_device_of_the_process(monkeypatch, trained):
    """There is no GPU here: what would be loaded is looked at, not loaded."""
    import transformers

    from interactspeech.errors import MissingExtraError
    from interactspeech.training.text import base_models as bases

    if importlib.util.find_spec("bitsandbytes") is None:
        with pytest.raises(MissingExtraError, match=r"'\.\[qlora\]'"):
            bases.load_model(trained.base, device="cuda", qlora=True)
    asked = {}

    class Fake:
        @staticmethod
        def from_pretrained(path, **arguments):
            asked.update(arguments, path=path)
            return "model"

    monkeypatch.setattr(bases, "require", lambda *_: None)
    monkeypatch.setattr(transformers, "AutoModelForCausalLM", Fake)
    monkeypatch.setattr(transformers, "BitsAndBytesConfig", dict)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert bases.load_model(trained.base, device="cuda", dtype="bfloat16", qlora=True) == "model"
    four = asked["quantization_config"]
    assert four["load_in_4bit"]
    assert four["bnb_4bit_quant_type"] == "nf4"
    assert four["bnb_4bit_use_double_quant"]
    assert asked["device_map"] == {"": 3}


def test_what_is_asked_for_reaches_the_trainer(tmp_path):
    from interactspeech.training.text.lora import _arguments

    plain = _arguments(TextTrainSettings(epochs=2, batch=4, accumulate=2), tmp_path, 80, "cpu")
    assert plain.max_steps == 20
    assert plain.train_sampling_strategy == "sequential"
    assert plain.completion_only_loss
    assert not plain.packing
    packed = _arguments(
        TextTrainSettings(steps=7, packing=True, checkpointing=True, max_length=512, rate=3e-4),
        tmp_path, 80, "cpu",
    )  # fmt: skip
    assert (packed.max_steps, packed.max_length, packed.learning_rate) == (7, 512, 3e-4)
    assert packed.packing
    assert packed.activation_checkpointing
    assert packed.gradient_checkpointing  # what trl looks at
    # Packed sequences have an order of their own, so the one of `fitting` is not kept.
    assert packed.train_sampling_strategy == "random"

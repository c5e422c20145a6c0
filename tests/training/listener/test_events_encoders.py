import pytest

torch = pytest.importorskip("torch")

from interactspeech.errors import InputError  # noqa: E402
from interactspeech.training.listener.encoders import EncodedNetwork, Transformers  # noqa: E402
from interactspeech.training.listener.network import OUTPUTS, Shape  # noqa: E402

SMALL = Shape(width=12, stem=16, heads=8, lookahead=0)


class Folding(torch.nn.Module):
    """A stand-in: every 20 ms of samples as a vector."""

    width, hop = 320, 320

    def forward(self, samples):
        return samples.reshape(len(samples), -1, 320)


def test_a_network_behind_an_encoder_answers_as_the_other_does():
    torch.manual_seed(0)
    network = EncodedNetwork(Folding(), SMALL)
    sound = torch.randn(2, 2, 640 * 10 + 17)
    logits, _ = network(sound, torch.zeros(2))
    assert logits.shape == (2, 2, 10, OUTPUTS)
    crossed, _ = network(sound.flip(1), torch.zeros(2))
    torch.testing.assert_close(logits, crossed.flip(1))
    logits.sum().backward()
    assert network.rest.stem1.weight.grad.abs().sum() > 0


def test_an_encoder_that_does_not_fit_is_refused():
    odd = Folding()
    odd.hop = 300
    with pytest.raises(InputError, match="300 samples"):
        EncodedNetwork(odd, SMALL)


def test_a_real_wavlm_of_random_weights_is_loaded_from_a_folder(tmp_path):
    transformers = pytest.importorskip("transformers")
    config = transformers.WavLMConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        conv_dim=(8,) * 7, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    transformers.WavLMModel(config).save_pretrained(tmp_path / "wavlm")
    encoder = Transformers(str(tmp_path / "wavlm"))
    encoder.eval()
    found = encoder(torch.randn(2, 640 * 5))
    assert found.shape == (2, 10, 16)
    assert not any(p.requires_grad for p in encoder.parameters())
    logits, _ = EncodedNetwork(encoder, SMALL)(torch.randn(1, 2, 640 * 5), torch.zeros(1))
    assert logits.shape == (1, 2, 5, OUTPUTS)

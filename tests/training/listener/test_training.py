import json

import msgspec
import numpy as np
import pytest
from spoken import spoken

torch = pytest.importorskip("torch")

from interactspeech.errors import InputError  # noqa: E402
from interactspeech.listener import Listener, ListenerCard, ModeSettings  # noqa: E402
from interactspeech.listener.backchannel_classifier import FEATURES, score  # noqa: E402
from interactspeech.listener.model import MODES  # noqa: E402
from interactspeech.training.listener.augmentation import CLEAN, Conditions  # noqa: E402
from interactspeech.training.listener.calibration import best_threshold, calibrate, logistic  # noqa: E402
from interactspeech.training.listener.loop import (  # noqa: E402
    ListenerTrainSettings,
    _losses,
    average,
    load_checkpoint,
    read_settings,
    scheduled_rate,
    train,
)
from interactspeech.training.listener.network import OUTPUTS, Network, NetworkShape  # noqa: E402
from interactspeech.training.listener.onnx_export import export, write_listener  # noqa: E402
from interactspeech.training.listener.onnx_import import read_graph, shipped_graph  # noqa: E402
from interactspeech.training.listener.preparation import prepare  # noqa: E402

SMALL = NetworkShape(width=12, stem=16, heads=8, lookahead=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "p"
    prepare([spoken(limit=3)], folder)
    return folder


def settings(**more):
    return ListenerTrainSettings(
        batches=6, batch_size=2, seconds=3.0, warmup=2, shape=SMALL, **more
    )


def test_swapping_the_sides_swaps_the_answers():
    torch.manual_seed(0)
    network = Network(SMALL)
    mel = torch.randn(3, 2, 20, 160)
    straight, _ = network(mel, torch.zeros(3))
    crossed, _ = network(mel.flip(1), torch.zeros(3))
    torch.testing.assert_close(straight, crossed.flip(1))


def test_on_one_channel_the_sides_differ():
    torch.manual_seed(0)
    network = Network(SMALL)
    mel = torch.randn(1, 1, 20, 160).expand(1, 2, 20, 160)
    two, _ = network(mel, torch.zeros(1))
    one, _ = network(mel, torch.ones(1))
    torch.testing.assert_close(two[:, 0], two[:, 1])
    assert (one[:, 0] - one[:, 1]).abs().max() > 1e-3


@pytest.mark.parametrize("mode", ["two_channel", "mixed"])
def test_the_exported_graph_is_the_network_step_by_step(tmp_path, mode):
    torch.manual_seed(1)
    network = Network(SMALL)
    export(network, tmp_path / "n.onnx")
    listener = Listener(
        (tmp_path / "n.onnx").read_bytes(),
        ListenerCard("n", SMALL.width, {"two_channel": ModeSettings(1)}),
    )
    mel = np.random.default_rng(0).normal(-5, 2, (2, 30, 160)).astype(np.float32)
    with torch.no_grad():
        logits, state = network(torch.from_numpy(mel)[None], torch.tensor([float(mode == "mixed")]))
    ours, parts = listener.initial_state(), []
    for i in range(0, 30, 7):
        found, ours = listener.predict(mel[:, i : i + 7], ours, mode)
        parts.append(found)
    np.testing.assert_allclose(
        np.concatenate(parts, axis=1), torch.sigmoid(logits)[0].numpy(), atol=1e-5
    )
    np.testing.assert_allclose(ours, state.numpy(), atol=1e-5)
    assert parts[0].shape == (2, 7, OUTPUTS)


def test_a_stopped_run_ends_with_the_weights_of_one_that_was_not(data, tmp_path):
    train([data], tmp_path / "whole", settings(), threads=1, every=3)
    train([data], tmp_path / "parts", settings(), threads=1, every=2, minutes=0.0)
    train([data], tmp_path / "parts", settings(), threads=1, every=2, until=1)
    first = [json.loads(x) for x in (tmp_path / "parts" / "log.jsonl").read_text().splitlines()]
    assert first[-1]["batch"] == 1  # out of time after one batch
    train([data], tmp_path / "parts", settings(), threads=1, every=2)
    networks = []
    for name in ("whole", "parts"):
        networks.append(Network(SMALL))
        assert load_checkpoint(tmp_path / name, networks[-1]) == 6
    for a, b in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_the_mean_of_checkpoints_is_a_run_to_export_or_go_on_from(data, tmp_path):
    first, last = tmp_path / "a", tmp_path / "b"
    train([data], first, settings(), threads=1, until=2)
    train([data], last, settings(start=str(first)), threads=1)
    average([first, last], tmp_path / "mean")
    networks = [Network(SMALL) for _ in range(3)]
    for network, folder in zip(networks, (first, last, tmp_path / "mean"), strict=True):
        load_checkpoint(folder, network)
    for a, b, mean in zip(*(n.parameters() for n in networks), strict=True):
        torch.testing.assert_close(mean, (a + b) / 2)
    assert read_settings(tmp_path / "mean").mean_of == ("a-2", "b-6")
    write_listener(tmp_path / "mean", "mine", [data], trained_on=[data], limit=1)
    about = Listener.load(tmp_path / "mean" / "mine.onnx").card.about
    assert about["batches"] == 8  # 0 + 6 + 2
    train([data], tmp_path / "on", settings(start=str(tmp_path / "mean")), threads=1, until=1)
    with pytest.raises(InputError, match="no checkpoint"):
        average([tmp_path / "mean"], tmp_path / "x")


def test_training_lowers_the_loss(data, tmp_path):
    lines = []
    train(
        [data], tmp_path / "run",
        ListenerTrainSettings(batches=60, batch_size=4, seconds=4.0, warmup=5, learning_rate=5e-3,
                              conditions=CLEAN, shape=SMALL),
        threads=1, every=20, held_out=[data], report=lines.append,
    )  # fmt: skip
    assert lines[-1]["active"] < 0.6 * lines[0]["active"]
    assert "held_out_active" in lines[-1]


def test_other_settings_are_refused(data, tmp_path):
    train([data], tmp_path / "run", settings(), threads=1, minutes=0.0)
    with pytest.raises(InputError, match="other settings"):
        train([data], tmp_path / "run", settings(seed=7), threads=1)


def test_on_one_channel_the_better_naming_counts(data):
    from interactspeech.training.listener.batches import Batches
    from interactspeech.training.listener.preparation import PreparedCorpus

    torch.manual_seed(3)
    network = Network(SMALL)
    given = settings(conditions=Conditions(mixed=1.0))
    batch = Batches(
        [PreparedCorpus(data)], given.conditions, seed=1, size=3, seconds=3, lookahead=1
    )[0]
    crossed = type(batch)(
        batch.mel, batch.mixed, batch.active[:, ::-1].copy(), batch.kind[:, ::-1].copy(),
        batch.future[:, ::-1].copy(), batch.known[:, ::-1].copy(),
    )  # fmt: skip
    one, other = (_losses(network, b, given, "cpu")["active"] for b in (batch, crossed))
    torch.testing.assert_close(one, other)


def test_the_learning_rate_rises_and_falls():
    s = ListenerTrainSettings(batches=100, warmup=10, learning_rate=1.0)
    rates = [scheduled_rate(n, s) for n in range(100)]
    assert rates[:10] == pytest.approx([(n + 1) / 10 for n in range(10)])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.02, abs=0.01)


def test_a_logistic_score_is_found_again():
    rng = np.random.default_rng(5)
    rows = rng.normal(0, 1, (4000, len(FEATURES)))
    weights = {"intercept": -0.5, "heard": 1.5, "partner": -1.0, "length": 0.7}
    labels = rng.random(4000) < score(rows, weights)
    found = logistic(rows, labels)
    for name in ("intercept", *FEATURES):
        assert found[name] == pytest.approx(weights.get(name, 0.0), abs=0.15)
    assert logistic(rows[:0], labels[:0]) == {"intercept": 0.0, "heard": 1.0}


def test_the_threshold_with_the_best_f1():
    chance = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
    labels = np.array([False, False, False, True, True, True])
    assert 0.3 < best_threshold(chance, labels) <= 0.6


def test_a_run_becomes_a_listener_that_says_what_it_is(data, tmp_path):
    train([data], tmp_path / "run", settings(), threads=1)
    path, figures = write_listener(tmp_path / "run", "mine", [data], trained_on=[data])
    listener = Listener.load(path)
    about = listener.card.about
    assert about["batches"] == 6
    assert about["trained_on"]["dialogues"] == 3
    assert any("CC0" in text for text in about["trained_on"]["texts"])
    assert set(figures) == {"backchannel", "interruption", "gap", "pause"}
    again = calibrate(listener, [data])
    assert again.modes == listener.card.modes


def test_a_run_can_begin_with_the_weights_of_another_and_know_one_channel_better(data, tmp_path):
    train([data], tmp_path / "both", settings(), threads=1)
    start = str(tmp_path / "both")
    for name, mixed, late in (("two", 0.0, 1), ("mixed", 1.0, 3)):
        more = settings(start=start, conditions=Conditions(mixed=mixed))
        shape = msgspec.structs.replace(SMALL, lookahead=late)
        more = msgspec.structs.replace(more, shape=shape)
        train([data], tmp_path / name, more, threads=1)
    path, _ = write_listener(
        tmp_path / "two",
        "mine",
        [data],
        trained_on=[data],
        limit=2,
        mode_runs={"mixed": tmp_path / "mixed"},
    )
    listener = Listener.load(path)
    assert [run["run"] for run in listener.card.about["runs"]] == ["two", "both", "mixed"]
    assert listener.card.about["batches"] == 18
    mel = np.random.default_rng(0).normal(-5, 2, (2, 10, 160)).astype(np.float32)
    assert listener.card.settings("mixed").lookahead == 3
    mixed = Network(SMALL)
    load_checkpoint(tmp_path / "mixed", mixed)
    with torch.no_grad():
        logits, _ = mixed(torch.from_numpy(mel)[None], torch.ones(1))
    found, _ = listener.predict(mel, listener.initial_state(), "mixed")
    np.testing.assert_allclose(found, torch.sigmoid(logits)[0].numpy(), atol=1e-5)
    with pytest.raises(InputError, match="no run"):
        train([data], tmp_path / "x", settings(start=str(tmp_path / "none")), threads=1)


def test_diarized_channels_have_a_network_of_their_own(data, tmp_path):
    train([data], tmp_path / "two", settings(), threads=1)
    start = str(tmp_path / "two")
    more = settings(start=start, conditions=Conditions(mixed=1.0, diarized=1.0))
    train([data], tmp_path / "diarized", more, threads=1)
    path, _ = write_listener(
        tmp_path / "two", "mine", [data], mode_runs={"diarized": tmp_path / "diarized"}, limit=2
    )
    listener = Listener.load(path)
    card = listener.card
    assert set(card.modes) == {"two_channel", "mixed", "diarized"}
    without = msgspec.structs.replace(card, modes={"two_channel": card.modes["two_channel"]})
    assert without.settings("diarized") == card.settings("two_channel")
    mel = np.random.default_rng(0).normal(-5, 2, (2, 10, 160)).astype(np.float32)
    diarized = Network(SMALL)
    load_checkpoint(tmp_path / "diarized", diarized)
    with torch.no_grad():
        logits, _ = diarized(torch.from_numpy(mel)[None], torch.zeros(1))
    found, _ = listener.predict(mel, listener.initial_state(), "diarized")
    np.testing.assert_allclose(found, torch.sigmoid(logits)[0].numpy(), atol=1e-5)
    alone, _ = listener.predict(mel, listener.initial_state())
    assert np.abs(found - alone).max() > 1e-4
    later = msgspec.structs.replace(SMALL, lookahead=SMALL.lookahead + 1)
    other = msgspec.structs.replace(settings(), shape=later)
    train([data], tmp_path / "later", other, threads=1)
    with pytest.raises(InputError, match="another shape"):
        write_listener(
            tmp_path / "two", "x", [data], mode_runs={"diarized": tmp_path / "later"}, limit=2
        )


def test_a_written_listener_gives_back_its_weights(tmp_path):
    graph = shipped_graph()
    export(read_graph(graph).eval(), tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == graph.read_bytes()


def test_the_listener_that_ships_is_adapted_and_decides_as_before(data, tmp_path):
    graph = shipped_graph()
    known = Listener.load()
    given = ListenerTrainSettings(
        batches=2, batch_size=2, seconds=3.0, start=str(graph), learning_rate=1e-4, warmup=1
    )
    train([data], tmp_path / "run", given, threads=1)
    path, _ = write_listener(
        tmp_path / "run", "mine", [data], trained_on=[data], limit=1, adapted_from=graph
    )
    listener = Listener.load(path)
    assert set(listener.card.modes) == set(known.card.modes)
    for mode in MODES:
        assert listener.card.settings(mode).feedback == known.card.settings(mode).feedback
        assert listener.card.settings(mode).silero == known.card.settings(mode).silero
    assert [run["run"] for run in listener.card.about["runs"]] == [
        "run",
        *(run["run"] for run in known.card.about["runs"]),
    ]
    mel = np.random.default_rng(0).normal(-5, 2, (2, 50, 160)).astype(np.float32)
    now, before = (one.predict(mel, one.initial_state())[0] for one in (listener, known))
    assert 0 < np.abs(now - before).max() < 0.2  # it has moved, and not far
    now, before = (one.predict(mel, one.initial_state(), "mixed")[0] for one in (listener, known))
    np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("content", [b"no graph", b""])
def test_what_is_no_listener_is_not_trained_on_from(content, data, tmp_path):
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(InputError, match="no listener to train on from"):
        train([data], tmp_path / "x", settings(start=str(tmp_path / "bad.onnx")), threads=1)
    with pytest.raises(InputError, match="is a network of"):
        train([data], tmp_path / "y", settings(start=str(shipped_graph())), threads=1)

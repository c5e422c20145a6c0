import numpy as np
import pytest
from made_dialogues import dialogue

from interactspeech.corpus import CorpusWriter, Crops, collate

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def crops(tmp_path_factory):
    root = tmp_path_factory.mktemp("stream") / "corpus"
    with CorpusWriter(root, {}) as writer:
        with writer.shard(0) as shard:
            for number in range(11):
                shard.add(*dialogue(number, seconds=2.0))
            shard.finish()
        writer.finish(1)
    return Crops(root, seconds=0.45, seed=5)


def places(found):
    return sorted((crop.id, crop.start) for crop in found)


@pytest.mark.parametrize("ranks", [1, 3])
def test_every_crop_of_an_epoch_goes_to_one_worker_of_one_rank(crops, ranks):
    from torch.utils.data import DataLoader

    from interactspeech.training.crops import CropStream

    crops.set_epoch(0)
    wanted = places(crops)
    found = [
        crop
        for rank in range(ranks)
        for batch in DataLoader(
            CropStream(crops, 1, rank, ranks), batch_size=4, num_workers=ranks - 1, collate_fn=list
        )
        for crop in batch
    ]
    assert places(found) == wanted


def test_it_goes_on_with_the_next_epoch(crops):
    from interactspeech.training.crops import CropStream

    crops.set_epoch(0)
    stream = iter(CropStream(crops))
    first = [next(stream) for _ in range(len(crops))]
    second = [next(stream) for _ in range(len(crops))]
    assert places(first) != places(second)
    crops.set_epoch(1)
    assert places(second) == places(crops)


def test_a_loader_takes_the_sequence_as_it_is(crops):
    from torch.utils.data import DataLoader

    crops.set_epoch(0)
    batch = next(iter(DataLoader(crops, batch_size=3, collate_fn=collate)))
    assert batch["audio"].shape[:2] == (3, 2)
    assert np.isfinite(batch["audio"]).all()


def test_ranks_that_cannot_be(crops):
    from interactspeech.training.crops import CropStream

    with pytest.raises(ValueError, match="rank 2 of 2"):
        CropStream(crops, rank=2, ranks=2)
    with pytest.raises(ValueError, match="0 epochs"):
        CropStream(crops, epochs=0)

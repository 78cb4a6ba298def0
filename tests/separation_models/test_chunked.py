"""Pieces and the whole give the same, whatever the rate, the channels and the length."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mixengine.separation_models import adapt, chunked, registry
from mixengine.separation_models.chunked import Chunks
from mixengine.system.errors import UserError
from tests.helpers.separation_songs import difference_db, song
from tests.helpers.small_models import Halves, Levelled, Swapping


@pytest.mark.parametrize("name", ["mask", "mask-faithful", "hpss", "unet"])
@pytest.mark.parametrize("rate", [8000, 11025, 44100])
def test_pieces_equal_the_whole(name, rate):
    model = registry.open_model(name)
    audio = song(rate * 8, 2)
    whole = chunked.separate(model, audio, rate, chunk_s=100.0)
    parts = chunked.separate(model, audio, rate, chunk_s=3.3)
    for stem in model.stems:
        assert difference_db(whole[stem], parts[stem], audio) < -80.0


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000])
def test_a_model_with_its_own_rate_is_seamless_too(rate):
    model = Halves(rate=16000, hop=160)
    audio = song(rate * 3, 1)
    whole = chunked.separate(model, audio, rate, chunk_s=100.0)
    parts = chunked.separate(model, audio, rate, chunk_s=0.5)
    assert len(parts["low"]) == len(audio)
    assert difference_db(whole["low"], parts["low"], audio) < -100.0


@pytest.mark.parametrize("name", ["mask", "hpss", "mask-faithful", "unet"])
@pytest.mark.parametrize("frames", [1, 2, 100, 3001])
def test_any_length_comes_back(name, frames):
    for stem in chunked.separate(registry.open_model(name), song(frames, 2), 8000).values():
        assert stem.shape == (frames, 2)
        assert np.isfinite(stem).all()


@pytest.mark.parametrize("name", ["mask", "hpss", "mask-faithful", "unet"])
def test_silence_stays_silence(name):
    for stem in chunked.separate(registry.open_model(name), np.zeros((9000, 1), dtype=np.float32), 8000).values():
        assert not stem.any()


@pytest.mark.parametrize("name", ["mask", "hpss", "mask-faithful"])
def test_gain_goes_through(name):
    audio = song(30000, 1)
    one = chunked.separate(registry.open_model(name), audio, 8000)
    half = chunked.separate(registry.open_model(name), audio * np.float32(0.5), 8000)
    for stem, result in one.items():
        assert difference_db(half[stem] * 2, result, audio) < -80.0


@pytest.mark.parametrize("name", ["mask", "hpss", "mask-faithful"])
def test_swapped_channels_give_swapped_stems(name):
    audio = song(30000, 2)
    one = chunked.separate(registry.open_model(name), audio, 8000)
    other = chunked.separate(registry.open_model(name), audio[:, ::-1].copy(), 8000)
    for stem, result in one.items():
        assert difference_db(other[stem][:, ::-1], result, audio) < -100.0


@pytest.mark.parametrize("rate", [7350, 8000, 44100, 192000])
def test_resampling_there_and_back_keeps_place_and_length(rate):
    frames = rate // 2 + 7
    audio = np.zeros((frames, 1), dtype=np.float32)
    audio[frames // 3] = 1.0
    stem = adapt.run(Halves(rate=48000), audio, rate)["high"]
    assert len(stem) == frames
    assert int(np.argmax(np.abs(stem))) == frames // 3


@pytest.mark.parametrize(("of_model", "of_file", "calls"), [(2, 1, 1), (1, 2, 2), (2, 8, 4), (2, 5, 3), (None, 8, 1)])
def test_channels_are_adapted_and_kept(of_model, of_file, calls):
    model = Halves(channels=of_model)
    audio = song(1000, of_file)
    stems = adapt.run(model, audio, 8000)
    np.testing.assert_allclose(stems["low"], audio * 0.25, atol=1e-7)
    assert len(model.blocks) == calls
    assert {block[1] for block in model.blocks} == {of_model or of_file}


def test_blocks_are_as_long_as_said_and_begin_on_the_grid():
    model = Halves(hop=100)
    chunks = Chunks.of(model, 8000, 1)
    starts = []

    def read(at: int, count: int) -> np.ndarray:
        starts.append(at)
        return np.zeros((count, 1), dtype=np.float32)

    pieces = list(chunked.pieces(model, read, 20000, 8000, chunks))
    assert [piece.start for piece in pieces] == [0, 4000, 8000, 12000, 16000]
    assert pieces[-1].end == 20000
    assert starts == sorted(starts), "a file is only read forwards"
    assert max(block[0] for block in model.blocks) == 400 + 4000 + 400 + 400


def test_the_whole_is_heard_before_the_first_block():
    audio = song(9000, 1)
    stems = chunked.separate(Levelled(), audio, 8000)
    np.testing.assert_allclose(stems["low"], audio * 0.1 * np.abs(audio).max(), atol=1e-6)


def test_talkers_keep_their_names():
    audio = song(24000, 1) + 0.1
    stems = chunked.separate(Swapping(), audio, 8000)
    np.testing.assert_allclose(stems["low"], audio * 0.5, atol=1e-6)


class Starved(Halves):
    """Runs out of memory for blocks of more than so many frames."""

    def __init__(self, most: int, error: Exception) -> None:
        super().__init__(chunk_s=16.0)
        self.most, self.error = most, error

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        if len(block) > self.most:
            raise self.error
        return super().process(block, rate)


OUT_OF_MEMORY = [
    MemoryError(),
    RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate"),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: type(error).__name__)
def test_short_memory_means_shorter_blocks(error):
    audio = song(8000 * 40, 1)
    stems = chunked.separate(Starved(50000, error), audio, 8000)
    np.testing.assert_allclose(stems["low"], audio * 0.25, atol=1e-6)


def test_no_memory_at_all_is_one_line():
    with pytest.raises(UserError, match="not enough memory even for 2 s"):
        chunked.separate(Starved(10, MemoryError()), song(8000 * 40, 1), 8000)


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shape"):
        chunked.separate(Starved(10, RuntimeError("shape mismatch")), song(8000, 1), 8000)


def test_what_is_not_a_number_becomes_silence():
    class Broken(Halves):
        def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
            return {"low": block * np.nan, "high": block / 0.0}

    with np.errstate(all="ignore"):
        stems = adapt.run(Broken(), song(100, 1), 8000)
    assert not stems["low"].any()
    assert not stems["high"].any()


@pytest.mark.parametrize("name", ["mask", "mask-faithful", "hpss", "unet"])
def test_samples_far_beyond_full_scale_warn_of_nothing(name):
    audio = np.float32(1e30) * song(8000, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stems = chunked.separate(registry.open_model(name), audio, 8000)
    assert all(np.isfinite(stem).all() for stem in stems.values())

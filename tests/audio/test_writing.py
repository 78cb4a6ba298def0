"""A WAV of blocks that is there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio.writing import write_whole

RATE = 8000


def test_it_holds_the_samples_as_they_are_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).standard_normal((1000, 2)).astype(np.float32) * 3.0
    path = tmp_path / "new folder" / "x.wav"
    for size in (1000, 7):
        write_whole(path, RATE, (sound[at : at + size] for at in range(0, 1000, size)))
        samples, rate = soundfile.read(path, dtype="float32")
        np.testing.assert_array_equal(samples, sound)
        assert rate == RATE and [file.name for file in path.parent.iterdir()] == ["x.wav"]


@pytest.mark.parametrize("is_there", [False, True])
def test_an_error_of_the_blocks_leaves_what_was_there(is_there: bool, tmp_path: Path) -> None:
    def blocks() -> Iterator[np.ndarray]:
        yield np.zeros((100, 2), np.float32)
        raise ValueError("no more")

    path = tmp_path / "x.wav"
    if is_there:
        path.write_bytes(b"before")
    with pytest.raises(ValueError, match="no more"):
        write_whole(path, RATE, blocks())
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ({"x.wav": b"before"} if is_there else {})

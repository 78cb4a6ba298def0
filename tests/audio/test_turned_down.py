"""A WAV whose gain is known at its end: the file that soundfile writes, and no second copy beside it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio import turned_down

RATE = 48000


def direct(sound: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, "PCM_24", format="WAV")
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("frames", [0, 1, 21, 4097, 100_001])
@pytest.mark.parametrize("size", [1000, 65536])
def test_it_is_the_file_that_one_gain_makes_whatever_the_blocks(
    frames: int, channels: int, size: int, tmp_path: Path
) -> None:
    sound = np.random.default_rng(frames + channels).uniform(-2.0, 2.0, (frames, channels)).astype(np.float32)
    blocks = (sound[at : at + size] for at in range(0, frames, size))
    turned_down.write(tmp_path / "x.wav", RATE, blocks, lambda: 0.4, channels=channels)
    assert (tmp_path / "x.wav").read_bytes() == direct(sound * 0.4)
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


def test_the_disk_holds_the_samples_once(tmp_path: Path) -> None:
    """While blocks come, and when the last one is there: 4 bytes a sample and the room for the header."""
    sizes, frames = [], 200_000

    def taken() -> float:
        sizes.append(sum(path.stat().st_size for path in tmp_path.iterdir()))
        return 1.0

    blocks = (np.zeros((1000, 2), np.float32) for _ in range(frames // 1000))
    turned_down.write(tmp_path / "x.wav", RATE, blocks, taken)
    assert sizes and sizes[0] <= 8 * frames + 4096
    assert (tmp_path / "x.wav").stat().st_size < 6 * frames + 4096


@pytest.mark.parametrize("failing", [3, 400_000, 1_700_000])
def test_a_full_disk_is_one_error(failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where blocks are written, and where the samples that take their place are."""

    class Full(io.BytesIO):
        total = 0

        def write(self, data: bytes) -> int:  # type: ignore[override]
            Full.total += memoryview(data).nbytes
            if Full.total > failing:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(Path, "open", lambda self, mode: Full())
    blocks = (np.zeros((1000, 2), np.float32) for _ in range(200))
    with pytest.raises(OSError, match="No space left"):
        turned_down.write(tmp_path / "x.wav", RATE, blocks, lambda: 1.0)

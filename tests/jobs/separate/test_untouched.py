"""What nothing was done to is the file's, bit for bit, at any bit depth; another depth is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio.files import AudioFile
from mixengine.jobs.separate.enhance_files import enhance
from mixengine.jobs.separate.untouched import Untouched
from mixengine.separation_models.registry import open_model

RATE = 16000
DEPTHS = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")


def recording(path: Path, subtype: str) -> Path:
    sound = np.random.default_rng(3).uniform(-1.0, 1.0, (RATE, 2))
    sound[:4] = [[-1.0, 1.0]]
    soundfile.write(path, sound, RATE, subtype, format="WAV")
    return path


@pytest.mark.parametrize("subtype", DEPTHS)
def test_only_repaired_and_nothing_found_is_the_same(subtype: str, tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav", subtype)
    done = enhance(str(source), tmp_path / "b.wav", open_model("mask"), blend=0.0)
    assert np.array_equal(soundfile.read(source)[0], soundfile.read(done.output)[0])
    changed = {"PCM_U8": "8 bit became 24 bit", "ULAW": "mu-law became 24 bit"}
    assert done.subtype == ("PCM_24" if subtype in changed else subtype)
    assert [note for note in done.notes if "became" in note] == [changed[subtype] for _ in range(subtype in changed)]


@pytest.mark.parametrize("subtype", ["PCM_32", "DOUBLE"])
def test_samples_that_stay_are_the_files(subtype: str, tmp_path: Path) -> None:
    file = AudioFile(str(recording(tmp_path / "a.wav", subtype)))
    samples = file.read(100, 1000)
    samples[:500] *= 0.5
    put_back = Untouched(file).put_back(100, samples)
    stored = soundfile.read(file.path)[0][100:1100]
    assert np.array_equal(put_back[500:], stored[500:]) and np.array_equal(put_back[:500], samples[:500])


def test_a_format_without_float_is_said(tmp_path: Path) -> None:
    source = recording(tmp_path / "a.wav", "FLOAT")
    done = enhance(str(source), tmp_path / "b.flac", open_model("mask"), blend=0.0)
    assert done.subtype == "PCM_24" and "32-bit float became 24 bit" in done.notes

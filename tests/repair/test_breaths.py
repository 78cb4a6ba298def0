"""Breaths are lowered, not cut; whispers, laughter and ends of words are left."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.analysis import breaths
from mixengine.repair.chain import Chain
from mixengine.repair.repair import Wish
from tests.helpers.breaths import BREATHS_S, LEFT, PHRASES_S, RATE, added, breathing


def mended(sound: np.ndarray, rate: int = RATE, size: int = 1 << 20, **wish):
    chain = Chain(("breaths",), rate, sound.shape[1], len(sound), Wish(**wish))
    chain.find(lambda start, frames: sound[start : start + frames])
    read = chain.over(lambda start, frames: sound[start : start + frames])
    return np.concatenate([read(at, min(size, len(sound) - at)) for at in range(0, len(sound), size)]), chain.faults


@pytest.mark.parametrize("breath_db", [-10.0, -4.0])
def test_breaths_go_down_by_what_is_wanted_and_nothing_else(breath_db: float) -> None:
    answer, faults = mended(breathing(), breath_db=breath_db)
    assert len(faults) == len(BREATHS_S) and all(fault.done for fault in faults)
    for (start_s, end_s), fault in zip(BREATHS_S, faults, strict=True):
        assert start_s - 0.05 < fault.start_s < fault.end_s < end_s + 0.05
        middle = slice(round((start_s + 0.15) * RATE), round((end_s - 0.15) * RATE))
        change_db = 20 * np.log10(answer[middle].std() / breathing()[middle].std())
        assert change_db == pytest.approx(breath_db, abs=0.5)
    for start_s, end_s in PHRASES_S:
        same = slice(round(start_s * RATE), round(end_s * RATE))
        assert np.array_equal(answer[same], breathing()[same])


def test_gain_channels_blocks_and_rate_do_not_matter() -> None:
    usual, faults = mended(breathing())
    quiet, _ = mended(np.float32(0.1) * breathing())
    np.testing.assert_allclose(quiet * 10, usual, atol=1e-5)
    both, _ = mended(np.repeat(breathing(), 2, axis=1), size=7001)
    np.testing.assert_allclose(both, np.repeat(usual, 2, axis=1), atol=1e-6)
    _, other = mended(breathing(48000), 48000)
    assert [f.start_s for f in other] == pytest.approx([f.start_s for f in faults], abs=0.03)


@pytest.mark.parametrize("name", list(LEFT))
def test_what_may_be_something_else_is_left(name: str) -> None:
    answer, faults = mended(added(LEFT[name]))
    assert np.array_equal(answer, added(LEFT[name])) and not any(fault.done for fault in faults)


def test_short_and_silent_sounds() -> None:
    for frames in (0, 1, 4000, 32000):
        sound = np.zeros((frames, 1), np.float32)
        assert breaths.find(lambda start, count, sound=sound: sound[start : start + count], RATE, frames) == []

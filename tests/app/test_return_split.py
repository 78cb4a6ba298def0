"""What a return plays against what is sent into it."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.app.return_split import split
from tests.helpers.signals import noise

RATE = 8000


def blocks(sound: np.ndarray, length: int) -> list[np.ndarray]:
    return [sound[at : at + length] for at in range(0, len(sound), length)]


def sounds() -> tuple[np.ndarray, np.ndarray]:
    return noise(8 * RATE, 2, seed=1), noise(8 * RATE, 2, seed=2)


@pytest.mark.parametrize("gain", [0.5, -2.0])
@pytest.mark.parametrize("rest", [0.0, 0.7])
def test_a_known_sum_is_taken_apart(gain, rest):
    sent, other = sounds()
    result = split(blocks(sent, 1000), blocks(gain * sent + rest * other, 1700), RATE)
    assert result.in_step == pytest.approx(gain, abs=0.02)
    assert result.diffuse == pytest.approx(rest, abs=0.02)
    assert result.share_in_step == pytest.approx(gain**2 / (gain**2 + rest**2), abs=0.03)


def test_level_and_channels_do_not_matter():
    sent, other = sounds()
    came = 0.4 * sent + 0.3 * other
    plain = split([sent], [came], RATE)
    for before, after in ((sent * 0.01, came * 0.01), (sent[:, ::-1], came[:, ::-1])):
        result = split([before], [after], RATE)
        assert (result.in_step, result.diffuse) == pytest.approx((plain.in_step, plain.diffuse), rel=1e-6)


def test_silence_has_no_level():
    sent, _ = sounds()
    for before, after in ((sent, 0.0 * sent), (0.0 * sent, sent), ([], [])):
        assert split([before] if len(before) else [], [after] if len(after) else [], RATE).quietest_lufs == -np.inf


def test_the_softer_of_both_counts():
    sent, _ = sounds()
    loud = split([sent], [sent], RATE).quietest_lufs
    assert split([sent], [0.1 * sent], RATE).quietest_lufs == pytest.approx(loud - 20.0, abs=0.01)

"""SI-SDR and SDR: known answers, invariances, and mir_eval."""

import numpy as np
import pytest

from mixengine.audio.metrics import MAX_DB, level_error_db, sdr_db, si_sdr_db

RNG = np.random.default_rng(1)
CLEAN = RNG.standard_normal(16000) * np.hanning(16000)
NOISE = RNG.standard_normal(16000)
NOISE -= (NOISE @ CLEAN) / (CLEAN @ CLEAN) * CLEAN


def at(snr_db):
    return CLEAN + NOISE * np.sqrt((CLEAN @ CLEAN) / (NOISE @ NOISE)) * 10 ** (-snr_db / 20)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 12.5, 40.0])
def test_si_sdr_of_orthogonal_noise_is_the_ratio(snr_db):
    assert si_sdr_db(CLEAN, at(snr_db)) == pytest.approx(snr_db, abs=0.01)


@pytest.mark.parametrize("metric", [si_sdr_db, sdr_db])
def test_gain_and_sign_change_nothing(metric):
    assert metric(CLEAN, -3.7 * at(5.0)) == pytest.approx(metric(CLEAN, at(5.0)), abs=1e-6)
    assert metric(0.01 * CLEAN, at(5.0)) == pytest.approx(metric(CLEAN, at(5.0)), abs=1e-6)


@pytest.mark.parametrize("metric", [si_sdr_db, sdr_db])
def test_perfect_and_silent(metric):
    assert metric(CLEAN, 2.0 * CLEAN) > 90.0
    assert metric(CLEAN, np.zeros_like(CLEAN)) == -MAX_DB
    assert np.isnan(metric(np.zeros(100), np.ones(100)))
    assert si_sdr_db(CLEAN, CLEAN) == MAX_DB


def test_a_short_filter_costs_no_sdr_but_si_sdr():
    late = np.convolve(CLEAN, [0.0, 0.5, 0.3])[: len(CLEAN)]
    assert sdr_db(CLEAN, late) > 50.0
    assert si_sdr_db(CLEAN, late) < 5.0


def test_level():
    assert level_error_db(CLEAN, 0.5 * CLEAN) == pytest.approx(-6.02, abs=0.01)
    assert np.isnan(level_error_db(np.zeros(4), np.ones(4)))


@pytest.mark.parametrize("snr_db", [0.0, 10.0])
def test_sdr_is_mir_evals(snr_db):
    separation = pytest.importorskip("mir_eval").separation
    with pytest.warns(FutureWarning):
        [wanted], _, _, _ = separation.bss_eval_sources(CLEAN[None], at(snr_db)[None], compute_permutation=False)
    assert sdr_db(CLEAN, at(snr_db)) == pytest.approx(wanted, abs=0.01)

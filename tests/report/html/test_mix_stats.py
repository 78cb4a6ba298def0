"""The measurements behind the report's figures, against the meters that measure exactly."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine.audio.loudness import LoudnessMeter
from mixengine.mixer import routing
from mixengine.model.session import Automation, Clip, Effect, EnvelopePoint, EqBand, Session, Source, Track
from mixengine.report.html import columns
from mixengine.report.html.mix_stats import measure
from tests.helpers.sounds import noise, tone, write

RATE = 22050


def session_of(path: Path, samples: np.ndarray, **fields: object) -> Session:
    write(path, samples, RATE)
    clip = Clip("c", Source(str(path)), 0.0, len(samples) / RATE)
    return Session("s", str(path), RATE, (Track("t", "t", clips=(clip,), **fields),))  # type: ignore[arg-type]


def heard(session: Session, end_s: float):
    return measure(session, routing.graph(session), end_s, columns.count(end_s), lambda _: None)


def lufs(powers: np.ndarray) -> float:
    return -0.691 + 10.0 * math.log10(float(np.mean(powers)))


@pytest.mark.parametrize("samples", [noise(6.0), noise(6.0, channels=2), tone(60.0, 6.0), tone(997.0, 6.0)])
def test_tracks_are_as_loud_as_the_meter_says(tmp_path: Path, samples: np.ndarray) -> None:
    meter = LoudnessMeter(RATE, samples.shape[1], dual_mono=True)
    meter.add(samples)
    result = heard(session_of(tmp_path / "a.wav", samples), 6.0)
    assert lufs(result.tracks["t"]) == pytest.approx(meter.integrated(), abs=0.3)
    assert result.integrated_lufs == pytest.approx(meter.integrated(), abs=0.02)


def test_fader_pan_folder_master_and_own_equaliser_count(tmp_path: Path) -> None:
    samples = tone(997.0, 4.0, harmonics=1)
    plain = session_of(tmp_path / "a.wav", samples)
    reference = lufs(heard(plain, 4.0).tracks["t"])
    track = plain.tracks[0]

    def shift_db(session: Session) -> tuple[float, float]:
        result = heard(session, 4.0)
        return lufs(result.tracks["t"]) - reference, result.integrated_lufs - heard(plain, 4.0).integrated_lufs

    eq = Effect("VST: ReaEQ", "mixengine tone", bands=(EqBand("band", 997.0, -6.0, 2.0),))
    halved = Automation("volume", (EnvelopePoint(0.0, 0.5),))
    folder = Track("f", "f", is_folder=True, automation=(halved,))
    cases = {
        "fader": (replace(plain, tracks=(replace(track, fader_db=-6.0),)), -6.0),
        "right": (replace(plain, tracks=(replace(track, pan=1.0),)), -3.01),
        "folder": (replace(plain, tracks=(folder, replace(track, parent="f"))), -6.02),
        "master": (replace(plain, master_db=-3.0), -3.0),
        "equaliser": (replace(plain, tracks=(replace(track, effects=(eq,)),)), -6.0),
    }
    for name, (session, wanted_db) in cases.items():
        assert shift_db(session) == pytest.approx((wanted_db, wanted_db), abs=0.1), name


def test_correlation(tmp_path: Path) -> None:
    mono = noise(2.0)
    for samples, wanted in ((np.hstack([mono, mono]), 1.0), (np.hstack([mono, -mono]), -1.0), (mono, 1.0)):
        assert heard(session_of(tmp_path / "a.wav", samples), 2.0).correlation == pytest.approx(wanted)
    one_side = np.hstack([mono, np.zeros_like(mono)])
    assert heard(session_of(tmp_path / "a.wav", one_side), 2.0).correlation is None


def test_the_spectrum_stands_where_the_tone_is(tmp_path: Path) -> None:
    result = heard(session_of(tmp_path / "a.wav", tone(1000.0, 4.0, harmonics=1, level=0.5)), 4.0)
    loudest = int(np.argmax(result.spectrum_db))
    assert result.spectrum_hz[loudest] == pytest.approx(1000.0, rel=0.13)
    # a sine of amplitude 0.5 on both sides: twice 0.125
    assert 10.0 * math.log10((10.0 ** (result.spectrum_db / 10.0)).sum()) == pytest.approx(-6.02, abs=0.5)


def test_columns_keep_their_place_and_their_number(tmp_path: Path) -> None:
    samples = noise(30.0)
    samples[: 20 * RATE] = 0.0
    result = heard(session_of(tmp_path / "a.wav", samples), 30.0).tracks["t"]
    assert len(result) == 300
    # a transform is 186 ms long at this rate: an onset may begin two columns early
    assert not result[:198].any() and result[201:].all()
    assert columns.count(36000.0) == columns.MAX_COLUMNS and columns.count(0.0) == 1


def test_smoothing_keeps_a_constant() -> None:
    assert columns.smoothed(np.full(50, 2.0), 5.0, 3.0) == pytest.approx(np.full(50, 2.0))
    assert columns.smoothed(np.arange(3.0), 300.0, 3.0) == pytest.approx(np.arange(3.0))

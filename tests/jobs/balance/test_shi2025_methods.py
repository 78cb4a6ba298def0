"""The three methods of [Shi 2025] against a plain script of its procedure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.audio.pitch import has_pesto
from mixengine.jobs import registry
from mixengine.jobs.balance import shi2025_results
from mixengine.jobs.balance.methods import METHODS, SHI2025_METHODS
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.plan import MixPlan
from tests.helpers import librosa_reference, shi2025_reference
from tests.helpers.sounds import noise, write

RATE = librosa_reference.TRACK_RATE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faithful")
    for name, samples in librosa_reference.tracks().items():
        write(root / name, samples, RATE)
    return root


@pytest.fixture(scope="module")
def exact(folder: Path) -> dict[str, dict]:
    """`results.json` of an exact run."""
    return shi2025_results.entries(_plan(folder, "p_lufs", exact=True))


@pytest.fixture(scope="module")
def reference(folder: Path) -> dict[str, dict]:
    """What the plain script says."""
    measures = librosa_reference.stored()["tracks"]
    return {
        path.name: shi2025_reference.analyse(
            str(path),
            with_pesto=has_pesto(),
            measures=shi2025_reference.LibrosaMeasures(**measures[path.name]),
        )
        for path in sorted(folder.iterdir())
    }


def _plan(folder: Path, method: str, *, exact: bool = False) -> MixPlan:
    return registry.run("balance", hosts.open_session(folder), BalanceSettings(method=method, exact=exact))


@pytest.mark.parametrize(
    ("method", "field"),
    [("p_lufs", "adjustment_narrowband"), ("lufs", "adjustment_fullband"), ("centroid", "adjustment_centroid")],
)
def test_gains_are_the_papers(exact: dict, reference: dict, method: str, field: str) -> None:
    for name, expected in reference.items():
        assert exact[name][field] == pytest.approx(expected[method], abs=0.1), name


def test_pitch_is_the_papers(exact: dict, reference: dict) -> None:
    for name, expected in reference.items():
        if expected["F0"] is not None:
            assert exact[name]["F0"] == pytest.approx(expected["F0"], rel=1e-3), name


def test_reference_material_reaches_every_branch(folder: Path, reference: dict) -> None:
    assert reference["whisper.wav"]["F0"] is None, "gate"
    peak = np.abs(soundfile.read(folder / "click.wav")[0]).max()
    assert reference["click.wav"]["p_lufs"] == pytest.approx(-1.0 - 20 * np.log10(peak)), "peak cap"
    assert reference["tone.wav"]["F0"] == pytest.approx(220.0, rel=0.02), "pitched"


def test_track_below_the_gate_is_passed_through(exact: dict) -> None:
    assert exact["whisper.wav"]["adjustment_fullband"] == 0.0
    assert exact["whisper.wav"]["note"] == shi2025_results.NO_EVENT


@pytest.mark.parametrize("method", SHI2025_METHODS)
def test_faders_carry_the_papers_gain(folder: Path, method: str) -> None:
    plan = _plan(folder, method)
    field = {"p_lufs": "adjustment_narrowband", "lufs": "adjustment_fullband", "centroid": "adjustment_centroid"}[
        method
    ]
    result = shi2025_results.entries(plan)
    for row in plan.details["tracks"]:
        assert row["gain_db"] == pytest.approx(result[row["name"] + ".wav"][field], abs=1e-9)
        assert row["fader_after_db"] == pytest.approx(row["fader_before_db"] + row["gain_db"], abs=1e-9)


def test_peak_cap_keeps_samples_below_minus_one(tmp_path: Path) -> None:
    spiky = np.zeros((RATE, 1), np.float32)
    spiky[::4410] = 0.95
    write(tmp_path / "spiky.wav", spiky + noise(1.0, RATE, level=0.001), RATE)
    row = _plan(tmp_path, "lufs").details["tracks"][0]
    assert row["true_peak_dbtp"] + row["gain_db"] <= -1.0 + 0.5  # the cap is on samples, the row shows the true peak
    assert 20 * np.log10(0.951) + row["gain_db"] <= -1.0 + 0.05


def test_registry_names_are_stable() -> None:
    assert set(SHI2025_METHODS) == {"p_lufs", "lufs", "centroid"}
    assert "active" in METHODS


def test_results_have_the_papers_fields(exact: dict) -> None:
    fields = (
        "orig_lufs_narrowband orig_lufs_fullband peak adjustment_narrowband adjustment_fullband adjustment_centroid "
        "F0 PYIN PESTO bandpass bandpass_c spectral_centroid spectral_bandwidth"
    ).split()
    for entry in exact.values():
        assert set(fields) <= set(entry)
        assert set(entry["bandpass"]) == {"lowstop", "highstop"}
    header = shi2025_results.as_csv(exact).splitlines()[0].split(",")
    assert header[0] == "file" and "bandpass_c_highstop" in header
    assert json.loads(shi2025_results.as_json(exact)) == exact

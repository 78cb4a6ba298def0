"""Seconds of people in one room, of which a few stretches hold each: nothing is moved that stands right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from mixengine.app import demo, demo_conversation
from mixengine.hosts import open_session
from mixengine.jobs import registry
from mixengine.jobs.sync.settings import SyncSettings
from mixengine.model.plan import MixPlan
from tests.helpers.sounds import write

RATE = demo_conversation.RATE
SPANS_S = [(0.0, 14.4), (0.0, 10.0), (2.0, 14.4), (4.0, 14.4), (1.0, 13.0), (3.0, 12.0), (8.0, 14.4)]


@pytest.fixture(scope="module")
def microphones() -> dict[str, np.ndarray]:
    return dict(zip(demo_conversation.PEOPLE, demo_conversation.microphones(demo.VOICE), strict=True))


def decided(root: Path, sounds: dict[str, np.ndarray]) -> MixPlan:
    for name, sound in sounds.items():
        write(root / f"{name}.wav", sound[:, None].astype(np.float32), RATE)
    return registry.run("sync", open_session(root), SyncSettings(cache=False))


@pytest.mark.parametrize(("start_s", "end_s"), SPANS_S)
def test_microphones_of_one_recorder_stay(
    microphones: dict[str, np.ndarray], tmp_path: Path, start_s: float, end_s: float
) -> None:
    cut = slice(round(start_s * RATE), round(end_s * RATE))
    plan = decided(tmp_path, {name: sound[cut] for name, sound in microphones.items()})
    assert plan.changes == ()
    assert [row["drift_ppm"] for row in plan.details["recordings"]] == pytest.approx([0.0] * 3, abs=1e-6)


@pytest.mark.parametrize(("start_s", "late_s"), [(0.0, 0.5), (2.0, 0.7), (4.0, 0.3)])
def test_a_microphone_of_the_table_that_began_later_moves_without_a_drift(
    microphones: dict[str, np.ndarray], tmp_path: Path, start_s: float, late_s: float
) -> None:
    cut = {name: sound[round(start_s * RATE) :] for name, sound in microphones.items()}
    plan = decided(tmp_path, cut | {"Host": cut["Host"][round(late_s * RATE) :]})
    (moved,) = (row for row in plan.details["recordings"] if row["moved"])
    assert moved["name"] == "Host" and moved["drift_ppm"] == pytest.approx(0.0, abs=1e-6)
    # no nearer than the way between two people, where each speaks once
    assert moved["offset_ms"] == pytest.approx(-1000.0 * late_s, abs=5.0)


@pytest.mark.parametrize("share", [0.5, 0.7, 0.85])
def test_two_people_far_apart_who_speak_one_after_the_other(
    microphones: dict[str, np.ndarray], tmp_path: Path, share: float
) -> None:
    """Their lags are 17 ms apart: a clock that jumped would look like that."""
    voice = np.tile(microphones["Host"][: 5 * RATE], 4)
    other = soxr.resample(voice, 1.0, 1.19)[::-1][: len(voice)]
    voice = voice[: len(other)]
    first = np.arange(len(voice)) < share * len(voice)
    voice, other = voice * first, other * ~first
    way = round(0.0086 * RATE)
    hiss = 3e-4 * np.random.default_rng(1).standard_normal((2, len(voice)))
    mine = voice + 0.3 * np.roll(other, way) + hiss[0]
    theirs = other + 0.3 * np.roll(voice, way) + hiss[1]
    assert decided(tmp_path, {"First": mine, "Second": theirs}).changes == ()


@pytest.mark.parametrize(
    ("seconds", "ppm"), [(12.0, 50.0), (12.0, -300.0), (14.0, 150.0), (28.0, 1001.0), (40.0, -600.0)]
)
def test_what_a_clock_is_off_by_is_found_in_seconds(
    microphones: dict[str, np.ndarray], tmp_path: Path, seconds: float, ppm: float
) -> None:
    sound = np.tile(sum(microphones.values()), 3)[: round(seconds * RATE)]
    hiss = 3e-4 * np.random.default_rng(1).standard_normal((2, len(sound)))
    times = np.arange(len(sound)) / (1.0 + 1e-6 * ppm)
    fine = soxr.resample(sound, RATE, 4 * RATE)
    late = np.interp(4.0 * times, np.arange(len(fine)), fine)
    plan = decided(tmp_path, {"Camera": sound + hiss[0], "Recorder": 0.4 * late + hiss[1]})
    drifts = [abs(row["drift_ppm"]) for row in plan.details["recordings"]]
    assert sorted(drifts) == pytest.approx([0.0, abs(ppm)], abs=3.0)

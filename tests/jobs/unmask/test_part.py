"""A run on a time selection: outside it every track sounds as it did, whatever stood there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from mixengine import hosts
from mixengine.audio.curves import automation_values
from mixengine.audio.reaeq import response_db
from mixengine.jobs.unmask import job, moving
from mixengine.jobs.unmask.part import only_within
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model import apply, crop
from mixengine.model.plan import MixPlan
from mixengine.model.session import VOLUME, Automation, EnvelopePoint, EqBand, Session
from mixengine.model.units import amplitude
from mixengine.system.errors import UserError
from tests.helpers.arrays import assert_near
from tests.helpers.sounds import pink, tone, write

SECONDS, PAUSE, RATE = 12.0, (4.0, 8.0), 22050
PART = (9.0, 11.0)
GRID_HZ = np.geomspace(100.0, 8000.0, 24)


def gain_db(band: EqBand, times_s: np.ndarray) -> np.ndarray:
    if not band.points:
        return np.full(len(times_s), band.gain_db)
    return 20.0 * np.log10(automation_values(times_s, Automation(VOLUME, band.points)))


def curves_db(bands: Sequence[EqBand], times_s: np.ndarray) -> np.ndarray:
    """What an equaliser does [shape=(times, frequencies)]; a dB of a peak is nearly a dB of its response."""
    total = np.zeros((len(times_s), len(GRID_HZ)))
    for band in bands:
        shape = response_db([replace(band, gain_db=-1.0, points=())], GRID_HZ, RATE)
        total += np.outer(-gain_db(band, times_s), shape)
    return total


def outside(part_s: tuple[float, float], end_s: float = SECONDS) -> np.ndarray:
    times_s = np.arange(0.0, end_s, 0.05)
    return times_s[(times_s < part_s[0]) | (times_s > part_s[1])]


def moved(frequency_hz: float, deep_db: float, *spans: tuple[float, float]) -> EqBand:
    return EqBand("band", frequency_hz, deep_db, 1.0, points=moving.points(spans, deep_db))


STILL = EqBand("band", 1000.0, -3.0, 1.0)
BOOST = EqBand("band", 3000.0, 2.0, 1.0)
CUT = moved(1000.0, -3.0, (0.0, 4.0), (8.0, 12.0))
DEEPER = moved(1000.0, -4.5, (9.0, 11.0))
USERS = EqBand("high_pass", 80.0, 0.0, 1.0)
SWITCHED_OFF = replace(STILL, enabled=False)
CASES = {
    "nothing stood there": ((), (DEEPER, BOOST)),
    "the same band": ((CUT,), (DEEPER,)),
    "the same band, still": ((STILL,), (DEEPER,)),
    "still ones both": ((STILL,), (replace(STILL, gain_db=-1.0),)),
    "another band": ((CUT, BOOST), (moved(2000.0, -2.0, (9.5, 10.5)),)),
    "nothing is needed": ((CUT, BOOST), ()),
    "bands of the user": ((USERS, SWITCHED_OFF, CUT), (DEEPER,)),
}


@pytest.mark.parametrize("part_s", [PART, (7.7, 8.2), (3.0, 4.9), (0.0, 2.0), (11.0, 30.0), (4.0001, 4.3)])
@pytest.mark.parametrize("case", CASES)
def test_outside_the_part_nothing_changes(case: str, part_s: tuple[float, float]) -> None:
    standing, decided = CASES[case]
    bands = only_within(standing, decided, part_s)
    times_s = outside(part_s, 40.0)
    assert_near(curves_db(bands, times_s), curves_db(standing, times_s), abs=1e-4)
    kept = [band for band in bands if band.kind != "band" or not band.enabled]
    assert kept == [band for band in standing if band.kind != "band" or not band.enabled]
    for old, new in zip(standing, bands, strict=False):  # points that stand are the user's to find again
        assert {p for p in old.points if not part_s[0] <= p.time_s <= part_s[1]} <= {*new.points}
    for band in bands:
        assert all(one.time_s < other.time_s for one, other in pairwise(band.points))
        assert not band.points or max(abs(20.0 * np.log10(p.value)) for p in band.points) == pytest.approx(
            abs(band.gain_db), abs=1e-3
        )
    assert only_within(bands, decided, part_s) == bands


@pytest.mark.parametrize("case", CASES)
def test_inside_the_part_bands_do_what_was_decided(case: str) -> None:
    standing, decided = CASES[case]
    times_s = np.arange(9.45, 10.55, 0.05)
    active = [band for band in only_within(standing, decided, PART) if band.kind == "band" and band.enabled]
    assert_near(curves_db(active, times_s), curves_db(decided, times_s), abs=1e-3)


def test_what_only_the_part_needed_goes_with_it() -> None:
    first = only_within((), (DEEPER, BOOST), PART)
    assert [bool(band.points) for band in first] == [True, True]
    assert only_within(first, (), PART) == ()
    assert only_within((STILL,), (STILL,), PART) == (STILL,)


def test_a_part_from_the_beginning_needs_no_way_down() -> None:
    (band,) = only_within((), (STILL,), (0.0, 2.0))
    assert [(p.time_s, p.value) for p in band.points] == [(1.6, round(amplitude(-3.0), 6)), (2.0, 1.0)]


def test_half_of_a_bend_is_left_to_the_bend() -> None:
    way = (EnvelopePoint(0.0, 1.0, 2), EnvelopePoint(10.0, amplitude(-6.0), 0))
    slow = EqBand("band", 1000.0, -6.0, 1.0, points=way)
    assert only_within((slow,), (), (4.0, 6.0)) == (slow,)
    (band,) = only_within((slow,), (), (9.0, 20.0))
    assert_near(gain_db(band, np.arange(0.0, 10.0, 0.1)), gain_db(slow, np.arange(0.0, 10.0, 0.1)), abs=1e-6)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A buried voice with a pause, and a pad right over it, with a time selection in the second passage."""
    root = tmp_path_factory.mktemp("part") / "song"
    voice = tone(500.0, SECONDS, harmonics=4, level=0.05)
    voice[int(PAUSE[0] * RATE) : int(PAUSE[1] * RATE)] = 0.0
    write(root / "lead vocal.wav", voice)
    write(root / "pad.wav", pink(SECONDS, channels=2))
    return replace(hosts.open_session(root), time_selection_s=PART)


def plan(session: Session, **settings: object) -> MixPlan:
    return job.plan(session, UnmaskSettings(**settings), lambda *_: None)  # type: ignore[arg-type]


def equalisers(session: Session) -> dict[str, tuple[EqBand, ...]]:
    return {track.name: next((e.bands for e in track.effects if e.label == job.LABEL), ()) for track in session.tracks}


def test_a_first_run_on_a_selection_does_nothing_elsewhere(session: Session) -> None:
    result = plan(crop.to_time_selection(session), mode="three-band")
    assert len(result.changes) == 2
    for bands in equalisers(apply.applied(session, result.changes)).values():
        assert bands and not curves_db(bands, outside(PART)).any()


def test_a_run_on_a_selection_leaves_the_rest_of_an_earlier_run(session: Session) -> None:
    whole = apply.applied(session, plan(session, max_cut_db=2.0).changes)
    result = plan(crop.to_time_selection(whole), max_cut_db=4.0)
    after = apply.applied(whole, result.changes)
    assert result.changes and equalisers(after) != equalisers(whole)
    for name, bands in equalisers(whole).items():
        found = equalisers(after)[name]
        assert_near(curves_db(found, outside(PART)), curves_db(bands, outside(PART)), abs=1e-4)
    assert plan(crop.to_time_selection(after), max_cut_db=4.0).changes == ()


def test_where_no_envelope_is_heard_a_selection_is_refused(session: Session) -> None:
    with pytest.raises(UserError, match="cannot act in the time selection alone"):
        plan(crop.to_time_selection(replace(session, envelopes_bypassed=True)))

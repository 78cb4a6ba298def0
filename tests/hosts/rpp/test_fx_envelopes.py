"""Gains of ReaEQ's bands that move: parameter envelopes in the text of a project, there and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.hosts.rpp import fx_envelopes
from mixengine.model.plan import Equalizer
from mixengine.model.session import EnvelopePoint, EqBand
from mixengine.model.units import amplitude
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_changes import DELAY, ONE

DEEP = round(amplitude(-3.0), 6)
POINTS = (EnvelopePoint(1.0, 1.0, 2), EnvelopePoint(1.4, DEEP, 0), EnvelopePoint(2.0, DEEP, 2), EnvelopePoint(3.2, 1.0))
MOVING = (EqBand("band", 500.0, -2.0, 0.5), EqBand("band", 2100.0, -3.0, 1.0, points=POINTS))
STILL = fx_envelopes.without_points(MOVING)
OURS = "mixengine tone"


def bands(data: bytes) -> tuple[EqBand, ...]:
    return b.read_track(data).effects[-1].bands


@pytest.mark.parametrize("inside", [(), (b.chain(),), (b.chain(DELAY),), (b.item(10),)])
def test_points_are_written_and_taken_away(inside) -> None:
    data = b.project(b.track(1, *inside))
    change = Equalizer(ONE, OURS, None, MOVING)
    written = b.done(data, change)
    assert bands(written) == MOVING
    assert b"<PARMENV 4 0 1 0.5" in written and f"PT 1.4 {DEEP / 2:.10g} 0".encode() in written
    chain = written[written.index(b"<FXCHAIN") :]
    assert chain.rindex(b"FXID") < chain.index(b"<PARMENV") < chain.rindex(b"WAK")
    assert b.undone(data, change) == data
    assert b.done(written, change) == written


@pytest.mark.parametrize(("before", "after"), [(STILL, MOVING), (MOVING, STILL), (MOVING, MOVING[1:])])
def test_bands_begin_and_cease_to_move_in_place(before, after) -> None:
    start = b.done(b.project(b.track(1, b.chain(DELAY))), Equalizer(ONE, OURS, None, before))
    written = b.done(start, Equalizer(ONE, OURS, before, after))
    assert bands(written) == after and len(b.read_track(written).effects) == 2
    assert written.count(b"<PARMENV") == sum(bool(band.points) for band in after)
    assert b.done(written, Equalizer(ONE, OURS, after, before)) == start


def test_other_points_replace_the_old_ones() -> None:
    other = (MOVING[0], replace(MOVING[1], points=POINTS[:2]))
    start = b.done(b.project(b.track(1)), Equalizer(ONE, OURS, None, MOVING))
    written = b.done(start, Equalizer(ONE, OURS, MOVING, other))
    assert bands(written) == other
    edited = start.replace(b"PT 2 ", b"PT 2.25 ")
    assert edited != start and b.apply(edited, Equalizer(ONE, OURS, MOVING, other)).skipped


def test_where_the_gain_stood_when_the_project_was_saved_does_not_matter() -> None:
    """While REAPER plays, the plug-in's own state follows the envelope."""
    start = b.done(b.project(b.track(1)), Equalizer(ONE, OURS, None, MOVING))
    playing = b.done(b.project(b.track(1)), Equalizer(ONE, OURS, None, (MOVING[0], replace(MOVING[1], gain_db=-0.7))))
    assert playing != start and bands(playing) == MOVING
    assert b"<PARMENV" not in b.done(playing, Equalizer(ONE, OURS, MOVING, None))


def test_the_users_envelopes_of_frequency_and_a_bypassed_one_are_not_ours() -> None:
    users = ["<PARMENV 0:_Freq 0 1 0.5", "ACT 1 -1", "PT 0 1 0", ">", "<PARMENV 1 0 1 0.5", "ACT 0 -1", "PT 0 1 0", ">"]
    data = b.project(b.track(1, b.chain(b.reaeq(OURS, STILL, b.guid(8)), users, DELAY)))
    assert b.read_track(data).effects[0].bands == STILL
    (note,) = b.load(data).session().notes
    assert note.startswith("envelopes on frequency or width of mixengine's equaliser are not heard: T1")
    assert b.load(data.replace(b"ACT 1", b"ACT 0")).session().notes == ()
    written = b.done(data, Equalizer(ONE, OURS, STILL, MOVING))
    assert b"0:_Freq" in written and written.count(b"<PARMENV") == 3
    assert b.read_track(written).effects[0].bands == MOVING


def test_the_parameter_is_the_gain_bent_at_0_db() -> None:
    for gain, value in ((0.0, 0.0), (0.5, 0.25), (1.0, 0.5), (2.5, 0.75), (4.0, 1.0), (9.0, 1.0)):
        assert fx_envelopes.parameter(gain) == pytest.approx(value)
        assert fx_envelopes.gain_of(value) == pytest.approx(min(gain, 4.0))


def test_what_reaper_writes_with_fewer_digits_is_the_same() -> None:
    written = b.done(b.project(b.track(1)), Equalizer(ONE, OURS, None, MOVING))
    saved = written.replace(f"{DEEP / 2:.10g}".encode(), f"{DEEP / 2:.8f}".encode())
    assert bands(saved) == MOVING

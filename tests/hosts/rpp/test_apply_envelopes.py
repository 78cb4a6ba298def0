"""Envelopes written into a project file come back, and what the user drew survives."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mixengine.hosts.rpp.words import format_number
from mixengine.model.plan import Envelope, Equalizer, NewClip, revert
from mixengine.model.session import EnvelopePoint
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_changes import BANDS, DELAY, DUCK, ONE, QUICK


@pytest.mark.parametrize(
    "inside",
    [
        (),
        (b.item(10),),
        (b.chain(DELAY), b.item(10)),
        (["<FREEZE", ">"],),
        (b.envelope("VOLENV", "0 1 0"), b.chain(DELAY)),
    ],
)
@pytest.mark.parametrize("kind", ["volume_pre_fx", "volume", "volume_trim", "pan", "mute"])
def test_a_new_envelope_stands_before_plugins_and_items(inside, kind):
    data = b.project(b.track(1, *inside))
    change = Envelope(ONE, kind, 1.0, 3.0, (), DUCK, created=True)
    if kind == "volume_pre_fx" and b"<VOLENV" in data:
        change = Envelope(ONE, kind, 1.0, 3.0, (), DUCK)
    written = b.done(data, change)
    names = [block.name for block in b.load(written).root.all("TRACK")[0].children]
    ranks = [0 if "ENV" in name else 1 if name == "FXCHAIN" else 2 for name in names]
    assert ranks == sorted(ranks)
    (result,) = (x for x in b.read_track(written).automation if x.kind == kind)
    assert result.points[-3:] == DUCK
    assert b.undone(data, change) == data


def test_new_things_on_one_track_stand_in_reapers_order():
    data = b.project(b.track(1))
    changes = [
        NewClip(ONE, b.guid(20), "a.wav", 0.0, 1.0),
        Equalizer(ONE, "EQ", None, BANDS),
        Envelope(ONE, "volume", 1.0, 3.0, (), DUCK, created=True),
        Envelope(ONE, "pan", 1.0, 3.0, (), DUCK, created=True),
    ]
    for _ in range(6):
        random.Random(len(changes)).shuffle(changes)
        written = b.done(data, *changes)
        names = [block.name for block in b.load(written).root.all("TRACK")[0].children]
        assert (sorted(names[:2]), names[2:]) == (["PANENV2", "VOLENV2"], ["FXCHAIN", "ITEM"])
        assert b.undone(data, *changes) == data
        changes = changes[1:] + changes[:1]


def test_points_outside_the_range_survive():
    user = ["-0.0005 1 0", "0.5 0.7 5 0 0 0 0.3", "1.5 0.9 0", "2.5 0.8 2 0 1", "4 0.6 1", "9 1 0 0 1"]
    data = b.project(b.track(1, b.envelope("VOLENV2", *user, lines=("VOLTYPE 1",)), b.item(10)))
    before = tuple(p for p in b.read_track(data).automation[0].points if 1.0 <= p.time_s <= 3.0)
    assert len(before) == 2
    change = Envelope(ONE, "volume", 1.0, 3.0, before, DUCK)
    written = b.done(data, change)
    points = [line.strip() for line in written.decode().splitlines() if line.strip().startswith("PT")]
    assert points == [
        "PT -0.0005 1 0",
        "PT 0.5 0.7 5 0 0 0 0.3",
        "PT 1 1 0",
        "PT 2 0.25 5 0 0 0 0.5",
        "PT 3 0.5 1",
        "PT 4 0.6 1",
        "PT 9 1 0 0 1",
    ]
    assert b"VOLTYPE 1" in written
    assert b.undone(data, change) == data


def test_what_the_user_drew_later_survives_the_reverse_of_a_new_envelope():
    data = b.project(b.track(1))
    change = Envelope(ONE, "volume", 1.0, 3.0, (), DUCK, created=True)
    written = b.done(data, change).replace(b"      PT 3 0.5 1\r\n", b"      PT 3 0.5 1\r\n      PT 8 0.9 0\r\n")
    back = b.done(written, *revert(b.plan_of(change)).changes)
    (automation,) = b.read_track(back).automation
    assert automation.points == (EnvelopePoint(8.0, 0.9),)


TIMES = st.lists(st.integers(0, 10**9), unique=True, max_size=8).map(lambda ns: sorted(n / 10**7 for n in ns))


@QUICK
@given(TIMES, TIMES, st.floats(0, 100), st.floats(0, 100), st.randoms(use_true_random=False))
def test_any_envelope_comes_back(user, ours, first_s, second_s, chance):
    start_s, end_s = sorted((first_s, second_s))
    assume(all(t == edge or abs(t - edge) > 1e-9 for t in user for edge in (start_s, end_s)))
    texts = [f"{format_number(t, 8)} {format_number(chance.random(), 8)} {chance.randrange(5)}" for t in user]
    data = b.project(b.track(1, b.envelope("VOLENV2", *texts)))
    points = b.read_track(data).automation[0].points
    before = tuple(p for p in points if start_s <= p.time_s <= end_s)
    after = tuple(
        EnvelopePoint(t, chance.random()) for t in {start_s, end_s} | {t for t in ours if start_s <= t <= end_s}
    )
    after = tuple(sorted(after, key=lambda point: point.time_s))
    change = Envelope(ONE, "volume", start_s, end_s, before, after)
    written = b.read_track(b.done(data, change)).automation[0].points
    outside = [p for p in written if not start_s - 1e-9 <= p.time_s <= end_s + 1e-9]
    assert outside == [p for p in points if p not in before]
    assert len(written) == len(points) - len(before) + len(after)
    assert b.undone(data, change) == data

"""An envelope that was drawn earlier is found where the user moved it, and only then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mixengine.model import session
from mixengine.model.moved import follow, follow_marker, is_scattered, stands
from mixengine.model.plan import Envelope, Marker
from mixengine.model.session import EnvelopePoint

DRAWN = tuple(
    EnvelopePoint(time_s, value, 2) for time_s, value in ((3.0, 1.0), (3.5, 0.4), (7.0, 0.4), (8.0, 1.0), (14.0, 0.6))
)
USERS = (EnvelopePoint(5.0, 0.9), EnvelopePoint(9.0, 0.8))
CHANGE = Envelope("t", "volume", 2.0, 15.0, USERS, DRAWN)


def later(points: tuple[EnvelopePoint, ...], by_s: float, from_s: float = 0.0) -> tuple[EnvelopePoint, ...]:
    return tuple(replace(p, time_s=p.time_s + by_s * (p.time_s >= from_s)) for p in points)


@pytest.mark.parametrize("by_s", [0.0, 10.0, 100.0, -2.5])
def test_all_moved_by_the_same_time(by_s: float) -> None:
    points = (*later(DRAWN, by_s), EnvelopePoint(300.0, 0.5))
    result = follow(CHANGE, points)
    assert (result.start_s, result.end_s) == (2.0 + by_s, 15.0 + by_s)
    assert result.after == later(DRAWN, by_s) and result.before == later(USERS, by_s)
    assert not is_scattered(result, points)


def test_time_inserted_in_between() -> None:
    points = later(DRAWN, 10.0, from_s=7.5)
    result = follow(CHANGE, points)
    assert (result.start_s, result.end_s, result.after) == (2.0, 25.0, points)
    assert result.before[0] == USERS[0] and result.before[1].time_s == 19.0


@pytest.mark.parametrize(
    "points",
    [
        (),
        later(DRAWN[1:], 10.0),  # not all
        (*DRAWN[:3], EnvelopePoint(7.5, 0.7), *DRAWN[3:]),  # one between them
        (*later(DRAWN, 30.0), *later(DRAWN, 60.0)),  # twice
        tuple(replace(p, value=p.value * 0.9) for p in later(DRAWN, 10.0)),
        tuple(replace(p, shape=0) for p in later(DRAWN, 10.0)),
    ],
)
def test_what_is_not_there_whole_is_not_followed(points: tuple[EnvelopePoint, ...]) -> None:
    assert follow(CHANGE, points) is CHANGE


def test_a_single_point_is_known_only_where_it_is_alone() -> None:
    change = replace(CHANGE, start_s=0.0, end_s=0.0, before=(), after=(EnvelopePoint(0.0, 0.7),))
    alone = (EnvelopePoint(10.0, 0.7),)
    assert follow(change, alone).after == alone
    assert follow(change, (*alone, EnvelopePoint(20.0, 0.5))) is change


def test_points_moved_apart_are_told_from_points_edited_in_place() -> None:
    assert is_scattered(CHANGE, (*DRAWN[:2], *later(DRAWN[3:], 30.0)))
    assert is_scattered(CHANGE, later(DRAWN[2:], 30.0))
    edited = tuple(replace(p, value=0.3) for p in DRAWN)
    unity, users = EnvelopePoint(40.0, 1.0), later(USERS, 90.0)
    for points in ((), DRAWN, edited, DRAWN[1:], (*DRAWN[:3], *DRAWN[4:], unity), (*edited, *users)):
        assert not is_scattered(CHANGE, points)


def test_a_region_is_known_by_its_name_and_length() -> None:
    region = Marker("mixengine: x", 1.0, 3.0)

    def found(*spans: tuple[float, float]) -> Marker:
        others = session.Marker("mixengine: y", 21.0, 23.0), session.Marker("mixengine: x", 1.0)
        return follow_marker(region, (*others, *(session.Marker("mixengine: x", *span) for span in spans)), [region])

    assert found((11.0, 13.0)) == Marker("mixengine: x", 11.0, 13.0)
    assert found((1.0, 3.0)) == found((11.0, 14.0)) == found((11.0, 13.0), (21.0, 23.0)) == found() == region


def test_regions_of_one_name_and_length_keep_their_order() -> None:
    remembered = [Marker("mixengine: x", start_s, start_s + 2.0) for start_s in (5.0, 1.0, 9.0)]
    standing = [session.Marker("mixengine: x", start_s, start_s + 2.0) for start_s in (11.0, 15.0, 29.0)]
    result = [follow_marker(each, standing, remembered) for each in remembered]
    assert [each.time_s for each in result] == [15.0, 11.0, 29.0]
    assert [follow_marker(each, standing[:2], remembered) for each in remembered] == remembered


def test_what_was_taken_away_by_hand_does_not_stand() -> None:
    assert stands(CHANGE, (*DRAWN, *USERS)) and stands(CHANGE, later(DRAWN, 5.0)) and stands(CHANGE, DRAWN[2:])
    assert not stands(CHANGE, ()) and not stands(CHANGE, USERS)
    assert not stands(CHANGE, tuple(replace(p, value=0.3) for p in DRAWN))

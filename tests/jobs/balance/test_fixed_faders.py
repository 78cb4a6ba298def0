"""What tracks whose faders stay mean for the others: for the ceiling of the sum, and for what they cover."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from mixengine.jobs.balance import covered
from mixengine.model.plan import MixPlan
from mixengine.model.session import VOLUME, Automation, EnvelopePoint, Session
from tests.helpers.balanced import balance, flute_under_a_pad, rows


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return flute_under_a_pad(tmp_path_factory.mktemp("fixed"))


def present(session: Session, **settings: object) -> MixPlan:
    return balance(session, **{"start_from": "present", **settings})


def with_pad(session: Session, *, leads_hats: bool = False, **changes: object) -> Session:
    """The song with changes to its pad, which may lead the hats as a VCA."""
    pad = next(track for track in session.tracks if track.name == "Pad")
    tracks = (
        replace(track, leads=((pad.id, False),) if leads_hats and track.name == "Hats" else track.leads)
        for track in session.tracks
    )
    return replace(session, tracks=tuple(replace(t, **changes) if t.id == pad.id else t for t in tracks))  # type: ignore[arg-type]


def test_a_fixed_track_above_the_ceiling_does_not_take_the_others_down(song: Session) -> None:
    hot = present(with_pad(song, leads_hats=True, fader_db=10.0))
    assert all(row.gain_db > -12.0 for row in rows(hot).values())
    assert any("lower the master or 'Pad'" in note and "not lowered" in note for note in hot.notes)


def test_a_fixed_track_below_the_ceiling_lets_the_others_make_room(song: Session) -> None:
    hot = tuple(
        replace(track, clips=tuple(replace(clip, gain_db=0.0 if track.name == "Pad" else 15.0) for clip in track.clips))
        for track in song.tracks
    )
    loud = present(with_pad(replace(song, tracks=hot), leads_hats=True, fader_db=-6.0))
    assert loud.details.headroom_db >= 1.0 - 1e-6  # type: ignore[attr-defined]
    assert any("dB lower so the sum stays below" in note for note in loud.notes)


RULED = Automation(VOLUME, (EnvelopePoint(0.0, 1.0), EnvelopePoint(2.0, 1.0)))


@pytest.mark.parametrize(
    "stays",
    [{"automation": (RULED,), "automation_mode": 1}, {"is_folder": True}, {"leads_hats": True}],
    ids=["ruled", "folder", "lead"],
)
def test_who_does_not_move_covers_others_all_the_same(song: Session, stays: dict[str, Any]) -> None:
    there = rows(present(with_pad(song, **stays)))
    assert there["Pad"].gain_db == there["Pad"].raised_db == 0.0
    assert there["Flute"].covered_by == "Pad" and 1.0 < there["Flute"].raised_db <= 6.0


@pytest.mark.parametrize(
    ("fader_db", "settings", "part"),
    [
        (3.8, {"lock": ("Pad",)}, True),
        (10.0, {"lock": ("Pad",)}, False),
        (10.0, {"lock": ("Pad",), "strength": 70.0}, False),
    ],
    ids=["a part of it", "locked", "locked, in part"],
)
def test_raises_do_not_make_a_sum_pass_the_ceiling_that_is_not_shifted(
    song: Session, monkeypatch: pytest.MonkeyPatch, fader_db: float, settings: dict[str, Any], part: bool
) -> None:
    hot = with_pad(song, fader_db=fader_db)
    limited = present(hot, **settings)
    assert any("less than they need" in note for note in limited.notes)
    assert any(row.raised_db > 0.1 for row in rows(limited).values()) == part
    monkeypatch.setattr(covered, "raised", lambda *_, **__: {})
    without = present(hot, **settings)
    highest_dbtp = max(-1.0, -without.details.headroom_db)  # type: ignore[attr-defined]
    assert -limited.details.headroom_db <= highest_dbtp + 1e-6  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "fader_db, why",
    [
        (-math.inf, "fader (or a folder's) is all the way down"),
        (-70.0, "fader (or a folder's) stands at −70.0 dB, which is off"),
    ],
)
def test_a_fader_below_what_a_balance_sets_is_off(song: Session, fader_db: float, why: str) -> None:
    """It stays, and the others are set as if the track were not there."""
    made = rows(present(with_pad(song, fader_db=fader_db)))
    assert (made["Pad"].reason, made["Pad"].fader_after_db) == (why, fader_db)
    muted = rows(present(with_pad(song, mute=True)))
    assert [made[name].gain_db for name in made if name != "Pad"] == [
        muted[name].gain_db for name in made if name != "Pad"
    ]

"""Items moved, slowed down and cut in the text of a project, and put back byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.model import apply as in_memory
from mixengine.model.plan import Change, MixPlan, MoveClip, Place, Polarity, SplitClip, revert
from tests.helpers.rpp_builders import clip_of, envelope, guid, item, project, source, track

ODD = (
    track(
        1,
        item(
            11,
            lines=("FADEOUT 1 0.7 0 1 0 0 0", "PLAYRATE 1.00 1 0.000 -1 0 0.0025", "CHANMODE 0", f"GUID {guid(31)}"),
            media=[*envelope("VOLENV", "0 1 0", "1 0.5 0", "3 1 1"), *source(), "TKM 1.5 word 0 0"],
        ),
        item(12),
        name="voice",
    ),
)
SONG = project(*ODD).replace(b"LENGTH 3.25", b"LENGTH 3.2500").replace(b"POSITION 1.5", b"POSITION 1.500000")
MOVED = (MoveClip(guid(1), guid(11), Place(1.5, 3.25), Place(0.5, 3.2501, 0.99996)), Polarity(guid(1), False, True))
BARE = (MoveClip(guid(1), guid(12), Place(1.5, 3.25), Place(2.5, 3.24, 1.0003)),)
CUT = (
    SplitClip(guid(1), guid(11), guid(60), 3.0),
    SplitClip(guid(1), guid(60), guid(61), 4.0),
    MoveClip(guid(1), guid(11), Place(1.5, 1.5), Place(1.25, 1.5)),
    MoveClip(guid(1), guid(60), Place(3.0, 1.0), Place(2.76, 1.001, 0.999)),
    MoveClip(guid(1), guid(61), Place(4.0, 0.75), Place(3.77, 0.75)),
)


def done(data: bytes, plan: MixPlan) -> tuple[bytes, list[str]]:
    before = Project(data, Path("song.RPP"))
    stored = history.stored_plan(before.root)
    kept = history.plan_after_undo(stored, plan) if plan.job.startswith("revert ") else plan
    result = rpp_apply.apply(before, plan, ext_state=history.ext_state(None, kept))
    return result.data, result.skipped


@pytest.mark.parametrize("changes", [MOVED, BARE, CUT, (*CUT[:1], *MOVED[1:])])
def test_what_is_moved_plays_as_in_memory_and_goes_back_to_the_byte(changes: tuple[Change, ...]) -> None:
    plan = MixPlan("sync", "song", "", changes=changes)
    after, skipped = done(SONG, plan)
    assert not skipped
    session = Project(SONG, Path("song.RPP")).session()
    expected = in_memory.applied(session, changes).tracks[0]
    written = Project(after, Path("song.RPP")).session().tracks[0]
    assert [clip.id for clip in written.clips] == [clip.id for clip in expected.clips]
    for one, other in zip(written.clips, expected.clips, strict=True):
        for name in ("position_s", "length_s", "rate", "offset_s"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9)
        assert one.resampled
    assert written.inverted == expected.inverted
    again, skipped = done(after, revert(plan))
    assert not skipped and again == SONG


def test_a_cut_takes_envelopes_and_markers_along() -> None:
    after, _ = done(SONG, MixPlan("sync", "song", "", changes=CUT[:1]))
    first, second = Project(after, Path("song.RPP")).session().tracks[0].clips[:2]
    assert second.offset_s == pytest.approx(0.75 + 1.5)
    points = second.automation[0].points
    assert [point.time_s for point in points] == pytest.approx([0.0, 1.5])
    assert points[0].value == pytest.approx(0.625)
    assert after.count(b"TKM 1.5 word") == 2 and after.count(guid(31).encode()) == 1
    assert first.fade_out.length_s == 0.005 and second.fade_out.length_s == 0.7


def test_what_the_user_moved_meanwhile_stays() -> None:
    changes = (MoveClip(guid(1), guid(11), Place(7.0, 3.25), Place(0.5, 3.25)),)
    after, skipped = done(SONG, MixPlan("sync", "song", "", changes=changes))
    assert len(skipped) == 1 and "was moved" in skipped[0]
    assert Project(after, Path("song.RPP")).session().tracks[0].clips[0].position_s == 1.5


@pytest.mark.parametrize(("lines", "locked"), [(("LOCK 1",), True), (("LOCK 0",), False), ((), False)])
def test_the_lock_of_an_item_is_read(lines: tuple[str, ...], locked: bool) -> None:
    assert clip_of(lines=lines).locked is locked

"""Picking tracks of a plan: which table there is, and what is left of the plan."""

from __future__ import annotations

from mixengine.model.choice import Cells, choice, only, owner
from mixengine.model.plan import Fader, Marker, MasterTrim, MixPlan, NewTrack, Pan
from mixengine.model.session import MASTER

NAMES = {"{1}": "voice", "{2}": "voice", "{3}": "pad"}
CHANGES = (
    MasterTrim(0.0, -1.0, reason="room"),
    Fader("{2}", 0.0, 2.0, reason="soft"),
    Fader("{1}", 0.0, 1.0, reason="soft"),
    Pan("{2}", 0.0, 0.5, reason="wide"),
)


def plan(*changes: object) -> MixPlan:
    return MixPlan("toy", "song", "", changes=changes)  # type: ignore[arg-type]


def test_a_row_for_each_track_that_changes_in_the_order_of_the_project():
    table = choice(plan(*CHANGES), NAMES)
    assert table is not None
    assert table.headings == ("track", "why")
    assert table.tracks == ("{1}", "{2}", MASTER)
    assert table.rows == (("voice", "soft"), ("voice", "soft; wide"), ("master", "room"))


def test_a_job_shows_what_it_measured_and_blanks_where_it_measured_nothing():
    table = choice(plan(*CHANGES), NAMES, Cells(("LUFS", "why"), {"{1}": ("-20.0", "because")}))
    assert table is not None
    assert table.headings == ("track", "LUFS", "why")
    assert table.rows == (("voice", "-20.0", "because"), ("voice", "", "soft; wide"), ("master", "", "room"))


def test_no_table_of_changes_that_belong_to_no_track_that_is_there():
    for change in (Marker("m", 0.0, 1.0), NewTrack("{9}", "new"), Fader("{9}", 0.0, 1.0)):
        assert choice(plan(*CHANGES, change), NAMES) is None
    assert choice(plan(), NAMES) is None


def test_every_change_stands_or_falls_with_its_track_and_keeps_its_place():
    table = choice(plan(*CHANGES), NAMES)
    assert table is not None
    for chosen in (set(), {"{2}"}, {MASTER, "{1}"}, set(table.tracks)):
        left = only(plan(*CHANGES), chosen, table.left_out(chosen))
        assert left.changes == tuple(change for change in CHANGES if owner(change) in chosen)
        assert (left.notes == ()) == (chosen == set(table.tracks))
    assert only(plan(*CHANGES), {"{1}"}, table.left_out({"{1}"})).notes == ("left out as you chose: voice, master",)

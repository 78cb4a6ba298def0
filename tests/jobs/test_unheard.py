"""What is not heard is said by every job, once for each kind, with tracks and items."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.jobs.balance import job as balance
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.duck import job as duck
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.lint import job as lint
from mixengine.jobs.lint.settings import LintSettings
from mixengine.jobs.render import export
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import unsupported
from mixengine.mixer.routing import graph
from mixengine.model import selection, unheard
from mixengine.model.session import Session
from mixengine.system.staging import Staging
from tests.helpers import rpp_builders as b
from tests.helpers.levels import item, media, peak, read, sounding

SEND = "AUXRECV {source} 0 1 0 0 0 0 {channels} -1:U 0 -1 ''"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return media(tmp_path_factory.mktemp("levels"))


def notes_of(session: Session) -> dict[str, list[str]]:
    """What each job says of a session: render's lines of tracks with their notes."""
    plain = lambda *_: None  # noqa: E731
    result = {"lint": list(lint.plan(session, LintSettings(cache=False, checks=("silent",)), plain).notes)}
    result["balance"] = list(balance.plan(session, BalanceSettings(cache=False), plain).notes)
    result["duck"] = list(duck.plan(session, DuckSettings(music=("T1",)), plain).notes)
    lost = unsupported.unsupported(session, graph(session))
    result["render"] = [f"{entry.track}: {what}" for entry in lost for what in entry.what]
    return result


def rendered_notes(session: Session, folder: Path) -> list[str]:
    with Staging(folder) as stage:
        return export.to_staging(session, RenderSettings(mix=True), stage).notes


def with_item_notes(kind: str) -> list[str]:
    """Lines behind the source of an item that ask for what is not played."""
    return {
        "pitch envelope of the take": b.envelope("PITCHENV", "0 2 0"),
        "edited samples": ["SPLS 1 2 3"],
        "stretch markers": ["SM 0 0 + 1 1"],
        "take FX": ["<TAKEFX", *b.plugin(), ">"],
        "automation items of a take envelope": b.envelope(
            "VOLENV", "0 1 0", lines=("POOLEDENVINST 1 0 1 0 1 0 0 1 0 0 0 0",)
        ),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "pitch envelope of the take",
        "edited samples",
        "stretch markers",
        "take FX",
        "automation items of a take envelope",
    ],
)
def test_what_a_take_asks_for_is_said_with_track_and_item(place, kind):
    session = read(place, b.track(1, sounding(0, *with_item_notes(kind))), b.track(2, sounding(1), sounding(2)))
    for job, notes in notes_of(session).items():
        (line,) = (note for note in notes if kind in note)
        assert "T1: " in line and "'sound 0' at 0.00 s" in line, job


def test_a_kind_is_said_once_with_the_first_items_and_their_number(place):
    tracks = [
        b.track(n, *(item("quarter", "SM 0 0", position_s=float(k)) for k in range(40))) for n in range(1, 4)
    ]  # fmt: skip
    session = read(place, *tracks)
    (line,) = (note for note in selection.notes(session, list(session.tracks)) if "stretch" in note)
    assert line.endswith("T1: 'quarter' at 3.00 s and 116 more")


def test_bypassed_take_effects_and_bypassed_envelopes_are_not_named(place):
    off = [line.replace("BYPASS 0", "BYPASS 1") for line in b.plugin()]
    quiet = ["<TAKEFX", *off, ">", *(line.replace("ACT 1", "ACT 0") for line in b.envelope("PITCHENV", "0 2 0"))]
    assert read(place, b.track(1, item("quarter", *quiet))).tracks[0].clips[0].notes == ()


def lone(*tracks: list[str]) -> list[list[str]]:
    return [[line.replace("MAINSEND 1", "MAINSEND 0") for line in track] for track in tracks]


def test_a_track_with_no_way_into_the_mix_is_said_and_not_measured(place):
    (lost,) = lone(b.track(3, sounding(2), name="lost"))
    session = read(place, b.track(1, sounding(0)), b.track(2, sounding(1)), lost)
    for job, notes in notes_of(session).items():
        assert any("no way into the mix" in note and "lost" in note for note in notes), job
    assert selection.pick(session).skipped == {
        b.guid(3): "no way into the mix (no main send, and no other that is heard)"
    }


@pytest.mark.parametrize("channels, heard", [("0 0", True), ("0 2", False), ("0 1026", False), ("2 0", False)])
def test_a_send_is_a_way_only_into_the_first_two_channels(place, channels, heard):
    (sender,) = lone(b.track(1, item("quarter")))
    bus = b.track(2, [SEND.format(source=0, channels=channels)], lines=("NCHAN 4",), name="bus")
    session = read(place, sender, bus, b.track(3, item("eighth")))
    assert peak(session) == pytest.approx(0.375 if heard else 0.125)
    notes = selection.notes(session, selection.pick(session).tracks)
    assert any("'T1' to 'bus'" in note for note in notes) is not heard
    assert any("no way into the mix" in note and "T1" in note for note in notes) is not heard
    assert (b.guid(1) in selection.pick(session).skipped) is not heard


def test_a_muted_bus_and_a_folder_without_main_send_are_no_way(place):
    (sender, folder) = lone(b.track(1, item("quarter")), b.track(2, bus="1 1"))
    muted = [line.replace("MUTESOLO 0", "MUTESOLO 1") for line in b.track(2, [SEND.format(source=0, channels="0 0")])]
    assert b.guid(1) in selection.pick(read(place, sender, muted)).skipped
    inside = b.track(3, item("quarter"), bus="2 -1")
    assert selection.pick(read(place, folder, inside)).skipped[b.guid(3)].startswith("no way into the mix")


def test_a_master_that_is_all_the_way_down_is_said_by_all(place, tmp_path):
    head = ("MASTER_VOLUME 0.00000003162278 0 -1 -1 1",)
    session = read(place, b.track(1, sounding(0)), b.track(2, sounding(1)), head=head)
    said = "the master's fader stands at −150 dB: the mix is silent"
    notes = notes_of(session)
    assert all(said in notes[job] for job in ("lint", "balance", "duck"))
    assert said in rendered_notes(session, tmp_path / "out")


def test_settings_of_tracks_are_said_once_per_kind(place):
    tracks = [b.track(n, sounding(n), lines=("HWOUT 0 0 1 0 0 0 0 -1:U -1",)) for n in (1, 2)]
    notes = notes_of(read(place, *tracks))
    for job in ("lint", "balance", "duck"):
        assert "not heard: hardware output: T1, T2" in notes[job], job
    assert "T1: hardware output" in notes["render"]


def test_a_solo_is_said_and_changes_no_measurement(place):
    soloed = [line.replace("MUTESOLO 0 0", "MUTESOLO 0 1") for line in b.track(1, sounding(0))]
    session = read(place, soloed, b.track(2, sounding(1)))
    assert (
        "soloed, all others are measured all the same: T1"
        in balance.plan(session, BalanceSettings(cache=False), lambda *_: None).notes
    )
    assert len(selection.pick(session).tracks) == 2


def test_automation_items_name_their_tracks(place):
    pooled = b.envelope("VOLENV2", "0 1 0", lines=("POOLEDENVINST 1 0 1 0 1 0 0 1 0 0 0 0",))
    off = [line.replace("ACT 1", "ACT 0") for line in pooled]
    master = [line.replace("<VOLENV2", "<MASTERVOLENV2") for line in pooled]
    session = read(place, master, b.track(1, pooled), b.track(2, off), b.track(3, pooled, name="voice"))
    assert session.notes == ("automation items of envelopes are not evaluated: T1, voice, master",)


@pytest.mark.parametrize("name", ["MASTERVOLENV2", "MASTERWIDTHENV2"])
def test_automation_items_that_are_heard_are_no_longer_named(place, name):
    """Also beside an envelope of the master that is not read."""
    pooled = b.envelope("VOLENV2", "0 1 0", lines=("POOLEDENVINST 1 0 1 0 1 0 0 1 0 0 0 0",))
    master = [line.replace("<VOLENV2", f"<{name}") for line in pooled]
    session = read(place, master, b.track(1, pooled), b.track(2, pooled, name="voice"))
    for heard, left in ((1, "voice, master"), (2, "T1, master")):
        notes = unheard.with_items_heard(session, {b.guid(heard)}).notes
        assert notes == (f"automation items of envelopes are not evaluated: {left}",)
    notes = unheard.with_items_heard(read(place, b.track(1, pooled)), {b.guid(1)}).notes
    assert notes == ()


def test_the_projects_speed_is_said(place):
    assert read(place, head=("PLAYRATE 1 0 0.25 4",)).notes == ()
    assert read(place, head=("PLAYRATE 1.5 0 0.25 4",)).notes == (
        "the project plays at 1.5 times its speed: heard at 1",
    )
    drawn = b.envelope("MASTERPLAYSPEEDENV", "0 1.5 0")
    assert read(place, drawn).notes == ("an envelope moves the project's play rate: heard at 1",)
    assert read(place, [line.replace("ACT 1", "ACT 0") for line in drawn]).notes == ()

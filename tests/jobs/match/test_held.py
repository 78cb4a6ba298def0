"""What may not be moved stays, is named, and the loss is that of what is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.audio.peaks import PeakMeter
from mixengine.jobs import registry
from mixengine.jobs.match import features, groups, held, material, render, windows
from mixengine.jobs.match import reference as references
from mixengine.jobs.match.held import LABEL
from mixengine.jobs.match.settings import MatchSettings
from mixengine.model import apply
from mixengine.model.plan import Compressor, Equalizer, Fader, MasterTrim, Pan
from mixengine.model.session import (
    MASTER,
    VOLUME,
    Automation,
    Clip,
    CompressorSettings,
    Effect,
    EnvelopePoint,
    EqBand,
    Session,
    Source,
    Track,
)
from tests.helpers.match_songs import RATE, folder, other_mix, reference, stems

SECONDS = 2.0
TRACKS = ("hats", "lead vocal", "pad")
BRIGHT = Effect("VST: ReaEQ (Cockos)", "My master EQ", bands=(EqBand("high_shelf", 3000.0, 9.0, 2.0),))
SQUEEZE = Effect("VST: ReaComp (Cockos)", "My glue", compressor=CompressorSettings(-30.0, 4.0, 5.0, 80.0, 0.0, 6.0))


def drawn(amplitude: float) -> tuple[Automation, ...]:
    return (Automation(VOLUME, (EnvelopePoint(0.0, amplitude),)),)


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """A session of three stems, and a reference of other sounds."""
    root = tmp_path_factory.mktemp("held")
    parts = {name: samples for name, samples in stems(SECONDS).items() if name in TRACKS}
    return hosts.open_session(folder(root / "stems", parts)), reference(root / "ref.wav", other_mix(SECONDS))


def matched(session, ref):
    return registry.run("match", session, MatchSettings(reference=str(ref), refine=False))


def with_track(session, name, **more):
    tracks = (replace(track, **more) if track.name == name else track for track in session.tracks)
    return replace(session, tracks=tuple(tracks))


def changed(plan, session, name, *kinds):
    """Changes of these kinds on a track, or on the master."""
    owner = next((track.id for track in session.tracks if track.name == name), name)
    return [change for change in plan.changes if isinstance(change, kinds) and change.track == owner]


def row_of(plan, name):
    return next(row for row in plan.details.tracks if row.name == name)


def written_loss(session, plan, ref):
    """The published loss of the session with the plan, before it was turned down below the ceiling."""
    (passage,) = plan.details.windows
    result = windows.Passages(round(passage.length_s * RATE), (passage.song_s,), (passage.reference_s,))
    trim = 10.0 ** (plan.details.master.trim_db / 20.0)
    heard = windows.played(apply.applied(session, plan.changes), result) / np.float32(trim)
    wanted = references.read(str(ref)).levelled[None, :, : result.frames]
    return sum(material.terms(material.averaged(heard), material.averaged(wanted)).values())


def mix_peak_dbtp(session, plan, path):
    render.to_file(apply.applied(session, plan.changes), path, lambda *_: None)
    meter = PeakMeter(RATE, 2)
    meter.add(soundfile.read(path, always_2d=True)[0])
    return meter.true_peak_dbtp


def hot(session):
    return replace(session, tracks=tuple(replace(track, fader_db=11.0) for track in session.tracks))


@pytest.mark.parametrize("level", [1.0, 0.5])
def test_where_the_masters_fader_stays_the_groups_take_the_level(song, tmp_path, level):
    session, ref = song
    session = replace(hot(session), master_automation=drawn(level), master_automation_mode=1)
    plan = matched(session, ref)
    assert not any(isinstance(change, MasterTrim) for change in plan.changes)
    assert all(len(changed(plan, session, name, Fader)) == 1 for name in TRACKS)
    assert plan.details.master.gain_db == 0.0 and plan.details.master.reason.startswith("level stays: its volume env")
    assert mix_peak_dbtp(session, plan, tmp_path / "mix.wav") <= render.CEILING_DBTP
    assert not any("over −1" in note for note in plan.notes)
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=0.02)
    assert plan.details.loss.after < plan.details.loss.before


def test_where_neither_may_move_it_is_said_that_the_mix_is_too_loud(song, tmp_path):
    session, ref = song
    session = replace(hot(session), master_automation=drawn(4.0), master_automation_mode=1)
    session = with_track(session, "pad", automation=drawn(3.0), automation_mode=1)
    plan = matched(session, ref)
    (note,) = (note for note in plan.notes if "over −1" in note)
    assert "lower it by hand" in note and plan.details.master.trim_db == 0.0
    assert "under −1 dBTP" not in plan.details.master.reason
    assert mix_peak_dbtp(session, plan, tmp_path / "mix.wav") <= render.CEILING_DBTP
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=0.02)


def test_a_fader_that_stays_is_counted_on_as_it_stands(song):
    session, ref = song
    session = with_track(session, "pad", automation=drawn(3.0), automation_mode=1)
    plan = matched(session, ref)
    row = row_of(plan, "pad")
    assert row.gain_db == 0.0 and row.reason.startswith("level stays: its volume envelope rules the fader")
    assert not changed(plan, session, "pad", Fader)
    assert row_of(plan, "hats").gain_db == pytest.approx(
        changed(plan, session, "hats", Fader)[0].after, abs=0.01
    )  # their faders stood at 0 dB
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=0.02)
    assert plan.details.loss.after < plan.details.loss.before


def test_a_locked_track_stays_as_it_is(song):
    session, ref = song
    own = (Effect("VST: ReaEQ (Cockos)", LABEL, bands=(EqBand("band", 1000.0, 6.0, 1.0),)),)
    session = with_track(session, "pad", locked=True, effects=own)
    plan = matched(session, ref)
    row = row_of(plan, "pad")
    assert (row.gain_db, row.pan, row.eq, row.compressor, row.reason) == (0.0, 0.0, (), None, held.LOCKED)
    assert not changed(plan, session, "pad", Fader, Pan, Equalizer, Compressor)
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=0.02)


def test_chains_that_are_switched_off_get_no_effects(song):
    session, ref = song
    session = with_track(session, "pad", effects_on=False)
    session = replace(session, master_effects_on=False)
    plan = matched(session, ref)
    assert not changed(plan, session, "pad", Equalizer, Compressor)
    assert not changed(plan, session, MASTER, Equalizer, Compressor)
    assert plan.details.master.eq == () and "no equaliser" in plan.details.master.reason
    assert any("pad, master: its effect chain is switched off" in note for note in plan.notes)
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=0.02)


def clip(name):
    return Clip(f"c{name}", Source("x.wav"), 0.0, 60.0)


def test_of_a_gathered_family_what_stays_is_a_group_of_its_own():
    tracks = [Track(f"gtr {i}", f"gtr {i}", clips=(clip(i),), locked=i == 3) for i in range(groups.MAX_GROUPS + 1)]
    result = groups.find_groups(Session("s", "s.RPP", RATE, tuple(tracks)))
    assert [(group.name, len(group.tracks)) for group in result] == [("guitars", groups.MAX_GROUPS), ("gtr 3", 1)]
    assert [bool(group.held.words) for group in result] == [False, True]


def test_a_match_after_a_change_of_folders_leaves_nothing_of_the_first(song):
    session, ref = song
    own = (
        Effect("VST: ReaEQ (Cockos)", LABEL, bands=(EqBand("band", 1000.0, 6.0, 1.0),)),
        Effect("VST: ReaComp (Cockos)", LABEL, compressor=SQUEEZE.compressor),
    )
    folder_track = Track("band", "Band", is_folder=True)
    inside = [replace(t, effects=own, parent="band" if t.name != "pad" else None) for t in session.tracks]
    session = replace(session, tracks=(folder_track, *inside))
    plan = matched(session, ref)
    assert [row.name for row in plan.details.tracks] == ["Band", "pad"]
    after = apply.applied(session, plan.changes)
    for name in ("hats", "lead vocal"):
        removed = changed(plan, session, name, Equalizer, Compressor)
        assert [change.after for change in removed] == [None, None]
        assert all("earlier match" in change.reason for change in removed)
    labelled = {track.name for track in after.tracks if any(effect.label == LABEL for effect in track.effects)}
    assert labelled <= {"Band", "pad"}
    assert apply.reverted(after, plan.changes) == session
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=0.02)


def test_filters_on_the_master_are_heard(song, tmp_path):
    """A song with its own equaliser on the master, matched to its own mix, has nothing to change."""
    session, _ = song
    session = replace(session, master_effects=(BRIGHT,), master_db=-2.0)
    render.to_file(session, tmp_path / "own.wav", lambda *_: None)
    plan = matched(session, tmp_path / "own.wav")
    assert all(abs(band.gain_db) <= 0.5 for row in (*plan.details.tracks, plan.details.master) for band in row.eq)
    assert all(abs(row.gain_db) <= 0.5 for row in plan.details.tracks)
    render.to_file(apply.applied(session, plan.changes), tmp_path / "mix.wav", lambda *_: None)
    heard, wanted = (soundfile.read(tmp_path / name)[0].T for name in ("mix.wav", "own.wav"))
    gap = np.diff([np.log(features.bark_bands(sound)[0]) for sound in (wanted, heard)], axis=0)[0]
    assert np.abs(20.0 / np.log(10.0) * (gap - gap.mean())).max() < 0.5
    assert not any("on the master" in note for note in plan.notes)


def test_dynamics_on_the_master_are_named_and_measured_through(song):
    session, ref = song
    strange = Effect("VST3: Loud Maker (Nobody)", "")
    session = replace(session, master_effects=(SQUEEZE, strange))
    plan = matched(session, ref)
    assert any("My glue is no part of the search" in note for note in plan.notes)
    assert any("Loud Maker (Nobody) is not heard" in note for note in plan.notes)
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=1e-3)


RISING = (Automation(VOLUME, (EnvelopePoint(0.0, 0.3), EnvelopePoint(SECONDS, 1.2))),)


@pytest.mark.parametrize(
    "master",
    [
        {"master_automation": drawn(0.25)},
        {"master_automation": RISING},
        {"master_automation": RISING, "master_automation_mode": 1},
        {"master_mono": True},
        {"master_pan": 0.3},
    ],
    ids=["trimmed", "fades in", "ruled", "mono", "panned"],
)
def test_the_loss_is_what_the_master_plays(song, master):
    session, ref = song
    session = replace(session, **master)
    plan = matched(session, ref)
    assert written_loss(session, plan, ref) == pytest.approx(plan.details.loss.published["after"], rel=1e-3)
    losses = plan.details.loss.published
    assert (losses["after"] > losses["before"]) == any("take it back" in note for note in plan.notes)
    assert session.master_mono == any("the master is mono" in note for note in plan.notes)

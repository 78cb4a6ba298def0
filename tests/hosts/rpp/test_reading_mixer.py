"""What is read of the mixer: pan laws, sends, the master."""

from __future__ import annotations

import math

import pytest

from mixengine.hosts.rpp import new
from mixengine.model.session import EARLY_TAPER, MUTE, PAN, POST_FX, VOLUME, Receive, Session, Track
from tests.helpers import rpp_builders as b

ONE, TWO = b.guid(1), b.guid(2)


def read(*parts, head=b.HEAD):
    return b.load(b.project(*parts, head=head)).session()


def test_a_plain_project_has_the_defaults():
    session = read(b.track(1))
    assert session.track(ONE) == Track(ONE, "T1", fader_db=0.0)
    plain = Session(session.name, session.path, session.sample_rate, session.tracks, pan_taper=EARLY_TAPER)
    assert session == plain


def test_a_new_project_reads_back_as_the_session_it_was_made_of(tmp_path):
    session = Session("s", str(tmp_path), 48000, (Track(ONE, "a"), Track(TWO, "b", pan=0.5)))
    again = b.load(new.project(session, tmp_path), tmp_path / "s.RPP").session()
    assert again.tracks == session.tracks
    assert (again.pan_law, again.pan_mode, again.pan_taper) == (1.0, 3, 3)


def test_pan_law_taper_mode_and_width():
    lines = ("PANMODE 5", "PANLAWFLAGS 2")
    track = read(b.track(1, volpan="1 0.25 0.708 -1 0.5", lines=lines)).track(ONE)
    assert (track.pan_law, track.pan_taper, track.pan_mode, track.width) == (0.708, 2, 5, 0.5)
    dual = read(b.track(1, volpan="1 0 -1 -0.5 0.75", lines=("PANMODE 6",))).track(ONE)
    assert (dual.pan_law, dual.dual_pan, dual.width) == (None, (-0.5, 0.75), 1.0)


def test_the_project_and_its_master():
    head = (
        "PANLAW 0.5",
        "PANMODE 5",
        "PANLAWFLAGS 0",
        "SAMPLERATE 48000 1 0",
        "MASTERMUTESOLO 5",
        "MASTER_VOLUME 0.5 -0.25 0.708 -1 1",
    )
    session = read(b.envelope("MASTERVOLENV2", "0 0.5 0"), b.track(1), head=head)
    assert (session.pan_law, session.pan_mode, session.pan_taper) == (0.5, 5, 0)
    assert (session.master_pan, session.master_pan_law) == (-0.25, 0.708)
    assert session.master_mute and session.master_mono
    assert [(drawn.kind, drawn.points[0].value) for drawn in session.master_automation] == [(VOLUME, 0.5)]


def test_sends_with_their_envelopes():
    drawn = [
        "AUXRECV 0 3 0.5 -0.25 0 1 1 0 0 -1:U 0 -1 ''",
        *b.envelope("AUXVOLENV", "0 0.5 0"),
        *b.envelope("AUXPANENV", "0 1 0"),
        *b.envelope("AUXMUTEENV", "0 0 1"),
        "AUXRECV 0 0 1 0 1 0 0 1024 2 0.5 0 -1 ''",
        "AUXRECV 7 0 1 0 0 0 0 0 0 -1 0 -1 ''",
    ]
    first, second = read(b.track(1), b.track(2, drawn)).track(TWO).receives
    assert [entry.kind for entry in first.automation] == [VOLUME, PAN, MUTE]
    assert (first.source, first.mode, first.pan, first.mono, first.inverted) == (ONE, POST_FX, -0.25, True, True)
    assert first.gain_db == pytest.approx(20.0 * math.log10(0.5))
    assert first.pan_law is None
    assert second == Receive(ONE, mute=True, source_channel=1024, target_channel=2, pan_law=0.5)


def test_what_is_not_played_is_noted():
    lines = ("PLAYOFFS 0.5 0", "HWOUT 0 0 1 0 0 0 0 -1:U -1")
    data = b.project(b.track(1, b.envelope("WIDTHENV2", "0 0.5 0"), lines=lines)).replace(
        b"MAINSEND 1 0", b"MAINSEND 1 2"
    )
    track = b.load(data).session().track(ONE)
    assert track.notes == (
        "width envelope",
        "playback offset 0.5",
        "sends to channel 3 of its folder",
        "hardware output",
    )
    assert not track.main_send
    still = read(b.track(1, lines=("PLAYOFFS 0.5 1", "FX 0"))).track(ONE)
    assert (still.notes, still.effects_on) == ((), False)


STEREO, DUAL = "stereo pan and width", "dual pan"


@pytest.mark.parametrize(
    ("volume", "mode", "said"),
    [
        ("1 0 -1 -1 1", "MASTER_PANMODE 5", ""),
        ("1 0.5 -1 -1 1", "MASTER_PANMODE 5", STEREO),
        ("1 0 -1 -1 0.5", "MASTER_PANMODE 5", STEREO),
        ("1 0 -1 -1 0.5", "MASTER_PANMODE -1", ""),
        ("1 0 -1 -1 0.5", "PANMODE 5", STEREO),
        ("1 0.5 -1 -1 0.5", "MASTER_PANMODE 3", ""),
        ("1 0 -1 -1 1", "MASTER_PANMODE 6", ""),
        ("1 0 -1 -0.5 1", "MASTER_PANMODE 6", DUAL),
    ],
)
def test_what_is_not_played_of_the_master_is_noted(volume, mode, said):
    session = read(b.track(1), head=("SAMPLERATE 48000 1 0", f"MASTER_VOLUME {volume}", mode))
    assert session.notes == ((f"not heard: {said} of the master, taken as balance",) if said else ())


def test_a_width_envelope_of_the_master_is_noted_where_envelopes_are_heard():
    drawn = b.envelope("MASTERWIDTHENV2", "0 0.5 0")
    assert read(drawn, b.track(1)).notes == ("not heard: width envelope: the master",)
    (bypassed,) = read(["GLOBAL_AUTO 6"], drawn, b.track(1)).notes
    assert "bypassed" in bypassed


@pytest.mark.parametrize(
    "line", ["PANLAW x", "PANLAW -5", "PANLAW 1e9", "PANMODE 99", "PANLAWFLAGS -7", "MASTER_VOLUME"]
)
def test_nonsense_is_the_default(line):
    session = read(b.track(1), head=(line, "SAMPLERATE 48000 1 0"))
    assert (session.pan_law, session.pan_mode, session.master_pan_law) == (1.0, 3, None)
    assert session.pan_taper == EARLY_TAPER  # as all of REAPER up to 7.09


@pytest.mark.parametrize("line, mode", [("RENDER_RESAMPLE 4 0 1", 4), ("RENDER_RESAMPLE x", 3), ("PANLAW 1", 3)])
def test_the_resampling_mode(line, mode):
    assert read(b.track(1), head=(line, "SAMPLERATE 48000 1 0")).resample_mode == mode

"""Pans and sends in closed form are what the mixer plays."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine.audio import timeline
from mixengine.audio.loudness import LoudnessMeter
from mixengine.mixer import mix, routing, ways
from mixengine.mixer.engine import Engine
from mixengine.model.session import (
    DUAL_PAN,
    EARLY_TAPER,
    PAN,
    POST_FX,
    PRE_FX,
    STEREO_PAN,
    Automation,
    Effect,
    EnvelopePoint,
    EqBand,
    Receive,
    Session,
    Track,
)
from tests.helpers.signals import clip, noise, write

RATE = 8000
REVERB = Effect("VST: Some reverb")
EQ = Effect("ReaEQ", bands=(EqBand("band", 1000.0, 0.0, 1.0),), gain_db=0.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A mono file, and a stereo one whose sides differ in level and share something."""
    place = tmp_path_factory.mktemp("ways")
    one, other = noise(2 * RATE, seed=1)[:, 0], noise(2 * RATE, seed=2)[:, 0]
    wide = np.stack([0.3 * one, 0.1 * one - 0.1 * other], axis=1).astype(np.float32)
    return {
        "mono": write(place / "mono.wav", 0.2 * one[:, None], RATE),
        "stereo": write(place / "stereo.wav", wide, RATE),
    }


def played(path: Path, **how: object) -> Track:
    return Track("a", "a", clips=(clip(path, length_s=2.0),), **how)


def image(session: Session) -> ways.Image:
    track = session.track("a")
    channels = timeline.channel_count(track)
    meter = LoudnessMeter(RATE, channels, dual_mono=True)
    for block in timeline.blocks(track, RATE):
        meter.add(block)
    return ways.Image(*meter.shares(np.ones(len(meter.powers()), bool)), ((0.0, 2.0),))


def rendered_db(session: Session) -> float:
    """Loudness in the mix against that of the track by itself."""
    alone = LoudnessMeter(RATE, timeline.channel_count(session.track("a")), dual_mono=True)
    for block in timeline.blocks(session.track("a"), RATE):
        alone.add(block)
    through = LoudnessMeter(RATE, 2)
    for block, _ in Engine(session, routing.graph(session), master=False).blocks():
        through.add(block)
    return 10.0 * math.log10(through.powers().mean() / alone.powers().mean())


def faders_db(session: Session) -> float:
    track = session.track("a")
    return track.fader_db + sum(folder.fader_db for folder in session.ancestors(track))


@pytest.mark.parametrize("kind", ["mono", "stereo"])
@pytest.mark.parametrize(
    "how, of_session",
    [
        ({"pan": -1.0}, {}),
        ({"pan": 0.4, "fader_db": -7.0, "inverted": True}, {"pan_law": 10.0 ** (-3.0 / 20.0)}),
        ({"pan": 0.7}, {"pan_taper": EARLY_TAPER}),
        ({"pan": -0.5, "width": 0.3}, {"pan_mode": STEREO_PAN}),
        ({"width": -0.5}, {}),
        ({"pan_mode": DUAL_PAN, "dual_pan": (-0.2, 0.9)}, {"pan_law": 0.5}),
        ({"automation": (Automation(PAN, (EnvelopePoint(0.0, 1.0), EnvelopePoint(2.0, 0.6))),)}, {}),
    ],
)
def test_a_pan_changes_loudness_as_it_is_played(
    files: dict[str, Path], kind: str, how: dict[str, object], of_session: dict[str, object]
) -> None:
    folder = Track("f", "f", is_folder=True, pan=0.3, fader_db=-2.0)
    session = Session("s", "", RATE, (folder, played(files[kind], parent="f", **how)), **of_session)
    change = ways.panned(session, session.track("a"), image(session))
    tolerance_db = 0.15 if "automation" in how else 0.02  # moving gains are looked at twice a second
    assert change.loudness_db + faders_db(session) == pytest.approx(rendered_db(session), abs=tolerance_db)


def test_nothing_is_added_in_the_centre(files: dict[str, Path]) -> None:
    for path in files.values():
        session = Session("s", "", RATE, (played(path, fader_db=-3.0, inverted=True),))
        assert ways.panned(session, session.track("a"), image(session)) == ways.Change(0.0, 0.0)


@pytest.mark.parametrize("kind", ["mono", "stereo"])
@pytest.mark.parametrize(
    "receive",
    [
        Receive("a"),
        Receive("a", gain_db=-12.0, pan=-0.6),
        Receive("a", POST_FX, gain_db=-3.0),
        Receive("a", PRE_FX, inverted=True, gain_db=-20.0),
        Receive("a", mono=True),
        Receive("a", source_channel=1025),
        Receive("a", target_channel=1024),
    ],
)
@pytest.mark.parametrize("main_send", [True, False])
def test_sends_change_loudness_as_they_are_played(
    files: dict[str, Path], kind: str, receive: Receive, main_send: bool
) -> None:
    track = played(files[kind], fader_db=-5.0, pan=0.5, main_send=main_send)
    bus = Track("b", "b", fader_db=-4.0, pan=-0.2, receives=(receive,))
    session = Session("s", "", RATE, (track, bus))
    change = ways.sent(session, {"a": image(session)})["a"]
    assert change.loudness_db - 5.0 == pytest.approx(rendered_db(session), abs=0.02)


def test_the_peak_of_a_mono_track_is_that_of_its_louder_side(files: dict[str, Path]) -> None:
    session = Session("s", "", RATE, (played(files["mono"], pan=0.5),), pan_law=0.5)
    alone = mix.true_peak_dbtp(replace(session, pan_law=1.0), list(session.tracks), {})
    panned = mix.true_peak_dbtp(session, list(session.tracks), {})
    assert ways.panned(session, session.tracks[0], image(session)).peak_db == pytest.approx(panned - alone, abs=1e-3)


def test_what_only_a_reverb_of_the_users_gets_is_heard_dry(files: dict[str, Path]) -> None:
    """With another way to the master, nobody knows what the reverb adds: nothing does."""
    bus = Track("b", "b", fader_db=-4.0, receives=(Receive("a"),), effects=(REVERB,))
    for main_send in (True, False):
        track = played(files["mono"], main_send=main_send)
        sent = ways.sent(Session("s", "", RATE, (track, bus)), {"a": ways.Image()})
        assert sent.get("a", ways.Change()).loudness_db == pytest.approx(0.0 if main_send else -4.0)
    switched_off = replace(bus, effects_on=False)
    assert ways.sent(Session("s", "", RATE, (track, switched_off)), {"a": ways.Image()})["a"].loudness_db == -4.0
    assert ways.sent(Session("s", "", RATE, (track, replace(bus, effects=(EQ,)))), {"a": ways.Image()}) == {}


@pytest.mark.parametrize("gain_db", [6.0, -30.0])
def test_the_sum_for_the_ceiling_plays_sends(files: dict[str, Path], gain_db: float) -> None:
    track = played(files["mono"], main_send=False)
    bus = Track("b", "b", receives=(Receive("a", gain_db=gain_db),))
    straight, session = Session("s", "", RATE, (track,)), Session("s", "", RATE, (track, bus))
    alone = mix.true_peak_dbtp(straight, [track], {})
    assert mix.true_peak_dbtp(session, [track], {}) == pytest.approx(alone + gain_db, abs=1e-3)
    assert mix.true_peak_dbtp(session, [track], {"a": -10.0, "b": 2.0}) == pytest.approx(
        alone + gain_db - 8.0, abs=1e-3
    )
    assert mix.sends_key(straight, [track], {}) == []
    assert mix.sends_key(session, [track], {}) != mix.sends_key(session, [track], {"b": 2.0})


def test_gains_to_the_master_go_by_sends_and_folders(files: dict[str, Path]) -> None:
    """Pans are left out, and so is what nobody knows; a solo changes nothing."""
    folder = Track("f", "f", is_folder=True, fader_db=-2.0)
    inside = replace(played(files["mono"], parent="f", fader_db=-3.0, pan=-1.0), id="c")
    by_send = played(files["mono"], main_send=False, fader_db=-5.0, solo=True)
    bus = Track("b", "b", fader_db=-4.0, receives=(Receive("a", gain_db=-6.0),))
    reverb = Track("r", "r", receives=(Receive("a"), Receive("c")), effects=(REVERB,))
    session = Session("s", "", RATE, (folder, inside, by_send, bus, reverb))
    assert ways.gains_db(session, [inside, by_send]) == pytest.approx({"c": -5.0, "a": -15.0})
    assert ways.gains_db(replace(session, tracks=session.tracks[:3]), [inside]) == {"c": -5.0}

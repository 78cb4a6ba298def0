"""Tracks that REAPER rendered: when they are used again, what an old version's fader leaves, how many are kept."""

from __future__ import annotations

import os
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.hosts import post_fader, stems
from mixengine.hosts.reaper.stem_request import Pass, StemAnswer, StemRequest
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.stem_keys import stem_key
from mixengine.model.session import VOLUME, VOLUME_TRIM, Automation, EnvelopePoint, EqBand, Session, Track
from mixengine.system.errors import UserError
from tests.helpers.plugin_sessions import at_start, fx, js
from tests.helpers.rpp_builders import envelope, guid, project, reaeq, track
from tests.helpers.sounds import noise, write

RATE = 48000
OWN = "mixengine tone"
FLAT = (EqBand("band", 1000.0, -3.0, 1.0),)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    write(tmp_path / "a.wav", noise(0.5, RATE), RATE)
    write(tmp_path / "b.wav", noise(0.5, RATE), RATE)
    return tmp_path


def text(*, sender_lines: tuple[str, ...] = ("SEL 0",), effects: tuple = (js("sim gain +6dB"),), **options) -> bytes:
    """A sender, and a track with a plug-in that receives from it; ``options`` change the latter."""
    lines = ("SEL 0", "AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''", "PEAKCOL 16576")
    options = {"name": "b", "lines": lines} | options
    inside = options.pop("inside", [])
    return project(
        track(1, at_start(11, "a.wav", 0.5), name="a", lines=sender_lines),
        track(2, *inside, fx(*effects), at_start(12, "b.wav", 0.5), **options),
    )


def key(folder: Path, data: bytes, span: tuple[float, float] = (0.0, 0.5), **options) -> str | None:
    host = Project(data, folder / "song.RPP")
    options = {"without": OWN, "pre_fader": True} | options
    return stem_key(host, host.session(), guid(2), span, **options)


LINES = ("SEL 0", "AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''", "PEAKCOL 16576")
SAME = {
    "fader and pan": {"volpan": "0.5 0.3 -1 -1 1"},
    "name": {"name": '"another name"'},
    "selection and colour": {"lines": ("SEL 1", LINES[1], "PEAKCOL 1234")},
    "volume envelope": {"inside": [envelope("VOLENV2", "0 0.5 0", "1 1 0")]},
    "own plug-in": {"effects": (js("sim gain +6dB"), reaeq(OWN, FLAT, guid(77)))},
}
OTHER = {
    "plug-in": {"effects": (js("sim gain +5dB"),)},
    "bypass": {"effects": (js("sim gain +6dB", bypassed=True),)},
    "pre-FX envelope": {"inside": [envelope("VOLENV", "0 0.5 0", "1 1 0")]},
    "polarity": {"lines": (*LINES, "IPHASE 1")},
    "sender's fader": {"sender_lines": ("SEL 0", "VOLPAN 0.25 0 -1 -1 1")},
    "no sender": {"lines": ("SEL 0",)},
}


@pytest.mark.parametrize("name", SAME)
def test_what_comes_after_the_plug_ins_does_not_count(folder, name):
    assert key(folder, text(**SAME[name])) == key(folder, text())


@pytest.mark.parametrize("name", OTHER)
def test_what_the_sound_depends_on_counts(folder, name):
    assert key(folder, text(**OTHER[name])) != key(folder, text())


def test_media_times_and_modes_count(folder):
    before = key(folder, text())
    assert key(folder, text(), span=(0.0, 0.4)) != before
    assert key(folder, text(), without="") == before  # no such plug-in there
    moved = text(volpan="0.5 0 -1 -1 1")
    assert key(folder, moved, pre_fader=False) != key(folder, text(), pre_fader=False)
    os.utime(folder / "a.wav", (1.0, 1.0))  # the sender's file
    assert key(folder, text()) != before


def test_a_track_that_could_not_be_read_whole_is_never_used_again(folder):
    assert key(folder, text().replace(b"NAME b", b'MIXENGINE_PARTLY_READ "x"\r\n    NAME b')) is None


def wanted(**options) -> stems.Wanted:
    return stems.Wanted({guid(2): ((0.0, 0.5),)}, {guid(2): "b"}, **options)


def rendered(folder: Path, name: str = "pass0-02.wav", seconds: float = 0.5) -> StemAnswer:
    path = write(folder / name, noise(seconds, RATE, channels=2), RATE)
    return StemAnswer({(guid(2), 0.0, 0.5): str(path)})


def test_a_stem_is_kept_and_asked_for_once(folder):
    host = Project(text(), folder / "song.RPP")
    session = host.session()
    order = stems.order(host, session, wanted())
    assert order.request.passes == (Pass(0.0, 0.5, (guid(2),)),)
    [stem] = stems.take(order, rendered(folder), session)[guid(2)]
    assert (Path(stem.path).name, stem.start_s, stem.end_s, stem.offset_s) == ("b.wav", 0.0, 0.5, 0.0)
    assert not (folder / "pass0-02.wav").exists()
    again = stems.order(host, session, wanted())
    assert again.request.passes == () and again.stems[guid(2)] == [stem]
    size = Path(stem.path).stat().st_size
    assert (stems.clear(), Path(stem.path).exists()) == ((1, size), False)
    assert stems.order(host, session, wanted()).request.passes


def test_buses_are_heard_with_the_same_faders(folder):
    """One may play into another: all as the user left the others' faders, or all as these stand now."""
    buses = [guid(1), guid(2)]
    options = {"buses": frozenset(buses), "names": dict.fromkeys(buses, "x")}

    def ordered(data: bytes, left_db: dict[str, float]) -> stems.Order:
        host = Project(data, folder / "song.RPP")
        wanted = stems.Wanted(dict.fromkeys(buses, ((0.0, 0.5),)), left_db=left_db, **options)
        return stems.order(host, host.session(), wanted)

    def moved(data: bytes) -> bytes:
        return data.replace(b"VOLPAN 1 0 -1 -1 1", b"VOLPAN 0.25 0 -1 -1 1", 1)

    first = ordered(text(), {})
    files = {(bus, 0.0, 0.5): str(write(folder / f"{bus}.wav", noise(0.5, RATE, channels=2), RATE)) for bus in buses}
    stems.take(first, StemAnswer(files), Project(text(), folder / "song.RPP").session())
    again = ordered(moved(text()), {guid(1): 0.0})
    assert [again.stems[bus][0].as_left for bus in buses] == [True, True] and not again.request.passes
    edited = ordered(moved(text(**OTHER["plug-in"])), {guid(1): 0.0})
    assert [edited.stems[bus][0].as_left for bus in buses] == [False, False]
    assert edited.request.passes == (Pass(0.0, 0.5, (guid(2),)),)


def test_a_mark_of_an_earlier_file_does_not_stay(folder):
    """What cannot be used again has the same place each time: rendered by an old REAPER, then by one that can more."""
    host = Project(text().replace(b"NAME b", b'MIXENGINE_PARTLY_READ "x"\r\n    NAME b'), folder / "song.RPP")
    session = host.session()
    behind = wanted(items_behind=frozenset((guid(2),)))
    for pre_fader in (False, True):
        answer = replace(rendered(folder), pre_fader=pre_fader)
        [stem] = stems.take(stems.order(host, session, behind), answer, session)[guid(2)]
        assert stem.taken_back is not pre_fader


def test_an_answer_without_the_file_is_an_error(folder):
    host = Project(text(), folder / "song.RPP")
    order = stems.order(host, host.session(), wanted())
    with pytest.raises(UserError, match="stopped or broke off"):
        stems.take(order, StemAnswer(), host.session())


def test_own_plug_ins_and_solos_are_named_in_the_request(folder):
    data = text(effects=(js("sim gain +6dB"), reaeq(OWN, FLAT, guid(77)))).replace(b"MUTESOLO 0 0", b"MUTESOLO 0 2", 1)
    host = Project(data, folder / "song.RPP")
    request = stems.order(host, host.session(), wanted(bypassed=OWN)).request
    assert (request.solos, request.bypassed, request.with_own) == ((guid(1),), OWN, (guid(2),))


def test_stretches_begin_a_little_earlier(folder):
    host = Project(text(), folder / "song.RPP")
    order = stems.order(host, host.session(), stems.Wanted({guid(2): ((1.0, 2.0), (30.0, 40.0))}, {guid(2): "b"}))
    assert [(one.start_s, one.end_s) for one in order.request.passes] == [(0.0, 2.0), (28.0, 40.0)]
    assert [stem.offset_s for stem in order.stems[guid(2)]] == [1.0, 2.0]


def test_old_and_many_stems_go(folder, monkeypatch):
    host = Project(text(), folder / "song.RPP")
    session = host.session()
    store = folder / "cache" / "stems"
    for name, age_s in (("new", 60.0), ("older", 3600.0), ("yesterday", 2 * stems.MAX_AGE_S)):
        write(store / name / "x.wav", noise(0.1, RATE, channels=2), RATE)
        os.utime(store / name, (time.time() - age_s,) * 2)
    stems.take(stems.order(host, session, wanted()), rendered(folder), session)
    assert sorted(path.name for path in store.iterdir() if path.name in ("new", "older", "yesterday")) == [
        "new",
        "older",
    ]
    monkeypatch.setattr(stems, "MAX_BYTES", 250_000)
    stems.take(stems.order(host, session, wanted()), StemAnswer(), session)
    assert [path.name for path in store.iterdir() if path.name in ("new", "older")] == ["new"]


def test_a_full_disk_is_seen_before(folder, monkeypatch):
    usage = namedtuple("usage", "free")
    request = StemRequest(RATE, (Pass(0.0, 3600.0, ("a", "b")),))
    monkeypatch.setattr(stems.shutil, "disk_usage", lambda place: usage(2 * 3600 * RATE * 8))
    with pytest.raises(UserError, match=r"renders of 2 tracks: 2,765 MB needed"):
        stems.check_space(request, folder)
    monkeypatch.setattr(stems.shutil, "disk_usage", lambda place: usage(10**12))
    stems.check_space(request, folder)


def level(first: float, last: float, kind: str = VOLUME) -> Automation:
    """A volume envelope of one second."""
    return Automation(kind, (EnvelopePoint(0.0, first), EnvelopePoint(1.0, last)))


STRIPS = {
    "fader": Track("t", "t", fader_db=-9.0),
    "low fader": Track("t", "t", fader_db=-75.0),
    "low fader and envelope": Track("t", "t", fader_db=-45.0, automation=(level(0.02, 1.0),)),
    "pan": Track("t", "t", fader_db=3.0, pan=0.4),
    "law and taper": Track("t", "t", pan=-0.3, pan_law=0.7079, pan_taper=1),
    "width": Track("t", "t", pan=0.2, width=0.5),
    "envelope": Track("t", "t", automation=(level(0.1, 1.0),)),
}


@pytest.mark.parametrize("name", STRIPS)
def test_a_known_fader_is_taken_out(tmp_path, name):
    from mixengine.audio.strip import output_strip

    track, session = STRIPS[name], Session("s", "s.RPP", RATE)
    dry = noise(0.5, RATE, channels=2)
    gain = output_strip(track, session).gain(0, len(dry), 0.25)
    behind = write(tmp_path / "behind.wav", gain.apply(dry), RATE)
    post_fader.undone(behind, tmp_path / "before.wav", track, session, 0.25)
    np.testing.assert_allclose(soundfile.read(tmp_path / "before.wav")[0], dry, atol=1e-5)
    assert post_fader.warning(track, session) == ""


def test_what_cannot_be_turned_up_again_is_said(tmp_path):
    session = Session("s", "s.RPP", RATE)
    for drawn in ((level(0.0, 1.0),), (level(0.01, 1.0), level(0.01, 1.0, VOLUME_TRIM))):
        silenced = Track("t", "t", automation=drawn)
        assert post_fader.warning(silenced, session) == "where its envelopes silence it nothing was heard"
    down = Track("t", "t", fader_db=-130.0)
    assert post_fader.warning(down, session) == "its fader is down so far that nothing was heard"
    hard_left = Track("t", "t", pan=-1.0)
    assert post_fader.warning(hard_left, session) == "its pan was taken back as far as that can be"
    dry = noise(0.1, RATE, channels=2)
    behind = write(tmp_path / "behind.wav", dry * np.array([1.0, 0.0], dtype=np.float32), RATE)
    post_fader.undone(behind, tmp_path / "before.wav", hard_left, session, 0.0)
    out = soundfile.read(tmp_path / "before.wav")[0]
    np.testing.assert_allclose(out, np.repeat(dry[:, :1], 2, axis=1), atol=1e-6)  # one side stands for both

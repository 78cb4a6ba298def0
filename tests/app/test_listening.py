"""Which stretches of a long project are heard, and where changes stand relative to plug-ins that were heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mixengine.app import listening, rendered_tracks, stretches
from mixengine.hosts.stems import Stem
from mixengine.jobs import registry
from mixengine.mixer.not_in_items import Beyond
from mixengine.model.plan import Envelope, Equalizer, MixPlan
from mixengine.model.session import (
    PAN_PRE_FX,
    VOLUME,
    VOLUME_PRE_FX,
    Automation,
    Clip,
    Effect,
    EnvelopePoint,
    EqBand,
    Receive,
    Session,
    Source,
    Track,
)
from tests.helpers.sounds import noise, write

RATE = 8000
HOUR_S = 3600.0


def long_session(folder: Path) -> Session:
    """An hour: quiet noise throughout, loud for the minutes 20 to 22, and a MIDI track that plays at the end only."""
    quiet = write(folder / "quiet.wav", noise(60.0, RATE, level=0.01), RATE)
    loud = write(folder / "loud.wav", noise(60.0, RATE, level=0.3, seed=2), RATE)
    bed = tuple(Clip(f"q{n}", Source(str(quiet)), 60.0 * n, 60.0) for n in range(60))
    shout = tuple(Clip(f"l{n}", Source(str(loud)), 60.0 * n, 60.0) for n in (20, 21))
    keys = Clip("m", Source("", "midi"), 3400.0, 15.0)
    tracks = (
        Track("bed", "bed", clips=bed),
        Track("shout", "shout", clips=shout),
        Track("keys", "keys", clips=(keys,)),
    )
    return Session("long", "long.RPP", RATE, tracks)


@pytest.fixture(scope="module")
def hour(tmp_path_factory) -> Session:
    return long_session(tmp_path_factory.mktemp("hour"))


def seconds_in(track: Track, spans) -> float:
    return sum(max(min(c.end_s, e) - max(c.position_s, s), 0.0) for s, e in spans for c in track.clips)


def test_the_loudest_stretch_and_where_every_track_sounds(hour):
    spans = stretches.representative(hour, hour.tracks)
    assert 3 <= len(spans) <= stretches.MAX_STRETCHES
    assert all(end_s - start_s == stretches.LENGTH_S for start_s, end_s in spans)
    assert spans == tuple(sorted(spans))
    assert any(1200.0 - 40.0 < start_s < 1320.0 for start_s, _ in spans)
    assert all(seconds_in(track, spans) >= stretches.MIN_HEARD_S for track in hour.tracks)


def test_the_order_of_tracks_and_their_level_do_not_matter(hour):
    spans = stretches.representative(hour, hour.tracks)
    turned = replace(hour, tracks=hour.tracks[::-1])
    assert stretches.representative(turned, turned.tracks) == spans
    quieter = replace(hour, tracks=tuple(replace(track, fader_db=track.fader_db - 20.0) for track in hour.tracks))
    assert stretches.representative(quieter, quieter.tracks) == spans


def test_a_song_is_heard_whole(hour):
    song = replace(hour, tracks=tuple(replace(t, clips=t.clips[:4]) for t in hour.tracks[:1]))
    assert stretches.representative(song, song.tracks, 2.0) == ((0.0, 242.0),)


def test_tracks_that_do_not_sound_in_the_stretches_stay_whole(hour):
    cut = stretches.cropped(hour, ((1200.0, 1240.0),))
    assert [sum(clip.length_s for clip in track.clips) for track in cut.tracks] == [40.0, 40.0, 15.0]


POINTS = (EnvelopePoint(0.0, 0.5), EnvelopePoint(1.0, 1.0))
TRACK = Track(
    "t",
    "synth",
    clips=(Clip("c", Source("/song/lead.wav"), 0.0, 4.0), Clip("g", Source("/song/gone.wav", "missing"), 4.0, 1.0)),
    effects=(Effect("VST: X"), Effect("VST: ReaEQ (Cockos)", "mixengine tone", bands=(EqBand("band", 1000.0),))),
    automation=(Automation(VOLUME, POINTS), Automation(VOLUME_PRE_FX, POINTS), Automation(PAN_PRE_FX, POINTS)),
    inverted=True,
    receives=(Receive("s"),),
    fader_db=-6.0,
    pan=0.3,
)


def test_a_track_keeps_what_comes_after_its_plug_ins():
    stem = Stem("/cache/lead.wav", 1.0, 3.0, 2.0)
    made = rendered_tracks._with_stems(TRACK, [stem], Beyond(("2 plug-ins",)), "mixengine tone", listening.THROUGH)
    assert made.heard == "through REAPER, 2 plug-ins"
    first, lost = made.clips
    assert (first.source.path, first.position_s, first.length_s, first.offset_s) == ("/cache/lead.wav", 1.0, 2.0, 2.0)
    assert lost.source.kind == "missing"  # it is still named
    assert made.file == "/song/lead.wav"
    assert [effect.label for effect in made.effects] == ["mixengine tone"]
    assert [entry.active for entry in made.automation] == [True, False, False]
    assert (made.fader_db, made.pan, made.inverted, made.receives) == (-6.0, 0.3, False, ())
    assert rendered_tracks._with_stems(TRACK, [stem], Beyond(("2 plug-ins",)), "", listening.THROUGH).effects == ()


def test_where_changes_before_the_fader_stand():
    session = Session("s", "s.RPP", RATE, (TRACK, Track("u", "plain", clips=TRACK.clips)))
    heard = replace(session, tracks=(replace(TRACK, heard="through REAPER, 2 plug-ins"), session.tracks[1]))
    bands = (EqBand("band", 1000.0, -3.0),)
    duck = [Envelope(name, VOLUME_PRE_FX, 0.0, 1.0, (), POINTS, created=True) for name in ("t", "u")]
    cut = Equalizer("t", "mixengine tone", None, bands)

    def lines(*changes, of: Session = session) -> list[str]:
        return listening.standing(MixPlan("test", "s", "", changes=changes), of, heard)

    assert lines(*duck)[0].startswith("ducked before their plug-ins (the only free envelope): synth; compressors")
    assert lines(cut, duck[1]) == []  # it stands last, and the other track was heard from its items
    turned = replace(session, tracks=(replace(TRACK, effects=TRACK.effects[::-1]), session.tracks[1]))
    assert lines(cut, of=turned)[0].startswith("plug-ins stand behind mixengine's equaliser: synth; ")


class Deaf:
    """A host that renders nothing."""

    renders = hosts_plugins = False


class Listener:
    """A host with an earlier duck before the plug-ins."""

    renders, hosts_plugins = True, False

    def __init__(self, session: Session) -> None:
        self.session = session
        change = Envelope("t", VOLUME_PRE_FX, 0.0, 1.0, (), POINTS, created=True)
        self.earlier_plan = MixPlan("duck", "s", "", changes=(change,))
        self.wanted = None

    def stems(self, wanted):
        self.wanted = wanted
        return {name: [Stem("/cache/x.wav", *span, 0.0) for span in spans] for name, spans in wanted.stretches.items()}


def test_hosts_and_jobs_that_do_not_listen():
    session = Session("s", "s.RPP", RATE, (TRACK,))
    assert listening.heard(registry.job("balance"), Deaf(), session, listening.ALWAYS) is session
    host = Listener(session)
    for name in ("separate", "lint"):
        assert listening.heard(registry.job(name), host, session, listening.ALWAYS) is session
    assert listening.heard(registry.job("balance"), host, session, listening.ITEMS) is session
    assert host.wanted is None


def test_an_earlier_duck_before_the_plug_ins_is_not_heard_as_the_sound():
    session = Session("s", "s.RPP", RATE, (TRACK,))
    host = Listener(session)
    heard = listening.heard(registry.job("balance"), host, session, listening.AS_NEEDED)
    assert host.wanted is None and heard.tracks == session.tracks
    assert "mixengine's duck is drawn before its plug-ins, remove it first" in heard.notes[0]
    heard = listening.heard(registry.job("unmask"), host, session, listening.AS_NEEDED)  # which measures ducked levels
    assert heard.tracks[0].heard and host.wanted.bypassed == "mixengine tone"
    assert host.wanted.stretches["t"] == ((0.0, 5.0),)
    assert heard.notes[0] == "heard through REAPER: synth (1 plug-in)"


def test_an_instrument_without_items_is_heard_where_notes_are_sent_from():
    notes = Track("n", "notes", clips=(Clip("m", Source("", "midi"), 3.0, 700.0),))
    synth = Track("k", "keys", effects=(Effect("VSTi: Keys"),), receives=(Receive("n", source_channel=-1),))
    host = Listener(Session("s", "s.RPP", RATE, (notes, synth)))
    heard = listening.heard(registry.job("balance"), host, host.session, listening.AS_NEEDED)
    assert host.wanted.stretches == {"k": ((3.0, 703.0),)}
    assert [track.heard for track in heard.tracks] == ["", "through REAPER, 1 plug-in, MIDI"]
    assert heard.tracks[1].audio_clips and heard.tracks[1].file is None

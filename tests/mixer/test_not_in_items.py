"""Which tracks hold something that is not in their items, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mixengine.mixer.not_in_items import beyond_items
from mixengine.model.session import Clip, CompressorSettings, Effect, EqBand, Receive, Session, Source, Track

SATURN = Effect("VST3: Saturn 2 (FabFilter)")
KONTAKT = Effect("VSTi: Kontakt (Native Instruments)")
REAEQ = Effect("VST: ReaEQ (Cockos)", bands=(EqBand("band", 1000.0, -3.0),))
REACOMP = Effect("VST: ReaComp (Cockos)", compressor=CompressorSettings(-18.0, 4.0, 10.0, 120.0, 6.0))
AUDIO = Clip("audio", Source("a.wav"), 0.0, 4.0)
SUBPROJECT = replace(AUDIO, source=Source("b.rpp", "subproject"))
GONE = replace(AUDIO, source=Source("", "missing"))
MIDI = Clip("midi", Source("", "midi"), 0.0, 4.0)


def of(track: Track, *others: Track, **options: Any) -> tuple[tuple[str, ...] | None, str | None]:
    """The reasons of a track (``None``: none), and why it cannot be rendered."""
    options = {"modelled": False} | options
    beyond, refused = beyond_items(Session("song", "song.RPP", 48000, (track, *others)), **options)
    entry = beyond.get(track.id)
    return (entry.reasons if entry else None), refused.get(track.id)


def with_audio(*effects: Effect, **fields: Any) -> Track:
    return Track("t", "Track", clips=(AUDIO,), effects=effects, **fields)


CASES: dict[str, tuple[Track, tuple[str, ...] | None]] = {
    "plain": (with_audio(), None),
    "plug-ins": (with_audio(SATURN, REAEQ), ("2 plug-ins",)),
    "bypassed plug-in": (with_audio(replace(SATURN, bypassed=True)), None),
    "bypassed chain": (with_audio(SATURN, effects_on=False), None),
    "equaliser": (with_audio(REAEQ), ("1 plug-in",)),
    "instrument": (Track("t", "Track", clips=(MIDI,), effects=(KONTAKT,)), ("1 plug-in", "MIDI")),
    "notes without an instrument": (Track("t", "Track", clips=(MIDI,)), None),
    "take FX": (
        Track("t", "Track", clips=(replace(AUDIO, notes=("take FX (not heard by mixengine)",)),)),
        ("take FX",),
    ),
    "stretch markers": (
        Track("t", "Track", clips=(replace(AUDIO, notes=("stretch markers (played as if there were none)",)),)),
        ("stretch markers",),
    ),
    "sub-project": (
        Track("t", "Track", clips=(SUBPROJECT,)),
        ("sub-project",),
    ),
    "video": (Track("t", "Track", clips=(replace(AUDIO, source=Source("b.mp4", "video")),)), ("video",)),
    "muted item": (Track("t", "Track", clips=(replace(MIDI, mute=True),), effects=(KONTAKT,)), None),
    "muted track": (with_audio(SATURN, mute=True), None),
    "fader down": (with_audio(SATURN, fader_db=float("-inf")), None),
    "only missing media": (
        Track("t", "Track", clips=(GONE,), effects=(SATURN,)),
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_reasons(name):
    track, reasons = CASES[name]
    assert of(track) == (reasons, None)


def test_modelled_effects_are_no_reason_for_who_hears_them():
    assert of(with_audio(REAEQ, REACOMP), modelled=True) == (None, None)
    assert of(with_audio(REAEQ, SATURN), modelled=True) == (("2 plug-ins",), None)
    unsure = replace(REAEQ, notes=("envelope of a parameter",))
    assert of(with_audio(unsure), modelled=True) == (("1 plug-in",), None)


def test_own_plug_ins_that_are_replaced_are_no_reason():
    own = replace(REAEQ, label="mixengine tone")
    assert of(with_audio(own), own_label="mixengine tone") == (None, None)
    assert of(with_audio(own, SATURN), own_label="mixengine tone") == (("1 plug-in",), None)
    assert of(with_audio(own)) == (("1 plug-in",), None)


def test_what_comes_in_by_sends():
    sender = Track("s", "Sender", clips=(replace(AUDIO, id="other"),))
    receiving = with_audio(receives=(Receive("s"),))
    assert of(receiving, sender) == (("receives",), None)
    assert of(receiving, replace(sender, mute=True)) == (None, None)
    assert of(with_audio(receives=(Receive("s", source_channel=-1),)), sender) == (None, None)
    a_bus = Track("t", "Reverb", effects=(SATURN,), receives=(Receive("s"),))
    assert of(a_bus, sender) == (None, None)  # it follows what it receives
    an_instrument = Track("t", "Kontakt", effects=(KONTAKT,), receives=(Receive("s", source_channel=-1),))
    assert of(an_instrument, sender) == (("1 plug-in", "MIDI"), None)


def test_a_folder_is_refused_in_words():
    folder = with_audio(SATURN, is_folder=True)
    child = Track("c", "Child", parent="t", clips=(replace(AUDIO, id="other"),))
    assert of(folder, child) == (None, "1 plug-in: a folder, the tracks inside would be in its sound")


def test_all_tracks_where_all_are_wanted():
    assert of(with_audio(), every=True) == ((), None)
    assert of(with_audio(mute=True), every=True) == (None, None)
    assert of(Track("t", "Empty"), every=True) == (None, None)

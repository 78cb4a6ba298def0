"""Tracks that are one instrument by name, and tracks that are no part of the mix."""

from __future__ import annotations

import pytest

from mixengine.model.instruments import left_out, microphones_of_one
from mixengine.model.roles import roles_of_session


def groups(*names: str) -> list[tuple[str, str, list[str]]]:
    votes = roles_of_session(names)
    return [(group.kind, group.role, [names[at] for at in group.tracks]) for group in microphones_of_one(votes)]


KIT = ["K in", "K out", "S top", "S bot", "T1", "HH", "OH L", "OH R", "DrRm"]


def test_a_recorded_kit_is_one_instrument() -> None:
    assert groups(*KIT, "Bass", "Shaker", "Drum Loop", "Kick Sample", "Snare_SUM") == [("kit", "drums", KIT)]


def test_programmed_drums_are_no_microphones() -> None:
    assert groups("Kick", "Snare", "Clap", "Hat", "Drums") == []
    assert groups("808 Kick", "Electronic Snare", "Trap Hat", "Room") == []


def test_lines_and_microphones_of_one_sound() -> None:
    names = ("Bass DI", "Bass Amp", "Gtr 1 DI", "Gtr 1 57", "Gtr 1 Rm", "Gtr 2 DI", "Piano close", "Piano far")
    assert groups(*names) == [
        ("multi-mic", "bass", ["Bass DI", "Bass Amp"]),
        ("multi-mic", "guitar", ["Gtr 1 DI", "Gtr 1 57", "Gtr 1 Rm"]),
        ("multi-mic", "keys", ["Piano close", "Piano far"]),
    ]


def test_sides_are_doubles_of_guitars_and_channels_of_keys() -> None:
    assert groups("Gtr L", "Gtr R", "Keys L", "Keys R") == [
        ("doubles", "guitar", ["Gtr L", "Gtr R"]),
        ("multi-mic", "keys", ["Keys L", "Keys R"]),
    ]


def test_doubles_and_copies_of_voices() -> None:
    assert groups("Lead Vox", "Lead Vox dbl", "BGV 1 L", "BGV 1 R", "BGV 2 L", "BGV 3") == [
        ("doubles", "lead_vocal", ["Lead Vox", "Lead Vox dbl"]),
        ("doubles", "backing_vocal", ["BGV 1 L", "BGV 1 R"]),
    ]
    assert groups("Cello", "Cello.dup1", "Gtr") == [("doubles", "strings", ["Cello", "Cello.dup1"])]


def test_other_parts_stay_apart() -> None:
    assert groups("Gtr 1", "Gtr 2", "Bass", "Sub Bass", "mGtr2", "kGtr2 rm", "Intro Gtr DI", "Solo Gtr Amp") == []


def test_a_track_is_in_one_group_and_order_only_orders() -> None:
    names = [*KIT, "Bass DI", "Bass Amp", "Gtr L", "Gtr R"]
    forward, back = groups(*names), groups(*reversed(names))
    assert sorted(name for *_, tracks in forward for name in tracks) == sorted(names)
    assert sorted((kind, sorted(tracks)) for kind, _, tracks in forward) == sorted(
        (kind, sorted(tracks)) for kind, _, tracks in back
    )


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Click", "click"),
        ("Metronom", "click"),
        ("Click 128_01.wav", "click"),
        ("Guide Vox", "guide"),
        ("LeadVoxScratch", "guide"),
        ("Scratch Gtr", "guide"),
        ("Talkback", "talkback"),
        ("TB", "talkback"),
        ("Ref", "reference"),
        ("Reference - Song X", "reference"),
        ("Rough Mix 3", "mix of the other tracks"),
        ("2mix", "mix of the other tracks"),
        ("Mixdown", "mix of the other tracks"),
        ("_Full Mix", "mix of the other tracks"),
        ("21.Heart Of Gold Mix_01.wav", "mix of the other tracks"),
        ("Master", "mix of the other tracks"),
        ("LTC", "timecode"),
    ],
)
def test_no_part_of_the_mix(name: str, word: str) -> None:
    reasons = left_out(roles_of_session([name, "Kick", "Bass", "Vox"]))
    assert list(reasons) == [0] and word in reasons[0]


@pytest.mark.parametrize("name", ["Kick Click", "Drum Mix", "Strings Mix", "Bass Print", "DJ Scratches", "TB 1", "Vox"])
def test_parts_of_the_mix(name: str) -> None:
    assert left_out(roles_of_session([name, "Kick", "Bass"])) == {}


def test_tb_beside_trumpets_is_a_trombone_and_nothing_is_left_out_of_mixes_alone() -> None:
    assert left_out(roles_of_session(["TB", "Trumpet 1", "Trumpet 2"])) == {}
    assert left_out(roles_of_session(["Song A Mix", "Song B Mix"])) == {}

"""Names that only the session explains: live boards, theatre, film, a DJ, drum machines."""

from __future__ import annotations

import pytest

from mixengine.model.instruments import left_out, microphones_of_one
from mixengine.model.roles import role_of, roles_of_session

KIT = ("Kick In", "Snare Top", "Hat", "OH L", "OH R")
BAND = (*KIT, "Bass", "Gtr", "Keys", "Lead Vox", "BGV 1")


def read(names: tuple[str, ...], *others: str) -> list[str | None]:
    """Roles of names among others."""
    return [vote.role for vote in roles_of_session([*names, *others])][: len(names)]


def out(*names: str) -> list[str]:
    """The first names that are left out beside a band without brass."""
    votes = roles_of_session([*names, *BAND])
    return [names[at] for at in left_out(votes) if at < len(names)]


def kit_of(*names: str) -> list[str]:
    groups = microphones_of_one(roles_of_session(names))
    return next(([names[at] for at in group.tracks] for group in groups if group.kind == "kit"), [])


def test_scratches_of_a_dj_are_played() -> None:
    names = ("DJ Scratch", "Scratch Hook", "Turntable Scratch", "Scratch 1", "Scratch 2 L", "Scratches")
    votes = roles_of_session([*names, "Kick", "Bass", "Rap Lead"])
    assert [vote.role for vote in votes[:6]] == ["effects"] * 6 and left_out(votes) == {}


def test_scratches_of_a_band_are_guides() -> None:
    guides = ("Scratch", "Scratch 1", "Scratch Vox", "Scratch gtr")
    assert out(*guides) == list(guides)
    assert out("Scratch Vox", "DJ") == ["Scratch Vox"] and out("Rap Scratch") == ["Rap Scratch"]


def test_ambience_is_a_drum_room_next_to_the_kit_only() -> None:
    assert read((*BAND, "Ambience L", "Amb R", "Crowd"))[-3:] == ["ambience"] * 3
    assert kit_of(*KIT, "Amb L", "Amb R", "Bass", "Vox") == [*KIT, "Amb L", "Amb R"]
    assert kit_of(*BAND, "Amb L", "Amb R") == list(KIT)
    inside = roles_of_session([*BAND, "Drums", "Amb"], (None,) * (len(BAND) + 1) + ("Drums",))
    assert inside[-1].role == "drums"


def test_a_room_without_a_kit_is_no_drum_room() -> None:
    assert read(("Room L", "Room R"), "Vox", "Guitar") == ["ambience", "ambience"]
    assert read(("Room L",), "Drum Loop", "Vox") == ["ambience"]
    assert read(("Room L",), "Drums", "Vox") == read(("Room L",), *KIT) == ["drums"]


@pytest.mark.parametrize(
    "name",
    ["TB - Drum", "TB Anna", "Comms Bass", "Comms", "Intercom", "IEM Drums", "Cue Keys", "MD Mic", "Click Keys",
     "Click Drums", "Count", "Counts L", "Count In", "Intro Count"],
)  # fmt: skip
def test_what_players_hear_and_say_is_left_out(name: str) -> None:
    assert out(name) == [name]


@pytest.mark.parametrize(
    "name",
    ["TB 1", "TB-303", "TB 303 Bass", "Kick click", "Gtr Click", "Click Kick", "Click Perc", "Click Loop",
     "Count Basie", "Count Basie Piano", "Drum Count", "Cue 4 Strings",
     "Cue Strings", "Cue Thunder", "IEM", "Drum Print", "Gtr Mix",
     "Lead Mix", "Back Mix", "Lead Print", "Jared Print", "H3000 Print.L"],
)  # fmt: skip
def test_what_could_be_an_instrument_is_kept(name: str) -> None:
    assert out(name) == []


def test_tb_beside_brass_is_a_trombone() -> None:
    assert left_out(roles_of_session(["TB", "TB Solo", "Trumpet", "Kick"])) == {}


@pytest.mark.parametrize(
    "name",
    ["PRINT.L", "My Own Song.PRINT.R", "Man In the Box Print 20220502 v2", "Song.Mix.Recall.L", "Heart Mix Final",
     "Main Mix", "Lead Me Home Mix"],
)  # fmt: skip
def test_prints_and_recalls_are_mixes(name: str) -> None:
    assert out(name) == [name]


def test_a_print_of_the_title_that_all_share_is_a_mix() -> None:
    names = [f"Song_{part}" for part in ("Kick", "Bass", "Gtr", "Vox", "Keys", "Print.L", "Print.R")]
    assert list(left_out(roles_of_session(names))) == [5, 6]


def test_playback_of_a_live_board() -> None:
    assert read(("Tracks L", "Tracks Right", "SB24 - Tracks R", "Track L")) == ["music"] * 4
    assert read(("Track 1 L", "01 Track L", "Tracks 1", "ProPresenter L", "Loopback"), *BAND) == [None] * 5
    assert read(("Guitar Tracks L", "Music Loopback"), *BAND) == ["guitar", "music"]


def test_speakers_of_a_live_board() -> None:
    names = ("Pastor Headset", "Preacher", "Announcements", "Lapel", "Handheld 2", "Lectern", "Pastor Gtr")
    assert read(names, *BAND) == ["voice"] * 6 + ["guitar"]
    assert read(("Voice", "Voice Over", "Speakers L"), *KIT, "Gtr") == ["lead_vocal", "voice", "voice"]


def test_a_pit_orchestra_by_its_nicknames() -> None:
    names = ("Bone", "French", "Trump1", "Trump2", "Reed1 Hi", "Reed 2")
    assert read(names, "Kick", "Bass") == ["brass"] * 4 + ["winds"] * 2
    assert read(("Elect", "Accoustic", "SPD-SX R"), "Keys") == ["guitar", "guitar", "drums"]
    assert [vote.side for vote in roles_of_session(["SPD-SX L", "SPD-SX R"])] == ["left", "right"]


def test_letters_of_woodwinds_need_a_second_name() -> None:
    assert read(("FL 1", "FL 2"), *BAND, "Horn") == [None, None]
    assert read(("Fl", "Ob", "Cl"), "Horn", "Kick") == ["winds"] * 3


@pytest.mark.parametrize("name", ["Vox JULIAN (gtr)", "Vox Drums", "Vocal Keys", "Vocal Gtr", "BGV Drums", "Voz Bajo"])
def test_a_voice_in_front_is_the_place_of_a_singer(name: str) -> None:
    assert role_of(name) in ("lead_vocal", "backing_vocal")


@pytest.mark.parametrize(
    ("name", "role"), [("Vox Gtr", "guitar"), ("Vox AC30", "guitar"), ("Vox Organ", "keys"), ("Gtr Harmony", "guitar")]
)
def test_amplifiers_and_organs_are_no_singers(name: str, role: str) -> None:
    assert role_of(name) == role


def test_film() -> None:
    names = ("DX 1", "DX 2", "DX 7 A", "FX 1", "BG A", "BG B", "BGA-1B", "BGB-2", "MX-1B", "MX 2", "ADR 1", "Walla")
    voices, sounds = ["voice"] * 3, ["effects", *["ambience"] * 4]
    assert read(names) == [*voices, *sounds, "music", "music", "voice", "voice"]
    assert read(("DX 7", "DX7 2"), *BAND) == ["synth", "synth"]


def test_backgrounds_sing_where_others_sing_or_a_band_plays() -> None:
    assert read(("BG 1", "BGA", "BG 1B"), "Lead Vox") == ["backing_vocal"] * 3
    assert read(("BG 1",), *KIT, "Bass") == ["backing_vocal"]
    assert read(("BG 1", "Back", "B"), "Host", "Guest", "Caller") == ["ambience", None, None]


def test_claps_are_no_snare_but_beside_a_drum_machine() -> None:
    assert read(("Clap", "Claps"), *KIT) == ["percussion"] * 2
    assert read(("Clap",), "808", "Kick", "Hat") == ["snare"]
    assert "Clap" not in kit_of(*KIT, "Clap", "808")


def test_what_is_of_a_recorded_kit() -> None:
    of_it = ["Drum Side", "Drum spare", "Drum Room"]
    made = ["Rev Cymbal", "Cym Swell", "Snare PL8", "AD.Big Kit", "V KIT", "E-Drum L", "Drum Pad", "Drums", "Drum L"]
    assert kit_of(*KIT, *of_it, *made) == [*KIT, *of_it]


def test_a_lead_of_a_section_sings_where_others_sing() -> None:
    assert read(("VRS LD 1", "Hook Lead", "Chorus Lead"), "HK VLD", "Gtr") == ["lead_vocal"] * 3
    assert read(("VRS LD 1", "Solo Lead"), "Gtr", "Bass", "Kick") == ["guitar", "guitar"]

"""Names among the session's other names: weak words, several vocals, rooms, folders, sounds."""

from __future__ import annotations

import random

import pytest

from mixengine.model.name_vote import vote_of
from mixengine.model.roles import role_of, role_of_track, roles_of_session, votes_of
from mixengine.model.session import Session, Track

BAND = ("K in", "S top", "S bot", "T1", "OH L", "OH R", "B DI", "AcGtr", "Ld Vx", "BkV1", "BkV2")
ROLES = ("kick", "snare", "snare", "toms", "cymbals", "cymbals", "bass", "guitar", "lead_vocal")
ROLES += ("backing_vocal", "backing_vocal")


def roles_of(*names: str, **settings) -> list[str | None]:
    return [vote.role for vote in roles_of_session(names, **settings)]


def test_letters_of_a_kit_are_believed_together() -> None:
    assert roles_of(*BAND) == list(ROLES)
    assert roles_of("K", "S", "T1", "OH") == ["kick", "snare", "toms", "cymbals"]


@pytest.mark.parametrize(
    "name", ["K", "S", "T1", "V2", "B", "Lead", "Floor", "Solo", "Mono", "Plan B", "Section T1 Foo"]
)
def test_a_weak_word_alone_says_nothing(name: str) -> None:
    assert role_of(name) is None
    assert roles_of(name, "Take 3", "Audio 7") == [None, None, None]


def test_a_weak_vote_says_what_it_may_mean() -> None:
    vote = vote_of("Lead 1")
    assert set(vote.candidates) == {"guitar", "synth", "lead_vocal"}
    assert 0.0 < vote.sureness < vote_of("Vox").sureness < 1.0


def test_the_order_of_tracks_does_not_matter() -> None:
    expected = dict(zip(BAND, roles_of(*BAND), strict=True))
    shuffled = list(BAND)
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert dict(zip(shuffled, roles_of(*shuffled), strict=True)) == expected


def test_capitals_numbers_and_extensions_do_not_matter() -> None:
    assert roles_of(*(name.lower() for name in BAND if name[:3] != "BkV")) == list(ROLES[:9])
    assert roles_of(*(f"{n:02d}_{name.title().replace(' ', '')}_01.wav" for n, name in enumerate(BAND, 1))) == list(
        ROLES
    )


def test_a_title_in_all_names_does_not_decide() -> None:
    titled = [f"{name} - String Theory.wav" for name in ("Kick", "Bass DI", "Vocal", "Piano", "OH", "Strings")]
    assert roles_of(*titled) == ["kick", "bass", "lead_vocal", "keys", "cymbals", "strings"]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Fl tom", "toms"),
        ("HGtr2-84", "guitar"),
        ("GtrRm", "guitar"),
        ("DrRmHH", "drums"),
        ("OH hat side", "cymbals"),
        ("GangM1", "backing_vocal"),
        ("LV dbl", "lead_vocal"),
        ("Bss amp", "bass"),
        ("Bass Gtr", "bass"),
        ("Gtr Harmony", "guitar"),
        ("Vox Harm 2", "backing_vocal"),
        ("Vocal Harmony", "backing_vocal"),
        ("Bass Clarinet", "winds"),
        ("Synth Bass", "bass"),
        ("Kick Sub", "kick"),
        ("12 String Gtr", "guitar"),
        ("ElecGtr1a_VoxM160", "guitar"),
        ("Piano Room", "keys"),
        ("Choir OH", "backing_vocal"),
        ("Vocal Verb", "effects"),
        ("Wrlz hi", "keys"),
        ("Tmb 2", "percussion"),
        ("Kick+Snare+Toms", "drums"),
        ("808 Kick", "kick"),
        ("B3 Low", "keys"),
        ("Shaker", "percussion"),
        ("H3000.One", None),
        ("EQ Hi", None),
    ],
)
def test_names_by_themselves(name: str, role: str | None) -> None:
    assert role_of(name) == role


def test_several_vocals_are_not_several_leads() -> None:
    assert roles_of("Lead Vox", "Vox 2", "Vox 3") == ["lead_vocal", "backing_vocal", "backing_vocal"]
    assert roles_of("Lead Vox", "Lead Vox dbl", "Verse Vox") == ["lead_vocal"] * 3
    voices = roles_of("PAT VOC ELAM", "PAT VOC dbl", "PAT VOC 57", "JIM VOC 58", "AL VOC 58")
    assert voices == ["lead_vocal"] * 3 + ["backing_vocal"] * 2
    assert roles_of("Vox", "BGV 1", "BGV 2") == ["lead_vocal", "backing_vocal", "backing_vocal"]
    assert roles_of("Verse Vox", "Chorus Vox", "Bridge Vox") == ["lead_vocal"] * 3


def test_lead_sings_where_others_back_and_plays_where_one_sings() -> None:
    assert roles_of("Lead", "Backing", "Gtr") == ["lead_vocal", "backing_vocal", "guitar"]
    assert roles_of("Lead 1", "Lead Vox", "Gtr") == ["guitar", "lead_vocal", "guitar"]


def test_bg_is_a_voice_where_people_sing() -> None:
    assert roles_of("BG 1", "Lead Vox")[0] == "backing_vocal"
    assert roles_of("Background", "Host", "Guest") == ["ambience", "voice", "voice"]


def test_rooms_and_bare_microphones_of_a_kit() -> None:
    kit = ("Kick", "Snare", "Hat", "OH")
    assert roles_of("Amb L", "Coles R", *kit)[:2] == ["drums", "drums"]
    assert roles_of("Amb L", "Coles R", "Host") == ["ambience", None, "voice"]
    assert roles_of("Voice", *kit)[0] == "lead_vocal"
    assert roles_of("Voice Over", *kit)[0] == "voice"


def test_an_orchestra_is_read_by_its_letters() -> None:
    assert roles_of("Vn 1", "Vc", "Fl", "Ob", "Hn", "Violas") == [
        "strings",
        "strings",
        "winds",
        "winds",
        "brass",
        "strings",
    ]
    assert roles_of("VC", "Ld Vx", "Fl")[2] is None


def test_folders_settle_weak_words() -> None:
    names = ("Vocals", "Lead", "Pat", "Drums", "Floor", "Audio 9")
    folders = (None, "Vocals", "Vocals", None, "Drums", "Drums")
    assert roles_of(*names, folders=folders) == ["lead_vocal", "lead_vocal", "backing_vocal", "drums", "toms", "drums"]
    heard = roles_of(*names, folders=folders, sounds=(None,) * 5 + ("kick",))
    assert heard[-1] == "kick"


def test_a_session_of_tracks() -> None:
    tracks = [Track(str(at), name) for at, name in enumerate(BAND)]
    tracks[0] = Track("0", "K in", role="percussion")
    session = Session("song", "song.rpp", 44100, tracks=tuple(tracks))
    votes = votes_of(session, {"5": "hats"})
    assert [votes[track.id].role for track in tracks] == ["percussion", *ROLES[1:]]
    assert votes["0"].by == "user" and votes["3"].by == "session"
    assert [role_of_track(session, track) for track in tracks] == ["percussion", *ROLES[1:]]
    assert (
        role_of_track(Session("x", "x.rpp", 44100, tracks=(Track("a", "Audio 1"),)), Track("a", "Audio 1"), "bass")
        == "bass"
    )


@pytest.mark.parametrize(
    ("name", "position", "side", "number"),
    [
        ("Kick In", "in", None, ""),
        ("Sn B", "bottom", None, ""),
        ("Snare Up 2", "top", None, "2"),
        ("OH L", "overhead", "left", ""),
        ("GtrRm R", "room", "right", ""),
        ("Gtr 2 DI", "di", None, "2"),
        ("BGV1A", None, None, "1a"),
        ("Sub Bass", None, None, ""),
        ("Bass Amp", "amp", None, ""),
    ],
)
def test_what_else_a_name_says(name: str, position: str | None, side: str | None, number: str) -> None:
    vote = vote_of(name)
    assert (vote.position, vote.side, vote.number) == (position, side, number)


def test_voices_doubles_and_samples() -> None:
    assert vote_of("Lead Vox").voice == "lead" and vote_of("BkV1").voice == "backing"
    assert vote_of("GangM1").voice == "gang" and vote_of("Vox").voice is None
    assert vote_of("LV dbl").doubled and vote_of("Vox 2x").doubled and vote_of("Vox.dup1").copied
    assert vote_of("Kick Sample").sampled and vote_of("Kick_SUM").summed and not vote_of("Kick").sampled


def test_a_thousand_tracks_are_read_quickly_and_alike() -> None:
    names = [f"{name} {take}" for take in range(100) for name in BAND]
    first = roles_of(*names)
    assert first == roles_of(*names) and len(first) == len(names)


SPOKEN = {
    "voice": "Caller, Cohost, Co-Host, Interviewer, Interviewee, Moderator, Presenter, Panelist 2, Speaker 1, Lav, "
    "Boom, Remote, Anrufer, Moderatorin, Gast, Invité, Présentateur, Invitado, Entrevistador, Ospite, Conduttore, "
    "Convidado, Apresentador, 司会, ゲスト1",
    "music": "BGM, Theme, Intro, Outro, Sting, Bumper, Jingle, Musik, Générique, Música, Sigla, Vinheta, 音楽",
    "ambience": "Applause, Applaus, Applaudissements, Aplausos, Applausi, 拍手",
}


def test_words_of_spoken_programmes_in_several_languages():
    expected = {name: role for role, names in SPOKEN.items() for name in names.split(", ")}
    votes = dict(zip(expected, roles_of("Host", *expected)[1:], strict=True))
    assert votes == expected


def test_in_a_song_they_are_sections_and_drums():
    names = "Kick", "Snare", "Bass", "Gtr", "Lead Vox", "Boom", "Theme", "Intro", "Gtr Speaker", "Outro Keys"
    assert roles_of(*names)[5:] == [None, None, None, "guitar", "keys"]

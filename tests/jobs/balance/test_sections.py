"""Who shares the loudness of a part: only players that sound at the same time."""

from __future__ import annotations

from dataclasses import fields

import pytest

from mixengine.jobs.balance.equations import Balanced
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.sections import sounding_together
from mixengine.model import roles
from mixengine.model.instruments import microphones_of_one
from mixengine.model.session import Clip, Session, Source, Track


def reading(*playing_s: tuple[float, float]) -> Reading:
    values = dict.fromkeys((field.name for field in fields(Reading)), 0.0)
    return Reading(**values | {"playing_s": playing_s})  # type: ignore[arg-type]


def together(role: str, *players: tuple[str, float, tuple[tuple[float, float], ...]]) -> dict[str, float]:
    """Name → number of its section that sounds with it; each player has a name, a start, and where it plays."""
    tracks = [
        Track(name, name, clips=(Clip(name, Source("x.wav"), position_s=at_s, length_s=60.0),))
        for name, at_s, _ in players
    ]
    session = Session("s", "s", 44100, tuple(tracks))
    readings = {name: reading(*playing) for name, _, playing in players}
    votes = roles.votes_of(session)
    groups = microphones_of_one([votes[track.id] for track in tracks])
    microphones = [tuple(tracks[at].id for at in group.tracks) for group in groups]
    return sounding_together(tracks, readings, {name: role for name, _, _ in players}, votes, microphones)


ALWAYS = ((0.0, 60.0),)


def test_players_at_the_same_time_count_all() -> None:
    assert together("strings", *((f"Violin {i}", 0.0, ALWAYS) for i in range(4))) == pytest.approx(
        {f"Violin {i}": 4.0 for i in range(4)}
    )


def test_players_in_turns_count_themselves() -> None:
    counts = together("guitar", ("Guitar 1", 0.0, ((0.0, 30.0),)), ("Guitar 2", 0.0, ((31.0, 60.0),)))
    assert counts == pytest.approx({"Guitar 1": 1.0, "Guitar 2": 1.0})


def test_where_items_stand_counts() -> None:
    counts = together("guitar", ("Guitar 1", 0.0, ((0.0, 30.0),)), ("Guitar 2", 20.0, ((0.0, 20.0),)))
    assert counts["Guitar 2"] == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize("role", ["lead_vocal", "voice", "unknown"])
def test_leads_speakers_and_unknown_tracks_never_share(role: str) -> None:
    assert set(together(role, *((f"Track {i}", 0.0, ALWAYS) for i in range(8))).values()) == {1.0}


def test_other_names_are_other_sections() -> None:
    counts = together("strings", ("Violin 1", 0.0, ALWAYS), ("Violin 2", 0.0, ALWAYS), ("Cello", 0.0, ALWAYS))
    assert counts == pytest.approx({"Violin 1": 2.0, "Violin 2": 2.0, "Cello": 1.0})


@pytest.mark.parametrize(
    "role, names",
    [
        ("bass", ["Bass DI", "Bass Amp"]),
        ("guitar", ["Gtr L", "Gtr R"]),
        ("piano", ["Piano Close", "Piano Far"]),
    ],
)
def test_microphones_of_one_instrument_are_one_player(role: str, names: list[str]) -> None:
    assert together(role, *((name, 0.0, ALWAYS) for name in names)) == pytest.approx(dict.fromkeys(names, 1.0))


def test_an_instrument_and_another_player_are_two() -> None:
    """The second microphone of an instrument sounds for it where the first one rests."""
    players = [("Bass 1 DI", 0.0, ((0.0, 20.0),)), ("Bass 1 Amp", 0.0, ((20.0, 60.0),)), ("Bass 2", 0.0, ALWAYS)]
    assert together("bass", *players)["Bass 2"] == pytest.approx(2.0, abs=0.01)


def test_drums_of_a_kit_are_several_players() -> None:
    names = ["Kick In", "Kick Out", "Snare Top", "OH L", "OH R", "Bass DI", "Bass Amp"]
    session = Session("s", "s", 44100, tuple(Track(name, name) for name in names))
    balanced = Balanced(session, list(session.tracks), {}, {}, roles.votes_of(session), None, set())
    assert balanced.instruments == [tuple(names[:5]), tuple(names[5:])]
    assert balanced.players == [tuple(names[5:])]

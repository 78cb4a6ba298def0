"""Switches that decide what sounds: obeyed, or named."""

from __future__ import annotations

import pytest

from mixengine.model.session import Clip
from tests.helpers import rpp_builders as b


def clip_of(*entries: str, mute: str = "MUTE 0 0") -> Clip:
    lines = [line if not line.lstrip().startswith("MUTE") else mute for line in b.item(11)]
    lines = [*lines[:-1], *entries, lines[-1]]
    return b.load(b.project(b.track(1, lines))).session().tracks[0].clips[0]


@pytest.mark.parametrize(
    "line, silent",
    [("MUTE 0 0", False), ("MUTE 1 0", True), ("MUTE 0 -1", False), ("MUTE 1 -1", False), ("MUTE 0 1", True),
     ("MUTE 1 1", True), ("MUTE 1", True), ("MUTE", False)],
)  # fmt: skip
def test_an_item_is_silent_when_muted_or_when_another_is_soloed(line, silent):
    assert clip_of(mute=line).mute is silent


def test_what_a_take_asks_for_and_is_not_played_is_noted():
    assert clip_of(*b.envelope("PITCHENV", "0 2 0")).notes == ("pitch envelope of the take (not played)",)
    off = [line.replace("ACT 1", "ACT 0") for line in b.envelope("PITCHENV", "0 2 0")]
    assert clip_of(*off).notes == ()
    assert clip_of(*b.envelope("PITCHENV", "0 0 0", "3 0 0")).notes == ()
    assert clip_of("SPLS 1 2 3").notes == ("edited samples (not played)",)
    assert clip_of("<SAMPLEEDITS", "1 2", ">").notes == ("edited samples (not played)",)


def session_of(*head: str):
    drawn = [*b.envelope("VOLENV2", "0 0.25 0"), "AUTOMODE 1"]
    send = ["AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''", *b.envelope("AUXVOLENV", "0 0.125 0")]
    parts = (b.envelope("MASTERVOLENV2", "0 0.5 0"), b.track(1, drawn), b.track(2, send))
    return b.load(b.project(*parts, head=("SAMPLERATE 48000 1 0", *head))).session()


def envelopes(session):
    first, second = session.tracks
    return [*session.master_automation, *first.automation, *second.receives[0].automation]


@pytest.mark.parametrize("mode, active", [(-1, True), (0, True), (4, True), (6, False)])
def test_global_automation_override(mode, active):
    session = session_of(f"GLOBAL_AUTO {mode}")
    assert [entry.active for entry in envelopes(session)] == [active] * 3
    words = {-1: (), 6: ("all envelopes are bypassed (global automation override)",)}
    name = {0: "trim/read", 4: "latch"}.get(mode)
    imposed = (f"one automation mode is imposed on all tracks (global automation override): {name}",)
    assert session.notes == words.get(mode, imposed)
    assert session.tracks[0].automation_mode == (mode if 0 <= mode < 6 else 1)


def test_the_projects_play_rate_is_noted():
    assert session_of("PLAYRATE 1 0 0.25 4").notes == ()
    assert session_of("PLAYRATE 1.5 0 0.25 4").notes == ("the project plays at 1.5 times its speed: heard at 1",)


def test_envelopes_that_are_not_played_are_named_only_where_they_move_something():
    drawn = b.envelope("WIDTHENV2", "0 0.5 0")
    off = [line.replace("ACT 1", "ACT 0") for line in drawn]
    pooled = b.envelope("VOLENV2", "0 1 0", lines=("POOLEDENVINST 1 0 1 0 1 0 0 1 0 0 0 0",))

    def said(*parts: list[str], head: tuple[str, ...] = ()) -> tuple[tuple[str, ...], ...]:
        session = b.load(b.project(b.track(1, *parts), head=("SAMPLERATE 48000 1 0", *head))).session()
        return session.tracks[0].notes, session.notes

    assert said(drawn) == (("width envelope",), ())
    assert said(off) == said(b.envelope("WIDTHENV2")) == ((), ())
    bypassed = ("all envelopes are bypassed (global automation override)",)
    assert said(drawn, pooled, head=("GLOBAL_AUTO 6",)) == ((), bypassed)

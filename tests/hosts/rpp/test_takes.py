"""Takes of ours: they play, what played before stays beside them, and comes back byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.model.apply import applied, reverted
from mixengine.model.plan import MuteClip, NewTake
from mixengine.model.session import Clip
from tests.helpers import rpp_builders as b

QUICK = settings(deadline=None, max_examples=60)
ONE, ITEM, TAKE = b.guid(1), b.guid(10), b.guid(99)
OURS = NewTake(ONE, ITEM, TAKE, "mixengine/ä b.flac", "clean", 0.125)
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


def later(number: int, *words: str, lines: tuple[str, ...] = ("TAKEVOLPAN 0.5 -0.25 -1", "CHANMODE 3")) -> list[str]:
    mark = " ".join(["TAKE", *words])
    if "NULL" in words:
        return [mark]
    return [mark, f"NAME later{number}", *lines, f"GUID {b.guid(number)}", *b.source(f"{number}.wav")]


def made(*more: str, lines: tuple[str, ...] = (), volpan: str = "0.5 0.25 -2 -1") -> bytes:
    inside = (f"GUID {b.guid(20)}", "PLAYRATE 1.5 1 0 -1 0 0.0025", "CHANMODE 3", *lines)
    return b.project(b.track(1, b.item(10, *more, lines=inside, volpan=volpan), b.item(11)), b.track(2))


ITEMS = {
    "one take": made(),
    "the first of three": made(*later(21), *later(22)),
    "the middle one": made(*later(21, "SEL"), *later(22)),
    "the last": made(*later(21), *later(22, "SEL")),
    "behind an empty one": made(*later(0, "NULL"), *later(22, "SEL")),
    "with an envelope": made(*b.envelope("VOLENV", "0 0.5 0"), *later(22)),
    "line ends of another system": made(*later(21, "SEL")).replace(b"\r\n", b"\n"),
    "without indentation": made(*later(21, "SEL")).replace(b"  ", b""),
}


def clip_of(data: bytes) -> Clip:
    return b.read_track(data).clips[0]


@pytest.mark.parametrize("name", ITEMS)
def test_a_take_is_added_beside_the_one_that_played(name):
    before, now = clip_of(ITEMS[name]), clip_of(b.done(ITEMS[name], OURS))
    assert (now.take, now.name, now.offset_s, now.rate, now.channel_mode) == (TAKE, "clean", 0.125, 1.0, 0)
    assert now.source.path == "/nowhere/mixengine/ä b.flac"
    assert (now.gain_db, now.inverted, now.pan) == (pytest.approx(before.gain_db), before.inverted, before.pan)
    assert (now.position_s, now.length_s, now.fade_in, now.loop) == (1.5, 3.25, before.fade_in, before.loop)
    assert now.behind == before
    assert now.behind is not None
    assert now.behind.take == before.take
    assert now.automation == tuple(entry.stretched(1.0 / before.rate) for entry in before.automation)


@pytest.mark.parametrize("name", ITEMS)
def test_a_take_comes_and_goes_byte_by_byte(name):
    other = NewTake(ONE, ITEM, b.guid(98), "y.wav")
    mute = MuteClip(ONE, ITEM, False, True)
    assert b.undone(ITEMS[name], OURS) == ITEMS[name]
    assert b.undone(ITEMS[name], OURS, other) == ITEMS[name]
    assert b.undone(ITEMS[name], OURS, mute, other) == ITEMS[name]
    assert b.done(b.done(ITEMS[name], OURS, other), OURS.reverted()) != ITEMS[name]
    assert b.done(b.done(ITEMS[name], OURS, other), OURS.reverted(), other.reverted()) == ITEMS[name]


@pytest.mark.parametrize("name", ITEMS)
def test_the_session_in_memory_is_that_of_the_file(name):
    session = b.load(ITEMS[name]).session()
    other = NewTake(ONE, ITEM, b.guid(98), "y.wav")
    for changes in ((OURS,), (OURS, other), (OURS, other, OURS.reverted())):
        in_memory, in_file = applied(session, changes).tracks[0].clips[0], clip_of(b.done(ITEMS[name], *changes))
        assert (in_memory.take, in_memory.name, in_memory.offset_s) == (in_file.take, in_file.name, in_file.offset_s)
        assert in_memory.gain_db == pytest.approx(in_file.gain_db)
        assert (in_memory.rate, in_memory.automation) == (in_file.rate, in_file.automation)
        assert in_memory.behind is not None
        assert in_memory.behind.take == (in_file.behind and in_file.behind.take)
    assert reverted(applied(session, (OURS, other)), (OURS, other)) == session


def test_a_take_that_the_user_turned_away_from_leaves_their_choice():
    added = b.done(ITEMS["one take"], OURS)
    chosen = added.replace(b"TAKE SEL", b"TAKE")
    assert clip_of(chosen).take == b.guid(20)
    assert b.done(chosen, OURS.reverted()) == ITEMS["one take"]


@pytest.mark.parametrize(
    ("data", "change", "message"),
    [
        (ITEMS["one take"], NewTake(ONE, b.guid(77), TAKE, "x.wav"), "is not on its track any more"),
        (ITEMS["one take"], OURS.reverted(), "take 'clean' is not in its item any more (on 'T1')"),
        (b.done(ITEMS["one take"], OURS), OURS, "the item already has take 'clean' (on 'T1')"),
        (made(lines=("ALLTAKES 1",)), OURS, "the item plays all its takes at once: 'clean' is not added (on 'T1')"),
        (made(*later(0, "NULL", "SEL")), OURS, "the item plays nothing: 'clean' is not added (on 'T1')"),
        (
            made(lines=(f"GUID {TAKE}",)).replace(f"GUID {b.guid(20)}\r\n".encode(), b"\r\n"),
            OURS.reverted(),
            "first of",
        ),
    ],
)
def test_what_does_not_fit_is_named(data, change, message):
    result = b.apply(data, change)
    assert result.data == data
    assert message in result.skipped[0]


@QUICK
@given(
    st.lists(st.sampled_from(["", "NULL", "full"]), max_size=4),
    st.integers(0, 4),
    TEXT,
    TEXT.filter(bool),
    st.floats(0, 1e4),
)
def test_any_item_comes_back(kinds, active, name, file, offset_s):
    more: list[str] = []
    for number, kind in enumerate(kinds, start=1):
        more += later(30 + number, *[kind] * (kind == "NULL"), *["SEL"] * (number == active))
    data = made(*more)
    change = NewTake(ONE, ITEM, TAKE, file, name, offset_s)
    if active and active <= len(kinds) and kinds[active - 1] == "NULL":
        assert b.apply(data, change).data == data
        return
    assert b.undone(data, change) == data
    now = clip_of(b.done(data, change))
    assert now.offset_s == pytest.approx(offset_s, abs=1e-9)
    assert len(b.load(b.done(data, change)).tracks) == 2

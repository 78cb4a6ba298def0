from __future__ import annotations

import base64
import math
import struct
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp import effects, reacomp
from mixengine.model.plan import Compressor, Equalizer
from mixengine.model.session import MASTER, CompressorSettings, Effect, EqBand
from tests.helpers import rpp_builders as b

QUICK = settings(deadline=None, max_examples=80)
ONE = b.guid(1)
SOFT = CompressorSettings(-18.0, 4.0, 10.0, 120.0, 6.0, 3.5, 2.5, 5.0)
HARD = CompressorSettings(-30.5, 100.0, 0.1, 50.0, 0.0)
BANDS = (EqBand("band", 1000.0, -3.0, 1.5),)
UNTOUCHED = [
    "bWNlcu9e7f4EAAAAAQAAAAAAAAACAAAAAAAAAAQAAAAAAAAACAAAAAAAAAACAAAAAQAAAAAAAAACAAAAAAAAAFwAAAAAAAAAAAAQAA==",
]
"""Header of a ReaComp as REAPER 7 writes it: four inputs, two outputs, 92 bytes of data."""


def drawn(field: str) -> st.SearchStrategy[float]:
    if field == "auto_makeup":
        return st.booleans()
    parameter = reacomp.PARAMETERS[field]
    return st.floats(parameter.lowest, parameter.highest)


SETTINGS = st.builds(CompressorSettings, **{field.name: drawn(field.name) for field in fields(CompressorSettings)})


def read(lines: list[str]) -> reacomp.ReaComp:
    return reacomp.decode([line.encode() for line in lines])


def runs(values: tuple[float, ...], words: tuple[int, int] = (0, 0x100000), footer: bytes = b"\0\0\x10\0\0\0"):
    data = struct.pack(f"<II{len(values)}f", 0xDEADBEEF, 0xDEADF00D, *values)
    header = b"mcer\xef\x5e\xed\xfe" + struct.pack("<I4QI2Q", 4, 1, 2, 4, 8, 2, 1, 2)
    return [header + struct.pack("<III", len(data), *words), data, footer]


def lines(parts: list[bytes]) -> list[bytes]:
    return [base64.b64encode(part[at : at + 96]) for part in parts for at in range(0, len(part), 96)]


DEFAULTS = (1, 3 / 99, 0.006, 0.02, 0, 0, 1, 0, 0, 0, 10 ** (-150 / 20), 1, 0, 0.05, 0, 0, 0, 0.25, 0, 0, 0)


@QUICK
@given(SETTINGS)
def test_settings_read_back(wanted):
    now = read(reacomp.encode(reacomp.new(wanted))).settings
    assert reacomp.same(now, wanted)
    for field in fields(CompressorSettings):
        assert getattr(now, field.name) == pytest.approx(getattr(wanted, field.name), rel=6e-6, abs=2e-5)
    assert read(reacomp.encode(reacomp.new(now))).settings == now


@QUICK
@given(SETTINGS, SETTINGS)
def test_what_mixengine_wrote_comes_back_to_the_same_text(first, second):
    text = reacomp.encode(reacomp.new(first))
    state = read(text)
    changed = read(reacomp.encode(state.with_settings(second)))
    assert reacomp.same(changed.settings, second)
    again = changed.with_settings(state.settings)
    assert reacomp.same(again.settings, state.settings)
    assert len(reacomp.encode(again)) == len(text)


def test_the_untouched_plugin_is_that_of_reaper():
    text = reacomp.encode(reacomp.new(CompressorSettings(0.0, 4.0, 3.0, 100.0, 0.0, rms_ms=5.0)))
    assert text[:1] == UNTOUCHED
    assert [line.encode() for line in text] == lines(runs(DEFAULTS))


def test_the_layout_is_that_of_reaper():
    raw = b"".join(map(base64.b64decode, reacomp.encode(reacomp.new(SOFT))))
    values = struct.unpack_from("<21f", raw, 76 + 8)
    wanted = {0: 10 ** (-18 / 20), 1: 3 / 99, 2: 0.02, 3: 0.024, 4: 0.01, 11: 10 ** (3.5 / 20), 13: 0.05, 14: 0.25}
    assert {index: values[index] for index in wanted} == pytest.approx(wanted, rel=1e-6)
    assert (values[15], values[16], values[17]) == (0.0, 0.0, 0.25)


@pytest.mark.parametrize("count", [18, 19, 21])
@pytest.mark.parametrize("footer", [b"\0\0\x10\0\0\0", b"\0stock - drums\0\0\0\0\0", b""])
@pytest.mark.parametrize("words", [(0, 0x100000), (0, 0)])
def test_a_state_is_written_back_to_the_same_text(count, footer, words):
    parts = runs(DEFAULTS[:count], words, footer)
    for text in (lines(parts), lines([b"".join(parts)])):
        state = reacomp.decode(text)
        assert [line.encode() for line in reacomp.encode(state)] == text
        changed = read(reacomp.encode(state.with_settings(SOFT)))
        assert (changed.settings, len(changed.values), changed.frame) == (SOFT, count, state.frame)


def test_what_stays_keeps_its_bits():
    odd = (*DEFAULTS[:8], 2 / 1084, 0, 0.5, *DEFAULTS[11:15], 1, *DEFAULTS[16:])
    state = reacomp.decode(lines(runs(odd)))
    changed = read(reacomp.encode(state.with_settings(replace(state.settings, threshold_db=-20.0))))
    assert changed.values[1:] == state.values[1:]
    assert changed.settings == replace(state.settings, threshold_db=-20.0)


@pytest.mark.parametrize(
    "text",
    [
        [],
        [b"!!!!"],
        [b"QQ"],
        lines([b"qeer" + runs(DEFAULTS)[0][4:], *runs(DEFAULTS)[1:]]),
        lines(runs(DEFAULTS[:17])),
        lines(runs((*DEFAULTS, 0.0))),
        lines(runs((math.nan, *DEFAULTS[1:]))),
        lines(runs((math.inf, *DEFAULTS[1:]))),
        lines([runs(DEFAULTS)[0], b"\0" * 92]),
        lines(runs(DEFAULTS)[:1]),
    ],
)
def test_other_states_are_refused(text):
    with pytest.raises(reacomp.NotReaComp):
        reacomp.decode(text)


@QUICK
@given(st.binary(max_size=200), st.integers(0, 180))
def test_damaged_states_are_refused_or_read(noise, at):
    raw = b"".join(runs(DEFAULTS))
    text = lines([raw[:at] + noise + raw[at + len(noise) :]])
    try:
        state = reacomp.decode(text)
    except reacomp.NotReaComp:
        return
    assert b"".join(base64.b64decode(line) for line in reacomp.encode(state)) == b"".join(map(base64.b64decode, text))


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"ratio": 1.0}, True),
        ({"ratio": 0.5}, False),
        ({"ratio": 101.0}, False),
        ({"attack_ms": 501.0}, False),
        ({"attack_ms": -1.0}, False),
        ({"release_ms": 5000.0}, True),
        ({"knee_db": 25.0}, False),
        ({"makeup_db": 12.5}, False),
        ({"threshold_db": -math.inf}, False),
        ({"threshold_db": math.nan}, False),
        ({"lookahead_ms": 251.0}, False),
    ],
)
def test_settings_that_reacomp_cannot_hold_are_known(change, good):
    assert reacomp.writable(replace(SOFT, **change)) is good


INSIDES = {
    "no chain": lambda name: [],
    "a chain of the user's": lambda name: [b.chain(b.plugin(), name=name)],
    "an emptied chain": lambda name: [b.chain(name=name)],
}


@pytest.mark.parametrize("inside", INSIDES)
@pytest.mark.parametrize("where", [ONE, MASTER])
def test_a_compressor_is_added_set_and_taken_away(inside, where):
    data = b.project(b.track(1, *INSIDES[inside]("FXCHAIN"), b.item(10)))
    if where == MASTER:
        data = b.project(*INSIDES[inside]("MASTERFXLIST"), b.track(1, b.item(10)))
    first, second = Compressor(where, "mixengine glue", None, SOFT), Compressor(where, "mixengine glue", SOFT, HARD)
    assert b.done(data, first, first) == b.done(data, first)
    effects_now = b.load(b.done(data, first)).session().effects(where)
    assert effects_now[-1] == Effect("VST: ReaComp (Cockos)", "mixengine glue", compressor=SOFT)
    assert b.load(b.done(data, first, second)).session().effects(where)[-1].compressor == HARD
    assert len(b.load(b.done(data, first, second)).session().effects(where)) == len(effects_now)
    assert b.undone(data, first) == data
    assert b.undone(data, first, second) == data
    assert b.done(b.done(data, first), second, second.reverted()) == b.done(data, first)


@pytest.mark.parametrize("where", [ONE, MASTER])
def test_the_equaliser_stands_before_the_compressor(where):
    data = b.project(b.track(1, b.chain(b.plugin())))
    both = Compressor(where, "mixengine", None, SOFT), Equalizer(where, "mixengine", None, BANDS)
    for changes in (both, both[::-1]):
        result = b.load(b.done(data, *changes)).session().effects(where)
        assert [(bool(effect.bands), effect.compressor) for effect in result[-2:]] == [(True, None), (False, SOFT)]
        assert b.undone(data, *changes) == data


def test_the_master_chain_stands_behind_the_masters_lines():
    data = b.project(["<MASTERPLAYSPEEDENV", "ACT 0 -1", ">"], b.track(1), head=(*b.HEAD, "MASTER_SEL 0"))
    written = b.done(data, Compressor(MASTER, "mixengine", None, SOFT))
    assert b"MASTER_SEL 0\r\n  <MASTERFXLIST\r\n    SHOW 0\r\n" in written
    assert written.index(b"MASTERFXLIST") < written.index(b"MASTERPLAYSPEEDENV")


def test_a_compressor_that_was_moved_is_left_alone():
    data = b.project(b.track(1, b.chain(b.reacomp("mixengine", HARD, b.guid(9)))))
    result = b.apply(data, Compressor(ONE, "mixengine", SOFT, None))
    assert (result.data, result.skipped) == (data, ["the compressor 'mixengine' on 'T1' was changed: left as it is"])
    gone = b.apply(data, Compressor(ONE, "mixengine 2", SOFT, HARD))
    assert gone.skipped == ["the compressor 'mixengine 2' on 'T1' is not in the project any more"]
    wild = b.apply(data, Compressor(MASTER, "mixengine", None, replace(SOFT, ratio=0.5)))
    assert (wild.data, wild.skipped) == (data, ["'mixengine' on the master: ReaComp cannot be set like that"])


def test_the_users_own_compressor_keeps_its_bytes():
    mine, user = b.reacomp("mixengine", HARD, b.guid(9)), b.reacomp("", SOFT, b.guid(8))
    data = b.project(b.track(1, b.chain(user, mine, user)))
    written = b.done(data, Compressor(ONE, "mixengine", HARD, SOFT))
    assert [effect.compressor for effect in b.read_track(written).effects] == [SOFT, SOFT, SOFT]
    assert b.done(written, Compressor(ONE, "mixengine", SOFT, HARD)) == data


def test_a_reaeq_is_no_reacomp():
    data = b.project(b.track(1, b.chain(b.reaeq("a", BANDS, b.guid(9)), b.reacomp("a", SOFT, b.guid(8)), b.plugin())))
    chain = b.load(data).root.all("TRACK")[0].first("FXCHAIN")
    assert chain is not None
    kinds = [result and result[0].plugin for result in map(effects.read, chain.children)]
    assert kinds == ["ReaEQ", "ReaComp", None]

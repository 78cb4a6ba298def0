from __future__ import annotations

import base64
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp import effects, reaeq
from mixengine.model.session import EqBand
from tests.helpers import rpp_builders as b

QUICK = settings(deadline=None, max_examples=80)
BANDS = st.lists(
    st.builds(
        EqBand,
        st.sampled_from(sorted(reaeq.BAND_NUMBERS)),
        st.floats(20, 24000),
        st.floats(-90, 24),
        st.floats(0.01, 4),
        st.booleans(),
    ),
    max_size=12,
).map(tuple)


def blob(
    *records: bytes, pins: int = 2, tail: bytes = struct.pack("<iidi", 1, 1, 1.0, 0), footer: bytes = b"\0\0\x10\0\0\0"
) -> list[bytes]:
    """The three runs of a state, each as raw bytes."""
    masks = struct.pack(f"<I{pins}Q", pins, *(1 << i for i in range(pins)))
    data = struct.pack("<ii", 33, len(records)) + b"".join(records) + tail
    return [b"qeer\xee\x5e\xed\xfe" + masks + masks + struct.pack("<III", len(data), 1, 0x100000), data, footer]


def record(
    kind: int = 8, enabled: int = 1, hz: float = 1000.0, gain: float = 0.5, octaves: float = 2.0, last: int = 1
) -> bytes:
    return struct.pack("<iidddB", kind, enabled, hz, gain, octaves, last)


def lines(runs: list[bytes]) -> list[bytes]:
    return [base64.b64encode(run[at : at + 96]) for run in runs for at in range(0, len(run), 96)]


def again(state: reaeq.ReaEq) -> reaeq.ReaEq:
    return reaeq.decode([line.encode() for line in reaeq.encode(state)])


@QUICK
@given(BANDS)
def test_bands_read_back(bands):
    read = again(reaeq.new(bands)).bands
    assert [(x.kind, x.frequency_hz, x.bandwidth_oct, x.enabled) for x in read] == [
        (x.kind, x.frequency_hz, x.bandwidth_oct, x.enabled) for x in bands
    ]
    for x, y in zip(read, bands, strict=True):
        assert x.gain_db == pytest.approx(y.gain_db, abs=1e-8)
    assert again(reaeq.new(read)).bands == read


@QUICK
@given(BANDS, BANDS)
def test_what_mixengine_wrote_comes_back_to_the_same_text(first, second):
    text = reaeq.encode(reaeq.new(first))
    read = reaeq.decode([line.encode() for line in text])
    changed = again(read.with_bands(second))
    assert reaeq.encode(changed.with_bands(read.bands)) == text


def test_the_layout_is_that_of_reaper():
    text = reaeq.encode(reaeq.new((EqBand("band", 1000.0, -6.0, 1.5), EqBand("high_pass", 80.0, 0.0, 2.0, False))))
    raw = b"".join(base64.b64decode(line) for line in text)
    assert raw[:8] == b"qeer\xee\x5e\xed\xfe"
    assert struct.unpack_from("<II", raw, 60) == (33, 2)
    first, second = struct.unpack_from("<iidddB", raw, 68), struct.unpack_from("<iidddB", raw, 101)
    assert first == (8, 1, 1000.0, pytest.approx(10 ** (-6 / 20)), 1.5, 1)
    assert second == (4, 0, 80.0, 1.0, 2.0, 1)
    assert struct.unpack_from("<I", raw, 48)[0] == 8 + 2 * 33 + 20
    assert len(text[0]) == 80
    assert all(len(line) <= 128 for line in text)


@pytest.mark.parametrize("pins", [0, 1, 2, 4, 6, 8, 16, 64])
@pytest.mark.parametrize("tail", [b"", struct.pack("<II", 600, 400), struct.pack("<III", 600, 400, 2)])
@pytest.mark.parametrize("footer", [b"\0\0\x10\0\0\0", b"\0Program 1\0\x10\0\0\0", b""])
def test_a_state_is_written_back_to_the_same_text(pins, tail, footer):
    for count in (0, 1, 4, 5, 8):
        records = [record(hz=100.0 * (i + 1), gain=10 ** (-i / 20)) for i in range(count)]
        runs = blob(*records, pins=pins, tail=struct.pack("<iidi", 1, 1, 1.0, 0) + tail, footer=footer)
        for text in (lines(runs), lines([b"".join(runs)])):
            state = reaeq.decode(text)
            assert len(state.bands) == count
            assert [line.encode() for line in reaeq.encode(state)] == text


def test_equal_bands_with_other_bits_keep_their_order():
    runs = blob(record(gain=0.5, last=1), record(gain=0.5, last=0), record(gain=0.5 * (1 + 1e-14), last=1))
    state = reaeq.decode(lines(runs))
    assert [line.encode() for line in reaeq.encode(state)] == lines(runs)
    assert [band.gain_db for band in state.bands] == [pytest.approx(-6.0206, abs=1e-4)] * 3


def test_bands_that_stay_keep_their_bits():
    odd = record(hz=123.456789, gain=0.7071067811865476, last=0)
    state = reaeq.decode(lines(blob(odd, record())))
    changed = again(state.with_bands((state.bands[0], EqBand("notch", 50.0))))
    assert changed.records[0][1] == odd
    assert changed.bands[1] == EqBand("notch", 50.0)


def test_silence_is_the_lowest_gain_not_infinity():
    state = again(reaeq.new((EqBand("band", 1000.0, -math.inf),)))
    assert state.bands[0].gain_db == reaeq.FLOOR_DB


@pytest.mark.parametrize(
    "text",
    [
        [],
        [b"!!!!"],
        [b"\xff\xff"],
        [b"QQ"],
        lines([b"mcer" + blob()[0][4:], *blob()[1:]]),
        lines(blob(record(kind=77))),
        lines(blob(record(enabled=2))),
        lines(blob(record(hz=math.nan))),
        lines(blob(record(hz=-1.0))),
        lines(blob(record(gain=math.inf))),
        lines(blob(record(gain=-1.0))),
        lines(blob(record(octaves=math.nan))),
        lines(blob(record(), tail=b"")),
        lines([blob(pins=2)[0]]),
        lines(blob(record()))[:-2],
        [base64.b64encode(b"qeer\xee\x5e\xed\xfe" + b"\xff" * 50)],
    ],
)
def test_other_states_are_refused(text):
    with pytest.raises(reaeq.NotReaEq):
        reaeq.decode(text)


@QUICK
@given(st.binary(max_size=200), st.integers(0, 160))
def test_damaged_states_are_refused_or_read(noise, at):
    raw = b"".join(blob(record(), record()))
    text = lines([raw[:at] + noise + raw[at + len(noise) :]])
    try:
        state = reaeq.decode(text)
    except reaeq.NotReaEq:
        return
    assert b"".join(base64.b64decode(line) for line in reaeq.encode(state)) == b"".join(map(base64.b64decode, text))


@pytest.mark.parametrize(
    ("band", "good"),
    [
        (EqBand("band", 1000.0, -3.0), True),
        (EqBand("bell", 1000.0), False),
        (EqBand("band", -1.0), False),
        (EqBand("band", 0.0), False),
        (EqBand("band", 1000.0, 500.0), False),
        (EqBand("band", 1000.0, 1e9), False),
        (EqBand("band", 1000.0, 0.0, math.inf), False),
    ],
)
def test_bands_that_reaeq_cannot_hold_are_known(band, good):
    assert reaeq.writable((band,)) is good


def test_a_chain_shows_the_bands_and_the_label():
    bands = (EqBand("low_shelf", 120.0, -2.5, 2.0), EqBand("band", 3000.0, 1.5, 1.0))
    data = b.project(b.track(1, b.chain(b.plugin(), b.reaeq("our EQ", bands, b.guid(9)))))
    delay, eq = b.read_track(data).effects
    assert (delay.name, delay.bands) == ("VST: ReaDelay (Cockos)", ())
    assert (eq.name, eq.label, eq.bypassed, eq.bands) == ("VST: ReaEQ (Cockos)", "our EQ", False, bands)
    bypassed = data.replace(b"BYPASS 0 0 0", b"BYPASS 1 0 0")
    assert [effect.bypassed for effect in b.read_track(bypassed).effects] == [True, True]


def test_another_plugin_is_no_reaeq():
    data = b.project(b.track(1, b.chain(b.plugin())))
    chain = b.load(data).root.all("TRACK")[0].first("FXCHAIN")
    assert chain is not None
    assert [effects.read(block) for block in chain.children] == [None]

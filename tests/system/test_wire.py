"""Values as bytes, between Python and Lua."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mixengine.system.wire import NotWhole, decode, encode

PLAIN = some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.floats(allow_nan=False) | some.text()
VALUES = some.recursive(
    PLAIN,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_what_is_written_is_read(value):
    assert decode(encode(value)) == value


@settings(max_examples=40, deadline=None)
@given(VALUES)
def test_what_is_cut_off_is_found_out(value):
    data = encode(value)
    for end in {0, len(data) // 2, len(data) - 1} - {len(data)}:
        if end < len(data):
            with pytest.raises(NotWhole):
                decode(data[:end])


def test_texts_keep_every_byte_and_numbers_every_bit():
    text = "ü試\udcff\n\0:e"
    assert decode(encode([text, 0.1, -0.0, 1e300, None, {"a": None}])) == [text, 0.1, -0.0, 1e300, None, {}]
    with pytest.raises(TypeError):
        encode({1, 2})
    with pytest.raises(NotWhole):
        decode(b"l" * 5000)


def test_lua_reads_and_writes_the_same(tmp_path):
    pytest.importorskip("lupa", reason="lupa is not installed")
    from reaper_sim import SimReaper
    from tests.helpers.lua_studio import Direct

    talk = Direct(SimReaper(resource_path=tmp_path))
    talk.functions[b"Echo"] = lambda *arguments: arguments
    values = ["ü試\udcff\n\0:e", "", 3, -(2**63), 0.1, 1e300, 5e-324, True, False, "(MediaTrack*)0x12"]
    assert talk.ask("call", name="Echo", arguments=values) == values

"""Editing REAPER's files: every foreign byte stays, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.reaper.setup import ini, keymap
from mixengine.system.errors import UserError

ENDINGS = st.sampled_from([b"\n", b"\r\n"])
TEXT = st.sampled_from(
    [
        b"", b" ", b"[reaper]", b"[REAPER]", b"[Other]", b"[reaper", b"volume=1", b"reascript=0", b"reascript=",
        b" ReaScript = 1 ", b"pythonlibdll64=\xe9\xff.so", b"pythonlibdll64='libpython3.9.so'",
        b"; comment", b"\xef\xbb\xbf",
        "größe=ü".encode(), "größe=ü".encode("cp1252"), b"a=b=c", b"=", b"lone\rreturn=1",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        b"", b"KEY 1 65 40001 0\t\t # Main : A", b'SCR 4 0 RSabc "Custom: x.lua" x/x.lua', b"\xff\xfe", b"SCR",
        b"SCR 4 0",
        b'ACT 3 0 "123" "Custom: a" 40001 _RSabc', 'SCR 260 0 RSé "Custom: ü.py" "ü/ü.py"'.encode(),
        b"\xef\xbb\xbf",
        b'SCR 4 32060 RS6d6978656e67696e65aa "Custom: mixengine_a.py" mixengine/mixengine_a.py',
    ]
)  # fmt: skip
ACTIONS = {"mixengine_a.py": "mixengine/mixengine_a.py", "mixengine_b c.py": "mixengine/mixengine_b c.py"}


@st.composite
def files(draw: st.DrawFn, lines: st.SearchStrategy[bytes]) -> bytes:
    """Lines with endings of either kind, the last one perhaps without."""
    data = b"".join(draw(lines) + draw(ENDINGS) for _ in range(draw(st.integers(0, 8))))
    return data + draw(lines) if draw(st.booleans()) else data


@settings(max_examples=400, deadline=None)
@given(files(TEXT), st.sampled_from(["reascript", "pythonlibdll64", "new"]), st.sampled_from(["1", "C:\\Zoë 1\\x", ""]))
def test_put_is_undone_exactly(data: bytes, key: str, text: str) -> None:
    new, before = ini.put(data, "reaper", key, text)
    assert ini.value(new, "REAPER", key.upper()) == text
    assert ini.take_back(new, "reaper", key, before) == data


@settings(max_examples=400, deadline=None)
@given(files(TEXT))
def test_put_touches_one_line(data: bytes) -> None:
    new, before = ini.put(data, "reaper", "reascript", "1")
    now, old = ([line.rstrip(b"\r\n") for line in ini.lines_of(text)] for text in (new, data))
    if before.section_added:
        assert now == [*old, b"[reaper]", b"reascript=1"]
    elif before.line is None:
        assert old in [now[:at] + now[at + 1 :] for at, line in enumerate(now) if line == b"reascript=1"]
    else:
        assert len(now) == len(old)
        assert sum(a != b for a, b in zip(now, old, strict=True)) <= 1


@settings(max_examples=200, deadline=None)
@given(files(TEXT))
def test_three_keys_are_undone_in_reverse(data: bytes) -> None:
    new, done = data, []
    for key, text in (("pythonlibpath64", "/a b"), ("pythonlibdll64", "l.so"), ("reascript", "1")):
        new, before = ini.put(new, "reaper", key, text)
        done.append((key, before))
    for key, before in reversed(done):
        new = ini.take_back(new, "reaper", key, before)
    assert new == data


@settings(max_examples=400, deadline=None)
@given(files(KEYS))
def test_actions_come_and_go_without_a_trace(data: bytes) -> None:
    new = keymap.register(data, ACTIONS)
    assert keymap.registered(new) == {keymap.command_id(name): path for name, path in ACTIONS.items()}
    assert keymap.register(new, ACTIONS) == new
    assert new.removeprefix(ini.BOM).endswith(data.removeprefix(ini.BOM))
    assert keymap.register(new, {}) == data


def test_line_is_what_reaper_writes() -> None:
    lines = keymap.register(b"KEY 1 65 0 0\r\n", ACTIONS).split(b"\r\n")
    name = keymap.command_id("mixengine_b c.py")
    assert (
        lines[0]
        == f'SCR 4 0 {keymap.command_id("mixengine_a.py")} "Custom: mixengine_a.py" mixengine/mixengine_a.py'.encode()
    )
    assert lines[1] == f'SCR 4 0 {name} "Custom: mixengine_b c.py" "mixengine/mixengine_b c.py"'.encode()
    assert len(name) == 42
    assert name[2:] == name[2:].lower()
    int(name[2:], 16)


def test_command_ids_stay() -> None:
    """Toolbars and shortcuts of users name them: a change here breaks those."""
    assert keymap.command_id("mixengine_Balance selected tracks.py") == "RS6d6978656e67696e65573dcef2ede50fef9dff18"


def test_users_flags_survive_and_moved_path_is_put_right() -> None:
    name = keymap.command_id("mixengine_a.py")
    kept = f'SCR 260 0 {name} "Custom: mixengine_a.py" mixengine/mixengine_a.py\r\n'.encode()
    only = {"mixengine_a.py": ACTIONS["mixengine_a.py"]}
    assert keymap.register(kept, only) == kept
    moved = kept.replace(b" mixengine/", b" elsewhere/")
    assert keymap.register(b"x\r\n" + moved + b"y", only) == b"x\r\n" + kept + b"y"
    assert keymap.register(kept + moved, only) == kept


def test_empty_value_is_replaced_and_comes_back() -> None:
    data = b"[reaper]\r\nPythonLibDLL64 = \r\nx=1"
    new, before = ini.put(data, "reaper", "pythonlibdll64", "l.so")
    assert new == b"[reaper]\r\npythonlibdll64=l.so\r\nx=1"
    assert ini.take_back(new, "reaper", "pythonlibdll64", before) == data


def test_not_a_file_of_bytes_is_refused() -> None:
    with pytest.raises(UserError, match="was not touched"):
        ini.checked("[reaper]".encode("utf-16"), "reaper.ini")


def test_line_break_in_a_path_is_refused() -> None:
    with pytest.raises(UserError, match="line break"):
        ini.put(b"", "reaper", "pythonlibpath64", "/a\n/b")

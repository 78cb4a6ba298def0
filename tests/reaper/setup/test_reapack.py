"""Headers, the index that ReaPack reads, the toolbar's pictures: all of them made by tools."""

from __future__ import annotations

import importlib.util
import struct
import sys
import zlib
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

from mixengine.reaper.setup import actions, headers
from tests.helpers.computers import NAMES, ship
from tests.helpers.paths import ROOT


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


FULL = """# @description Balance
# @version 1.2.3beta
# @author me
# @about
#   First line.
#
#   # Heading of CommonMark
# @provides
#   [nomain] lib/*.py
#   [data] toolbar/*.png > toolbar_icons/
# @metapackage
import os
# @noindex
"""


def test_header_in_comments() -> None:
    result = headers.parse(FULL)
    assert result == {
        "description": "Balance",
        "version": "1.2.3beta",
        "author": "me",
        "about": "First line.\n# Heading of CommonMark",
        "provides": "[nomain] lib/*.py\n[data] toolbar/*.png > toolbar_icons/",
        "metapackage": None,
    }
    assert headers.problems(result) == []


def test_header_in_a_docstring() -> None:
    assert headers.parse('"""\n@description A\n@version 1\n"""\n# @author x') == {"description": "A", "version": "1"}
    assert headers.parse("\ufeff# @ReaScript Name: A\n") == {"description": "A"}
    assert headers.parse("x = 1\n# @version 1\n") == {}


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("# @description A", "missing tag 'version'"),
        ("# @description A\n# @version", "missing value for tag 'version'"),
        ("# @description A\n# @version v1", "must start with a digit"),
        ("# @description A\n# @version 1.99999", "segment overflow (99999 > 65535)"),
        ("# @description A\n# @version 1\n#   2", "tag 'version' must be singleline"),
        ("# @description A\n# @version 1\n# @noindex yes", "tag 'noindex' cannot have a value"),
        ("# @description A\n# @version 1\n# @authr me", "unknown tag 'authr'"),
        ("# @description A\n# @version 1\n# @provides [hello] x.py", "unknown option 'hello'"),
        ("# @version 1", "missing tag 'description'"),
    ],
)
def test_broken_header(header: str, problem: str) -> None:
    assert problem in "\n".join(headers.problems(headers.parse(header)))


def test_provided_files() -> None:
    parse = headers.Provided.parse
    assert parse("[data] a/x.png > toolbar_icons/") == headers.Provided("a/x.png", "toolbar_icons/", kind="data")
    assert parse("[main=main,midi_editor win64] .") == headers.Provided(".", platform="win64", main="main midi_editor")
    assert parse("x.py https://example.org/$path").url == "https://example.org/$path"


def test_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maker = tool("make_reapack_index")
    folder = ship(tmp_path / "reaper_scripts", *NAMES)
    first = folder / "mixengine_Self-test.py"
    first.write_text(FULL.replace("# @metapackage\n", "") + "pass\n")
    assert maker.main(["--folder", str(folder), "--check"]) == 1
    assert "stale" in capsys.readouterr().err
    words = ["--folder", str(folder), "--commit", "v1", "--base", "https://example.org/raw"]
    assert maker.main(words) == 0
    text = (folder / "index.xml").read_bytes()
    assert maker.main([*words, "--check"]) == 0
    assert (folder / "index.xml").read_bytes() == text
    root = ElementTree.fromstring(text)
    packages = {package.get("name"): package for package in root.iter("reapack")}
    assert set(packages) == {f"mixengine_{name}.py" for name in NAMES}
    sources = {source.get("file"): source for source in packages[first.name].iter("source")}
    assert set(sources) == {None, "lib/helper.py", "toolbar_icons/toolbar_mixengine_balance.png"}
    assert sources[None].text == "https://example.org/raw/v1/reaper_scripts/mixengine_Self-test.py"
    assert sources["toolbar_icons/toolbar_mixengine_balance.png"].get("type") == "data"
    assert "First line" in (packages[first.name].findtext("metadata/description") or "")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("# @provides lib/missing.py\n", "file not found 'lib/missing.py'"),
        ("# @provides [nomain] mixengine_Self-test.py\n", "provides already"),
        ("# @autor me\n", "unknown tag 'autor'"),
    ],
)
def test_index_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, problem: str) -> None:
    folder = ship(tmp_path / "reaper_scripts", *NAMES)
    path = folder / "mixengine_Balance selected tracks.py"
    path.write_text(more + path.read_text())
    assert tool("make_reapack_index").main(["--folder", str(folder)]) == 1
    assert problem in capsys.readouterr().err
    assert not (folder / "index.xml").exists()


@pytest.mark.parametrize("name", actions.ICON_NAMES)
def test_pictures_have_reapers_sizes(name: str) -> None:
    for folder, size in (("", 30), ("150", 45), ("200", 60)):
        path = ROOT / "reaper_scripts" / "toolbar" / folder / f"toolbar_mixengine_{name}.png"
        assert struct.unpack(">II", path.read_bytes()[16:24]) == (3 * size, size)


def test_pictures_are_what_the_tool_draws() -> None:
    """Compared by pixels, and roughly: the drawing library may change its edges."""
    maker = tool("make_icons")
    path = maker.TOOLBAR / "toolbar_mixengine_duck.png"
    data = path.read_bytes()
    start = data.index(b"IDAT") + 4
    packed = data[start : start + struct.unpack(">I", data[start - 8 : start - 4])[0]]
    rows = zlib.decompress(packed)
    drawn = maker.strip("duck", 30)
    there = [rows[1 + at * 361 : 361 + at * 361] for at in range(30)]
    difference = sum(abs(a - b) for at in range(30) for a, b in zip(there[at], drawn[at].tobytes(), strict=True))
    assert difference / drawn.size < 2


SHIPPED = actions.shipped_actions(ROOT / "reaper_scripts")
each_action = pytest.mark.parametrize("action", SHIPPED, ids=lambda action: action.title)


def test_every_action_has_a_picture_of_its_own() -> None:
    assert sorted(action.icon for action in SHIPPED) == sorted(
        f"toolbar_mixengine_{name}.png" for name in actions.ICON_NAMES
    )


@each_action
def test_an_action_is_shipped_with_all_that_belongs_to_it(action: actions.Action) -> None:
    """A thin script with a header that ReaPack takes, its pictures, its package, its row in the guide."""
    folder = ROOT / "reaper_scripts"
    text = (folder / action.path).read_text(encoding="utf-8")
    assert headers.problems(headers.parse(text)) == []
    assert len(text.splitlines()) < 20
    files = actions.shipped_files(folder)
    for size in ("", "150/", "200/"):
        assert f"Data/toolbar_icons/{size}{action.icon}" in files
    index = ElementTree.parse(folder / "index.xml")
    assert action.lua_name in {source.get("file") for source in index.iter("source")}
    guide = (ROOT / "docs" / "reaper.md").read_text(encoding="utf-8")
    assert f"| {action.title.removeprefix('mixengine: ')} |" in guide

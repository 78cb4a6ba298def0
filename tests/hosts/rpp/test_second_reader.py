"""What we write, read by a second parser, PyPI's ``rppxml`` on Cockos's own code: the same words in the same places."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.model.plan import NewTake
from mixengine.model.session import Clip, Fade, Session, Source, Track
from tests.helpers import rpp_builders as b
from tests.helpers.paths import REAL_PROJECTS
from tests.helpers.reaper_bench import CHANGES, song

rppxml = pytest.importorskip("rppxml", reason="the second parser (test extra) is not installed")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def word(text: Any) -> Any:
    """Numbers as numbers: that parser keeps no spelling, and has the status of a MIDI event as a byte."""
    text = text.hex() if isinstance(text, bytes) else text
    return float(text) if NUMBER.fullmatch(str(text)) else str(text)


def by_us(block: Block) -> list:
    lines = []
    for entry in block.entries:
        if isinstance(entry, Block):
            lines.append(by_us(entry))
        elif entry.raw.lstrip(b" \t").startswith(b"|"):
            lines.append([entry.raw.lstrip(b" \t").rstrip(b"\r\n")[1:].decode()])
        elif entry.words:
            lines.append([word(text) for text in entry.words])
    return [block.name, [word(text) for text in block.opening.words[1:]], lines]


def by_cockos(node: Any) -> list:
    children = [
        by_cockos(child) if hasattr(child, "children") else [word(text) for text in child] for child in node.children
    ]
    return [node.name, [word(text) for text in node.params], children]


def check(data: bytes) -> None:
    root = Document(data).root
    assert root is not None
    assert by_cockos(rppxml.loads(data.decode("utf-8"))) == by_us(root)


def test_it_is_a_witness():
    """A word that is lost or an end that is missing shows."""
    data = song()
    with pytest.raises(AssertionError):
        assert by_cockos(rppxml.loads(data.decode().replace("ISBUS 1 1", "ISBUS 1"))) == by_us(Document(data).root)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("effects", [(), (b.plugin(),)], ids=["plain", "with plug-ins"])
def test_every_kind_of_change(name, effects):
    data = song(*effects)
    result = b.apply(data, *CHANGES[name])
    assert result.applied, result.skipped
    check(result.data)


def test_a_take_with_all_that_hangs_on_it():
    hanging = [
        *b.chain(b.plugin(), ["<JS loser/3BandEQ ''", "1.5 200 - - ", ">"], name="TAKEFX"),
        *b.envelope("VOLENV", "0 0.1 0", "2 0.5 5 0 1 0 0.25", lines=(f"EGUID {b.guid(60)}", "VOLTYPE 1")),
        "TKM 1.75 'a \"cough\"' 33226752",
    ]
    data = b.project(b.track(1, b.item(10, *hanging, lines=("PLAYRATE 2 0 0 -1 0 0.0025", "TAKECOLOR 1 B"))))
    check(b.done(data, NewTake(b.guid(1), b.guid(10), b.guid(99), "mixengine/ä b.wav", 'it\'s "clean"')))


def test_a_new_project(tmp_path: Path):
    clip = Clip("{1}", Source(str(tmp_path / "a 'b' \"c\".wav")), 1.25, 2.5, "näme", fade_in=Fade(0.1, 2, 0.5))
    tracks = (Track("{F}", "folder `x`", is_folder=True), Track("{T}", "", "{F}", clips=(clip,), fader_db=-3.0))
    check(new.project(Session("s", "s.RPP", 48000, tracks), tmp_path))


@pytest.mark.parametrize("path", sorted(REAL_PROJECTS.glob("*.[rR][pP][pP]")), ids=lambda path: path.name)
def test_real_projects_are_read_alike(path: Path):
    try:
        text = path.read_bytes().decode("utf-8")
        node = rppxml.loads(text)
    except (UnicodeDecodeError, RuntimeError, ValueError) as error:
        pytest.skip(f"the second parser does not read it: {error}")
    assert by_cockos(node) == by_us(Document(path.read_bytes()).root)

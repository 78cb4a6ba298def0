"""The rooms of the package import only what the table in docs/architecture.md says, and the arrows form no circle."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.helpers.paths import ROOT

PACKAGE = ROOT / "mixengine"
TABLE = ROOT / "docs" / "architecture.md"
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in PACKAGE.rglob("*.py")
}


def table() -> dict[str, set[str]]:
    """Room → rooms it may import, from the page."""
    section = TABLE.read_text(encoding="utf-8").partition("\n## Rooms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w./]+)` \|.*\| ([^|]*) \|$", section, re.M)
    return {name.strip("/").replace("/", "."): set(_names(imports)) for name, imports in rows}


def _names(cell: str) -> list[str]:
    return [name.strip("/").replace("/", ".") for name in re.findall(r"`([\w./]+)`", cell)]


ROOMS = table()


def room(module: str) -> str:
    """The innermost room of the table that holds a module."""
    name = module.removeprefix("mixengine").removeprefix(".")
    while name and name not in ROOMS:
        name = name.rpartition(".")[0]
    return name


@functools.cache  # by the first test that needs it: every worker collects this file, and one or two run it
def imports() -> dict[str, dict[str, set[str]]]:
    """Room → room that it imports → the modules that do so."""
    arrows: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for target in _targets(node):
                # the version and the functions of the package itself are no room
                if target != "mixengine" and module != "mixengine" and room(target) != room(module):
                    arrows[room(module)][room(target)].add(module)
    return arrows


def _targets(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name in MODULES]
    if isinstance(node, ast.ImportFrom) and node.module in MODULES:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in MODULES else str(node.module) for name in names]
    return []


def test_every_module_stands_in_a_room() -> None:
    assert {module for module in MODULES if module != "mixengine" and not room(module)} == set()


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_a_room_imports_what_its_row_says_and_nothing_else(name: str) -> None:
    arrows = imports()[name]
    strangers = {other: sorted(who) for other, who in arrows.items() if other not in ROOMS[name]}
    assert strangers == {}
    assert ROOMS[name] - set(arrows) == set(), "named in the row and not imported"


def test_no_circle() -> None:
    try:
        list(TopologicalSorter(ROOMS).static_order())
    except CycleError as error:
        pytest.fail(f"rooms in a circle: {' → '.join(error.args[1])}")


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}

"""A command parses its project once, and no text that it makes of it twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mixengine import cli
from mixengine.app import workflow
from mixengine.batch import chain, steps
from mixengine.batch.steps import Task
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.balance.settings import BalanceSettings


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[bytes]:
    """How often each text was parsed."""
    counts: Counter[bytes] = Counter()
    parse = Project.__init__

    def count(self: Project, data: bytes, path: Path) -> None:
        counts[data] += 1
        parse(self, data, path)

    monkeypatch.setattr(Project, "__init__", count)
    return counts


@pytest.fixture(scope="module")
def place(read_only_stems: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project that was balanced, beside its stems."""
    place = tmp_path_factory.mktemp("song")
    stems = Path(shutil.copytree(read_only_stems, place / read_only_stems.name))
    shutil.rmtree(stems / "strings")
    workflow.run_job("balance", stems, BalanceSettings(method="energy"), out=str(place / "song.RPP"))
    return place


@pytest.fixture
def song(place: Path, tmp_path: Path) -> Path:
    """A copy of the project, to be changed."""
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    return tmp_path / "song.RPP"


def run(*words: object) -> None:
    cli.app([str(word) for word in words], standalone_mode=False)


COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "balance": lambda song: ["balance", song, "--method", "active"],
    "balance elsewhere": lambda song: ["balance", song, "--method", "active", "-o", song.parent / "other"],
    "balance in place": lambda song: ["balance", song, "--method", "active", "--in-place"],
    "balance dry": lambda song: ["balance", song, "--method", "active", "--dry-run"],
    "duck": lambda song: ["duck", song, "--speech", "lead vox", "--music", "pad", "--depth-db", "6"],
    "unmask": lambda song: ["tone", song],
    "render": lambda song: ["render", song],
    "render into the project": lambda song: ["render", song, "--into-project"],
    "lint": lambda song: ["lint", song],
    "lint with markers": lambda song: ["lint", song, "--markers"],
    "apply": lambda song: ["apply", song.parent / "song" / "plan.json", song, "-o", song.parent / "again"],
    "revert": lambda song: ["revert", song.parent / "song" / "plan.json", song],
    "revert in place": lambda song: ["revert", song.parent / "song" / "plan.json", song, "--in-place"],
    "separate": lambda song: ["separate", song, "--model", "mask", "--track", "lead vox"],
    "enhance": lambda song: ["enhance", song, "--model", "mask", "--track", "lead vox"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_parses_its_project_once(command: str, song: Path, parsed: Counter[bytes]) -> None:
    before = song.read_bytes()
    parsed.clear()
    run(*COMMANDS[command](song))
    assert parsed[before] == 1
    assert set(parsed.values()) == {1}


def test_an_item_of_a_batch_is_parsed_once(song: Path, parsed: Counter[bytes]) -> None:
    before = song.read_bytes()
    chosen = steps.parse("balance,duck,lint,render", sets=["duck.depth_db=6"])
    parsed.clear()
    result = chain.run(Task("song", str(song), chosen.jobs, chosen.encoded()))
    assert Path(result.outputs["project"]).is_file() and Path(result.outputs["mix"]).is_file()
    assert parsed[before] == 1
    assert set(parsed.values()) == {1}


def test_what_was_saved_meanwhile_is_kept(song: Path, parsed: Counter[bytes]) -> None:
    """Deciding takes its time: a project that the user saves then is written as saved, not as first read."""

    def save(done: int, total: int, _what: str) -> None:
        text = song.read_bytes()
        if done == total and b"CURSOR 0" in text:
            song.write_bytes(text.replace(b"CURSOR 0", b"CURSOR 12"))

    outcome = workflow.run_job(
        "balance", song, BalanceSettings(method="active", cache=False), in_place=True, progress=save
    )
    assert b"CURSOR 12" in Path(outcome.outputs["project"]).read_bytes()

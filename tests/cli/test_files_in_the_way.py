"""Files of the user in the folder of ``-o`` outlive every command, and a second run makes no copies of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.helpers.sounds import noise, write

MINE = b"my own file"
COMMANDS = {
    "render": (["mix.wav", "stems/pad.wav", "report.html"], []),
    "balance": (["report.html"], ["--report"]),
    "lint": (["report.html"], ["--report"]),
}


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("command", COMMANDS)
def test_own_files_survive_and_a_second_run_replaces_its_own(command: str, stems: Path, tmp_path: Path, run) -> None:
    names, options = COMMANDS[command]
    out = tmp_path / "out"
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(MINE)
    done = run(command, stems, "-o", out, *options, "--json")
    notes = " ".join(json.loads(done.stdout)["notes"])
    for name in names:
        path = out / name
        (copy,) = path.parent.glob(f"{path.stem}-*{path.suffix}-bak")
        assert copy.read_bytes() == MINE != path.read_bytes() and copy.name in notes
    first = listed(out)
    again = run(command, stems, "-o", out, *options, "--json")
    assert listed(out) == first and "kept as" not in " ".join(json.loads(again.stdout)["notes"])


def test_enhanced_files_keep_what_stands_in_their_place(tmp_path: Path, run) -> None:
    root, out = tmp_path / "takes", tmp_path / "takes" / "clean"
    write(root / "host.wav", noise(1.0, level=0.1))
    write(out / "host.wav", noise(1.0, level=0.2))
    before = (out / "host.wav").read_bytes()
    command = ("enhance", root, "-o", out, "--model", "mask", "--json")
    first = json.loads(run(*command).stdout)
    (copy,) = out.glob("host-*.wav-bak")
    assert copy.read_bytes() == before and copy.name in " ".join(first["files"][0]["notes"])
    assert {entry["file"]: entry["used_as"] for entry in first["inputs"]}["clean/host.wav"] == ""
    second = json.loads(run(*command).stdout)
    assert listed(out) == sorted(["host.wav", copy.name]) and "kept as" not in " ".join(second["files"][0]["notes"])


def test_a_plan_that_is_not_of_this_session_stays_where_it_is(stems: Path, tmp_path: Path, run) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.json").write_bytes(MINE)
    done = json.loads(run("balance", stems, "-o", out, "--json").stdout)
    assert (out / "plan.json").read_bytes() == MINE and Path(done["outputs"]["plan"]).parent.parent == out
    first = listed(out)
    run("balance", stems, "-o", out, "--json")
    assert listed(out) == first


def test_the_plan_of_another_command_can_still_be_reverted(project: Path, tmp_path: Path, run) -> None:
    out, original = tmp_path / "out", project.read_bytes()
    assert run("balance", project, "-o", out).returncode == 0
    done = json.loads(run("level", project, "-o", out, "--track", "lead vox", "--json").stdout)
    assert Path(done["outputs"]["plan"]).parent.parent == out
    assert any("holds the results of" in note for note in done["notes"])
    balanced = out / "song-balanced.RPP"
    assert run("revert", out / "plan.json", balanced, "-o", project.parent / "back.RPP").returncode == 0
    assert (project.parent / "back.RPP").read_bytes() == original
    first = listed(out)
    assert run("level", project, "-o", out, "--track", "lead vox").returncode == 0
    assert listed(out) == first


def test_projects_of_one_name_keep_apart_wherever_they_are_named_from(
    project: Path, stems: Path, tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    for name in ("a", "b"):
        shutil.copytree(stems, tmp_path / name / stems.name)
        shutil.copyfile(project, tmp_path / name / "tune.RPP")
    for name in ("a", "b") * 2:
        monkeypatch.chdir(tmp_path / name)
        assert run("balance", "tune.RPP", "-o", out).returncode == 0
    assert sorted(path.name for path in out.rglob("*.RPP")) == ["tune (2)-balanced.RPP", "tune-balanced.RPP"]
    assert not list(out.rglob("*-bak"))

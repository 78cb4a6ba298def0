"""A file that mixengine did not write, or that was changed since, is kept under another name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.system import own_files
from mixengine.system.staging import Staging


def commit(folder: Path, *, keep: str = "", **texts: str) -> list[str]:
    """Put files in place (``_`` in a name is a dot); returns what is said."""
    with Staging(folder) as stage:
        for name, text in texts.items():
            stage.path(name.replace("_", ".")).write_text(text)
        if keep:
            stage.keep(keep, "it is wanted")
        stage.commit()
    return stage.notes


def test_files_of_the_user_are_kept_and_named(tmp_path: Path) -> None:
    (tmp_path / "mix.WAV").write_text("mine")
    (note,) = commit(tmp_path, mix_WAV="new", other_txt="new")
    (copy,) = tmp_path.glob("mix-*.wav-bak")
    assert copy.read_text() == "mine" and (tmp_path / "mix.WAV").read_text() == "new"
    assert str(tmp_path / "mix.WAV") in note and copy.name in note


def test_a_further_run_replaces_its_own(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        assert commit(tmp_path, mix_wav=text, plan_json=text) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mix.wav", "plan.json"]


def test_what_was_changed_since_is_the_users(tmp_path: Path) -> None:
    commit(tmp_path, mix_wav="one")
    (tmp_path / "mix.wav").write_text("one, mastered")
    assert len(commit(tmp_path, mix_wav="two")) == 1
    assert [path.read_text() for path in tmp_path.glob("mix-*")] == ["one, mastered"]
    assert commit(tmp_path, mix_wav="three") == []


def test_the_same_content_needs_no_copy(tmp_path: Path) -> None:
    (tmp_path / "mix.wav").write_text("same")
    assert commit(tmp_path, mix_wav="same") == []
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "text", "own"),
    [
        ("report.html", '<meta name="generator" content="mixengine 0.1">', True),
        ("report.html", "<h1>mixengine</h1>", False),
        ("plan.json", '{\n "mixengine_plan": 1', True),
        ("plan.json", '{"plan": 1}', False),
    ],
)
def test_pages_and_plans_are_known_without_a_memory(tmp_path: Path, name: str, text: str, own: bool) -> None:
    (tmp_path / name).write_text(text)
    assert own_files.is_own(tmp_path / name) is own


def test_a_file_of_ours_is_kept_where_that_is_asked(tmp_path: Path) -> None:
    commit(tmp_path, plan_json="one")
    (note,) = commit(tmp_path, plan_json="two", keep="plan.json")
    assert note.endswith("it is wanted") and len(list(tmp_path.glob("plan-*.json-bak"))) == 1


def test_a_cache_that_cannot_be_written_costs_a_copy_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "file"))
    assert commit(tmp_path, mix_wav="one") == []
    copy, why = commit(tmp_path, mix_wav="two")
    assert "is kept as" in copy and "cannot be remembered" in why and "MIXENGINE_CACHE" in why


def test_a_long_memory_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(own_files, "_LONG_BYTES", 1000)
    for at in range(40):
        assert commit(tmp_path / "out", mix_wav=f"run {at}", stem_wav=f"stem {at}") == []
    (memory,) = (tmp_path / "cache" / "written").iterdir()
    assert memory.stat().st_size < 1200

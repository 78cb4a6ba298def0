"""Plug-ins are looked for by their identifiers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.mixer.plugins import find

CLASS = "A89AB56916CB4775BB16BD5F8674AF25"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(find.FOLDERS, str(tmp_path / "vst3"))
    monkeypatch.setattr(find, "_standard_folders", list)
    monkeypatch.setattr(find, "reaper_folder", lambda: tmp_path / "REAPER")
    for known in (find._files, find._reapers_list):
        known.cache_clear()
    (tmp_path / "vst3" / "Maker").mkdir(parents=True)
    (tmp_path / "REAPER").mkdir()
    return tmp_path / "vst3"


def test_by_reapers_own_list_under_another_name(folder: Path) -> None:
    (folder / "Maker" / "Clarity M-2.vst3").mkdir()
    (folder / "Clarity M.vst3").write_bytes(b"")
    line = f"Clarity_M_2.vst3=00E4B3,1779592383{{{CLASS},Clarity M (TC Electronic)"
    (folder.parent / "REAPER" / "reaper-vstplugins64.ini").write_text(
        f"[vstcache]\n{line}\nOther.vst3=00,12{{{'0' * 32}\n"
    )
    named = find.candidates(CLASS, "C:\\Program Files\\Clarity M.vst3")
    assert named == (str(folder / "Maker" / "Clarity M-2.vst3"), str(folder / "Clarity M.vst3"))


def test_by_what_a_bundle_says_of_itself(folder: Path) -> None:
    inside = folder / "Renamed.vst3" / "Contents" / "Resources"
    inside.mkdir(parents=True)
    (folder / "Another.vst3" / "Contents").mkdir(parents=True)
    (inside / "moduleinfo.json").write_text(f'{{"Classes": [{{"CID": "{CLASS}",}},],}}')
    assert find.candidates(CLASS.lower(), "Clarity M.vst3") == (str(folder / "Renamed.vst3"),)
    assert find.candidates("00" * 16, "Clarity M.vst3") == ()


def test_folders_that_reaper_searches(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "own" / "deep").mkdir(parents=True)
    (tmp_path / "own" / "deep" / "x.VST3").write_bytes(b"")
    (tmp_path / "REAPER" / "reaper.ini").write_text(f"[reaper]\nvstpath64={tmp_path / 'own'};relative\n")
    assert find.candidates(CLASS, "X.vst3") == (str(tmp_path / "own" / "deep" / "x.VST3"),)

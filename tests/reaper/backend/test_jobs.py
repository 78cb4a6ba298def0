"""The process behind the buttons: every way it can end is one sentence, and nothing but its folder is touched."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import pytest

from mixengine import backend
from mixengine import plan as mixplan
from mixengine.errors import UserError
from mixengine.hosts.reaper import runner
from tests.helpers.backend_jobs import answer, asked, posix, wait
from tests.helpers.rpp_builders import item, project, track


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"job": "isolate"}, "unknown to this mixengine"),
        ({"mixengine_job": 0}, "job version 0, this mixengine knows 1"),
        ({"mixengine_job": 2}, "job version 2, this mixengine knows 1"),
        ({"settings": {"loudness": 3}}, "settings of balance: .*loudness"),
        ({"settings": {"strength": "much"}}, "settings of balance: .*strength"),
        ({"settings": {"strength": 1e9}}, "strength"),
        ({"settings": {"preset": "nö"}}, "nö"),
        ({"settings": []}, "settings"),
        ({"parent": "me"}, "parent"),
        ({"path": 5}, "path"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_job_is_one_sentence(tmp_path, no_watch, fields, said):
    assert backend.run(asked(tmp_path, **fields)) == 1
    result = answer(tmp_path)
    assert not result["ok"]
    assert re.search(said, result["error"]), result["error"]
    assert "internal error" not in result["error"] and "\n" not in result["error"]
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"mixengine_job": 1}', b"[" * 100_000])
def test_a_damaged_job_file_is_one_sentence(tmp_path, no_watch, content):
    (tmp_path / "job.json").write_bytes(content)
    assert backend.run(tmp_path / "job.json") == 1
    assert "not a job file" in answer(tmp_path)["error"]


@pytest.mark.parametrize("content", [None, b"", b"<TRACK\n>\n", b'<REAPER_PROJECT 0.1 "7" 0\n  <TRACK'])
def test_a_damaged_snapshot_is_one_sentence(tmp_path, no_watch, content):
    job = asked(tmp_path)
    (tmp_path / "snapshot.RPP").unlink()
    if content is not None:
        (tmp_path / "snapshot.RPP").write_bytes(content)
    assert backend.run(job) == 1
    assert "snapshot.RPP" in answer(tmp_path)["error"] or "song.RPP" in answer(tmp_path)["error"] or content
    assert "internal error" not in answer(tmp_path)["error"]


def test_only_midi_and_missing_media_are_said(tmp_path, no_watch):
    job = asked(tmp_path)
    midi = item(11, media=["<SOURCE MIDI", "HASDATA 1 960 QN", "E 1920 b0 7b 00", ">"])
    (tmp_path / "snapshot.RPP").write_bytes(project(track(1, midi, name="keys"), track(2, item(12), name="gone")))
    backend.run(job)
    result = answer(tmp_path)
    text = result.get("error", "") + "\n".join(result.get("notes", []))
    assert "internal error" not in text
    assert "a.wav" in text or "gone" in text, text


def test_an_error_inside_a_job_tells_where(tmp_path, no_watch, monkeypatch):
    def boom(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(backend.remembered, "decide", boom)
    assert backend.run(asked(tmp_path)) == 1
    result = answer(tmp_path)
    assert result["error"].startswith("internal error: ZeroDivisionError: boom (test_jobs.py:")
    assert "Traceback" in result["trace"] and "Traceback" not in result["error"]


@pytest.mark.parametrize(
    "error, said", [(MemoryError(), "out of memory"), (OSError(28, "No space left"), "No space left")]
)
def test_a_full_memory_or_disk_is_one_sentence(tmp_path, no_watch, monkeypatch, error, said):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(backend.remembered, "decide", fail)
    assert backend.run(asked(tmp_path)) == 1
    assert said in answer(tmp_path)["error"]


def test_an_interpreter_that_is_gone_says_what_to_do(taken, tmp_path):
    with pytest.raises(UserError, match=r"gone/python.*mixengine reaper install"):
        runner.start(str(tmp_path / "gone" / "python"), "balance", {}, taken)


@posix
def test_an_interpreter_that_cannot_be_started_is_named(taken, tmp_path):
    (tmp_path / "python").write_text("no program")
    with pytest.raises(UserError, match="python"):
        runner.start(str(tmp_path / "python"), "balance", {}, taken)


def test_a_cache_folder_that_cannot_be_made_is_not_called_a_missing_python(taken, monkeypatch):
    monkeypatch.setenv("MIXENGINE_CACHE", "/proc/nowhere" if os.name == "posix" else "Q:/nowhere")
    with pytest.raises(UserError, match="nowhere") as caught:
        runner.start(sys.executable, "balance", {}, taken)
    assert "Python is not there" not in str(caught.value)


def test_only_a_few_folders_are_kept(tmp_path):
    for _ in range(12):
        runner._new_folder()
    assert len(list((tmp_path / "cache" / "reaper-jobs").iterdir())) <= runner._KEPT_FOLDERS + 1


def test_a_whole_run_and_its_plan(taken, place):
    before = (place / "song.RPP").read_bytes()
    running = runner.start(sys.executable, "balance", {"selected_only": False}, taken)
    seen = set()

    def look() -> dict[str, Any] | None:
        seen.add(running.status())
        return running.result()

    result = wait(look, 60.0)
    assert result["ok"], result
    shares = [share for share, _ in seen]
    assert len(seen) > 2 and min(shares) == 0.0 and max(shares) <= 1.0
    plan = mixplan.from_json((running.folder / result["plan"]).read_text(encoding="utf-8"))
    assert {change.track for change in plan.changes} <= set(taken.tracks)
    assert (running.folder / "stderr.txt").read_text() == ""
    assert not runner.at_work(str(running.folder))
    assert (place / "song.RPP").read_bytes() == before
    assert not [path for path in place.iterdir() if path.suffix not in (".wav", ".RPP")]

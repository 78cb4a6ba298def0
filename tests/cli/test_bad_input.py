"""Mistakes of the user, and files that are damaged: one line each, nothing half-written."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.command_line import listing, one_line
from tests.helpers.sounds import noise, tone, write

AT_WORK = """
def look(event, words):
    if event == "open" and str(words[0]).endswith(".wav"):
        sys.stderr.write("at work\\n" * (not seen))
        sys.stderr.flush()
        seen.append(words)

seen = []
sys.addaudithook(look)
from mixengine.cli import main
main()
"""
"""The program, which says so when it begins to read audio."""


class TestBadInput:
    def test_nothing_there(self, tmp_path: Path, run) -> None:
        one_line(run("balance", tmp_path / "nö such thing"), "not found", "nö such thing")
        one_line(run("balance", tmp_path), "no audio files")
        (tmp_path / "a.txt").write_text("x")
        one_line(run("balance", tmp_path / "a.txt"), "neither a REAPER project")
        one_line(run("apply", tmp_path / "no.json", tmp_path / "a.txt"), "cannot be read")

    def test_unknown_names_suggest_the_nearest(self, stems: Path, run) -> None:
        one_line(run("balance", stems, "--method", "p-lufs"), "did you mean 'p_lufs'")
        one_line(run("balance", stems, "--preset", "voice-over"), "did you mean 'voice-over-music'")
        one_line(run("balance", stems, "--anchor", "cela"), "no track is called 'cela'", "'cello'")
        one_line(run("balance", stems, "--strength", "120"), "120", "[0, 100]")

    def test_corrupt_file_among_good_ones_is_reported_and_the_rest_balanced(self, stems: Path, run) -> None:
        (stems / "broken.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt garbage")
        result = run("balance", stems, "--json")
        assert result.returncode == 0
        rows = {track["name"]: track for track in json.loads(result.stdout)["tracks"]}
        assert "cannot be read" in rows["broken"]["reason"]
        assert rows["cello"]["gain_db"] != 0.0

    def test_nan_samples_and_zero_length(self, stems: Path, run) -> None:
        poisoned = tone(200.0, 1.0)
        poisoned[100:200] = np.nan
        write(stems / "nan.wav", poisoned)
        write(stems / "nothing.wav", np.zeros((0, 1), np.float32))
        write(stems / "one sample.wav", np.ones((1, 1), np.float32))
        data = json.loads(run("balance", stems, "--json").stdout)
        rows = {track["name"]: track for track in data["tracks"]}
        assert np.isfinite(rows["nan"]["measured_lufs"])
        assert "nothing.wav: holds no audio" in rows["nothing"]["reason"]
        assert rows["one sample"]["active_share"] < 0.3

    def test_all_silent(self, tmp_path: Path, run) -> None:
        write(tmp_path / "s" / "a.wav", np.zeros((22050, 2), np.float32))
        one_line(run("balance", tmp_path / "s"), "no track can be balanced", "no effective audio event")
        assert listing(tmp_path) == ["s", "s/a.wav"]

    def test_one_track(self, tmp_path: Path, run) -> None:
        write(tmp_path / "s" / "a.wav", noise(1.0))
        data = json.loads(run("balance", tmp_path / "s", "--json").stdout)
        assert data["tracks"][0]["gain_db"] == pytest.approx(0.0, abs=1e-6)

    def test_project_with_only_midi(self, tmp_path: Path, run) -> None:
        path = tmp_path / "midi.RPP"
        path.write_text(
            '<REAPER_PROJECT 0.1 "7.0" 1\n  <TRACK {A}\n    NAME Synth\n    <ITEM\n      POSITION 0\n'
            "      LENGTH 2\n      <SOURCE MIDI\n        HASDATA 1 960 QN\n      >\n    >\n  >\n>\n"
        )
        one_line(run("balance", path), "no track can be balanced", "1 midi item")

    def test_missing_media(self, project: Path, run) -> None:
        (project.parent / "my song" / "pad.wav").unlink()
        result = run("balance", project, "--json")
        assert result.returncode == 0
        rows = {track["name"]: track for track in json.loads(result.stdout)["tracks"]}
        assert rows["pad"]["reason"] == "media missing: pad.wav"
        shutil.rmtree(project.parent / "my song")
        one_line(run("balance", project), "media missing")

    def test_truncated_project_is_not_written(self, project: Path, run) -> None:
        cut = project.read_bytes()[:-200]
        project.write_bytes(cut)
        before = listing(project.parent)
        one_line(run("balance", project), f"line {cut.count(10) + 1}", "cut off")
        assert listing(project.parent) == before
        checked = run("rpp", "check", project, "--json")
        assert "cut off" in json.loads(checked.stdout)[0]["warnings"][0]

    def test_no_project_at_all(self, tmp_path: Path, run) -> None:
        (tmp_path / "x.rpp").write_bytes(b"\x00\xff" * 100)
        one_line(run("balance", tmp_path / "x.rpp"), "not a REAPER project")
        (tmp_path / "empty.rpp").write_bytes(b"")
        assert run("rpp", "check", tmp_path / "empty.rpp").returncode == 1

    def test_output_is_the_input(self, project: Path, run) -> None:
        one_line(run("balance", project, "-o", project), "is the input")

    def test_damaged_plan(self, project: Path, tmp_path: Path, run) -> None:
        plan = tmp_path / "plan.json"
        for text, word in (("{", "not JSON"), ("[]", "not a mixengine plan"), ('{"mixengine_plan": 99}', "version 99")):
            plan.write_text(text)
            one_line(run("apply", plan, project), word)

    def test_names_that_cannot_lead(self, stems: Path, project: Path, run) -> None:
        one_line(run("balance", stems, "--anchor", "empty take"), "cannot lead", "no effective audio event")
        one_line(run("balance", stems, "--lock", "drums"), "is a folder")
        one_line(run("balance", stems, "--selected"), "no track is selected")
        one_line(run("balance", stems, "--role", "pad=violni"), "role 'violni' is unknown")
        one_line(run("balance", stems, "--role", "pad"), "TRACK=ROLE")
        one_line(run("balance", stems, "--group", "folders"), "did you mean 'folder'")

    def test_empty_words_and_targets_in_the_way(self, stems: Path, run) -> None:
        one_line(run("balance", ""), "SESSION is empty")
        one_line(run("balance", stems, "-o", ""), "-o is empty")
        (stems.parent / "a file").write_text("x")
        one_line(run("balance", stems, "-o", stems.parent / "a file"), "is a file")
        one_line(run("demo", stems.parent / "a file"), "is a file")
        (stems.parent / "d.RPP").mkdir()
        one_line(run("balance", stems, "-o", stems.parent / "d.RPP"), "Is a directory")
        assert not (stems.parent / "d").exists()

    def test_name_that_is_no_unicode(self, stems: Path, run) -> None:
        import os

        os.rename(stems / "pad.wav", os.fsencode(stems) + b"/bad\xff\xfename.wav")
        result = run("balance", stems, "--method", "lufs", "--json")
        assert result.returncode == 0, result.stderr
        assert any(track["name"].startswith("bad") for track in json.loads(result.stdout)["tracks"])

    def test_short_hits_are_measured(self, tmp_path: Path, run) -> None:
        for index in range(3):
            write(tmp_path / "s" / f"hit {index}.wav", noise(0.1, level=0.05 * (index + 1)))
        rows = json.loads(run("balance", tmp_path / "s", "--json").stdout)["tracks"]
        assert all(np.isfinite(row["measured_lufs"]) for row in rows)

    def test_interrupt_leaves_nothing(self, stems: Path) -> None:
        before = listing(stems.parent)
        words = ["balance", str(stems), "--exact", "--variants"]
        command = [sys.executable, "-c", f"import sys; sys.argv[1:] = {words}\n{AT_WORK}"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        assert process.stderr is not None and process.stderr.readline() == "at work\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 1, errors
        assert "interrupted" in errors and "Traceback" not in errors
        assert listing(stems.parent) == before

    def test_full_disk_leaves_nothing(self, stems: Path, tmp_path: Path, run) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("cannot mount a small disk here")
        try:
            one_line(run("render", stems, "-o", disk / "out"), "No space left", str(disk))
            assert listing(disk) == []
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            one_line(run("balance", stems, "-o", disk / "out"), "Read-only", "-o")
        finally:
            subprocess.run(["umount", str(disk)], check=True)

"""The command line as a user meets it: files in, files out, exit codes, one line per mistake."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers.command_line import listing, one_line
from tests.helpers.sounds import noise, tone, write

JSON_KEYS = {"session", "method", "preset", "tracks", "headroom_db", "outputs", "notes", "seconds"}


TRACK_KEYS = set(
    "name file group role active_share measured_lufs true_peak_dbtp f0_hz centroid_hz target_lufs gain_db "
    "fader_before_db fader_after_db reason".split()
)


@pytest.fixture
def project(stems: Path, run) -> Path:
    """A project made from the stems, with faders at odd places, CRLF and a line that mixengine does not know."""
    assert run("balance", stems, "-o", stems.parent / "song.RPP").returncode == 0
    path = stems.parent / "song.RPP"
    shutil.rmtree(stems.parent / "song")
    text = path.read_bytes()
    head, tail = text.split(b"  <EXTSTATE", 1)
    path.write_bytes(head.replace(b"  RIPPLE 0\r\n", b'  RIPPLE 0\r\n  FUTURE "x" 1 2  \r\n', 1) + b">\r\n")
    assert tail
    return path


def test_it_starts_as_a_program(run_process) -> None:
    assert run_process("--version").stdout.startswith("mixengine ")
    assert run_process("balanse").returncode == 2


def test_version_and_help(run) -> None:
    assert run("--version").stdout.startswith("mixengine ")
    for command in ("", "balance", "apply", "revert", "demo", "rpp"):
        assert run(*command.split(), "--help").returncode == 0
    assert run("balanse").returncode == 2
    assert run("balance").returncode == 2


def test_folder_gives_project_results_and_plan(stems: Path, run_process) -> None:
    before = {path: path.read_bytes() for path in stems.rglob("*.wav")}
    result = run_process("balance", stems, "--json")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert set(data) == JSON_KEYS
    assert all(set(track) == TRACK_KEYS for track in data["tracks"])
    assert {track["name"]: track["group"] for track in data["tracks"]}["kick"] == "drums"
    assert [track["role"] for track in data["tracks"] if track["name"] == "lead vox"] == ["lead_vocal"]
    out = stems.parent / "my song-balanced"
    assert listing(out) == ["my song-balanced.RPP", "plan.json", "report.html", "results.csv", "results.json"]
    assert set(json.loads((out / "results.json").read_text())) == {
        "drums/kick.wav", "drums/hats.wav", "strings/cello.wav", "lead vox.wav", "pad.wav", "empty take.wav"
    }  # fmt: skip
    assert {path: path.read_bytes() for path in stems.rglob("*.wav")} == before


def test_balanced_project_does_not_change_when_balanced_again(stems: Path, run) -> None:
    run("balance", stems)
    project = stems.parent / "my song-balanced" / "my song-balanced.RPP"
    data = json.loads(run("balance", project, "--json", "-o", stems.parent / "again").stdout)
    assert all(abs(track["gain_db"]) < 0.05 for track in data["tracks"])
    assert any(track["fader_before_db"] != 0 for track in data["tracks"])


def test_project_changes_only_faders_and_ext_state(project: Path, run) -> None:
    original = re.sub(rb"VOLPAN [0-9.]+", b"VOLPAN 0.5", project.read_bytes())
    project.write_bytes(original)
    assert run("balance", project).returncode == 0
    written = (project.parent / "song-balanced.RPP").read_bytes()
    assert project.read_bytes() == original
    body, _, state = written.partition(b"  <EXTSTATE")
    changed = [
        (old, new)
        for old, new in zip(original.splitlines(True), body.splitlines(True), strict=False)
        if old != new and old != b">\r\n"
    ]
    assert changed and all(b"VOLPAN" in old and b"VOLPAN" in new for old, new in changed)
    assert b'FUTURE "x" 1 2  \r\n' in written
    assert state.endswith(b"  >\r\n>\r\n")


def test_apply_and_revert_bring_back_the_same_bytes(project: Path, run) -> None:
    original = project.read_bytes()
    run("balance", project)
    plan = project.parent / "song-balanced" / "plan.json"
    balanced = (project.parent / "song-balanced.RPP").read_bytes()
    assert run("apply", plan, project, "-o", project.parent / "applied.RPP").returncode == 0
    assert (project.parent / "applied.RPP").read_bytes() == balanced
    assert run("revert", plan, project.parent / "applied.RPP", "-o", project.parent / "back.RPP").returncode == 0
    assert (project.parent / "back.RPP").read_bytes() == original


def test_in_place_keeps_a_copy(project: Path, run) -> None:
    original = project.read_bytes().replace(b"NAME kick\r\n    VOLPAN ", b"NAME kick\r\n    VOLPAN 0.1", 1)
    project.write_bytes(original)
    assert run("balance", project, "--in-place").returncode == 0
    copies = list(project.parent.glob("song-*.rpp-bak"))
    assert len(copies) == 1 and copies[0].read_bytes() == original
    assert project.read_bytes() != original


def test_output_in_another_folder_finds_the_media(project: Path, run) -> None:
    other = project.parent / "elsewhere" / "deep"
    assert run("balance", project, "-o", other).returncode == 0
    data = json.loads(run("balance", other / "song-balanced.RPP", "--dry-run", "--json").stdout)
    assert all(Path(track["file"]).exists() for track in data["tracks"])


def test_edited_output_is_not_lost(project: Path, run) -> None:
    run("balance", project)
    written = project.parent / "song-balanced.RPP"
    edited = written.read_bytes().replace(b"NAME pad", b"NAME mine")
    written.write_bytes(edited)
    run("balance", project)
    assert [path.read_bytes() for path in project.parent.glob("song-balanced-*.rpp-bak")] == [edited]


def test_dry_run_writes_nothing_and_explains(stems: Path, run) -> None:
    before = listing(stems.parent)
    result = run("balance", stems, "--dry-run")
    assert result.returncode == 0
    assert listing(stems.parent) == before
    assert "lead vocal wants" in result.stdout and "active time" in result.stdout
    assert "no effective audio event" in result.stdout


def test_variants_are_the_papers_three_folders(stems: Path, run) -> None:
    result = run("balance", stems, "--variants", "--json")
    data = json.loads(result.stdout)
    out = stems.parent / "my song-balanced"
    found = json.loads((out / "results.json").read_text())
    for method, field in (
        ("p_lufs", "adjustment_narrowband"),
        ("lufs", "adjustment_fullband"),
        ("centroid", "adjustment_centroid"),
    ):
        assert Path(data["outputs"][method]) == out / method
        total = np.zeros((44100, 2))
        for key, entry in found.items():
            dry, rate = soundfile.read(stems / key, always_2d=True)
            wet, wet_rate = soundfile.read(out / method / key, always_2d=True)
            assert (rate, dry.shape) == (wet_rate, wet.shape)
            assert np.abs(wet - dry * 10 ** (entry[field] / 20)).max() < 1e-6
            total += wet
        mix, _ = soundfile.read(data["outputs"][f"{method}_mix"])
        assert np.abs(mix - np.clip(total, -1, 1)).max() < 1e-5


def test_batch_gives_one_result_per_song(stems: Path, tmp_path: Path, run) -> None:
    root = tmp_path / "album"
    shutil.copytree(stems, root / "Opener")
    shutil.copytree(stems, root / "Ballad No. 2")
    result = run("balance", root, "--json")
    data = json.loads(result.stdout)
    assert [Path(song["session"]).name for song in data["songs"]] == ["Ballad No. 2", "Opener"]
    assert (tmp_path / "album-balanced" / "Opener" / "results.json").exists()
    (root / "Broken").mkdir()
    (root / "Broken" / "a.wav").write_bytes(b"RIFF nonsense")
    result = run("balance", root, "--json")
    assert result.returncode == 1 and "Broken" in result.stderr
    assert len(json.loads(result.stdout)["songs"]) == 2


def test_folder_of_groups_is_one_session(stems: Path, run) -> None:
    for path in stems.glob("*.wav"):
        path.unlink()
    data = json.loads(run("balance", stems, "--json", "--dry-run").stdout)
    assert {track["group"] for track in data["tracks"]} == {"drums", "strings"}


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "PCM_32"), ("rf64", "PCM_24"), ("aiff", "PCM_16"),
     ("flac", "PCM_16"), ("mp3", None), ("ogg", "VORBIS")],
)  # fmt: skip
def test_formats(tmp_path: Path, suffix: str, subtype: str | None, run) -> None:
    root = tmp_path / "stems"
    write(root / "reference.wav", tone(220.0, 2.0, 44100), 44100)
    soundfile.write(root / f"same.{suffix}", tone(220.0, 2.0, 44100), 44100, subtype=subtype, format=suffix.upper())
    data = json.loads(run("balance", root, "--dry-run", "--json").stdout)
    levels = [track["measured_lufs"] for track in data["tracks"]]
    assert len(levels) == 2 and abs(levels[0] - levels[1]) < 0.3


def test_folder_track_with_items_stays_and_children_settle(project: Path, run) -> None:
    text = project.read_bytes().replace(b"NAME pad", b"NAME bus", 1)
    at = text.index(b"NAME bus")
    text = text[:at] + text[at:].replace(b"ISBUS 0 0", b"ISBUS 1 1", 1)
    after = text.index(b"<TRACK", at)
    text = text[:after] + text[after:].replace(b"ISBUS 1 1", b"ISBUS 1 1", 1)
    project.write_bytes(text)
    first = run("balance", project, "--json")
    rows = {track["name"]: track for track in json.loads(first.stdout)["tracks"]}
    assert rows["bus"]["gain_db"] == 0.0 and "folder" in rows["bus"]["reason"]
    again = json.loads(run("balance", project.parent / "song-balanced.RPP", "--dry-run", "--json").stdout)
    assert all(abs(track["gain_db"]) < 0.05 for track in again["tracks"])


def test_in_place_twice_then_revert_is_the_original(project: Path, run) -> None:
    original = re.sub(rb"VOLPAN [0-9.]+", b"VOLPAN 0.500000", project.read_bytes())
    project.write_bytes(original)
    project.chmod(0o640)
    assert run("balance", project, "--in-place").returncode == 0
    once = project.read_bytes()
    assert run("balance", project, "--in-place").returncode == 0
    assert project.read_bytes() == once
    assert run("balance", project, "--in-place", "--preset", "equal-loudness").returncode == 0
    assert project.read_bytes() != once
    plan = project.parent / "song-balanced" / "plan.json"
    assert run("revert", plan, project, "--in-place").returncode == 0
    assert project.read_bytes() == original
    assert project.stat().st_mode & 0o777 == 0o640


def test_in_place_through_a_link_rewrites_what_it_names(project: Path, run) -> None:
    link = project.parent / "link.RPP"
    link.symlink_to(project.name)
    text = project.read_bytes().replace(b"NAME kick\r\n    VOLPAN ", b"NAME kick\r\n    VOLPAN 0.1", 1)
    project.write_bytes(text)
    assert run("balance", link, "--in-place").returncode == 0
    assert link.is_symlink() and project.read_bytes() != text


def test_selected_tracks_come_to_the_others(project: Path, run) -> None:
    text = project.read_bytes()
    at = text.index(b"NAME cello")
    text = text[:at] + text[at:].replace(b"VOLPAN ", b"VOLPAN 0.0", 1).replace(b"SEL 0", b"SEL 1", 1)
    project.write_bytes(text)
    rows = {
        track["name"]: track for track in json.loads(run("balance", project, "--selected", "--json").stdout)["tracks"]
    }
    assert rows["cello"]["gain_db"] > 6.0
    assert all(row["gain_db"] == 0.0 for name, row in rows.items() if name != "cello")


def test_roles_chosen_by_the_user_are_remembered(project: Path, run) -> None:
    assert run("balance", project, "--role", "pad=bass").returncode == 0
    written = project.parent / "song-balanced.RPP"
    rows = {
        track["name"]: track for track in json.loads(run("balance", written, "--dry-run", "--json").stdout)["tracks"]
    }
    assert rows["pad"]["role"] == "bass"
    assert abs(rows["pad"]["gain_db"]) < 0.05


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
        assert rows["nothing"]["reason"] == "items have no length"
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

    def test_name_that_is_no_unicode(self, stems: Path, run_process) -> None:
        import os

        os.rename(stems / "pad.wav", os.fsencode(stems) + b"/bad\xff\xfename.wav")
        result = run_process("balance", stems, "--variants", "--json")
        assert result.returncode == 0, result.stderr
        assert any(track["name"].startswith("bad") for track in json.loads(result.stdout)["tracks"])

    def test_short_hits_are_measured(self, tmp_path: Path, run) -> None:
        for index in range(3):
            write(tmp_path / "s" / f"hit {index}.wav", noise(0.1, level=0.05 * (index + 1)))
        rows = json.loads(run("balance", tmp_path / "s", "--json").stdout)["tracks"]
        assert all(np.isfinite(row["measured_lufs"]) for row in rows)

    def test_interrupt_leaves_nothing(self, stems: Path) -> None:
        import signal
        import sys

        before = listing(stems.parent)
        command = [sys.executable, "-m", "mixengine", "balance", str(stems), "--exact", "--variants"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1, errors
        assert "interrupted" in errors and "Traceback" not in errors
        assert listing(stems.parent) == before

    def test_full_disk_leaves_nothing(self, stems: Path, tmp_path: Path, run_process) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("cannot mount a small disk here")
        try:
            one_line(run_process("balance", stems, "--variants", "-o", disk / "out"), "No space left", str(disk))
            assert listing(disk) == []
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            one_line(run_process("balance", stems, "-o", disk / "out"), "Read-only", "-o")
        finally:
            subprocess.run(["umount", str(disk)], check=True)

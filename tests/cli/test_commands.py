"""The command line as a user meets it: files in, files out, exit codes, one line per mistake."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers.command_line import listing
from tests.helpers.sounds import tone, write

JSON_KEYS = {"session", "method", "preset", "start", "tracks", "headroom_db", "inputs", "outputs", "notes", "seconds"}


TRACK_KEYS = set(
    "name file group role active_share measured_lufs true_peak_dbtp f0_hz centroid_hz wanted_lufs target_lufs "
    "raised_db covered_by gain_db fader_before_db fader_after_db reason".split()
)


def test_it_starts_as_a_program(run_process) -> None:
    assert run_process("--version").stdout.startswith("mixengine ")
    assert run_process("balanse").returncode == 2


def test_version_and_help(run) -> None:
    assert run("--version").stdout.startswith("mixengine ")
    for command in ("", "balance", "apply", "revert", "demo", "rpp"):
        assert run(*command.split(), "--help").returncode == 0
    assert run("balanse").returncode == 2
    assert run("balance").returncode == 2


def test_folder_gives_project_results_and_plan(stems: Path, run) -> None:
    before = {path: path.read_bytes() for path in stems.rglob("*.wav")}
    result = run("balance", stems, "--json")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert set(data) == JSON_KEYS
    assert all(set(track) == TRACK_KEYS for track in data["tracks"])
    assert {track["name"]: track["group"] for track in data["tracks"]}["kick"] == "drums"
    assert [track["role"] for track in data["tracks"] if track["name"] == "lead vox"] == ["lead_vocal"]
    out = stems.parent / "my song-balanced"
    assert listing(out) == ["my song-balanced.RPP", "plan.json", "report.html"]
    assert all(track["f0_hz"] is None for track in data["tracks"]), "nothing asked for the pitch"
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
    again = run("revert", plan, project.parent / "back.RPP", "-o", project.parent / "again.RPP")
    assert again.returncode == 1 and "nothing was taken back" in again.stderr
    assert not (project.parent / "again.RPP").exists()


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
    assert set(found) == {
        "drums/kick.wav", "drums/hats.wav", "strings/cello.wav", "lead vox.wav", "pad.wav", "empty take.wav"
    }  # fmt: skip
    assert found["strings/cello.wav"]["F0"] > 0 and (out / "results.csv").exists()
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
    assert (tmp_path / "album-balanced" / "Opener" / "plan.json").exists()
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
    write(root / "plain.wav", tone(220.0, 2.0, 44100), 44100)
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
    softer = re.sub(rb"VOLPAN [0-9.]+", b"VOLPAN 0.01", text[at:], count=1)
    text = text[:at] + softer.replace(b"SEL 0", b"SEL 1", 1)
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


def test_which_tracks_are_heard_through_reaper_is_one_of_three_words(run, tmp_path):
    from tests.helpers.sounds import noise, write

    write(tmp_path / "stems" / "a.wav", noise(1.0))
    done = run("balance", tmp_path / "stems", "--listen", "allways", "--dry-run")
    assert done.returncode == 1
    assert (
        "--listen 'allways' is unknown (did you mean 'always'?); choose from: as-needed, always, items" in done.stderr
    )

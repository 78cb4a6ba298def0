"""Where ``enhance`` writes, and which files of a folder it reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.sounds import noise, write


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A show's folder, in which the user stands, with one recording in ``takes``."""
    write(tmp_path / "show" / "takes" / "host.wav", noise(0.5, level=0.1))
    monkeypatch.chdir(tmp_path / "show")
    return tmp_path / "show"


def enhance(run, *words: str | Path):
    return run("enhance", *words, "--model", "mask", "--json")


def test_a_folder_may_be_written_into_the_one_that_holds_it(show: Path, run) -> None:
    done = json.loads(enhance(run, "takes", "-o", ".").stdout)
    assert [file["output"] for file in done["files"]] == ["host.wav"] and (show / "host.wav").is_file()


@pytest.mark.parametrize("out", ["clean", "new/", "new/deep/"])
def test_a_folder_for_one_file(out: str, show: Path, run) -> None:
    (show / "clean").mkdir()
    done = json.loads(enhance(run, "takes/host.wav", "-o", out).stdout)
    assert Path(done["output"]) == Path(out) / "host-enhanced.wav" and (show / out / "host-enhanced.wav").is_file()


def test_a_name_without_an_ending_is_answered_with_what_can_be_done(show: Path, run) -> None:
    done = enhance(run, "takes/host.wav", "-o", "clean")
    assert done.returncode == 1 and "name it .wav or .flac, or a folder: clean/" in done.stderr


def test_no_recording_of_the_folder_is_replaced(show: Path, run) -> None:
    inner = write(show / "takes" / "takes" / "host.wav", noise(0.5, level=0.2))
    before = inner.read_bytes(), (show / "takes" / "host.wav").read_bytes()
    done = enhance(run, "takes", "-o", ".")
    assert done.returncode == 1 and "is one of the recordings" in done.stderr
    assert before == (inner.read_bytes(), (show / "takes" / "host.wav").read_bytes())


def test_what_other_commands_leave_out_is_left_out_and_named(show: Path, run) -> None:
    takes = show / "takes"
    write(takes / ".Trash-1000" / "files" / "deleted.wav", noise(0.5))
    write(takes / "song-balanced" / "mix.wav", noise(0.5))
    (takes / "song-balanced" / "plan.json").write_text("{}")
    write(takes / "guests" / "guest.wav", noise(0.5))
    done = json.loads(enhance(run, "takes").stdout)
    assert {entry["file"]: entry["reason"] for entry in done["inputs"] if not entry["used_as"]} == {
        ".Trash-1000": "hidden",
        "song-balanced": "written by mixengine",
    }
    assert {Path(file["input"]).name for file in done["files"]} == {"host.wav", "guest.wav"}


def test_a_folder_with_nothing_in_sight(tmp_path: Path, run) -> None:
    write(tmp_path / "in" / ".hidden" / "a.wav", noise(0.5))
    done = enhance(run, tmp_path / "in")
    assert done.returncode == 1 and "no audio files in it" in done.stderr and "besides" not in done.stderr


@pytest.mark.parametrize(
    ("rate", "channels", "words"), [(48000, 10, "at most 8 channels, not 10"), (768000, 1, "at most 655350 Hz")]
)
def test_what_a_flac_cannot_hold_is_said(rate: int, channels: int, words: str, tmp_path: Path, run) -> None:
    source = write(tmp_path / "a.wav", noise(0.05, rate, channels=channels), rate)
    done = enhance(run, source, "-o", tmp_path / "a.flac")
    assert done.returncode == 1 and words in done.stderr and not (tmp_path / "a.flac").exists()

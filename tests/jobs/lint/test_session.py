"""Items and files, the plan, markers and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app import demo
from mixengine.jobs.lint import job
from mixengine.jobs.lint.checks import CHECKS
from mixengine.jobs.lint.settings import LintSettings
from mixengine.model.plan import Marker, from_json
from mixengine.model.session import Clip, Fade, Session, Source, Track
from mixengine.system.errors import UserError
from tests.helpers.lint_sessions import RATE, ask, indifferent, playing, stems
from tests.helpers.sounds import tone, write


def items(path: Path, *clips: Clip) -> Session:
    """One track with clips of a steady tone of 5 s."""
    file = Source(str(write(path / "tone.wav", tone(110.0, 5.0, RATE, harmonics=1, level=0.5), RATE)))
    placed = tuple(replace(clip, id=str(index), source=file) for index, clip in enumerate(clips))
    return Session("song", str(path), RATE, (Track("t", "guitar", clips=placed),))


def clip(position_s: float, length_s: float, offset_s: float = 0.0, fade_s: float = 0.0) -> Clip:
    return Clip("", Source(""), position_s, length_s, offset_s=offset_s, fade_in=Fade(fade_s), fade_out=Fade(fade_s))


def test_missing_offline_and_damaged_media(tmp_path: Path) -> None:
    session = items(tmp_path, clip(0.0, 1.0, fade_s=0.1), clip(2.0, 1.0), clip(4.0, 1.0))
    (track,) = session.tracks
    kinds = ("audio", "missing", "offline")
    clips = tuple(replace(c, source=replace(c.source, kind=k)) for c, k in zip(track.clips, kinds, strict=True))
    result = indifferent(replace(session, tracks=(replace(track, clips=clips),)), "missing_media")
    assert [(row["severity"], row["start_s"]) for row in result] == [("error", 2.0), ("error", 4.0)]
    assert ask(session, "missing_media") == []
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing of the kind")
    (result,) = ask(hosts.open_session(tmp_path), "missing_media")
    assert result["tracks"] == ("broken",) and "cannot be read" in result["message"]


def test_a_file_that_breaks_off_is_an_error_and_no_crash(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", playing(1), RATE)
    path = write(tmp_path / "kick out.wav", playing(1), RATE, "PCM_16")
    soundfile_bytes = path.read_bytes()
    path.write_bytes(soundfile_bytes[:44] + soundfile_bytes[44 : len(soundfile_bytes) // 2])
    plan = job.plan(hosts.open_session(tmp_path), LintSettings(), lambda *_: None)
    assert from_json(plan.to_json()).to_json() == plan.to_json()


def test_overlaps(tmp_path: Path) -> None:
    assert ask(items(tmp_path, clip(0.0, 2.0), clip(2.0, 2.0)), "overlaps") == []
    assert ask(items(tmp_path, clip(0.0, 2.0, fade_s=0.1), clip(1.9, 2.0, fade_s=0.1)), "overlaps") == []
    (result,) = indifferent(items(tmp_path, clip(0.0, 2.0), clip(1.5, 2.0)), "overlaps")
    assert (result["start_s"], result["end_s"], result["severity"]) == (1.5, 2.0, "warning")


def test_clicks_at_edges(tmp_path: Path) -> None:
    quarter_s = 0.25 / 110.0  # the tone is at its peak there, with a phase of 1 at its start
    for session in (
        items(tmp_path, clip(0.0, 2.0), clip(2.0, 3.0, offset_s=2.0, fade_s=0.01)),
        items(tmp_path, clip(1.0, 2.0, offset_s=1.0, fade_s=0.01)),
    ):
        assert not [row for row in ask(session, "edge_clicks") if row["severity"] == "warning"]
    split = items(tmp_path, clip(0.0, 2.0), clip(2.0, 2.9, offset_s=2.0))
    assert not [row for row in ask(split, "edge_clicks") if row["start_s"] == 2.0]
    cut = items(tmp_path, clip(0.5, 1.0 + quarter_s, offset_s=0.1), clip(3.0, 1.0, fade_s=0.01))
    (result,) = indifferent(cut, "edge_clicks")
    assert result["severity"] == "warning" and result["start_s"] == 0.5


def test_every_finding_is_whole_and_the_plan_survives_json(tmp_path: Path) -> None:
    a = playing(1)
    session = stems(tmp_path, kick_in=a, kick_out=-a, hard=np.clip(40.0 * a, -1.0, 1.0), empty=0 * a)
    plan = job.plan(session, LintSettings(markers=True), lambda *_: None)
    assert from_json(plan.to_json()).to_json() == plan.to_json()
    findings = plan.details["findings"]
    assert {row["check"] for row in findings} >= {"polarity", "clipped", "silent"} and plan.job == "lint"
    assert sum(plan.details["counts"].values()) == len(findings)
    assert all(row["check"] in CHECKS and row["message"] and row["advice"] for row in findings)
    severities = [row["severity"] for row in findings]
    assert severities == sorted(severities, key=["error", "warning", "hint"].index)
    names = [change.name for change in plan.changes if isinstance(change, Marker)]
    assert "mixengine: lint: hard: clipped" in names and len(names) == len(set(names))
    assert job.plan(session, LintSettings(), lambda *_: None).changes == ()
    again = ask(session, cache=False)
    assert again == ask(session)
    assert [{**row, "tracks": list(row["tracks"])} for row in again] == findings


def test_markers_are_replaced_and_can_be_taken_back(tmp_path: Path, run: Callable) -> None:
    folder = tmp_path / "song"
    a = playing(1)
    stems(folder, hard=np.clip(40.0 * a, -1.0, 1.0), fine=playing(2))
    first = run("lint", folder, "--markers", "--json", "-o", tmp_path / "one.RPP")
    assert first.returncode == 0, first.stderr
    outputs = json.loads(first.stdout)["outputs"]
    written = hosts.open_session(Path(outputs["project"]))
    assert [marker.name for marker in written.markers] == ["mixengine: lint: hard: clipped"]
    plan = job.plan(written, LintSettings(markers=True), lambda *_: None)
    assert [change.remove for change in plan.changes if isinstance(change, Marker)] == [True, False]
    back = run("revert", outputs["plan"], outputs["project"], "-o", tmp_path / "back.RPP")
    assert back.returncode == 0, back.stderr
    assert hosts.open_session(tmp_path / "back.RPP").markers == ()


def test_the_command_line(tmp_path: Path, run: Callable) -> None:
    stems(tmp_path / "bad", hard=np.clip(40.0 * playing(1), -1.0, 1.0), fine=playing(2))
    stems(tmp_path / "good", fine=playing(2))
    shown = run("lint", tmp_path / "bad")
    assert shown.returncode == 0 and "1 error" in shown.stdout and "clipped at full scale" in shown.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"bad", "bad-linted", "good"}
    assert run("lint", tmp_path / "bad", "--strict", "--no-report").returncode == 1
    assert run("lint", tmp_path / "good", "--strict", "--no-report").returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"bad", "bad-linted", "good"}
    wrong = run("lint", tmp_path / "bad", "--check", "clippd")
    assert wrong.returncode == 1 and "clipped" in wrong.stderr and "Traceback" not in wrong.stderr


def test_an_unknown_check_is_explained(stems: Path) -> None:
    with pytest.raises(UserError, match="'magic' is unknown"):
        job.plan(hosts.open_session(stems), LintSettings(checks=("magic",)), lambda *_: None)


def test_the_demo_has_hints_only() -> None:
    result = ask(hosts.open_session(demo.AUDIO))
    assert {row["severity"] for row in result} <= {"hint"}
    assert {row["check"] for row in result} <= {"always_masked", "long_silence"}

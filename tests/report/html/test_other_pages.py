"""Pages of what changes no mix: findings of lint, files of a render, new audio in a project."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine.app import render_files
from mixengine.app.pages import page
from mixengine.hosts import open_session
from mixengine.jobs.lint import job as lint
from mixengine.jobs.lint import page as lint_page
from mixengine.jobs.lint.settings import LintSettings
from mixengine.jobs.render import page as render_page
from mixengine.jobs.render.settings import RenderSettings
from mixengine.model.plan import MixPlan, MuteClip, NewClip, NewTrack
from mixengine.model.session import Clip, Session, Source, Track
from tests.helpers.html_page import check
from tests.helpers.sounds import noise, tone, write

RATE = 16000


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def clipped(tmp_path: Path) -> Path:
    """A folder of stems, one of them clipped and with a name that could be taken for HTML."""
    folder = tmp_path / "song"
    write(folder / "<b>loud & hard.wav", np.clip(tone(110.0, 2.0, RATE, harmonics=1, level=1.3), -1.0, 1.0), RATE)
    write(folder / "fine.wav", noise(2.0, RATE, level=0.02), RATE)
    return folder


def test_findings_with_what_to_do(clipped: Path) -> None:
    plan = lint.plan(open_session(clipped), LintSettings(cache=False), quiet)
    text = lint_page.page(plan)
    result = check(text)
    assert plan.details["findings"] and "1 error" in result.text and "<b>loud & hard" in result.text
    for row in plan.details["findings"]:
        assert row["message"] in result.text and row["advice"] in result.text
    assert 'data-filter="severity"' in text and 'data-group="error"' in text and "sortable" in text
    assert text == lint_page.page(plan)


def test_nothing_found(tmp_path: Path) -> None:
    write(tmp_path / "a" / "fine.wav", noise(0.5, RATE, level=0.02), RATE)
    plan = lint.plan(open_session(tmp_path / "a"), LintSettings(checks=("clipped",), cache=False), quiet)
    assert "Nothing is wrong" in check(lint_page.page(plan)).text


def test_lint_writes_its_page_and_can_be_kept_from_it(clipped: Path, run: Callable) -> None:
    said = run("lint", clipped, "--json")
    assert said.returncode == 0, said.stderr
    (place,) = json.loads(said.stdout)["outputs"].values()
    assert Path(place) == clipped.parent / "song-linted" / "report.html"
    check(Path(place).read_text(encoding="utf-8"))
    said = run("lint", clipped, "--json", "--no-report", "-o", clipped.parent / "none")
    assert json.loads(said.stdout)["outputs"] == {} and not (clipped.parent / "none").exists()


@pytest.mark.skipif(os.name != "posix", reason="takes away the right to write")
def test_lint_of_a_folder_that_cannot_be_written_says_so_and_goes_on(clipped: Path, run: Callable) -> None:
    (clipped.parent / "song-linted").write_text("in the way")
    said = run("lint", clipped, "--json")
    assert said.returncode == 0 and any("no page was written" in note for note in json.loads(said.stdout)["notes"])
    assert run("lint", clipped, "--report").returncode == 1


def test_files_null_check_and_what_is_missing(clipped: Path) -> None:
    write(clipped / "wide.wav", noise(0.3, RATE, channels=8), RATE)
    done = render_files.render(clipped, RenderSettings(), out=None)
    result = check(render_page.page(done))
    assert "the stems add up to the mix" in result.text and "channels 3 to 8 of wide.wav" in result.text
    assert {"mix.wav", "stems/fine.wav", "stems/wide.wav"} <= set(result.words)


@pytest.mark.parametrize(("words", "there"), [((), True), (("--no-report",), False), (("--mix",), False)])
def test_render_writes_its_page(clipped: Path, run: Callable, words: tuple[str, ...], there: bool) -> None:
    out = ("-o", clipped.parent / "one.wav") if "--mix" in words else ()
    said = run("render", clipped, "--json", *words, *out)
    assert said.returncode == 0, said.stderr
    outputs = json.loads(said.stdout)["outputs"]
    assert list(outputs) == ["report"] * there
    assert (clipped.parent / "song-render" / "report.html").is_file() == there
    assert not (clipped.parent / "report.html").exists()


@pytest.fixture
def separated(tmp_path: Path) -> tuple[Session, MixPlan]:
    """A session and a plan that puts a new file in the place of a clip."""
    source = write(tmp_path / "talk.wav", noise(2.0, RATE, level=0.1), RATE)
    clip = Clip("{c}", Source(str(source)), 0.0, 2.0)
    session = Session("s", str(tmp_path / "s.RPP"), RATE, (Track("{t}", "talk", clips=(clip,)),))
    changes = (
        NewTrack("{n}", "speech"),
        NewClip("{n}", "{d}", "mixengine/speech.wav", 0.0, 2.0),
        MuteClip("{t}", "{c}", False, True),
    )
    return session, MixPlan("separate", "s", session.path, {}, changes, {})


def test_new_files_that_do_not_exist_yet_are_not_taken_for_silence(separated: tuple[Session, MixPlan]) -> None:
    text = page(*separated, quiet)
    result = check(text)
    assert "not listened to" in result.text and "silent" not in result.text and 'id="mix"' not in text


def test_new_files_below_the_project_are_listened_to(separated: tuple[Session, MixPlan], tmp_path: Path) -> None:
    session, plan = separated
    write(tmp_path / "mixengine" / "speech.wav", noise(2.0, RATE, level=0.01), RATE)
    text = page(session, replace(plan, source=session.path), quiet)
    result = check(text)
    assert 'id="mix"' in text and "20.0 LU softer" in result.text

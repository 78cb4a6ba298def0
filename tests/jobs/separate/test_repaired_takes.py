"""A take in a project is repaired as the file is; options that would do nothing are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import enhance_files, workflow
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.repair.names import NAMES
from mixengine.system.errors import UserError
from mixengine.system.progress import no_progress
from tests.helpers import rpp_builders as b
from tests.helpers.command_line import run
from tests.helpers.separation_songs import clip_lines
from tests.helpers.signals import talk
from tests.helpers.sounds import write

RATE = 48000
OFFSET_S, LENGTH_S = 0.25, 7.0


def broken() -> np.ndarray:
    """Somebody who speaks, with a hum, a click and a gap [shape=(frames, 1)]."""
    sound = talk(RATE, [(0.6, 2.6), (3.0, 5.0), (5.6, 7.2)], 7.5)
    t = np.arange(len(sound)) / RATE
    sound += 2e-4 * np.random.default_rng(2).standard_normal(len(t))
    sound += sum(0.005 / k * np.cos(2 * np.pi * 50.06 * k * t + k) for k in range(1, 8))
    sound[round(2.05 * RATE)] += 1.0
    sound[round(3.88 * RATE) : round(3.89 * RATE)] = 0.0
    return sound[:, None].astype(np.float32)


def test_the_take_and_the_file_hold_the_same(tmp_path: Path) -> None:
    sound = broken()
    write(tmp_path / "voice.wav", sound, RATE)
    lines = clip_lines(11, "voice.wav", selected=True, start_s=1.0, length_s=LENGTH_S)
    (tmp_path / "song.RPP").write_bytes(b.project(b.track(1, lines, name="voice")))
    first = round(OFFSET_S * RATE)
    part = write(tmp_path / "part" / "voice.wav", sound[first : first + round(LENGTH_S * RATE)], RATE)
    settings = SeparateSettings(model="mask", take=True, repair=NAMES, min_sure=0.8)
    outcome = workflow.run_job("separate", tmp_path / "song.RPP", settings)
    done = enhance_files.enhance(part, None, settings, failed=print, progress=lambda: no_progress)
    [take] = (Path(outcome.outputs["project"]).parent / "mixengine").glob("*.wav")
    takes, file = soundfile.read(take)[0], soundfile.read(done.files[0].output)[0]
    count = min(len(takes), len(file))
    assert count > 0.99 * LENGTH_S * RATE
    np.testing.assert_allclose(takes[:count], file[:count], atol=1e-4)
    told = [note.partition(" s: ")[2] for note in outcome.notes]
    assert told and told == done.files[0].notes
    assert {fault.repair for fault in done.files[0].faults if fault.done} >= {"drop_outs", "clicks", "hum"}
    again = workflow.run_job("separate", Path(outcome.outputs["project"]), settings)
    assert again.plan.changes == (), "its take is there already"


def test_samples_that_are_no_numbers_are_named_for_takes_too(tmp_path: Path) -> None:
    sound = 0.1 * np.random.default_rng(3).standard_normal((8000, 1)).astype(np.float32)
    sound[4000:4007] = np.nan
    write(tmp_path / "voice.wav", sound, 16000)
    lines = clip_lines(11, "voice.wav", selected=True, start_s=0.0, length_s=0.5)
    (tmp_path / "song.RPP").write_bytes(b.project(b.track(1, lines, name="voice")))
    outcome = workflow.run_job("separate", tmp_path / "song.RPP", SeparateSettings(model="mask", take=True))
    said = [note for note in outcome.notes if "7 samples are not numbers (NaN or infinite): taken as silence" in note]
    assert len(said) == 1 and " at 0.00 s: " in said[0]


def test_options_that_would_do_nothing_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "in.wav", np.full((800, 1), 0.1, np.float32), 16000)
    refused = {
        ("enhance", "--repair", ""): "--repair '' names no repair",
        ("enhance", "--repair", "none,hum"): "--repair none and hum: give none, or what is to be mended",
        ("enhance", "--breath-db", "-6"): "--breath-db does nothing without --repair breaths",
        (
            "enhance",
            "--repair",
            "hum",
            "--sibilance-db",
            "-3",
        ): "does nothing without --repair sibilance",
        ("enhance", "--min-sure", "0.5"): "--min-sure does nothing without --repair NAME",
        ("separate", "--repair", "hum"): "`mixengine enhance FILE --repair hum --blend 0` mends a file",
    }
    for (command, *options), words in refused.items():
        answer = run(command, path, *options)
        assert answer.returncode == 1 and words in " ".join(answer.stderr.split()), (command, options, answer.stderr)
    assert [place.name for place in tmp_path.iterdir()] == ["in.wav"]
    lines = clip_lines(11, "in.wav", selected=True, start_s=0.0, length_s=0.05)
    (tmp_path / "song.RPP").write_bytes(b.project(b.track(1, lines, name="voice")))
    with pytest.raises(UserError, match="is for new takes: add take"):
        workflow.run_job("separate", tmp_path / "song.RPP", SeparateSettings(model="mask", repair=("hum",)))

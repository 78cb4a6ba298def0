"""The page of a finished mix: the way to the target, and a reference at the same loudness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.app import render_files
from mixengine.jobs.render import comparison
from mixengine.jobs.render.page import page
from mixengine.jobs.render.settings import RenderSettings
from mixengine.system.errors import UserError
from tests.helpers.html_page import check
from tests.helpers.sounds import noise, tone, write

RATE = 22050


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with attacks, wider than mono."""
    beats = np.exp(-10.0 * (np.arange(3 * RATE) / RATE % 0.5))
    left = tone(220.0, 3.0, level=0.4)[:, 0] * beats
    sides = np.stack([left, 0.7 * left], axis=1) + noise(3.0, level=0.01, channels=2)
    return write(tmp_path_factory.mktemp("mix") / "mix.wav", sides.astype(np.float32), RATE)


def test_the_way_to_the_target(mix: Path, tmp_path: Path) -> None:
    done = render_files.render(mix, RenderSettings(target="streaming"), out=str(tmp_path))
    result = check(page(done))
    assert "The way to Music streaming" in result.text and "✓ met" in result.text and "✗" not in result.text
    assert "true-peak limiter" in result.text and "−14.0 ± 1" in result.text
    assert "curves" not in done.to_dict()


def test_a_reference_plays_as_loud_as_the_mix(mix: Path, tmp_path: Path) -> None:
    reference = write(tmp_path / "hit.wav", tone(330.0, 4.0, level=0.05), RATE)
    sides = comparison.measure(mix), comparison.measure(reference)
    passages = comparison.pairs(*sides)
    assert len(passages) == 1
    gains = passages[0].mix.gain_db, passages[0].reference.gain_db
    assert gains[0] - gains[1] == pytest.approx(sides[1].lufs - sides[0].lufs, abs=0.1)
    done = render_files.render(mix, RenderSettings(target="-20"), out=str(tmp_path / "out"))
    text = page(done, mix, Path(reference))
    result = check(text)
    assert "Beside the reference: hit.wav" in result.text and text.count("<audio") == 2


def test_width_and_loudness_follow_nothing_but_the_sound(mix: Path, tmp_path: Path) -> None:
    import soundfile

    sound = soundfile.read(mix, dtype="float32")[0]
    plain = comparison.measure(mix)
    quieter = comparison.measure(write(tmp_path / "a.wav", 0.5 * sound, RATE))
    swapped = comparison.measure(write(tmp_path / "b.wav", np.ascontiguousarray(sound[:, ::-1]), RATE))
    mono = comparison.measure(write(tmp_path / "c.wav", sound[:, :1].repeat(2, axis=1), RATE))
    assert quieter.width_db == pytest.approx(plain.width_db, abs=0.01)
    assert plain.lufs - quieter.lufs == pytest.approx(6.02, abs=0.01)
    assert swapped.width_db == pytest.approx(plain.width_db, abs=1e-6) and mono.width_db == -np.inf


def test_each_part_of_a_long_recording_has_its_passage() -> None:
    powers = np.ones(1200)
    powers[[150, 550, 950]] = 1000.0
    starts = comparison._starts(powers, 120.0)
    assert len(starts) == 3
    assert all(start <= time <= start + 10.0 for start, time in zip(starts, (15.0, 55.0, 95.0), strict=True))


def test_a_reference_that_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="reference: "):
        comparison.measure(tmp_path / "gone.wav")
    with pytest.raises(UserError, match="silent"):
        comparison.measure(write(tmp_path / "a.wav", np.zeros((RATE, 2)), RATE))


def test_the_command_writes_the_page(run, mix: Path, tmp_path: Path) -> None:
    result = run("render", mix, "--target", "-18", "--reference", mix, "-o", tmp_path)
    assert "report:" in result.stdout and (tmp_path / "report.html").is_file()

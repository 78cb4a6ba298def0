"""Finished mixes of many songs: each at the target, or all with one gain; the table for the client."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from mixengine.app import album_gain
from mixengine.batch import chain, journal, steps, summary
from mixengine.batch import run as batch
from mixengine.batch.journal import DONE, Entry
from mixengine.batch.steps import Task
from mixengine.jobs.render.settings import RenderSettings
from mixengine.system.errors import UserError
from tests.helpers.sounds import tone, write

LEVELS = {"quiet": 0.05, "loud": 0.2}


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two songs, 12 dB apart."""
    root = tmp_path_factory.mktemp("album")
    for name, level in LEVELS.items():
        (root / name).mkdir()
        write(root / name / "piano.wav", tone(330.0, 2.0, level=level), 22050)
    return root


def test_deliver_is_render_with_a_target() -> None:
    chosen = steps.parse("deliver", sets=["deliver.target=-20", "deliver.format=flac"])
    assert chosen.jobs == ("render",) and chosen.settings["render"].target == "-20"
    with pytest.raises(UserError, match="say how loud"):
        steps.parse("deliver")
    with pytest.raises(UserError, match="deliver is render with a target, which writes one mix: name one of the two"):
        steps.parse("render,deliver")


def test_one_gain_keeps_the_distances(album: Path) -> None:
    songs = [(name, album / name) for name in LEVELS]
    gain_db, notes = album_gain.measure(songs, RenderSettings(target="-20"))
    assert "album at −" in notes[0]
    out = {}
    for name in LEVELS:
        settings = {"target": "-20", "gain_db": gain_db}
        task = Task(name, str(album / name), ("render",), {"render": settings}, str(album.parent / "out"))
        out[name] = chain.run(task).levels
    assert out["loud"]["lufs"] - out["quiet"]["lufs"] == pytest.approx(20 * np.log10(4.0), abs=0.1)
    assert out["loud"]["gain_db"] == out["quiet"]["gain_db"] == pytest.approx(gain_db)
    louder, quieter = (10 ** (out[name]["lufs"] / 10) for name in ("loud", "quiet"))
    gated = louder if louder > 10 * (louder + quieter) / 2 else (louder + quieter) / 2
    assert 10 * np.log10(gated) == pytest.approx(-20.0, abs=0.3)


def test_an_album_needs_a_programme_target(album: Path) -> None:
    with pytest.raises(UserError, match="programme loudness"):
        album_gain.measure([], RenderSettings(target="netflix"))
    with pytest.raises(UserError, match="no song has any loudness"):
        album_gain.measure([], RenderSettings(target="-20"))
    with pytest.raises(UserError, match="--album"):
        batch.run(album, steps.parse("render"), batch.Options(album=True))


def test_the_table_has_the_levels(tmp_path: Path) -> None:
    entries = [
        Entry("a", "1", ("render",), DONE, levels={"lufs": -14.01, "true_peak_dbtp": -1.0}),
        Entry("b", "2", ("render",), DONE),
    ]
    rows = list(csv.DictReader(summary.as_csv(entries, tmp_path).splitlines()))
    assert rows[0]["lufs"] == "-14.010" and rows[1]["lufs"] == ""
    page = summary.as_page("x", entries, tmp_path)
    assert "LUFS" in page and "−14.01" in page
    assert "lufs" not in summary.as_csv(entries[1:], tmp_path)


def test_levels_stand_in_the_journal(tmp_path: Path) -> None:
    entry = Entry("a", "1", ("render",), DONE, levels={"lufs": -14.0})
    with journal.Journal(tmp_path) as kept:
        kept.add(entry)
    assert journal.Journal(tmp_path).entries()["1"].levels == {"lufs": -14.0}

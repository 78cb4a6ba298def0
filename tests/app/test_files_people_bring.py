"""The table of what people bring, through every job: heard whole, or named. Nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.app import enhance_files, render_files, workflow
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.level.settings import LevelSettings
from mixengine.jobs.lint.settings import LintSettings
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.system.errors import UserError
from mixengine.system.progress import no_progress
from tests.helpers.encoded import RATE, ROWS, aligned_correlation, make, song
from tests.helpers.sounds import write

SECONDS = 3.0
_MAX_SHIFT = round(0.05 * 48000)


@pytest.fixture(scope="module")
def brought(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    """A folder with a file of every kind, and what was written into each."""
    root = tmp_path_factory.mktemp("brought") / "stems"
    return root, {row.name: make(row, root, SECONDS)[1] for row in ROWS}


def of_file(session, name: str):
    """The track that plays a file."""
    return next(t for t in session.tracks if t.audio_clips and Path(t.audio_clips[0].source.path).name == name)


def test_every_kind_is_heard_by_every_job(brought, tmp_path) -> None:
    root, sources = brought
    host = hosts.open_files(root)
    assert {entry.file for entry in host.inputs} == set(sources)
    assert all(entry.used_as.startswith("track ") for entry in host.inputs)

    balanced = workflow.run_job("balance", root, BalanceSettings(method="active"), out=str(tmp_path / "b"))
    rows = {row.id: row for row in balanced.plan.details.tracks}
    lint = workflow.run_job("lint", root, LintSettings(), dry_run=True)
    ducked = workflow.run_job("duck", root, DuckSettings(), dry_run=True)
    rendered = render_files.render(root, RenderSettings(stems=True, mix=True, bits="32f"), out=str(tmp_path / "r"))
    assert not any(finding["check"] == "missing_media" for finding in lint.plan.details["findings"])
    assert not any("not heard" in note for outcome in (balanced, lint, ducked) for note in outcome.notes)
    assert rendered.adds_up and not rendered.unheard
    stems = {file.tracks[0]: Path(file.file) for file in rendered.written if file.kind == "stem"}
    heard = {*ducked.plan.details.speech, *ducked.plan.details.music, *ducked.plan.details.ambience}
    levels = []
    for row in ROWS:
        track = of_file(host.session, row.name)
        assert track.name in heard, row.name
        assert abs(track.clips[0].length_s - SECONDS) <= row.tolerance_s, row.name
        levels.append(rows[track.id].measured_lufs)
        stem, rate = soundfile.read(stems[track.name], always_2d=True)
        source = sources[row.name]
        if row.rate != rate:
            import soxr

            source = soxr.resample(source, row.rate, rate)
        assert aligned_correlation(stem[:, 0], source[:, 0], _MAX_SHIFT) >= 0.95, row.name
    assert np.ptp(levels) < 2.0, "the same sound is as loud in any file"
    project = hosts.open_files(Path(balanced.outputs["project"])).session
    for track in host.session.tracks:
        copy = project.track(track.id)
        assert copy.clips[0].source.kind == "audio", track.name
        assert copy.clips[0].length_s == pytest.approx(track.clips[0].length_s, abs=1e-6)


def test_every_kind_is_enhanced(brought, tmp_path) -> None:
    root, _ = brought
    settings = SeparateSettings(model="mask", take=True, keep_music=False)
    done = enhance_files.enhance(root, str(tmp_path / "e"), settings, failed=pytest.fail, progress=lambda: no_progress)
    tolerance_s = {row.name: row.tolerance_s for row in ROWS}
    assert {Path(file.input).name for file in done.files} == set(tolerance_s)
    assert {entry.file for entry in done.inputs} == set(tolerance_s)
    for file in done.files:
        info = soundfile.info(file.output)
        assert abs(info.frames / info.samplerate - SECONDS) <= tolerance_s[Path(file.input).name], file.input


@pytest.fixture(scope="module")
def troubled(tmp_path_factory) -> Path:
    """Files that are not what they should be, beside two good ones."""
    root = tmp_path_factory.mktemp("troubled") / "stems"
    sound = song(6.0, channels=2)
    write(root / "host voice.wav", sound, RATE)
    write(root / "music.wav", song(6.0, seed=9), RATE)
    (root / "empty.wav").touch()
    write(root / "header only.wav", np.zeros((0, 1), np.float32), 48000)
    (root / "page.mp3").write_bytes(b"<!DOCTYPE html><html><body>404</body></html>")
    (root / "pointer.flac").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n")
    (root / "damaged.m4a").write_bytes(b"\x00\x00\x00\x20ftypM4A " + bytes(3000))
    write(root / "cut.wav", sound, RATE)
    data = (root / "cut.wav").read_bytes()
    (root / "cut.wav").write_bytes(data[: len(data) * 2 // 3])
    make(next(row for row in ROWS if row.name == "crashed.wav"), root, 6.0)
    write(root / "surround.wav", np.concatenate([0.1 * sound, sound, sound], axis=1), RATE)
    return root


NAMED = {
    "empty.wav": "is empty",
    "header only.wav": "holds no audio",
    "page.mp3": "is a web page",
    "pointer.flac": "is a Git LFS pointer",
    "damaged.m4a": "damaged",
    "cut.wav": "breaks off at 4.0 of 6.0 s",
    "crashed.wav": "the file holds 6.0 s",
    "surround.wav": "channels 3 to 6 of 6 are not heard",
}


def test_what_is_wrong_with_a_file_is_named_by_every_job(troubled, tmp_path) -> None:
    said = {}
    for job, settings in (("balance", BalanceSettings(method="active")), ("duck", DuckSettings())):
        said[job] = workflow.run_job(job, troubled, settings, dry_run=True).notes
    lint = workflow.run_job("lint", troubled, LintSettings(), dry_run=True)
    findings = [f"{finding['tracks']}: {finding['message']}" for finding in lint.plan.details["findings"]]
    said["lint"] = [*lint.notes, *findings]
    done = render_files.render(troubled, RenderSettings(mix=True), out=str(tmp_path / "r"))
    said["render"] = [*done.notes, *(what for entry in done.unheard for what in entry.what)]
    for job, lines in said.items():
        for name, words in NAMED.items():
            assert any(name in line and words in line for line in lines), (job, name, lines)
    assert not any("different sample rates" in line for line in said["lint"]), "what holds nothing has no rate"
    listed = {entry.file: entry.reason for entry in done.inputs}
    assert all(listed[name] for name in NAMED if name != "surround.wav")


def test_media_of_a_project_are_named_as_well(troubled, tmp_path) -> None:
    written = workflow.run_job("balance", troubled, BalanceSettings(method="active"), out=str(tmp_path / "b"))
    project = Path(written.outputs["project"])
    text = project.read_text()
    assert "page.mp3" in text
    project.write_text(text.replace("host voice.wav", "gone.wav"))
    notes = workflow.run_job("duck", project, DuckSettings(), dry_run=True).notes
    for name, words in {**NAMED, "gone.wav": "media missing"}.items():
        if name != "crashed.wav":  # the project plays a whole copy of it
            assert any(name in note and words in note for note in notes), (name, notes)


@pytest.mark.parametrize(
    ("job", "settings", "says"),
    [
        ("automix", AutomixSettings(), "not taken for a microphone"),
        ("level", LevelSettings(), "not taken for a voice"),
        ("level", LevelSettings(style="singing"), "not taken for a lead vocal"),
    ],
)
def test_sound_of_another_kind_is_no_missing_track(job, settings, says, tmp_path) -> None:
    for name in ("kick", "bass"):
        write(tmp_path / "band" / f"{name}.wav", song(2.0), RATE)
    (tmp_path / "band" / "empty.wav").touch()
    with pytest.raises(UserError) as error:
        workflow.run_job(job, tmp_path / "band", settings, dry_run=True)
    message = str(error.value)
    assert f"bass, kick: {says}" in message
    assert "name a track with " in message
    assert "empty.wav" in message


def test_a_folder_has_no_selection_to_separate(tmp_path) -> None:
    write(tmp_path / "band" / "kick.wav", song(2.0), RATE)
    with pytest.raises(UserError, match="name a track with") as error:
        workflow.run_job("separate", tmp_path / "band", SeparateSettings(model="mask"), dry_run=True)
    assert "REAPER" not in str(error.value)


def test_enhance_goes_on_after_files_that_cannot_be_read(troubled, tmp_path) -> None:
    settings = SeparateSettings(model="mask", take=True)
    lines: list[str] = []
    done = enhance_files.enhance(
        troubled, str(tmp_path / "e"), settings, failed=lines.append, progress=lambda: no_progress
    )
    for name in ("empty.wav", "header only.wav", "page.mp3", "pointer.flac", "damaged.m4a"):
        assert any(name in line and NAMED[name] in line for line in lines)
    notes = {Path(file.input).name: file.notes for file in done.files}
    assert any(NAMED["cut.wav"] in note for note in notes["cut.wav"])
    assert any(NAMED["crashed.wav"] in note for note in notes["crashed.wav"])


@pytest.mark.parametrize("peak_dbfs", [20.0, 85.0])
def test_one_sample_does_not_rule_the_faders(peak_dbfs, tmp_path) -> None:
    sounds = {name: song(4.0, seed=seed) for seed, name in enumerate(("voice", "bass", "keys"))}
    for folder in ("clean", "broken"):
        for name, sound in sounds.items():
            out = sound.copy()
            if folder == "broken" and name == "keys":
                out[round(0.002 * RATE)] = 10.0 ** (peak_dbfs / 20.0)
            write(tmp_path / folder / f"{name}.wav", out, RATE)
    faders = {}
    for folder in ("clean", "broken"):
        outcome = workflow.run_job("balance", tmp_path / folder, BalanceSettings(), dry_run=True)
        faders[folder] = {row.name: row.fader_after_db for row in outcome.plan.details.tracks}
    assert faders["broken"] == pytest.approx(faders["clean"], abs=0.1)
    (note,) = [note for note in outcome.notes if "is a fault" in note]
    assert note.startswith(f"keys: a sample of {peak_dbfs:+.1f} dBFS at 0:00.0 (0.002 s)")

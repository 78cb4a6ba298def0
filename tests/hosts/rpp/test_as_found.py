"""Files as people have them: backups of several versions, unfinished merges, old line ends, names in another case."""

from __future__ import annotations

import pytest

from mixengine.app import workflow
from mixengine.hosts import open_session
from mixengine.hosts.rpp import check
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.lint.settings import LintSettings
from mixengine.model.plan import Fader
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b
from tests.helpers.sounds import noise, write


def version(number: int, saved_s: int) -> bytes:
    return b.project(b.track(1, name=f"version{number}")).replace(b"1754248868", str(saved_s).encode())


@pytest.mark.parametrize(("order", "number"), [((1, 2, 3), 3), ((3, 2, 1), 1), ((2, 3, 1), 2)])
def test_the_newest_of_several_versions_is_read(tmp_path, order, number):
    path = tmp_path / "song.rpp-bak"
    path.write_bytes(b"".join(version(n, 1_700_000_000 + 86400 * n) for n in order))
    session = open_session(path)
    assert [track.name for track in session.tracks] == ["version3"]
    note = f"3 versions of the project are in this backup: the newest is read (number {number}, saved 2023-11-17"
    assert session.notes[0].startswith(note)
    result = check.check(str(path))
    assert (result.identical, result.tracks) == (True, 1)
    assert any("3 versions" in warning for warning in result.warnings)


def test_a_backup_of_one_version_says_nothing(tmp_path):
    path = tmp_path / "song.rpp-bak"
    path.write_bytes(version(1, 1_700_000_000))
    assert open_session(path).notes == ()


def test_what_is_written_is_the_newest_version(tmp_path):
    path = tmp_path / "song.rpp-bak"
    path.write_bytes(version(1, 1) + version(2, 2))
    before = path.read_bytes()
    done = b.writer.apply(Project.load(path), b.plan_of(Fader(b.guid(1), 0.0, -6.0)))
    assert done.skipped == []
    assert done.data.replace(b"VOLPAN 0.50118723362727", b"VOLPAN 1") == version(2, 2)
    assert path.read_bytes() == before


def test_line_ends_of_old_systems_are_named(tmp_path):
    path = tmp_path / "song.RPP"
    path.write_bytes(version(1, 1).replace(b"\r\n", b"\r"))
    with pytest.raises(UserError, match=r"lines end with CR alone.*convert the line ends to CRLF or LF"):
        Project.load(path)
    [result], differs = check.check_all([path])
    assert differs and not result.readable and not result.identical
    text = check.to_text(result)
    assert "not read: its 1" in text and "identical" not in text and "0 tracks" not in text


def test_an_unfinished_merge_is_named_with_its_lines(tmp_path):
    lines = version(1, 1).split(b"\r\n")
    lines[3:4] = [b"<<<<<<< HEAD", b"  TEMPO 120 4 4", b"=======", b"  TEMPO 90 4 4", b">>>>>>> theirs"]
    path = tmp_path / "song.RPP"
    path.write_bytes(b"\r\n".join(lines))
    with pytest.raises(UserError, match=r"lines 4 to 8: a git merge was not finished here.*--ours or --theirs"):
        Project.load(path)
    assert check.check_all([path])[1]


def test_a_name_in_another_case_is_named(tmp_path):
    (tmp_path / "Media").mkdir()
    write(tmp_path / "Media" / "Vox.wav", noise(0.5))
    if (tmp_path / "media" / "vox.wav").exists():
        pytest.skip("this system does not tell cases apart")
    path = tmp_path / "song.RPP"
    path.write_bytes(b.project(b.track(1, b.item(10, media=b.source("media/vox.WAV")), name="voice")))
    session = open_session(path)
    assert session.tracks[0].clips[0].source.kind == "missing", "as for REAPER on this system"
    [note] = [note for note in session.notes if "capital letters" in note]
    assert note.startswith("voice: ") and str(tmp_path / "Media" / "Vox.wav") in note and "rename it to vox.WAV" in note
    outcome = workflow.run_job("lint", path, LintSettings(), dry_run=True)
    assert any("capital letters" in note for note in outcome.notes)

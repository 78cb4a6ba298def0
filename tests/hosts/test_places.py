"""Where results go: never over those of another session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mixengine.hosts import places


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """``song.RPP`` beside a folder ``song``."""
    (tmp_path / "song").mkdir()
    (tmp_path / "song.RPP").write_text("<REAPER_PROJECT 0.1\n>\n")
    return tmp_path


def put(place: places.Destination, source: Path) -> places.Destination:
    """Leave a plan and a project at a place."""
    place.side_folder.mkdir(parents=True, exist_ok=True)
    (place.side_folder / places.PLAN).write_text(json.dumps({"job": "balance", "source": str(source)}, indent=1))
    (place.folder / place.project).write_text("")
    return place


@pytest.mark.parametrize("order", [("song.RPP", "song"), ("song", "song.RPP")])
@pytest.mark.parametrize("out", [None, "out"])
def test_the_second_of_two_names_is_numbered(there: Path, order: tuple[str, str], out: str | None) -> None:
    where = out and str(there / out)
    first = put(places.destination(there / order[0], where, "balanced"), there / order[0])
    second = put(places.destination(there / order[1], where, "balanced"), there / order[1])
    assert first == places.named(there / order[0], where, "balanced")
    assert second.project == "song (2)-balanced.RPP" and f"'{there / order[0]}'" in second.note
    for source, place in zip(order, (first, second), strict=True):  # and again the same
        assert places.destination(there / source, where, "balanced") == place


def test_a_plan_of_another_project_stays_in_a_folder_for_all(there: Path) -> None:
    out = str(there / "out")
    first = put(places.destination(there / "song.RPP", out, "balanced"), there / "song.RPP")
    (there / "other.RPP").write_text("<REAPER_PROJECT 0.1\n>\n")
    second = places.destination(there / "other.RPP", out, "ducked")
    assert first.side == "" and (second.project, second.side) == ("other-ducked.RPP", "other-ducked/")


def test_a_second_job_in_a_folder_for_all_leaves_the_plan_of_the_first(there: Path) -> None:
    out, song = str(there / "out"), there / "song.RPP"
    places_of = [put(places.destination(song, out, suffix), song) for suffix in ("balanced", "ducked") * 2]
    assert [place.side for place in places_of] == ["", "song-ducked/"] * 2


def test_a_session_that_was_moved_and_a_file_that_is_no_plan(there: Path) -> None:
    put(places.destination(there / "song", None, "balanced"), Path("C:\\elsewhere\\song"))
    assert places.destination(there / "song", None, "balanced").project == "song-balanced.RPP"
    (there / "song-balanced" / places.PLAN).write_text("mine")
    place = places.destination(there / "song", None, "balanced")
    assert place.folder == there / "song (2)-balanced" and "another session" in place.note


def test_sessions_of_one_name_from_two_folders_keep_apart_in_a_folder_for_all(tmp_path: Path) -> None:
    songs = [tmp_path / name / "tune.RPP" for name in ("a", "b", "c")]
    for song in songs:
        song.parent.mkdir()
        song.write_text("<REAPER_PROJECT 0.1\n>\n")
    places_of = [put(places.destination(song, str(tmp_path / "out"), "balanced"), song) for song in songs * 2]
    assert places_of[:3] == places_of[3:]
    assert [place.project for place in places_of[:3]] == [
        f"tune{number}-balanced.RPP" for number in ("", " (2)", " (3)")
    ]
    assert f"'{songs[0]}'" in places_of[1].note

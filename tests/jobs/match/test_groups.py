"""Sessions as groups, and where they are listened to."""

import itertools

import numpy as np
import pytest

from mixengine.jobs.match import groups, windows
from mixengine.model.session import Clip, Session, Source, Track


def track(name, parent=None, **more):
    return Track(name, name, parent, clips=(Clip(f"c{name}", Source("x.wav"), 0.0, 60.0),), **more)


def session(*tracks):
    return Session("song", "/song.RPP", 44100, tracks)


def names(found):
    return [group.name for group in found]


def test_folders_are_groups_and_so_are_loose_tracks():
    song = session(
        Track("drums", "Drums", is_folder=True),
        track("kick", "drums"),
        track("snare", "drums"),
        track("bass"),
        Track("inner", "Keys", is_folder=True),
        track("piano", "inner"),
    )
    result = groups.find_groups(song)
    assert names(result) == ["Drums", "bass", "Keys"]
    assert [len(group.tracks) for group in result] == [2, 1, 1]
    assert [group.bus.id for group in result] == ["drums", "bass", "inner"]
    assert [group.role for group in result] == ["drums", "bass", "keys"]


def test_a_folder_around_everything_is_looked_into():
    song = session(
        Track("all", "Mix", is_folder=True),
        track("kick", "all"),
        Track("vox", "Vox", "all", is_folder=True),
        track("lead", "vox"),
    )
    assert names(groups.find_groups(song)) == ["kick", "Vox"]


def test_a_hundred_tracks_are_a_dozen_groups_at_most():
    kinds = ["kick", "snare", "bass", "guitar", "piano", "synth", "violin", "vox", "choir", "fx", "zither", "horn"]
    song = session(*(track(f"{kind} {index}") for index in range(9) for kind in kinds))
    result = groups.find_groups(song)
    assert len(result) <= groups.MAX_GROUPS
    assert sum(len(group.tracks) for group in result) == 108
    drums = next(group for group in result if group.name == "drums")
    assert drums.bus is None and len(drums.targets) == 18 and drums.role == "drums"


def test_many_folders_are_gathered_too():
    parts = []
    for index in range(20):
        parts += [Track(f"f{index}", f"guitar bus {index}", is_folder=True), track(f"g{index}", f"f{index}")]
    result = groups.find_groups(session(*parts, track("bass")))
    assert names(result) == ["guitars", "bass"]


def test_twelve_stems_stay_twelve_groups():
    song = session(*(track(f"stem {index}") for index in range(12)))
    result = groups.find_groups(song)
    assert len(result) == 12 and all(group.bus is not None and group.file == "x.wav" for group in result)


def test_muted_tracks_are_no_part_and_the_users_role_wins():
    song = session(track("one", mute=True), track("two"))
    (result,) = groups.find_groups(song, chosen={"two": "bass"})
    assert (result.name, result.role) == ("two", "bass")


def passages(groups_powers, reference, seconds=60, reference_seconds=60):
    return windows.choose(groups_powers, reference, int(seconds * 44100), int(reference_seconds * 44100))


def flat(value=0.01, seconds=60):
    return np.full(int(seconds * 10), value)


def test_loud_passages_are_compared():
    song, reference = flat(), flat(seconds=90)
    song[300:400] *= 10
    reference[600:700] *= 10
    result = passages([song], reference, reference_seconds=90)
    assert any(28.0 <= at <= 36.0 for at in result.song_s) and any(57.0 <= at <= 66.0 for at in result.reference_s)
    assert not result.same_song


def test_a_group_that_plays_elsewhere_is_listened_to_there():
    loud, rare = flat(0.1), np.zeros(600)
    rare[500:580] = 0.02
    result = passages([loud, rare], flat(seconds=90), reference_seconds=90)
    assert any(44.0 <= at <= 58.0 for at in result.song_s)


def test_passages_do_not_overlap_and_fit():
    rng = np.random.default_rng(0)
    result = passages([rng.uniform(0, 1, 600)], rng.uniform(0, 1, 300), reference_seconds=30)
    for starts, length in ((result.song_s, 60), (result.reference_s, 30)):
        assert all(b - a >= 5.8 for a, b in itertools.pairwise(starts))
        assert all(0.0 <= at <= length - 5.9 for at in starts)


def test_another_mix_of_the_same_song_is_heard_at_the_same_places():
    rng = np.random.default_rng(1)
    song = np.repeat(rng.uniform(0.001, 1.0, 60), 10)
    result = passages([song], 0.5 * song)
    assert result.same_song and result.song_s == result.reference_s


def test_a_short_reference_makes_short_passages():
    result = passages([flat()], flat(seconds=1.5), reference_seconds=1.5)
    assert result.frames == int(1.5 * 44100)


def test_nothing_to_compare():
    with pytest.raises(ValueError, match="nothing sounds"):
        passages([np.zeros(600)], flat())
    with pytest.raises(ValueError, match=r"at least 0\.37 s"):
        windows.choose([flat(seconds=0.3)], flat(), 13230, 44100)

"""What must not matter does not matter: input gain, track order, how audio is cut, where faders stood."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.jobs import registry
from mixengine.jobs.balance.methods import METHODS
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.plan import Fader, MixPlan
from mixengine.model.session import Clip, Session, Track


@pytest.fixture
def stems(read_only_stems: Path) -> Path:
    return read_only_stems


def plan(session: Session, method: str = "active", **settings: object) -> MixPlan:
    settings = {"preset": "equal-loudness", **settings}
    return registry.run("balance", session, BalanceSettings(method=method, **settings))  # type: ignore[arg-type]


def rows(result: MixPlan) -> dict[str, dict]:
    return {row["name"]: row for row in result.details["tracks"]}


def scaled(session: Session, name: str, gain_db: float) -> Session:
    """The session with the clips of one track turned up."""

    def louder(track: Track) -> Track:
        if track.name != name:
            return track
        return replace(track, clips=tuple(replace(clip, gain_db=clip.gain_db + gain_db) for clip in track.clips))

    return replace(session, tracks=tuple(map(louder, session.tracks)))


@pytest.mark.parametrize("method, gain_db", zip(METHODS, itertools.cycle([-3.0, 6.0206]), strict=False))
def test_input_gain_moves_measured_values_not_results(stems: Path, method: str, gain_db: float) -> None:
    session = hosts.open_session(stems)
    before, after = rows(plan(session, method)), rows(plan(scaled(session, "cello", gain_db), method))
    assert after["cello"]["measured_lufs"] == pytest.approx(before["cello"]["measured_lufs"] + gain_db, abs=0.02)
    for name, row in before.items():
        if row["measured_lufs"] is None:
            continue
        level = row["measured_lufs"] + row["gain_db"]
        new_level = after[name]["measured_lufs"] + after[name]["gain_db"]
        reference = before["kick"]["measured_lufs"] + before["kick"]["gain_db"]
        new_reference = after["kick"]["measured_lufs"] + after["kick"]["gain_db"]
        assert new_level - new_reference == pytest.approx(level - reference, abs=0.03), name


@pytest.mark.parametrize("method", METHODS)
def test_track_order_does_not_matter(stems: Path, method: str) -> None:
    session = hosts.open_session(stems)
    tops = [track for track in session.tracks if track.parent is None]
    shuffled = [
        inner
        for top in reversed(tops)
        for inner in (top, *(track for track in reversed(session.tracks) if track.parent == top.id))
    ]
    one, other = rows(plan(session, method)), rows(plan(replace(session, tracks=tuple(shuffled)), method))
    for name, row in one.items():
        assert other[name]["fader_after_db"] == pytest.approx(row["fader_after_db"], abs=1e-6), name


@pytest.mark.parametrize("method, cut_s", zip(METHODS, itertools.cycle([0.2, 0.73111]), strict=False))
def test_splitting_an_item_changes_nothing(stems: Path, method: str, cut_s: float) -> None:
    session = hosts.open_session(stems)

    def split(track: Track) -> Track:
        pieces: list[Clip] = []
        for clip in track.clips:
            pieces.append(replace(clip, id=clip.id + "a", length_s=cut_s))
            pieces.append(
                replace(clip, id=clip.id + "b", position_s=cut_s, offset_s=cut_s, length_s=clip.length_s - cut_s)
            )
        return replace(track, clips=tuple(pieces))

    one = rows(plan(session, method))
    other = rows(plan(replace(session, tracks=tuple(map(split, session.tracks))), method))
    for name, row in one.items():
        assert other[name]["fader_after_db"] == pytest.approx(row["fader_after_db"], abs=1e-9), name


@pytest.mark.parametrize("method", METHODS)
def test_where_faders_stood_does_not_matter(stems: Path, method: str) -> None:
    session = hosts.open_session(stems)
    moved = replace(
        session,
        tracks=tuple(
            replace(track, fader_db=(-11.0, 3.0, 0.5)[i % 3]) if track.clips else track
            for i, track in enumerate(session.tracks)
        ),
    )
    one, other = rows(plan(session, method)), rows(plan(moved, method))
    for name, row in one.items():
        if row["measured_lufs"] is not None and row["target_lufs"] is not None:
            assert other[name]["fader_after_db"] == pytest.approx(row["fader_after_db"], abs=1e-6), name


def test_channel_swap_and_polarity_do_not_matter(stems: Path) -> None:
    session = hosts.open_session(stems)

    def swapped(track: Track) -> Track:
        return replace(
            track, clips=tuple(replace(clip, channel_mode=1 if track.name == "pad" else 0) for clip in track.clips)
        )

    one, other = rows(plan(session)), rows(plan(replace(session, tracks=tuple(map(swapped, session.tracks)))))
    assert other["pad"]["measured_lufs"] == pytest.approx(one["pad"]["measured_lufs"], abs=1e-6)


def test_later_start_does_not_matter(stems: Path) -> None:
    session = hosts.open_session(stems)
    later = replace(
        session,
        tracks=tuple(
            replace(track, clips=tuple(replace(clip, position_s=5.0) for clip in track.clips))
            for track in session.tracks
        ),
    )
    one, other = rows(plan(session)), rows(plan(later))
    for name, row in one.items():
        assert other[name]["fader_after_db"] == pytest.approx(row["fader_after_db"], abs=0.01), name


def test_sample_rate_does_not_matter(stems: Path, tmp_path: Path) -> None:
    import soxr

    other_root = tmp_path / "at 48k"
    for path in stems.rglob("*.wav"):
        samples, rate = soundfile.read(path, always_2d=True)
        target = other_root / path.relative_to(stems)
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(target, soxr.resample(samples, rate, 48000, quality="VHQ"), 48000, subtype="FLOAT")
    one, other = rows(plan(hosts.open_session(stems))), rows(plan(hosts.open_session(other_root)))
    # white noise loses what resampling cuts off below half the rate; tones do not
    spread = [other[name]["gain_db"] - one[name]["gain_db"] for name in ("kick", "cello", "lead vox")]
    assert np.ptp(spread) < 0.02


def test_folder_faders_are_heard(stems: Path) -> None:
    session = hosts.open_session(stems)
    lowered = replace(
        session,
        tracks=tuple(replace(track, fader_db=-7.0) if track.name == "drums" else track for track in session.tracks),
    )
    one, other = rows(plan(session)), rows(plan(lowered))
    assert other["kick"]["measured_lufs"] == pytest.approx(one["kick"]["measured_lufs"] - 7.0)
    level = {name: row["measured_lufs"] + row["gain_db"] for name, row in other.items() if row["gain_db"]}
    assert max(level.values()) - min(level.values()) < 1e-6


def test_balanced_tracks_are_equally_loud_and_the_sum_has_headroom(stems: Path) -> None:
    result = plan(hosts.open_session(stems))
    levels = [r["measured_lufs"] + r["gain_db"] for r in rows(result).values() if r["target_lufs"] is not None]
    assert len(levels) == 5
    assert np.ptp(levels) < 1e-6
    assert result.details["headroom_db"] >= 1.0 - 1e-6


def test_anchor_lock_and_strength(stems: Path) -> None:
    session = hosts.open_session(stems)
    anchored = rows(plan(session, anchor="cello"))
    assert anchored["cello"]["gain_db"] == 0.0
    assert anchored["kick"]["measured_lufs"] + anchored["kick"]["gain_db"] == pytest.approx(
        anchored["cello"]["measured_lufs"], abs=1e-6
    )
    locked = rows(plan(session, lock=("kick", "hats")))
    assert locked["kick"]["gain_db"] == locked["hats"]["gain_db"] == 0.0
    assert locked["cello"]["gain_db"] != 0.0
    kick = next(track for track in session.tracks if track.name == "kick")
    tracks = tuple(replace(track, locked=track is kick) for track in session.tracks)
    in_reaper = plan(replace(session, tracks=tracks))
    assert rows(in_reaper) == rows(plan(session, lock=("kick",)))
    assert kick.id not in {change.track for change in in_reaper.changes if isinstance(change, Fader)}
    half, whole = rows(plan(session, strength=50.0, anchor="cello")), anchored
    assert half["kick"]["gain_db"] == pytest.approx(whole["kick"]["gain_db"] / 2, abs=1e-6)

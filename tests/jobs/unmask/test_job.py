"""The tone job on sessions made of WAV files: invariances, priorities, reasons, and coming back to its own result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soxr

from mixengine import hosts
from mixengine.analysis import spectra
from mixengine.audio.reaeq import response_db
from mixengine.jobs.unmask import job
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.jobs.unmask.three_band import as_reaeq
from mixengine.model import apply
from mixengine.model.plan import Equalizer, MixPlan, from_json
from mixengine.model.session import Effect, EqBand, Session, Track
from mixengine.system.errors import UserError
from tests.helpers.sounds import pink, tone, write

SECONDS = 3.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A voice (tones around 1 kHz), a pad right over it, hats far above it, and silence."""
    root = tmp_path / "song"
    write(root / "lead vocal.wav", tone(500.0, SECONDS, harmonics=4, level=0.05))
    write(root / "pad.wav", pink(SECONDS, channels=2))
    write(root / "shimmer.wav", tone(9000.0, SECONDS, harmonics=1, level=0.02))
    write(root / "empty.wav", np.zeros((22050, 1), np.float32))
    return root


@pytest.fixture
def session(folder: Path) -> Session:
    return hosts.open_session(folder)


def plan(session: Session, **settings: object) -> MixPlan:
    result = job.plan(session, UnmaskSettings(**settings), lambda *_: None)  # type: ignore[arg-type]
    assert from_json(result.to_json()).to_json() == result.to_json()
    return result


def rows(result: MixPlan) -> dict[str, dict]:
    return {row["name"]: row for row in result.details["tracks"]}


def bands(result: MixPlan) -> dict[str, tuple]:
    return {name: tuple(tuple(band.values()) for band in row["bands"]) for name, row in rows(result).items()}


def curve_db(result: MixPlan) -> np.ndarray:
    """What the cuts of the pad take away between 200 Hz and 5 kHz."""
    cuts = [EqBand(*band[:4]) for band in bands(result)["pad"]]
    return response_db(cuts, np.geomspace(200.0, 5000.0, 200), 48000)


def each(session: Session, change: object) -> Session:
    return replace(session, tracks=tuple(change(track) for track in session.tracks))  # type: ignore[operator]


def named(session: Session, name: str) -> Track:
    return next(track for track in session.tracks if track.name == name)


@pytest.mark.parametrize("gain_db", [-40.0, 6.0206])
def test_a_common_gain_does_not_matter(session: Session, gain_db: float) -> None:
    by_clips = each(
        session, lambda t: replace(t, clips=tuple(replace(c, gain_db=c.gain_db + gain_db) for c in t.clips))
    )
    by_faders = each(session, lambda t: replace(t, fader_db=t.fader_db + gain_db))
    assert bands(plan(by_clips)) == bands(plan(by_faders)) == bands(plan(session))


def test_order_channels_and_polarity_do_not_matter(session: Session) -> None:
    expected = bands(plan(session))
    assert bands(plan(replace(session, tracks=session.tracks[::-1]))) == expected
    swapped = each(
        session, lambda t: replace(t, clips=tuple(replace(c, channel_mode=int(t.name == "pad")) for c in t.clips))
    )
    inverted = each(session, lambda t: replace(t, inverted=t.name == "pad"))
    assert bands(plan(swapped)) == bands(plan(inverted)) == expected


def test_sample_rate_does_not_matter(folder: Path, tmp_path: Path, session: Session) -> None:
    for rate in (44100, 48000):
        root = tmp_path / str(rate)
        for path in folder.glob("*.wav"):
            import soundfile

            samples, own = soundfile.read(path, always_2d=True)
            write(root / path.name, soxr.resample(samples, own, rate, quality="VHQ"), rate)
        resampled = hosts.open_session(root)
        here, there = (bands(plan(one, max_boost_db=0.0))["pad"] for one in (session, resampled))
        deepest = [min(own, key=lambda band: band[2]) for own in (here, there)]
        assert abs(np.log2(deepest[1][1] / deepest[0][1])) < 0.5
        curves_db = [curve_db(plan(one)) for one in (session, resampled)]
        assert np.abs(curves_db[0] - curves_db[1]).mean() < 0.5  # one step of the search
        won_db = [plan(one).details["voices"][0]["won_db"] for one in (session, resampled)]
        assert won_db[0] == pytest.approx(won_db[1], abs=0.5)


def test_a_pad_over_the_voice_is_cut_there_and_says_why(session: Session) -> None:
    result = plan(session)
    (change,) = [change for change in result.changes if change.track == named(session, "pad").id]
    assert isinstance(change, Equalizer)
    assert (change.track, change.label, change.before) == (named(session, "pad").id, "mixengine tone", None)
    assert change.after is not None and all(300.0 <= band.frequency_hz <= 3000.0 for band in change.after)
    assert "covers lead vocal there" in change.reason and "of the time it sings" in change.reason
    found = rows(result)
    assert found["lead vocal"]["masked_after"] < found["lead vocal"]["masked_before"]
    assert found["pad"]["covers_after"] < found["pad"]["covers_before"]
    assert found["shimmer"]["bands"] == [] and found["empty"]["reason"] == "silent"
    assert result.details["priority"] == ["lead vocal"]
    (voice,) = result.details["voices"]
    assert voice["short_db"] > 1.0 and voice["won_db"] > 0.5
    assert "less on the other faders would do the same" in voice["words"]


@pytest.mark.parametrize("fader_db", [6.0, 9.0, 20.0])
def test_a_voice_that_is_clear_changes_nothing(session: Session, fader_db: float) -> None:
    clear = each(session, lambda t: replace(t, fader_db=fader_db) if t.name == "lead vocal" else t)
    result = plan(clear)
    assert result.changes == ()
    assert rows(result)["lead vocal"]["reason"].startswith("as clear as in most songs: nothing to do")


def test_the_lower_the_voice_the_more_is_done_for_it(session: Session) -> None:
    def deepest_db(fader_db: float) -> float:
        lower = each(session, lambda t: replace(t, fader_db=fader_db) if t.name == "lead vocal" else t)
        return max((-band[2] for band in bands(plan(lower))["pad"]), default=0.0)

    depths_db = [deepest_db(fader_db) for fader_db in (6.0, 2.0, 0.0, -4.0)]
    assert depths_db == sorted(depths_db) and depths_db[0] == 0.0 and depths_db[-1] == 3.0


def test_doubles_of_a_lead_are_one_voice(folder: Path) -> None:
    write(folder / "lead vocal double.wav", tone(500.0, SECONDS, harmonics=4, level=0.002))
    result = plan(hosts.open_session(folder))
    (voice,) = result.details["voices"]
    assert voice["tracks"] == ["lead vocal", "lead vocal double"]


def test_quiet_tracks_are_left_alone(session: Session) -> None:
    quiet = each(session, lambda t: replace(t, fader_db=-35.0) if t.name == "pad" else t)
    assert plan(quiet).changes == ()


def test_folder_faders_are_heard(folder: Path) -> None:
    (folder / "pads").mkdir()
    (folder / "pad.wav").rename(folder / "pads" / "pad.wav")
    session = hosts.open_session(folder)
    assert named(session, "pad").id in {change.track for change in plan(session).changes}
    assert plan(each(session, lambda t: replace(t, fader_db=-35.0) if t.is_folder else t)).changes == ()


def test_a_second_run_finds_the_same_and_changes_nothing(session: Session) -> None:
    after = apply.applied(session, plan(session).changes)
    assert {track.name for track in after.tracks if track.effects} == {"lead vocal", "pad"}
    again = plan(after)
    assert again.changes == ()
    assert bands(again) == bands(plan(session)) == bands(plan(session, cache=False))


def test_an_equaliser_that_is_no_longer_needed_is_taken_off(session: Session) -> None:
    old = (EqBand("band", 500.0, -3.0, 1.0),)
    before = each(
        session, lambda t: replace(t, effects=(Effect("ReaEQ", job.LABEL, bands=old),)) if t.name == "shimmer" else t
    )
    (change,) = [change for change in plan(before).changes if change.track == named(session, "shimmer").id]
    assert (change.before, change.after) == (old, None)
    assert change.reason.startswith("takes mixengine's earlier equaliser off")
    assert [c.track for c in plan(before, tracks=("pad",)).changes] == [named(session, "pad").id]


def test_priority_roles_and_limits(session: Session) -> None:
    assert plan(session, priority=("pad",)).details["priority"] == ["pad", "lead vocal"]
    assert named(session, "pad").id not in {change.track for change in plan(session, priority=("pad",)).changes}
    assert plan(session, roles=("pad=voice",)).details["priority"] == ["pad", "lead vocal"]
    assert plan(session, tracks=("shimmer",)).changes == ()
    assert rows(plan(session, tracks=("shimmer",)))["pad"]["reason"].startswith("stays as it is")
    selected = each(session, lambda t: replace(t, selected=t.name == "shimmer"))
    assert plan(selected, selected_only=True).changes == ()
    assert len(plan(session, max_bands=1).changes[0].after) == 1  # type: ignore[attr-defined]


def test_three_bands_are_the_same_for_all(session: Session) -> None:
    result = plan(session, mode="three-band")
    rate = session.sample_rate
    after = {change.track: change.after for change in result.changes}  # type: ignore[attr-defined]
    assert after.pop(named(session, "lead vocal").id) == as_reaeq(2.0, rate)
    assert len(after) == 3 and set(after.values()) == {as_reaeq(-3.0, rate)}
    assert rows(result)["pad"]["reason"].startswith("−3.0 dB from 300 Hz to 4 kHz")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mode": "magic"}, "mode 'magic' is unknown"),
        ({"priority": ("nobody",)}, "no track is called 'nobody'"),
        ({"tracks": ("nobody",)}, "no track is called 'nobody'"),
        ({"roles": ("lead vocal=keys",)}, "priority TRACK"),
        ({"selected_only": True}, "no track is selected"),
        ({"max_cut_db": 0.0}, "max_cut_db 0 is outside"),
        ({"max_cut_db": float("nan")}, "max_cut_db nan is outside"),
        ({"max_bands": 0}, "max_bands 0 is outside"),
    ],
)
def test_mistakes_are_explained(session: Session, settings: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        plan(session, **settings)


def test_priority_must_be_heard(folder: Path) -> None:
    (folder / "pads").mkdir()
    (folder / "pad.wav").rename(folder / "pads" / "pad.wav")
    session = hosts.open_session(folder)
    for settings in ({"priority": ("pads",)}, {"tracks": ("pads",)}):
        with pytest.raises(UserError, match="is a folder"):
            plan(session, **settings)
    muted = each(session, lambda t: replace(t, mute=t.name == "shimmer"))
    with pytest.raises(UserError, match="'shimmer' cannot be heard: muted"):
        plan(muted, priority=("shimmer",))
    assert rows(plan(muted))["shimmer"]["reason"] == "muted"


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("mode", list(job.MODES))
def test_odd_audio_is_safe(tmp_path: Path, channels: int, mode: str) -> None:
    holes = pink(SECONDS, channels=channels)
    holes[1000:1010] = np.nan
    write(tmp_path / "pad.wav", holes)
    write(tmp_path / "one sample.wav", np.ones((1, channels), np.float32))
    write(tmp_path / "nothing.wav", np.zeros((4000, channels), np.float32))
    write(tmp_path / "voice.wav", tone(500.0, SECONDS, harmonics=4, level=0.05))
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing of the kind")
    result = plan(hosts.open_session(tmp_path), mode=mode)
    assert rows(result)["pad"]["bands"]
    assert plan(hosts.open_session(tmp_path), mode=mode, priority=("nothing", "one sample")).details["priority"]


def test_plans_apply_to_a_project_and_back(session: Session, tmp_path: Path) -> None:
    target = tmp_path / "song.RPP"
    target.write_bytes(hosts.open_files(session.path).rendered(plan(session), target).data)
    written = hosts.open_session(target)
    assert written.track(named(written, "pad").id).effects[0].label == job.LABEL
    assert plan(written).changes == ()


def test_band_powers_are_the_mean_square_of_the_audio(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", tone(1000.0, SECONDS, harmonics=1, level=0.5))
    session = hosts.open_session(tmp_path)
    measured = spectra.measure(session.tracks[0], session.sample_rate)
    powers = measured.powers()
    middle = powers[3:-3]
    # a mono track sounds from both loudspeakers
    assert middle.sum(axis=1) == pytest.approx(np.full(len(middle), 2 * 0.5**2 / 2), rel=0.02)
    assert set(middle.argmax(axis=1)) == {int(np.searchsorted(spectra.EDGES_HZ, 1000.0)) - 1}
    assert len(powers) == pytest.approx(SECONDS / spectra.FRAME_S, abs=1)

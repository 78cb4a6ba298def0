"""Masking and the cuts against it: what must not matter, what is known in advance, what a cut must do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixengine.analysis import masking
from mixengine.analysis.masking import Target, TrackPowers
from mixengine.analysis.spectra import BANDS, CENTRES_HZ, EDGES_HZ
from mixengine.jobs.unmask import bands as eq_bands
from mixengine.jobs.unmask import cuts
from mixengine.jobs.unmask.voices import Voice, voices_of
from mixengine.model.session import EqBand

RATE = 48000
PINK = np.log2(EDGES_HZ[1:] / np.maximum(EDGES_HZ[:-1], 20.0))


def steady(shape: np.ndarray, level_db: float = 0.0, *, frames: int = 60, seed: int = 0) -> np.ndarray:
    """Band powers of a steady sound that wavers by a few dB [shape=(frames, bands)]."""
    waver_db = np.random.default_rng(seed).uniform(-3.0, 3.0, (frames, BANDS))
    return (shape / shape.sum() * 10 ** ((level_db + waver_db) / 10)).astype(np.float32)


def around(frequency_hz: float, width: int = 2) -> np.ndarray:
    """A sound of a few critical bands."""
    shape = np.full(BANDS, 1e-9)
    place = int(np.argmin(np.abs(CENTRES_HZ - frequency_hz)))
    shape[max(place - width // 2, 0) : place + width // 2 + 1] = 1.0
    return shape


def heard(name: str, rank: int, powers: np.ndarray, *, first: int = 0, speech: bool = False) -> TrackPowers:
    return TrackPowers(name, rank, speech, first, powers)


def found(tracks: list[TrackPowers], *, max_cut_db: float = 3.0, max_bands: int = 3) -> dict[str, tuple[EqBand, ...]]:
    names = {track.id for track in tracks}
    return cuts.choose_cuts(tracks, voices(tracks), RATE, max_cut_db=max_cut_db, max_bands=max_bands, only=names)


def voices(tracks: list[TrackPowers]) -> list[Voice]:
    return voices_of(tracks, {track.id: "lead_vocal" for track in tracks})


def remeasured(target: Target, decided: dict[str, tuple[EqBand, ...]]) -> tuple[float, float]:
    gains = eq_bands.gains_of(decided, RATE)
    return target.masking(target.together({})), target.masking(target.together(gains))


@pytest.fixture
def band_over_tones() -> list[TrackPowers]:
    return [
        heard("tones", 0, steady(around(1000.0), -15.0)),
        heard("noise", 1, steady(PINK, 0.0, seed=1)),
        heard("quiet", 1, steady(PINK, -40.0, seed=2)),
    ]


def test_a_common_gain_does_not_matter(band_over_tones: list[TrackPowers]) -> None:
    louder = [replace(track, powers=track.powers * np.float32(2.0**8)) for track in band_over_tones]
    assert found(louder) == found(band_over_tones) != {}


def test_track_order_and_names_do_not_matter(band_over_tones: list[TrackPowers]) -> None:
    one = found(band_over_tones)
    assert found(band_over_tones[::-1]) == one
    renamed = [replace(track, id="zyx"[i]) for i, track in enumerate(band_over_tones)]
    assert found(renamed) == {"y": one["noise"]}


def test_a_later_start_does_not_matter(band_over_tones: list[TrackPowers]) -> None:
    later = [replace(track, first=track.first + 1234) for track in band_over_tones]
    assert found(later) == found(band_over_tones)


def test_noise_over_tones_is_cut_near_them_and_masking_falls(band_over_tones: list[TrackPowers]) -> None:
    decided = found(band_over_tones)
    assert set(decided) == {"noise"}
    assert all(500.0 <= band.frequency_hz <= 1700.0 for band in decided["noise"])
    before, after = remeasured(masking.targets(band_over_tones)[0], decided)
    assert after < before - 0.05


def test_cuts_stay_inside_what_is_allowed(band_over_tones: list[TrackPowers]) -> None:
    speech = [replace(band_over_tones[0], speech=True, powers=steady(PINK, -3.0)), *band_over_tones[1:]]
    for tracks in (band_over_tones, speech):
        for limit_db, count in ((6.0, 3), (3.0, 1), (2.0, 2)):
            for bands in found(tracks, max_cut_db=limit_db, max_bands=count).values():
                grid = np.geomspace(20, 20000, 300)
                from mixengine.audio.reaeq import response_db

                assert len(bands) <= count
                assert response_db(bands, grid, RATE).min() >= -limit_db - 0.11
                assert all(b.kind == "band" and 0.5 <= b.bandwidth_oct <= 1.5 and b.gain_db < 0.0 for b in bands)


def test_apart_spectra_times_or_levels_get_no_cut() -> None:
    voice = heard("voice", 0, steady(around(800.0, 6)), speech=True)
    assert found([voice, heard("hats", 1, steady(around(10000.0), -3.0))]) == {}
    assert found([voice, heard("later", 1, steady(PINK, 6.0), first=60)]) == {}
    assert found([voice, heard("quiet", 1, steady(around(800.0, 6), -20.0))]) == {}


def test_priority_is_respected() -> None:
    def both(a_db: float, b_db: float) -> tuple[np.ndarray, np.ndarray]:
        return steady(around(1000.0, 8), a_db, seed=1), steady(PINK, b_db, seed=2)

    low, high = both(-15.0, 0.0)
    assert set(found([heard("a", 0, low), heard("b", 1, high)])) == {"b"}
    assert found([heard("a", 1, low), heard("b", 0, high)]) == {}
    assert found([heard("a", 1, low), heard("b", 1, high)]) == {}
    assert set(found([heard("a", 1, high), heard("b", 0, low)])) == {"a"}


def test_equal_tracks_give_way_nearly_equally() -> None:
    tracks = [heard("voice", 0, steady(around(1500.0, 8), -12.0), speech=True)]
    tracks += [heard(name, 1, steady(PINK, -3.0, seed=7)) for name in "abcd"]
    decided = found(tracks)
    assert set(decided) == set("abcd")
    depths_db = [min(band.gain_db for band in bands) for bands in decided.values()]
    assert max(depths_db) - min(depths_db) <= cuts.STEP_DB + 1e-6
    before, after = remeasured(masking.targets(tracks)[0], decided)
    assert after < before - 0.01


def test_only_the_named_tracks_are_cut(band_over_tones: list[TrackPowers]) -> None:
    assert (
        cuts.choose_cuts(band_over_tones, voices(band_over_tones), RATE, max_cut_db=6.0, max_bands=3, only={"quiet"})
        == {}
    )


def test_degree_and_covered_share_have_their_known_values() -> None:
    assert masking.degree(np.array([-30.0, -8.0, -2.0, 4.0, 30.0])) == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])
    tones = steady(around(1000.0), 0.0)
    for level_db, share in ((-10.0, 0.0), (10.0, 1.0)):
        gain = np.float32(10 ** (level_db / 10))
        (target,) = masking.targets([heard("a", 0, tones), heard("b", 1, tones * gain)])
        assert target.covered_by("b", {}) == pytest.approx(share, abs=1e-6)
        assert target.masking(target.together({})) == pytest.approx(share, abs=1e-6)


def test_excitation_falls_10_db_per_bark_upwards_and_25_downwards() -> None:
    single = np.zeros(BANDS, dtype=np.float32)
    single[10] = 1.0
    levels_db = 10 * np.log10(masking.spread(single))
    assert levels_db[[8, 9, 10, 11, 12]] == pytest.approx([-50.0, -25.0, 0.0, -10.0, -20.0], abs=1e-4)


def test_speech_weights_follow_the_index_and_all_weights_sum_to_one() -> None:
    for speech in (True, False):
        (target,) = masking.targets(
            [heard("voice", 0, steady(PINK), speech=speech), heard("noise", 1, steady(PINK, -9.0))]
        )
        assert target.weights.sum() == pytest.approx(1.0, abs=1e-5)
        assert bool(target.weights[:, [0, 22, 23]].any()) is not speech


@pytest.mark.parametrize("frames", [0, 1])
@pytest.mark.parametrize("speech", [True, False])
def test_silence_and_single_frames_are_safe(frames: int, speech: bool) -> None:
    silence, sound = np.zeros((frames, BANDS), np.float32), steady(PINK, frames=1)
    assert found([heard("a", 0, silence, speech=speech), heard("b", 1, sound)]) == {}
    assert found([heard("a", 0, sound, speech=speech), heard("b", 1, silence)]) == {}
    assert found([]) == {}


def test_long_sessions_stay_small() -> None:
    hour = np.tile(steady(PINK, frames=100), (180, 1))
    (target,) = masking.targets([heard("a", 0, hour, speech=True), heard("b", 1, hour)])
    assert len(target.weights) <= 4000

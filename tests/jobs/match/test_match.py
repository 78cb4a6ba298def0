"""Matching: known answers, invariances, bounds; the closed form; references that can and cannot be used."""

import math

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import signal

from mixengine import hosts
from mixengine.jobs.match import bandwidth, closed_form, console_settings, groups, match, material
from mixengine.jobs.match import reference as references
from mixengine.jobs.match.console import parameters
from mixengine.system.errors import UserError
from tests.helpers.match_songs import folder, other_mix, reference, stems

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module", autouse=True)
def short_descent():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match, "_STAGES", ((32768, 1, 12), (65536, 1, 12)))
        patch.setattr(match, "_MIN_STEPS", 5)
        yield


def material_of(path, parts, ref, **more):
    session = hosts.open_session(folder(path, parts))
    result = groups.find_groups(session)
    return material.collect(session, result, references.read(str(ref), **more), lambda *_: None)


def matched(heard, **more):
    return match.match(heard, lambda *_: None, **more)


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    root = tmp_path_factory.mktemp("song")
    return material_of(root / "stems", stems(), reference(root / "ref.wav", other_mix()))


@pytest.fixture(scope="module")
def found(song, short_descent):
    return matched(song)


def test_every_stage_is_nearer_to_the_reference(found):
    assert found.loss("after") < found.loss("closed_form") < found.loss("before")
    assert found.loss("after") < 0.3 * found.loss("before")


def test_the_same_seed_gives_the_same_settings_and_another_one_others(tmp_path, monkeypatch):
    monkeypatch.setattr(match, "_STAGES", ((20000, 1, 6),))
    parts = {name: samples for name, samples in stems(3.0).items() if name in ("pad", "lead vocal")}
    heard = material_of(tmp_path / "stems", parts, reference(tmp_path / "ref.wav", other_mix(3.0)))
    result = matched(heard)
    assert result.steps == 6
    assert np.array_equal(matched(heard).settings.flat, result.settings.flat)
    assert not np.array_equal(matched(heard, seed=7).settings.flat, result.settings.flat)


def test_a_mix_that_is_the_reference_stays(tmp_path):
    parts = stems(4.0)
    mixed = sum(np.broadcast_to(part, (len(parts["kick"]), 2)) for part in parts.values())
    # the sum at -16 LUFS, as references are compared
    gain = 10 ** ((references.LEVEL_LUFS - references.integrated_lufs(mixed)) / 20)
    parts = {name: gain * samples for name, samples in parts.items()}
    heard = material_of(tmp_path / "stems", parts, reference(tmp_path / "ref.wav", gain * mixed))
    assert heard.passages.same_song
    result = matched(heard)
    assert result.loss("before") < 1e-6 and result.loss("after") < 2e-3
    assert (
        np.abs(
            result.settings.tracks[:, parameters.FADER] - np.median(result.settings.tracks[:, parameters.FADER])
        ).max()
        < 1.5
    )
    assert np.abs(result.settings.tracks[:, parameters.EQ.start : parameters.EQ.stop : 3]).max() < 1.0


def test_known_settings_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(match, "_STAGES", ((32768, 1, 40), (65536, 1, 25)))
    parts = stems(4.0)
    names = sorted(parts)
    known = {"hats": (4.0, 0.5, 0.0), "kick": (-4.0, 0.0, 0.0), "lead vocal": (2.0, 0.0, 3.0), "pad": (0.0, 0.0, -3.0)}
    folder(tmp_path / "stems", parts)
    session = hosts.open_session(tmp_path / "stems")
    result = groups.find_groups(session)
    assert [group.name for group in result] == names
    true = console_settings.neutral(result)
    for row, name in enumerate(names):
        gain_db, balance, shelf_db = known[name]
        true.tracks[row, parameters.FADER] = gain_db
        true.tracks[row, parameters.PAN] = (1 + balance) / 2
        true.tracks[row, 16] = shelf_db
    mixed = _through(parts, names, true)
    heard = material.collect(
        session, result, references.read(str(reference(tmp_path / "ref.wav", mixed))), lambda *_: None
    )
    answer = matched(heard)
    assert heard.passages.same_song
    assert answer.loss("after") < min(0.05 * answer.loss("before"), 1.5e-3)
    gains = answer.settings.tracks[:, parameters.FADER]
    wanted = np.array([known[name][0] for name in names])
    assert np.abs((gains - gains.mean()) - (wanted - wanted.mean())).max() < 2.0
    pans = 2 * answer.settings.tracks[:, parameters.PAN] - 1
    assert pans[names.index("hats")] == pytest.approx(0.5, abs=0.2)
    assert np.abs(pans[[names.index("kick"), names.index("lead vocal")]]).max() < 0.1


def _through(parts, names, true):
    """The stems through known settings of the console."""
    from mixengine.jobs.match.console import console

    tracks = np.stack([np.broadcast_to(parts[name], (len(parts["kick"]), 2)).T for name in names])
    padded = np.pad(tracks, ((0, 0), (0, 0), (0, console.REAPER.delay)))
    return console.Stream(true.tracks, true.master, console.REAPER)(padded)[:, console.REAPER.delay :].T


def test_no_match_makes_a_mix_worse(tmp_path):
    """Drums out of phase with themselves: no level and no pan brings them nearer to a reference that has a middle."""
    left = stems(3.0)["kick"][:, 0]
    parts = {"drums": np.stack([left, -left], axis=1), "bass": 0.3 * stems(3.0)["lead vocal"]}
    heard = material_of(tmp_path / "stems", parts, reference(tmp_path / "ref.wav", other_mix(3.0)))
    result = matched(heard)
    assert result.loss("closed_form") > result.loss("before")
    assert result.loss("after") <= result.loss("before")


def test_order_of_stems_changes_nothing_that_can_be_heard(song):
    turned = material.Material(song.groups[::-1], song.passages, song.tracks[:, ::-1].copy(), song.reference)
    one, other = match.in_closed_form(song), match.in_closed_form(turned)
    assert other.tracks[::-1] == pytest.approx(one.tracks, abs=1e-4)
    assert other.master == pytest.approx(one.master, abs=1e-4)


def test_swapped_reference_swaps_the_pans(song):
    mirrored = material.Material(song.groups, song.passages, song.tracks, song.reference[:, ::-1].copy())
    one, other = match.in_closed_form(song), match.in_closed_form(mirrored)
    pads = [row for row, group in enumerate(song.groups) if group.name in ("hats", "pad")]
    assert np.abs(one.tracks[pads, parameters.PAN] - 0.5).max() > 0.05
    assert one.tracks[:, parameters.FADER] == pytest.approx(other.tracks[:, parameters.FADER], abs=1e-6)


def statistics(left, right=None, seed=0, n=20000):
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 1.0, n)
    return material.statistics(np.stack([left * noise, (left if right is None else right) * noise])[None])


def test_levels_in_closed_form_undo_a_common_gain():
    group = statistics(0.1)
    gains_db, master_db = closed_form.levels_db([group], statistics(0.2))
    assert gains_db == pytest.approx([0.0]) and master_db == pytest.approx(20 * math.log10(2.0), abs=0.01)


def test_silent_groups_in_closed_form():
    silent = material.statistics(np.zeros((1, 2, 20000)))
    gains_db, master_db = closed_form.levels_db([silent, statistics(0.1)], statistics(0.1))
    assert gains_db == pytest.approx([0.0, 0.0]) and master_db == pytest.approx(0.0, abs=0.01)
    assert closed_form.levels_db([silent], statistics(0.1))[1] == 0.0
    assert not closed_form.pans([silent], np.zeros(1), [True], statistics(0.1)).any()


def test_bands_in_closed_form_bring_the_shape_and_the_level():
    shapes = np.stack([np.linspace(1.0, 0.0, 24), np.linspace(0.0, 1.0, 24) ** 2], axis=1)
    mix = np.full(24, 0.01)
    wanted = mix * 10.0 ** ((2.0 + shapes @ np.array([4.0, -3.0])) / 10.0)
    gains_db, level_db = closed_form.bands_db(mix, wanted, shapes)
    assert gains_db == pytest.approx([4.0, -3.0], abs=1.0)
    left = 10.0 * np.log10(wanted / mix) - shapes @ gains_db - level_db
    assert np.abs(left).max() < 0.7 and left.mean() == pytest.approx(0.0, abs=1e-9)
    assert closed_form.bands_db(np.zeros(24), wanted, shapes)[1] == 0.0


def test_pans_in_closed_form_reach_the_width_that_is_wanted():
    parts = [statistics(0.1, seed=seed) for seed in range(4)]
    wanted = statistics(0.2, 0.2)
    wide = closed_form.Statistics(wanted.bark, 0.04, 0.04, 0.03)
    result = closed_form.pans(parts, np.zeros(4), [False, True, True, True], wide)
    assert result[0] == 0.0 and (np.sign(result[1:]) != 0).all() and abs(np.sign(result[1:]).sum()) == 1
    assert not closed_form.pans(parts, np.zeros(4), [True] * 4, wanted).any()


@given(
    seed=st.integers(0, 10**6),
    gains=st.lists(st.sampled_from([0.0, 1e-6, 0.01, 1.0, 8.0]), min_size=1, max_size=4),
    width=st.sampled_from(["mono", "left", "anti", "wide"]),
)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_never_nan_and_never_out_of_bounds(seed, gains, width, monkeypatch):
    monkeypatch.setattr(match, "_STAGES", ((20000, 1, 3),))
    rng = np.random.default_rng(seed)
    frames = 24000
    tracks = rng.normal(0.0, 0.1, (1, len(gains), 2, 16384 + frames + 3072)) * np.array(gains)[:, None, None]
    if width == "mono":
        tracks[:, :, 1] = tracks[:, :, 0]
    elif width == "left":
        tracks[:, :, 1] = 0.0
    elif width == "anti":
        tracks[:, :, 1] = -tracks[:, :, 0]
    result = [groups.Group(f"g{i}", (), _track(i), "other") for i in range(len(gains))]
    wanted = rng.normal(0.0, 0.2, (1, 2, frames)).astype(np.float32)
    heard = material.Material(
        tuple(result), material.windows.Passages(frames, (0.0,), (0.0,)), tracks.astype(np.float32), wanted
    )
    answer = matched(heard)
    assert np.isfinite(answer.settings.flat).all()
    assert all(math.isfinite(answer.loss(stage)) for stage in answer.terms)
    assert np.isfinite(heard.mixed(answer.settings)).all()
    values = answer.settings.tracks
    assert (np.abs(values[:, parameters.EQ.start : parameters.EQ.stop : 3]) <= 9.0).all()
    assert ((values[:, parameters.PAN] >= 0.0) & (values[:, parameters.PAN] <= 1.0)).all()
    ratios, thresholds = values[:, 20], values[:, 19]
    assert ((ratios >= 1.0) & (ratios <= 6.0)).all() and ((thresholds >= -60.0) & (thresholds <= 0.0)).all()


def _track(index):
    from mixengine.model.session import Track

    return Track(f"t{index}", f"g{index}")


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_references_of_any_rate_and_width(tmp_path, rate, channels):
    x = np.random.default_rng(0).normal(0.0, 0.1, (3 * rate, channels))
    result = references.read(str(reference(tmp_path / "r.wav", x, rate)))
    assert result.audio.shape[1] == 2 and abs(len(result.audio) - 3 * 44100) <= 2
    assert references.integrated_lufs(result.levelled.T) == pytest.approx(-16.0, abs=0.01)
    assert bool(result.notes) == (channels != 2)


def test_references_that_cannot_be_used(tmp_path):
    rng = np.random.default_rng(0)
    good = rng.normal(0.0, 0.1, (4 * 44100, 2))
    cases = {
        "is silent": np.zeros((4 * 44100, 2)),
        "is clipped": np.clip(8.0 * good, -0.7, 0.7),
        "too short": good[:44100],
    }
    for words, samples in cases.items():
        with pytest.raises(UserError, match=words):
            references.read(str(reference(tmp_path / "bad.wav", samples)))
    with pytest.raises(UserError, match="no such file"):
        references.read(str(tmp_path / "missing.wav"))
    (tmp_path / "text.wav").write_text("nothing")
    with pytest.raises(UserError, match=r"text\.wav"):
        references.read(str(tmp_path / "text.wav"))
    with pytest.raises(UserError, match="too short"):
        references.read(str(reference(tmp_path / "good.wav", good)), start_s=3.0)


def test_a_loud_master_is_no_clipped_file(tmp_path):
    rng = np.random.default_rng(0)
    x = np.tanh(3.0 * rng.normal(0.0, 0.2, (4 * 44100, 2)))
    assert references.read(str(reference(tmp_path / "loud.wav", x))).audio.shape[1] == 2
    square = np.sign(np.sin(np.arange(4 * 44100) / 20.0))[:, None] * np.ones((1, 2))
    with pytest.raises(UserError, match="is clipped"):
        references.read(str(reference(tmp_path / "square.wav", square)))


def test_nan_in_a_reference_is_heard_as_silence(tmp_path):
    x = np.random.default_rng(0).normal(0.0, 0.1, (4 * 44100, 2))
    x[1000:1010] = np.nan
    soundfile.write(tmp_path / "nan.wav", x, 44100, subtype="FLOAT")
    assert np.isfinite(references.read(str(tmp_path / "nan.wav")).audio).all()


def test_a_cliff_of_a_lossy_file_is_not_matched():
    rng = np.random.default_rng(0)
    full = rng.normal(0.0, 0.1, (1, 2, 65536))
    sos = signal.cheby2(12, 70, 16500, "low", fs=44100, output="sos")
    cut = signal.sosfilt(sos, full)
    assert bandwidth.cutoff_hz(full) == 22050.0 and bandwidth.cutoff_hz(np.zeros((1, 2, 65536))) == 22050.0
    assert bandwidth.cutoff_hz(cut) == pytest.approx(15500.0, abs=700.0)
    assert bandwidth.compared_bands(full).all()
    assert bandwidth.compared_bands(full, cut).sum() == 22
    dark = signal.sosfilt(signal.butter(2, 3000, "low", fs=44100, output="sos"), full)
    assert bandwidth.compared_bands(dark).all()  # a dark mix is no cliff


def test_a_mono_reference_does_not_silence_the_mix(tmp_path):
    ref = other_mix(4.0).mean(axis=1)
    heard = material_of(tmp_path / "stems", stems(4.0), reference(tmp_path / "ref.wav", ref))
    assert heard.compared[0].all()
    assert not heard.compared[1].any()
    result = matched(heard)
    wanted, after = (result.measured[name]["rms"] for name in ("reference", "after"))
    np.testing.assert_allclose(20 * np.log10(after / wanted), 0.0, atol=3.0)
    assert result.measured["after"]["stereo_width"] < result.measured["before"]["stereo_width"]

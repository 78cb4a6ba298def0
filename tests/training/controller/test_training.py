"""Training a controller: what it draws, that it learns, goes on where it stopped, what it leaves and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.helpers.diffmst_models import RATE, mono
from tests.helpers.sounds import write

torch = pytest.importorskip("torch")

from mixengine.cli import app  # noqa: E402
from mixengine.jobs.match import features  # noqa: E402
from mixengine.jobs.match.console import parameters as at  # noqa: E402
from mixengine.jobs.match.diffmst.checkpoint import load  # noqa: E402
from mixengine.jobs.match.diffmst.controller import ControllerShape  # noqa: E402
from mixengine.jobs.match.diffmst.encoder import EncoderShape  # noqa: E402
from mixengine.jobs.match.diffmst.meter import integrated_lufs  # noqa: E402
from mixengine.jobs.match.diffmst.predict import predict  # noqa: E402
from mixengine.system.errors import UserError  # noqa: E402
from mixengine.training.controller import examples, fit, job, network, run_files, songs  # noqa: E402

LENGTH = 65_536


def a_song(name: str, first: int, stems: int = 4, seconds: float = 6.5) -> songs.Song:
    return songs.Song(name, np.stack([mono(first + number, seconds) for number in range(stems)]))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Short windows, thin networks, few examples to check with."""
    for module in (examples, fit):
        monkeypatch.setattr(module, "LENGTHS", (LENGTH,))
    monkeypatch.setattr(fit, "_VALIDATION_EXAMPLES", 2)
    defaults = (EncoderShape((2, 2, 2, 2, 2, 4), 16), ControllerShape(16, 1, 16, heads=2))
    monkeypatch.setattr(network.SmallModel.__init__, "__defaults__", defaults)


@pytest.fixture(scope="module")
def material() -> fit.Material:
    mixes = [songs.Mix(f"mix {number}", mono(20 + number, 2.0, 2).T.copy()) for number in range(2)]
    return fit.Material.of([a_song("one", 0), a_song("two", 4), a_song("three", 8)], mixes, "two")


def settings(**changes) -> fit.Settings:
    return fit.Settings(**{"steps": 2, "batch": 1, "check_every": 1, **changes})


@pytest.mark.parametrize("real", [0.0, 1.0])
def test_examples_come_at_the_levels_the_model_hears(material, real):
    for seed in range(3):
        drawn = examples.draw(material.songs, material.mixes, np.random.default_rng(seed), LENGTH, real=real)
        assert drawn.reference.shape == drawn.target.shape == (2, LENGTH)
        assert 2 <= len(drawn.tracks) <= 4
        for track in drawn.tracks:
            assert integrated_lufs(track[:, None]) == pytest.approx(-48.0, abs=0.01)
        assert integrated_lufs(drawn.reference.T) == pytest.approx(-16.0, abs=0.01)
        assert np.array_equal(drawn.reference, drawn.target) is bool(real)
        assert {array.dtype for array in (drawn.tracks, drawn.reference, drawn.target)} == {np.dtype(np.float32)}


def test_examples_follow_from_their_seed(material):
    one, same, other = (
        examples.draw(material.songs, material.mixes, np.random.default_rng(seed), LENGTH) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.tracks, same.tracks)
    np.testing.assert_array_equal(one.target, same.target)
    assert one.tracks.shape != other.tracks.shape or not np.array_equal(one.tracks, other.tracks)


def test_every_stem_is_in_one_group():
    stems = [np.full(3, 2.0**number) for number in range(7)]
    for seed in range(5):
        groups = examples._sum_in_groups(stems, np.random.default_rng(seed))
        assert 2 <= len(groups) <= 7
        np.testing.assert_allclose(np.sum(groups, axis=0), 127.0)
        assert all(group.any() for group in groups)
    assert examples._sum_in_groups(stems[:1], np.random.default_rng(0)) == []


def test_silent_songs_and_references_are_named():
    silent = songs.Song("Nothing", np.zeros((3, 6 * RATE), np.float32))
    with pytest.raises(UserError, match="Nothing: hardly two stems"):
        examples.draw([silent], [], np.random.default_rng(0), LENGTH)
    mix = songs.Mix("quiet.wav", np.zeros((2, 2 * RATE), np.float32))
    with pytest.raises(UserError, match=r"quiet\.wav: nearly silent"):
        examples.draw([a_song("one", 0)], [mix], np.random.default_rng(0), LENGTH, real=1.0)


def test_an_untrained_model_sets_a_console_on_which_nearly_nothing_happens(material):
    batch = network.Batch.of([examples.draw(material.songs, [], np.random.default_rng(0), LENGTH)])
    torch.manual_seed(0)  # or its weights depend on which tests came before
    with torch.inference_mode():
        tracks, master = network.SmallModel().eval()(batch)
    neutral = network.start_numbers(at.neutral_track(), at.track_controls())
    np.testing.assert_allclose(tracks[0].numpy(), np.broadcast_to(neutral, tracks.shape[1:]), atol=0.15)
    values = at.values(master[0].double().numpy(), at.master_controls())
    assert values[at.MASTER_OUTPUT] == pytest.approx(24.0, abs=12.0)
    mix = network.mix_batch(batch, tracks, master)
    assert -24.0 < integrated_lufs(mix[0].numpy().T) < -8.0


def test_sessions_in_a_batch_do_not_hear_each_other(material):
    two = [examples.draw(material.songs, [], np.random.default_rng(seed), LENGTH) for seed in (0, 3)]
    assert len(two[0].tracks) != len(two[1].tracks)
    torch.manual_seed(0)
    model = network.SmallModel().eval()
    both = network.Batch.of(two)
    with torch.inference_mode():
        mixes = network.mix_batch(both, *model(both))
        for index, example in enumerate(two):
            alone = network.Batch.of([example])
            torch.testing.assert_close(mixes[index], network.mix_batch(alone, *model(alone))[0], atol=1e-5, rtol=1e-4)


def test_it_learns(material):
    run = fit.start(0)
    ended = fit.fit(run, material, settings(steps=12, batch=1, check_every=6, learning_rate=1e-2), lambda _: None)
    assert ended == "all 12 steps are done"
    assert run.best[1] < 0.9 * run.checks[0][1]
    assert np.isfinite(run.losses).all()


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(material, tmp_path):
    chosen = settings()
    whole = fit.start(chosen.seed)
    fit.fit(whole, material, chosen, lambda _: None)

    def save_then_break(run):
        run_files.save(run, tmp_path, chosen, material)
        if run.steps == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit.fit(run_files.resume(tmp_path, chosen, material), material, chosen, save_then_break)
    resumed = run_files.resume(tmp_path, chosen, material)
    assert resumed.steps == 1
    fit.fit(resumed, material, chosen, lambda run: run_files.save(run, tmp_path, chosen, material))
    assert resumed.losses == pytest.approx(whole.losses, rel=1e-5)
    assert resumed.checks == [pytest.approx(check, rel=1e-5) for check in whole.checks]


def test_it_stops_when_nothing_gets_better_or_time_is_over(material):
    run = fit.start(0)
    run.steps, run.checks = 10, [(0, 1.0), (10, 2.0)]
    assert fit.fit(run, material, settings(steps=20, patience=10), lambda _: None) == "no better for 10 steps"
    run.steps, run.checks, saved = 3, [(0, 2.0), (2, 1.0)], []
    paused = fit.fit(
        run, material, settings(steps=20, minutes=1e-9), lambda now: saved.append((now.steps, now.is_best))
    )
    assert "run the same command again" in paused
    assert saved == [(3, False)]  # goes on from step 3; the checkpoint stays that of step 2


def test_what_it_leaves(material, tmp_path):
    chosen = settings(steps=1)
    run = fit.start(0)
    fit.fit(run, material, chosen, lambda now: run_files.save(now, tmp_path / "out", chosen, material))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(run_files.FILES)
    model = load(tmp_path / "out" / run_files.CHECKPOINT)
    assert model.controller.shape == run.model.controller.shape
    assert model.mix_encoder.shape == run.model.mix_encoder.shape
    assert "<svg" in (tmp_path / "out" / run_files.CURVE).read_text(encoding="utf-8")
    card = (tmp_path / "out" / run_files.CARD).read_text(encoding="utf-8")
    assert "one (4 stems), three (4 stems)" in card
    assert f"{run.checks[0][1]:.3f}" in card


def test_the_checkpoint_predicts_what_the_trained_model_does(material, tmp_path):
    run = fit.start(0)
    run_files.write_checkpoint(run.model, 0, tmp_path / "a.ckpt")
    (tmp_path / "config.yaml").write_text(run_files.config_of(run.model), encoding="utf-8")
    drawn = examples.draw(material.songs, [], np.random.default_rng(0), LENGTH)
    names = [str(number) for number in range(len(drawn.tracks))]
    made = predict(
        tmp_path / "a.ckpt", [(n, t[:, None]) for n, t in zip(names, drawn.tracks, strict=True)], drawn.reference.T
    )
    with torch.inference_mode():
        tracks, master = run.model.eval()(network.Batch.of([drawn]))
    np.testing.assert_allclose(np.stack(list(made.track_parameters.values())), tracks[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(made.master_parameters, master[0].numpy(), atol=1e-5)


@pytest.mark.parametrize(("changes", "word"), [({"seed": 1}, "seed"), ({"batch": 3}, "batch")])
def test_a_run_with_other_settings_is_not_continued(material, tmp_path, changes, word):
    run_files.save(_checked_run(), tmp_path, settings(), material)
    with pytest.raises(UserError, match=rf"other {word}; start anew with --restart"):
        run_files.resume(tmp_path, settings(**changes), material)
    assert run_files.resume(tmp_path, settings(steps=99, minutes=3.0), material).checks == [(0, 1.0)]


def _checked_run() -> fit.Run:
    run = fit.start(0)
    run.checks = [(0, 1.0)]
    return run


def test_a_damaged_state_is_named(material, tmp_path):
    run_files.save(_checked_run(), tmp_path, settings(), material)
    state = tmp_path / run_files.STATE
    state.write_bytes(state.read_bytes()[:5000])
    with pytest.raises(UserError, match=r"training\.pt: cannot be read .* --restart"):
        run_files.resume(tmp_path, settings(), material)


def multitracks(root: Path, count: int = 2, seconds: float = 3.1) -> Path:
    for number in range(count):
        folder = root / f"söng {number}"
        for stem in range(3):
            write(folder / f"stem {stem}.wav", mono(3 * number + stem, seconds, 1 + stem % 2), RATE)
        write(folder / "_master.wav", mono(30, seconds, 2), RATE)
    return root


def test_from_folders_to_a_checkpoint(tmp_path):
    root = multitracks(tmp_path / "songs")
    read = songs.read_songs(root, LENGTH)
    assert [(song.name, song.stems.shape) for song in read] == [(f"söng {n}", (3, round(3.1 * RATE))) for n in range(2)]
    assert read[0].stems.dtype == np.float32


def test_other_rates_and_lengths_are_brought_together(tmp_path):
    write(tmp_path / "a" / "x.wav", mono(0, 2.0, 2), 48000)
    write(tmp_path / "a" / "y.wav", mono(1, 1.6, 1), RATE)
    write(tmp_path / "b" / "x.wav", mono(0, 1.6, 1), RATE)
    write(tmp_path / "b" / "y.wav", mono(1, 1.6, 1), RATE)
    first = songs.read_songs(tmp_path, LENGTH)[0]
    assert first.stems.shape == (2, round(2.0 * RATE * RATE / 48000))
    assert not first.stems[1, round(1.6 * RATE) :].any()


def test_too_little_to_learn_from_is_refused(tmp_path):
    root = multitracks(tmp_path / "songs", 1)
    with pytest.raises(UserError, match=r"1 song\(s\) of 1.5 s or more; give two folders"):
        songs.read_songs(root, LENGTH)
    write(tmp_path / "mixes" / "short.wav", mono(1, 0.5, 2), RATE)
    with pytest.raises(UserError, match=r"0 reference\(s\)"):
        songs.read_mixes(tmp_path / "mixes", LENGTH)
    with pytest.raises(UserError, match="is no folder"):
        songs.read_songs(tmp_path / "nowhere", LENGTH)
    (root / "söng 0" / "stem 1.wav").write_bytes(b"RIFF")
    with pytest.raises(UserError, match=r"stem 1\.wav"):
        songs.read_songs(root, LENGTH)
    with pytest.raises(UserError, match="no song 'four' to hold out; there are: one, two"):
        fit.Material.of([a_song("one", 0), a_song("two", 4)], [], "four")


@pytest.mark.parametrize("changes", [{"steps": 0}, {"batch": -1}, {"learning_rate": float("nan")}, {"minutes": -1.0}])
def test_settings_out_of_range_are_refused(tmp_path, changes):
    with pytest.raises(UserError, match=next(iter(changes)).replace("_", " ")):
        job.train(tmp_path, tmp_path / "out", **changes)
    assert not (tmp_path / "out").exists()


def test_from_the_command_line(tmp_path):
    root = multitracks(tmp_path / "songs")
    words = ["train", "style", "--multitracks", root, "-o", tmp_path / "out", "--steps", 1, "--batch", 1, "--json"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["steps"] == 1
    assert result["best"] <= result["untrained"]
    assert load(Path(result["checkpoint"])).controller.shape.embed_dim == 16


def test_one_line_when_it_cannot_train(run, tmp_path):
    refused = run("train", "style", "--multitracks", tmp_path / "nowhere", "-o", tmp_path / "out")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "is no folder" in refused.stderr


def test_the_loss_of_a_perfect_mix_is_nothing(material):
    drawn = examples.draw(material.songs, [], np.random.default_rng(0), LENGTH, real=0.0)
    assert float(features.loss(torch.from_numpy(drawn.target), torch.from_numpy(drawn.target))) == 0.0

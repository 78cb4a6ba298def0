"""The style job and its command: what it writes, what it leaves alone, what it refuses."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.app import pages as page
from mixengine.app import workflow
from mixengine.audio.peaks import PeakMeter
from mixengine.cli.shared import app
from mixengine.jobs.match import descent, match, render
from mixengine.jobs.match.changes import LABEL
from mixengine.jobs.match.console import parameters
from mixengine.jobs.match.settings import MatchSettings
from mixengine.model.plan import Compressor, Equalizer, Fader, MasterTrim, Pan
from mixengine.model.session import MASTER
from mixengine.system.errors import UserError
from tests.helpers.diffmst_models import checkpoint, model_state
from tests.helpers.match_songs import RATE, folder, other_mix, reference, stems
from tests.helpers.rpp_builders import item, project, source, track

torch = pytest.importorskip("torch")
KEYS = {"session", "reference", "windows", "tracks", "master", "loss", "outputs", "seconds"}
ROW_KEYS = {"name", "file", "gain_db", "pan", "eq", "compressor", "reason"}


@pytest.fixture(scope="module", autouse=True)
def short_descent():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match, "_STAGES", ((20000, 1, 4),))
        patch.setattr(match, "_MIN_STEPS", 3)
        yield


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    root = tmp_path_factory.mktemp("a söng")
    return folder(root / "stems", stems(4.0)), reference(root / "reference.wav", other_mix(4.0))


def run(capsys, *words):
    """The command's ``--json`` object."""
    capsys.readouterr()
    app([*map(str, words), "--json"], standalone_mode=False)
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def matched(song, tmp_path_factory):
    root, ref = song
    before = {path.name: path.read_bytes() for path in root.iterdir()}
    out = tmp_path_factory.mktemp("out")
    extras = [render.write, page.write]
    outcome = workflow.run_job("style", root, MatchSettings(reference=str(ref)), out=str(out), extras=extras)
    assert {path.name: path.read_bytes() for path in root.iterdir()} == before
    return json.loads(json.dumps(outcome.to_dict(), allow_nan=False))


def test_what_the_command_says(matched, song):
    root, ref = song
    assert set(matched) >= KEYS | {"controller_parameters", "controller_master"}
    assert matched["session"] == str(root) and matched["reference"] == str(ref)
    assert [row["name"] for row in matched["tracks"]] == ["hats", "kick", "lead vocal", "pad"]
    assert all(set(row) >= ROW_KEYS and row["reason"] and row["file"].endswith(".wav") for row in matched["tracks"])
    assert matched["controller_parameters"] == {} and matched["controller_master"] == []
    loss = matched["loss"]
    assert loss["after"] <= loss["closed_form"] < loss["before"]
    for stage in ("before", "closed_form", "after"):
        assert sum(term[stage] for term in loss["terms"].values()) == pytest.approx(loss[stage], abs=1e-5)
    assert set(matched["outputs"]) >= {"project", "mix", "report", "plan"}


def test_the_rendered_mix(matched):
    audio, rate = soundfile.read(matched["outputs"]["mix"], always_2d=True)
    assert (rate, audio.shape) == (RATE, (4 * RATE, 2))
    meter = PeakMeter(rate, 2)
    meter.add(audio)
    assert -12.0 < meter.true_peak_dbtp <= -1.0
    assert np.isfinite(audio).all()
    # the first kick is in time: nothing of the look-ahead is left
    dry = stems(4.0)["kick"][:2000, 0]
    lag = int(np.argmax(np.correlate(audio[:4000, 0], dry, "valid")))
    assert lag <= 3


def test_the_project_plays_what_was_decided(matched):
    session = hosts.open_session(Path(matched["outputs"]["project"]))
    by_name = {track.name: track for track in session.tracks}
    for row in matched["tracks"]:
        played = by_name[row["name"]]
        assert played.fader_db == pytest.approx(row["gain_db"], abs=0.01)
        assert played.pan == pytest.approx(row["pan"], abs=0.001)
        own = [effect for effect in played.effects if effect.label == LABEL]
        bands = [band for effect in own for band in effect.bands]
        assert [(b.kind, b.gain_db) for b in bands] == [
            (band["kind"], pytest.approx(band["gain_db"], abs=0.005)) for band in row["eq"]
        ]
        compressors = [effect.compressor for effect in own if effect.compressor]
        assert len(compressors) == (row["compressor"] is not None)
    assert session.master_db == pytest.approx(matched["master"]["gain_db"], abs=0.01)


def test_the_page_shows_the_match(matched):
    shown = Path(matched["outputs"]["report"]).read_text(encoding="utf-8")
    assert "Matching a reference" in shown and "How near it came to the reference" in shown
    assert shown.count("<svg") >= 4 and "barkspectrum" in shown
    assert "Width: sides over middle in each second" in shown
    curves = json.loads(Path(matched["outputs"]["plan"]).read_text(encoding="utf-8"))["details"]["curves"]
    widths = curves["width_db"]
    audio, _ = soundfile.read(matched["outputs"]["mix"], always_2d=True)
    assert matched["master"]["trim_db"] < 0.0
    assert curves["loudness_lufs"]["after"] == pytest.approx(render.per_second(audio, RATE), abs=0.11)
    assert {name: len(values) for name, values in widths.items()} == {"before": 4, "after": 4, "reference": 4}


def test_the_command_says_the_same_and_a_dry_run_writes_nothing(song, matched, tmp_path, capsys):
    result = run(capsys, "style", song[0], "--reference", song[1], "--dry-run", "-o", tmp_path / "none")
    assert result["outputs"] == {} and not (tmp_path / "none").exists()
    assert result["tracks"] == matched["tracks"] and result["loss"] == matched["loss"]


def test_every_change_says_why_and_nothing_of_the_others(matched):
    rows = json.loads(Path(matched["outputs"]["plan"]).read_text(encoding="utf-8"))["changes"]
    wholes = [row["reason"] for row in [*matched["tracks"], matched["master"]]]
    for change in rows:
        assert change["reason"] and any(change["reason"] in whole for whole in wholes)
    pans = [change["reason"] for change in rows if change["change"] == "pan"]
    assert pans and all(" % " in reason and "for the reference's balance" not in reason for reason in pans)


def a_project(root):
    parts = stems(4.0)
    folder(root, parts)
    inside = [
        track(2, item(12, media=source("kick.wav")), name="kick"),
        track(3, item(13, media=source("hats.wav")), name="hats", bus="2 -1"),
    ]
    text = project(
        track(1, [], name="Drums", bus="1 1"),
        *inside,
        track(4, item(14, media=source("pad.wav")), name="pad"),
        track(5, item(15, media=source("lead vocal.wav")), name='"lead vocal"'),
    )
    (root / "song.RPP").write_bytes(text.replace(b"SOFFS 0.75", b"SOFFS 0"))
    return root / "song.RPP"


def test_folders_get_the_plug_ins_and_a_second_run_replaces_them(tmp_path, song):
    path = a_project(tmp_path / "project")
    settings = MatchSettings(reference=str(song[1]))
    outcome = workflow.run_job("style", path, settings, out=str(tmp_path / "one"))
    rows = outcome.to_dict()["tracks"]
    assert [row["name"] for row in rows] == ["Drums", "pad", "lead vocal"]
    session = hosts.open_session(Path(outcome.outputs["project"]))
    children = [track for track in session.tracks if track.parent]
    assert len(children) == 2
    assert not any(effect.label == LABEL for track in children for effect in track.effects)
    again = workflow.run_job("style", tmp_path / "one" / "song-matched.RPP", settings, out=str(tmp_path / "two"))
    twice = hosts.open_session(Path(again.outputs["project"]))
    for played in twice.tracks:
        own = [bool(effect.bands) for effect in played.effects if effect.label == LABEL]
        assert own.count(True) <= 1 and own.count(False) <= 1


def test_changes_reach_every_track_of_a_gathered_group(tmp_path, song):
    parts = stems(4.0)
    many = {f"{name} {index}": samples / 5 for index in range(5) for name, samples in parts.items()}
    session = hosts.open_session(folder(tmp_path / "many", many))
    from mixengine.jobs.match import job

    plan = job.plan(session, MatchSettings(reference=str(song[1])), lambda *_: None)
    rows = {row["name"]: row for row in plan.details["tracks"]}
    assert len(rows) <= 12 and rows["drums"]["compressor"] is None and rows["drums"]["pan"] == 0.0
    for member in rows["drums"]["members"]:
        moved = [change for change in plan.changes if isinstance(change, Fader) and change.track == member]
        assert [round(change.after, 2) for change in moved] == [rows["drums"]["gain_db"]]
        assert moved[0].reason == f"the same on every track of drums: {rows['drums']['reason'].split('; ')[0]}"
    assert rows["synths"]["compressor"] is None and abs(rows["synths"]["pan"]) > 0.02
    for member in rows["synths"]["members"]:
        panned = [change for change in plan.changes if isinstance(change, Pan) and change.track == member]
        assert [change.after for change in panned] == [rows["synths"]["pan"]]
    kinds = {type(change) for change in plan.changes}
    assert kinds <= {Fader, Pan, Equalizer, Compressor, MasterTrim}
    assert all(
        change.track in (MASTER, *(t.id for t in session.tracks)) for change in plan.changes if hasattr(change, "track")
    )


def test_a_silent_stem_and_a_short_mono_reference_at_another_rate(tmp_path):
    parts = {**stems(4.0), "nothing": np.zeros((4 * RATE, 1))}
    root = folder(tmp_path / "stems", parts)
    ref = reference(tmp_path / "mono.wav", np.random.default_rng(0).normal(0.0, 0.1, 3 * 22050 // 2 + 99), 22050)
    outcome = workflow.run_job("style", root, MatchSettings(reference=str(ref)), out=str(tmp_path / "out"))
    rows = {row["name"]: row for row in outcome.to_dict()["tracks"]}
    assert rows["nothing"]["reason"].endswith("silent in the passages compared, only kept in proportion")
    assert rows["nothing"]["eq"] == [] and rows["nothing"]["compressor"] is None
    assert any("mono" in note for note in outcome.notes)
    assert all(math.isfinite(row["gain_db"]) for row in rows.values())


@pytest.fixture(scope="module")
def thin(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("model") / "thin.ckpt", model_state())


def test_a_controller_alone(song, tmp_path, capsys, thin):
    result = run(
        capsys, "style", song[0], "--reference", song[1], "--checkpoint", thin, "--no-refine", "-o", tmp_path / "out"
    )
    numbers = result["controller_parameters"]
    assert set(numbers) == {row["file"] for row in result["tracks"]}
    assert all(len(row) == 27 and min(row) >= 0.0 and max(row) <= 1.0 for row in numbers.values())
    assert len(result["controller_master"]) == 26
    assert result["windows"] == [{"song_s": 0.0, "reference_s": 0.0, "length_s": 4.0}]
    assert result["loss"]["after"] == result["loss"]["controller"] and result["loss"]["closed_form"] is None
    from mixengine.jobs.match.diffmst.predict import predict

    tracks = [
        (row["file"], np.repeat(x, 2, axis=1) if x.shape[1] == 1 else x)
        for row in result["tracks"]
        for x in [soundfile.read(row["file"], dtype="float32", always_2d=True)[0]]
    ]
    heard = soundfile.read(song[1], dtype="float32", always_2d=True)[0]
    asked = predict(thin, tracks, heard)
    for name, row in numbers.items():
        assert row == pytest.approx(asked.track_parameters[name], abs=1e-5)


def test_refined_from_a_controller(song, tmp_path, capsys, thin):
    result = run(capsys, "style", song[0], "--reference", song[1], "--checkpoint", thin, "-o", tmp_path / "out")
    assert result["loss"]["after"] <= result["loss"]["controller"]
    assert result["controller_master"]


def test_a_prediction_on_the_desk_is_nearly_the_published_mix(song, thin):
    """Mono stems: what is written plays as loud as the published console, though its compressors are ReaComps."""
    from mixengine.jobs.match import predicted
    from mixengine.jobs.match.console import console
    from mixengine.jobs.match.diffmst.predict import Prediction
    from mixengine.jobs.match.groups import find_groups

    session = hosts.open_session(song[0])
    result = [group for group in find_groups(session) if group.name != "pad"]
    rng = np.random.default_rng(0)
    keys = [predicted.key_of(group) for group in result]
    prediction = Prediction(
        {key: rng.uniform(0.2, 0.8, 27) for key in keys},
        rng.uniform(0.3, 0.7, 26),
        dict.fromkeys(keys, -20.0),
        parameters.ConsoleRanges(),
    )
    parts = np.stack([stems(4.0)[group.name][:, 0] for group in result])[:, None]
    values = np.stack(
        [parameters.values(prediction.track_parameters[key], parameters.track_controls()) for key in keys]
    )
    theirs = console.mix(
        0.1 * parts, values, parameters.values(prediction.master_parameters, parameters.master_controls())
    )
    made = predicted.settings_of(prediction, result)
    ours = console.mix(np.repeat(parts, 2, axis=1), made.tracks, made.master, setup=console.REAPER)
    theirs = theirs[:, console.PUBLISHED.delay :]
    hops = [sound[:, : 30 * 5000].reshape(2, 30, 5000) for sound in (ours, theirs)]
    levels_db = [10.0 * np.log10(np.square(sound).mean(axis=2)) for sound in hops]
    # the published compressor looks ahead: where a sound begins it is down already
    assert np.percentile(np.abs(levels_db[0] - levels_db[1]), 75) < 2.5


def test_refusals(song, tmp_path):
    root, ref = song
    bad = tmp_path / "bad.ckpt"
    bad.write_bytes(b"no model")
    with pytest.raises(UserError, match=r"bad\.ckpt"):
        workflow.run_job("style", root, MatchSettings(str(ref), checkpoint=str(bad)), out=str(tmp_path / "out"))
    with pytest.raises(UserError, match="is outside"):
        MatchSettings(str(ref), song_start_s=-1.0)
    with pytest.raises(UserError, match="too few to compare"):
        workflow.run_job("style", root, MatchSettings(str(ref), song_start_s=3.9), out=str(tmp_path / "out"))
    quiet = folder(tmp_path / "quiet", {"one": np.zeros((4 * RATE, 1))})
    with pytest.raises(UserError, match="nothing sounds"):
        workflow.run_job("style", quiet, MatchSettings(str(ref)), out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_no_refine_without_a_checkpoint_stops_after_the_closed_form(song, matched, tmp_path, capsys):
    result = run(capsys, "style", song[0], "--reference", song[1], "--no-refine", "-o", tmp_path / "out")
    assert result["loss"]["closed_form"] == result["loss"]["after"] == matched["loss"]["closed_form"]
    assert result["loss"]["steps"] == 0 and result["windows"] == matched["windows"]


def test_without_torch_it_says_what_to_install(song, monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "torch":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r'pip install "mixengine\[neural\]"'):
        descent.torch()

"""The descent: its fast console is the console, its gradient is right, its limits hold."""

import numpy as np
import pytest

from mixengine.jobs.match import console_settings, descent, material, windows
from mixengine.jobs.match.console import parameters
from mixengine.jobs.match.groups import Group
from mixengine.model.session import Track

torch = pytest.importorskip("torch")
FRAMES = 40000


def heard(count=3, seed=0, frames=FRAMES):
    rng = np.random.default_rng(seed)
    length = windows.PREROLL + frames + material.SETUP.delay
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(length) / 9000)
    tracks = rng.normal(0.0, 0.1, (1, count, 2, length)) * swell
    result = tuple(Group(f"g{i}", (), Track(f"t{i}", f"g{i}"), "other") for i in range(count))
    passages = windows.Passages(frames, (0.0,), (0.0,))
    reference = rng.normal(0.0, 0.15, (1, 2, frames))
    return material.Material(result, passages, tracks.astype(np.float32), reference.astype(np.float32))


def busy_desk(of):
    start = console_settings.neutral(of.groups)
    rng = np.random.default_rng(1)
    start.tracks[:, parameters.FADER] = rng.uniform(-6, 6, len(start.tracks))
    start.tracks[:, parameters.PAN] = rng.uniform(0.2, 0.8, len(start.tracks))
    start.tracks[:, [1, 4, 7, 16]] = rng.uniform(-6, 6, (len(start.tracks), 4))
    start.tracks[:, 19], start.tracks[:, 20] = -25.0, 3.0
    start.master[[0, 3, 6, 15]] = 3.0, -2.0, 2.0, -4.0
    start.master[18:20] = -15.0, 2.0
    return start


def model_of(of, start):
    variables = console_settings.variables(of.groups, start, of.active)
    model = descent._Model(
        torch,
        of.tracks,
        material.averaged(of.reference),
        of.compared,
        start,
        variables,
        material.SETUP,
        FRAMES,
        windows.PREROLL,
        0.0,
    )
    return model, variables


def test_the_fast_console_is_the_console():
    of = heard()
    start = busy_desk(of)
    model, _ = model_of(of, start)
    fast = model._mix(torch.tensor(start.tracks).float(), torch.tensor(start.master).float()).numpy()
    exact = of.mixed(start)
    error_db = 20 * np.log10(np.sqrt(np.mean((fast - exact) ** 2) / np.mean(exact**2)))
    assert error_db < -45.0  # 0.1 dB of the level would be -38


def test_loss_and_gradient():
    of = heard()
    start = busy_desk(of)
    model, variables = model_of(of, start)
    u = torch.tensor((start.flat[variables.index] - variables.centre) / variables.width, requires_grad=True)
    loss = model.loss(u)
    wanted = sum(material.terms(material.averaged(of.mixed(start)), material.averaged(of.reference)).values())
    assert float(loss.detach()) == pytest.approx(wanted, rel=0.02)
    loss.backward()
    towards = torch.tensor(np.random.default_rng(2).normal(0.0, 1.0, len(u)))
    step = 3e-3
    with torch.no_grad():
        slope = (float(model.loss(u + step * towards)) - float(model.loss(u - step * towards))) / (2 * step)
    assert float((u.grad * towards).sum()) == pytest.approx(slope, rel=0.05)


def descended(of, start, steps=6, **more):
    variables = console_settings.variables(of.groups, start, of.active)
    settings = {
        "compared": of.compared,
        "setup": material.SETUP,
        "frames": FRAMES,
        "preroll": windows.PREROLL,
        "steps": steps,
        "pull": 0.01,
    }
    return descent.descend(of.tracks, material.averaged(of.reference), start, variables, **(settings | more)), variables


def test_only_free_controls_move_and_stay_in_their_limits():
    of = heard()
    silent = material.Material(of.groups, of.passages, of.tracks.copy(), of.reference)
    silent.tracks[:, 1] = 0.0
    start = busy_desk(silent)
    outcome, variables = descended(silent, start)
    moved = np.flatnonzero(outcome.settings.flat != start.flat)
    assert len(moved) and set(moved) <= set(variables.index)
    assert np.array_equal(outcome.settings.tracks[1], start.tracks[1])
    values = outcome.settings.flat[variables.index]
    assert (values >= variables.low - 1e-9).all() and (values <= variables.high + 1e-9).all()
    assert min(outcome.losses) < outcome.losses[0]


def test_it_stops_when_nothing_is_gained_and_leaves_the_threads_as_they_were():
    of = heard(1, frames=20000)
    start = console_settings.neutral(of.groups)
    before = torch.get_num_threads()
    calls = []
    outcome, _ = descended(
        of, start, steps=400, frames=20000, pull=1e6, progress=lambda done, total: calls.append((done, total))
    )
    assert len(outcome.losses) < 120
    assert torch.get_num_threads() == before
    assert calls and all(total == 400 for _, total in calls)

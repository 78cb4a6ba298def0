"""A controller's prediction as console settings: what the console of [Diff-MST] does, as values of `console.REAPER`.

The released inference averages the channels of every track. Here a stereo group keeps its channels and gets the
parameters predicted for their mean. Pans are converted to REAPER's law, exactly for mono sound: the attenuation of the
published law at the centre goes to the make-up gain. The master's threshold, which applies to the sum of both channels,
is 6 dB lower for one of them. The published detector averages the levels of single samples in dB, ReaComp's their
squares, which for sound like noise is 5.5 dB more: thresholds are higher by as much. Times from 10 to 90 % become times
to 1/e. The published look-ahead is left out, so that what begins comes through before it is turned down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixengine.jobs.match import console_settings, windows
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.compressor import TEN_TO_NINETY
from mixengine.jobs.match.console.pan import as_balance
from mixengine.jobs.match.console_settings import ConsoleSettings
from mixengine.jobs.match.diffmst import WINDOW
from mixengine.jobs.match.diffmst.checkpoint import load
from mixengine.jobs.match.diffmst.predict import Prediction, mono_tracks, predict_with
from mixengine.jobs.match.features import RATE
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.reference import Reference
from mixengine.model.session import Session
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

MAKEUP = at.DYNAMICS.start + 5
_SUM_DB = 20.0 * math.log10(2.0)
_RMS_OVER_MEAN_DB = 10.0 / math.log(10.0) * (np.euler_gamma + math.log(2.0))
"""RMS level of normally distributed samples over the mean of their levels in dB."""
RELEASE_SENDS = "a controller's release times and reverb sends do nothing in the published console, nor here"


def key_of(group: Group) -> str:
    """The key of a group's parameters: its file, else its name."""
    return group.file or group.name


def predict(
    checkpoint: Path,
    session: Session,
    groups: Sequence[Group],
    start_s: float,
    reference: Reference,
    progress: Progress,
) -> tuple[Prediction, ConsoleSettings]:
    """The controller's parameters for the groups from ``start_s`` on, and the console settings they mean.

    Raises
    ------
    UserError
        As `mixengine.jobs.match.diffmst.predict.predict`; or two groups have the same name.
    """
    keys = [key_of(group) for group in groups]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UserError(f"{session.path}: two groups are called '{twice}'; rename one of them")
    model = load(checkpoint)  # first, as it may be refused
    frames = min(WINDOW, max(int((session.duration_s - start_s) * RATE), 0))
    tracks = []
    for done, (key, group) in enumerate(zip(keys, groups, strict=True)):
        progress(done, len(groups), f"reading {group.name}")
        tracks.append((key, windows.read(session, group, start_s, frames, preroll=0, after=0).T))
    prediction = predict_with(model, mono_tracks(tracks, "mean"), reference.audio, progress=progress)
    return prediction, settings_of(prediction, groups)


def settings_of(prediction: Prediction, groups: Sequence[Group]) -> ConsoleSettings:
    """A prediction as values of `console.REAPER`; a group without parameters gets the median fader of the others."""
    controls = at.track_controls(prediction.ranges)
    tracks = console_settings.neutral(groups).tracks
    predicted = []
    for row, group in enumerate(groups):
        numbers = prediction.track_parameters.get(key_of(group))
        if numbers is None:
            continue
        values = np.array(at.values(numbers, controls), dtype=float)
        balance, gain_db = as_balance(float(values[at.PAN]))
        values[at.FADER] += prediction.gains_db[key_of(group)]
        values[at.PAN] = (1.0 + balance) / 2.0
        values[MAKEUP] += gain_db
        _to_reacomp(values[at.DYNAMICS])
        tracks[row] = values
        predicted.append(row)
    missing = [row for row in range(len(groups)) if row not in predicted]
    tracks[missing, at.FADER] = np.median(tracks[predicted, at.FADER]) + np.median(tracks[predicted, MAKEUP])
    master = np.array(at.values(prediction.master_parameters, at.master_controls(prediction.ranges)), dtype=float)
    master[at.MASTER_DYNAMICS.start] -= _SUM_DB
    _to_reacomp(master[at.MASTER_DYNAMICS])
    return ConsoleSettings(tracks, master)


def _to_reacomp(dynamics: np.ndarray) -> None:
    """Change a published compressor's threshold and times, in place, so that ReaComp does nearly the same."""
    dynamics[0] += _RMS_OVER_MEAN_DB
    dynamics[2:4] /= TEN_TO_NINETY

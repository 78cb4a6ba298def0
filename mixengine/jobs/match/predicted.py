"""A controller's answer as a desk: what the published console would do, in the terms of REAPER's.

The released inference hears every track as the mean of its channels; a group that is stereo keeps its two sides here
and is treated as its mean would be. Published pans become REAPER's, exactly for mono sound; what the published pan law
turns down at the centre goes to the make-up gain; the master's threshold, meant for the sum of both channels, is 6 dB
lower for their mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixengine.jobs.match import console_settings, windows
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.pan import as_balance
from mixengine.jobs.match.console_settings import Desk
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
RELEASE_SENDS = "a controller's release times and reverb sends do nothing in the published console, nor here"


def key_of(group: Group) -> str:
    """The name under which a group's parameters are kept: its file, else its own name."""
    return group.file or group.name


def ask(
    checkpoint: Path,
    session: Session,
    groups: Sequence[Group],
    start_s: float,
    reference: Reference,
    progress: Progress,
) -> tuple[Prediction, Desk]:
    """The controller's parameters for the groups' sound from ``start_s`` on, and the desk they mean.

    Raises
    ------
    UserError
        As `mixengine.jobs.match.diffmst.predict.predict`; or two groups have the same name.
    """
    keys = [key_of(group) for group in groups]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UserError(f"{session.path}: two groups are called '{twice}'; rename one of them")
    model = load(checkpoint)  # before anything takes time: it may be refused
    frames = min(WINDOW, max(int((session.duration_s - start_s) * RATE), 0))
    heard = []
    for done, (key, group) in enumerate(zip(keys, groups, strict=True)):
        progress(done, len(groups), f"reading {group.name}")
        heard.append((key, windows.read(session, group, start_s, frames, preroll=0, after=0).T))
    prediction = predict_with(model, mono_tracks(heard, "mean"), reference.audio, progress=progress)
    return prediction, desk_of(prediction, groups)


def desk_of(prediction: Prediction, groups: Sequence[Group]) -> Desk:
    """A prediction as values of `console.REAPER`; a group that was not heard gets the middle fader of the others."""
    controls = at.track_controls(prediction.ranges)
    tracks = console_settings.neutral(groups).tracks
    heard = []
    for row, group in enumerate(groups):
        numbers = prediction.track_parameters.get(key_of(group))
        if numbers is None:
            continue
        values = np.array(at.values(numbers, controls), dtype=float)
        balance, gain_db = as_balance(float(values[at.PAN]))
        values[at.FADER] += prediction.gains_db[key_of(group)]
        values[at.PAN] = (1.0 + balance) / 2.0
        values[MAKEUP] += gain_db
        tracks[row] = values
        heard.append(row)
    unheard = [row for row in range(len(groups)) if row not in heard]
    tracks[unheard, at.FADER] = np.median(tracks[heard, at.FADER]) + np.median(tracks[heard, MAKEUP])
    master = np.array(at.values(prediction.master_parameters, at.master_controls(prediction.ranges)), dtype=float)
    master[at.MASTER_DYNAMICS.start] -= _SUM_DB
    return Desk(tracks, master)

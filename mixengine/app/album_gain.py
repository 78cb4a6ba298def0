"""One gain for all songs of an album: the album as a whole gets the target's loudness, songs keep their distances."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mixengine import hosts
from mixengine.app import workflow
from mixengine.audio.loudness import LoudnessMeter, gated_lufs
from mixengine.jobs.render import at_target
from mixengine.jobs.render.settings import RenderSettings
from mixengine.model.delivery import PROGRAMME
from mixengine.model.units import plain_db, signed_db
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress


def measure(
    songs: Iterable[tuple[str, Path]], settings: RenderSettings, progress: Progress = no_progress
) -> tuple[float, list[str]]:
    """The gain in dB, and in words what was measured and which songs were not.

    Parameters
    ----------
    songs : iterable of tuple
        Name, and project or folder of stems.

    Raises
    ------
    UserError
        The target is not one of programme loudness, or no song has any loudness.
    """
    settings, target = at_target.resolved(settings)
    if target.measure != PROGRAMME:
        raise UserError(f"--album: is for targets of programme loudness, and {target.title} is not one")
    powers, notes = [np.zeros(0)], []
    songs = list(songs)
    for number, (name, path) in enumerate(songs):
        progress(number, len(songs), f"measuring {name}")
        try:
            powers.append(_powers(path, settings))
        except UserError as error:
            notes.append(f"not in the album's loudness: {error}")
    album_lufs = gated_lufs(np.concatenate(powers))
    if not math.isfinite(album_lufs):
        raise UserError("--album: no song has any loudness")
    gain_db = target.level - album_lufs
    notes.insert(0, f"album at {plain_db(album_lufs)} LUFS: {signed_db(gain_db)} dB for every song")
    return gain_db, notes


def _powers(path: Path, settings: RenderSettings) -> np.ndarray:
    """Powers of the gating blocks of one song."""
    _, target = at_target.resolved(settings)
    session = workflow.heard_session("render", hosts.open_files(path))  # as the render of it will hear it
    spool, _, _ = at_target.session_spool(session, settings, target, no_progress)
    with spool:
        meter = LoudnessMeter(spool.rate, spool.channels)
        for _, block in spool.blocks():
            meter.add(block)
    return meter.powers()

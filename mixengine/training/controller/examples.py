"""Training examples for the controller: tracks of one half of an excerpt, and a reference mix of the other half.

The reference is the same song through a console with random controls, so that no finished mix is needed; the loss then
compares the controller's mix of the second half with the same random console's mix of that half. Where finished mixes
are given, some examples use a window of one of them as reference and as target.

Differences from the training of [Diff-MST]: stems are summed at random into a few groups (the job mixes groups as
well), the random controls are closer to neutral in some examples than in others, faders are random too, and every
reference is brought to −16 LUFS, as when a checkpoint is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixengine.jobs.match.console import console
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.diffmst.meter import integrated_lufs
from mixengine.jobs.match.diffmst.predict import QUIET_LUFS, REFERENCE_LUFS, TRACK_LUFS
from mixengine.model.units import amplitude
from mixengine.system.errors import UserError
from mixengine.training.controller.songs import Mix, Song

MAX_TRACKS = 8
LENGTHS = (65_536, 131_072)
"""Samples of a window, drawn for each example; the 262,144 of [Diff-MST] would double the time again."""
TAIL = 8192
"""Frames after which a filter's impulse response is truncated, for speed."""

_SKIPPED_SHARE = 0.25
_MAX_GAIN_DB = 40.0
_FADER_DB = 12.0
_MAX_TRIES = 40


@dataclass(frozen=True, slots=True)
class Example:
    """One session to mix.

    Attributes
    ----------
    tracks : ndarray of float32 [shape=(tracks, samples)]
        At −48 LUFS.
    reference : ndarray of float32 [shape=(2, samples)]
        Input of the controller, at −16 LUFS.
    target : ndarray of float32 [shape=(2, samples)]
        The mix that its own is compared with.
    """

    tracks: np.ndarray
    reference: np.ndarray
    target: np.ndarray


def draw(
    songs: Sequence[Song], mixes: Sequence[Mix], rng: np.random.Generator, length: int, *, real: float = 0.5
) -> Example:
    """Draw an example.

    Parameters
    ----------
    mixes : sequence of Mix
        Finished mixes; may be empty.
    length : int
        Samples of each window.
    real : float in (0, 1)
        Share of examples with a finished mix as reference, when there are any.

    Raises
    ------
    UserError
        A song is nearly always silent.
    """
    song = songs[int(rng.integers(len(songs)))]
    first, second = _groups(song, rng, length)
    if mixes and rng.random() < real:
        reference = _finished_mix(mixes, rng, length)
        return Example(second, reference, reference)
    track_values, master_values = _random_console(len(second), rng)
    reference, target = (_mix(tracks, track_values, master_values) for tracks in (first, second))
    gain = amplitude(REFERENCE_LUFS - integrated_lufs(reference.T))
    return Example(second, np.float32(gain) * reference, np.float32(gain) * target)


def _groups(song: Song, rng: np.random.Generator, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Two halves of an excerpt of a song, its audible stems in random groups [shape=(groups, length) each]."""
    frames = song.stems.shape[1]
    earliest = min(int(_SKIPPED_SHARE * frames), frames - 2 * length)
    for _ in range(_MAX_TRIES):
        start = int(rng.integers(earliest, frames - 2 * length + 1))
        excerpt = song.stems[:, start : start + 2 * length]
        audible = [stem for stem in excerpt if integrated_lufs(stem[:, None]) >= TRACK_LUFS]
        groups = _sum_in_groups(audible, rng)
        loudness = [integrated_lufs(group[length:, None]) for group in groups]
        groups = [
            np.float32(amplitude(min(TRACK_LUFS - lufs, _MAX_GAIN_DB))) * group
            for group, lufs in zip(groups, loudness, strict=True)
            if lufs >= QUIET_LUFS
        ]
        if len(groups) > 1 and all(np.any(half) for half in np.hsplit(np.stack(groups), 2)):
            stacked = np.stack(groups)
            return stacked[:, :length], stacked[:, length:]
    raise UserError(f"{song.name}: hardly two stems sound at the same time; leave this song out of the training")


def _sum_in_groups(stems: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Sum stems into 2 to `MAX_TRACKS` random groups, none of them empty."""
    if len(stems) < 2:
        return []
    count = int(rng.integers(2, min(len(stems), MAX_TRACKS) + 1))
    order = rng.permutation(len(stems))
    member = np.concatenate([np.arange(count), rng.integers(0, count, len(stems) - count)])
    return [
        np.sum([stems[index] for index, group in zip(order, member, strict=True) if group == number], axis=0)
        for number in range(count)
    ]


def _random_console(tracks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Random values of all controls: uniform within a share of their range around neutral, the share itself random."""
    share = rng.random()
    track_controls, master_controls = at.track_controls(), at.master_controls()
    track_values = _near_neutral(at.neutral_track(), track_controls, share, rng.random((tracks, len(track_controls))))
    master_values = _near_neutral(at.neutral_master(), master_controls, share, rng.random(len(master_controls)))
    track_values[:, at.FADER] = share * rng.uniform(-_FADER_DB, _FADER_DB, tracks)
    # A reference with all tracks in the centre teaches no panning: pans use their full range in every example.
    track_values[:, at.PAN] = rng.uniform(0.02, 0.98, tracks)
    # The level of the result is set afterwards; here the master's faders only drive its compressor.
    master_values[at.MASTER_INPUT] = rng.uniform(0.0, 24.0)
    master_values[at.MASTER_OUTPUT] = 0.0
    return track_values, master_values


def _near_neutral(neutral: np.ndarray, controls: dict[str, at.Range], share: float, random: np.ndarray) -> np.ndarray:
    centre = at.numbers(neutral, controls)
    return at.values(centre + share * (random - centre), controls)


def _mix(tracks: np.ndarray, track_values: np.ndarray, master_values: np.ndarray) -> np.ndarray:
    return console.mix(tracks[:, None].astype(float), track_values, master_values, tail=TAIL).astype(np.float32)


def _finished_mix(mixes: Sequence[Mix], rng: np.random.Generator, length: int) -> np.ndarray:
    """A window of a finished mix at −16 LUFS."""
    for _ in range(_MAX_TRIES):
        mix = mixes[int(rng.integers(len(mixes)))]
        start = int(rng.integers(0, mix.samples.shape[1] - length + 1))
        window = mix.samples[:, start : start + length]
        lufs = integrated_lufs(window.T)
        if lufs >= TRACK_LUFS:
            return np.float32(amplitude(REFERENCE_LUFS - lufs)) * window
    raise UserError(f"{mix.name}: nearly silent; leave it out of the references")

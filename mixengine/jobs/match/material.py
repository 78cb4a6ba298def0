"""The audio that a match works on: the groups in the passages compared, and the passages of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mixengine.jobs.match import bandwidth, features, held, windows
from mixengine.jobs.match.bark_filters import BANDS
from mixengine.jobs.match.closed_form import Statistics
from mixengine.jobs.match.console import console
from mixengine.jobs.match.console_settings import ConsoleSettings
from mixengine.jobs.match.features import RATE
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.held import FREE, Held
from mixengine.jobs.match.reference import Reference
from mixengine.jobs.match.windows import Passages
from mixengine.model.session import Session
from mixengine.model.units import amplitude
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

SETUP = console.REAPER
_TAIL = RATE


@dataclass(frozen=True, slots=True)
class Material:
    """Audio of the groups and of the reference.

    Attributes
    ----------
    groups : tuple of Group
    passages : Passages
    tracks : ndarray of float32 [shape=(passages, groups, 2, preroll + frames + delay)]
    reference : ndarray of float32 [shape=(passages, 2, frames)]
        At −16 LUFS.
    compared : ndarray of bool [shape=(2, 24)], optional
        Bark bands of mid and side that are compared; default: all.
    master : Held
        What of the master stays.
    master_db : float
        The level at which its fader stays, if it does.
    """

    groups: tuple[Group, ...]
    passages: Passages
    tracks: np.ndarray
    reference: np.ndarray
    compared: np.ndarray = field(default_factory=lambda: np.ones((2, BANDS), dtype=bool))
    master: Held = FREE
    master_db: float = 0.0

    @property
    def frames(self) -> int:
        """Length of a passage."""
        return self.passages.frames

    @property
    def active(self) -> list[bool]:
        """Which groups play in the passages."""
        return [bool(np.abs(self.tracks[:, index]).max(initial=0.0) > 1e-4) for index in range(len(self.groups))]

    @property
    def plain(self) -> np.ndarray:
        """Audio of the groups without pre-roll and delay [shape=(passages, groups, 2, frames)]."""
        return self.tracks[..., windows.PREROLL : windows.PREROLL + self.frames]

    def mixed(self, settings: ConsoleSettings | None) -> np.ndarray:
        """The passages through the console, aligned with the reference; without settings the sum as it stands.

        Returns
        -------
        ndarray of float32 [shape=(passages, 2, frames)]
        """
        if settings is None:
            total = self.plain.sum(axis=1)
            return total * np.float32(amplitude(self.master_db)) if self.master_db else total
        first = windows.PREROLL + SETUP.delay
        tracks, master = settings.tracks.astype(np.float32), settings.master.astype(np.float32)
        return np.stack(
            [
                console.mix(passage, tracks, master, setup=SETUP, tail=_TAIL)[:, first : first + self.frames]
                for passage in self.tracks
            ]
        )

    def cut(self, frames: int, max_passages: int, seed: int) -> Material:
        """Random excerpts of ``frames`` from at most ``max_passages`` passages.

        The excerpts of a reference that is another mix of the same song are at the same positions; of another song they
        are at random positions of their own.
        """
        if frames >= self.frames and max_passages >= len(self.tracks):
            return self
        frames = min(frames, self.frames)
        rng = np.random.default_rng(seed)
        tracks, reference = [], []
        for index in sorted(rng.permutation(len(self.tracks))[:max_passages]):
            at, other = rng.integers(0, self.frames - frames + 1, 2)
            tracks.append(self.tracks[index, ..., at : at + windows.PREROLL + frames + SETUP.delay])
            other = at if self.passages.same_song else other
            reference.append(self.reference[index % len(self.reference), :, other : other + frames])
        passages = Passages(frames, (), (), self.passages.same_song)
        return Material(self.groups, passages, np.stack(tracks), np.stack(reference), self.compared, self.master)


def collect(
    session: Session,
    groups: Sequence[Group],
    reference: Reference,
    progress: Progress,
    passages: Passages | None = None,
) -> Material:
    """Choose the passages, unless they are given, and read their audio.

    Raises
    ------
    UserError
        The song is silent, or too short to be compared with anything.
    """
    if passages is None:
        passages = _passages(session, groups, reference, progress)
    total = len(passages.song_s)
    tracks = []
    for done, start_s in enumerate(passages.song_s):
        progress(done, total, "reading passages")
        tracks.append(
            np.stack(
                [
                    windows.read(session, group, start_s, passages.frames, preroll=windows.PREROLL, after=SETUP.delay)
                    for group in groups
                ]
            )
        )
    levelled = reference.levelled
    excerpts = [
        levelled[:, at : at + passages.frames]
        for at in (min(round(s * RATE), levelled.shape[1] - passages.frames) for s in passages.reference_s)
    ]
    material = Material(
        tuple(groups),
        passages,
        np.stack(tracks),
        np.stack(excerpts),
        master=held.of_master(session),
        master_db=held.master_level_db(session, passages.song_s, passages.frames / RATE),
    )
    bands = bandwidth.compared_bands(material.reference, material.mixed(None))
    return replace(material, compared=np.stack([bands, bands & bandwidth.compared_sides(material.reference)]))


def _passages(session: Session, groups: Sequence[Group], reference: Reference, progress: Progress) -> Passages:
    powers = []
    for done, group in enumerate(groups):
        progress(done, len(groups), f"listening to {group.name}")
        powers.append(windows.group_powers(session, group))
    try:
        return windows.choose(
            powers, windows.audio_powers(reference.audio), int(session.duration_s * RATE), len(reference.audio)
        )
    except ValueError as error:
        raise UserError(f"{session.path}: cannot be matched: {error}") from None


def averaged(mix: np.ndarray) -> dict[str, np.ndarray]:
    """Features of several passages [shape=(passages, 2, frames)], each averaged over them."""
    return {name: np.asarray(value, dtype=float).mean(axis=0) for name, value in features.measure(mix).items()}


def statistics(mix: np.ndarray) -> Statistics:
    """Powers and Bark spectrum of passages [shape=(passages, 2, frames)]."""
    x = mix.astype(np.float64)
    left, right = x[:, 0], x[:, 1]
    bark = np.mean(features.bark_bands(x)[:, 0] ** 2, axis=0)
    return Statistics(bark, float(np.mean(left**2)), float(np.mean(right**2)), float(np.mean(left * right)))


def terms(
    measured: Mapping[str, np.ndarray], target: Mapping[str, np.ndarray], compared: np.ndarray | None = None
) -> dict[str, float]:
    """Weighted terms of the loss of [Diff-MST] as plain numbers, over the Bark bands ``compared`` (default: all)."""
    if compared is not None:
        spectrum = np.where(compared, measured["barkspectrum"], target["barkspectrum"])
        measured = {**measured, "barkspectrum": spectrum}
    return {name: float(value) for name, value in features.terms(measured, target).items()}

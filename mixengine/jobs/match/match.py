"""Analysis by synthesis: find the console settings whose mix has the features of the reference.

Levels and pans are first computed in closed form. Then a few controls of every group and of the master are optimised by
gradient descent on the audio-feature loss of [Diff-MST] through the console, regularised towards their start; first on
short passages, then on longer ones. The result is the better of start and end, measured on whole passages by the
console itself. Without a controller the unchanged mix is a candidate too, so that a match never
increases the loss that it knows of; what acts on the master is measured afterwards (`as_played`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mixengine.jobs.match import closed_form, console_settings, descent, limits, windows
from mixengine.jobs.match.bark_filters import centres_hz
from mixengine.jobs.match.console import eq
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.compressor import RMS_MS
from mixengine.jobs.match.console_settings import ConsoleSettings
from mixengine.jobs.match.material import SETUP, Material, averaged, statistics, terms
from mixengine.system.progress import Progress

PULL = 0.02
"""Weight of the regularisation: the mean squared distance from the start, each control in its own width."""
_STAGES = ((65536, 2, 50), (131072, 2, 90))
"""Stages of the descent: length of the excerpts in frames, their number, and maximum steps."""
_USUAL_GROUPS = 8
_MIN_STEPS = 20
_MASTER_GAINS = [3 * list(at.BANDS).index(name) for name in console_settings.MASTER_BANDS]
_BELOW_LOUD_DB = 3.0
_LOUD = 95.0
_MIN_BAND_DB = 0.25
_MIN_PAN = 0.01
_MIN_RATIO = 1.05


@dataclass(frozen=True, slots=True)
class Match:
    """Result of a match: console settings with their loss.

    Attributes
    ----------
    settings : ConsoleSettings
        Values for the setup `console.REAPER`.
    terms : dict
        ``before``, ``closed_form`` or ``controller``, ``after`` → weighted terms of the loss over the bands compared.
    measured : dict
        The same names and ``reference`` → features, averaged over the passages.
    steps : int
        Number of steps of the descent.
    """

    settings: ConsoleSettings
    terms: Mapping[str, Mapping[str, float]]
    measured: Mapping[str, Mapping[str, np.ndarray]]
    steps: int

    def loss(self, stage: str) -> float:
        """Sum of the terms of a stage."""
        return sum(self.terms[stage].values())


def match(
    material: Material,
    progress: Progress,
    *,
    seed: int = 0,
    controller: ConsoleSettings | None = None,
    refine: bool = True,
) -> Match:
    """Match the material to its reference.

    Parameters
    ----------
    seed : int
        Of the random excerpts on which the descent works.
    controller : ConsoleSettings, optional
        Settings to start from instead of those in closed form.
    refine : bool
        Run the descent; otherwise the start is the result.
    """
    stage = "controller" if controller is not None else "closed_form"
    target = averaged(material.reference)
    measured = {"reference": target, "before": averaged(material.mixed(None))}
    start = controller if controller is not None else in_closed_form(material)
    start = _reachable(material, start)
    measured[stage] = averaged(material.mixed(_written(material, start)))
    refined, steps = start, 0
    if refine:
        refined, steps = _descended(material, start, seed, controller is not None, progress)
        measured["after"] = averaged(material.mixed(_written(material, refined)))
    losses = {name: terms(measured[name], target, material.compared) for name in measured if name != "reference"}
    candidates = {stage: start} if controller is not None else {"before": unchanged(material), stage: start}
    if refine:
        candidates["after"] = refined
    best = min(reversed(candidates), key=lambda name: _total(losses[name]))  # of equals, the later stage
    measured["after"], losses["after"] = measured[best], losses[best]
    return Match(_written(material, candidates[best]), losses, measured, steps)


def as_played(matched: Match, material: Material, before: np.ndarray, after: np.ndarray) -> Match:
    """The match with losses of what its session plays before and after [shape=(passages, 2, frames)]."""
    measured = {**matched.measured, "before": averaged(before), "after": averaged(after)}
    target = measured["reference"]
    judged = {name: terms(measured[name], target, material.compared) for name in ("before", "after")}
    return replace(matched, terms={**matched.terms, **judged}, measured=measured)


def unchanged(material: Material) -> ConsoleSettings:
    """Settings that leave the mix as it stands."""
    settings = console_settings.neutral(material.groups)
    settings.master[at.MASTER_OUTPUT] = material.master_db
    return settings


def _reachable(material: Material, settings: ConsoleSettings) -> ConsoleSettings:
    return limits.reachable(settings, material.groups, material.master, material.master_db)


def _written(material: Material, settings: ConsoleSettings) -> ConsoleSettings:
    """The settings as they will be written."""
    return _reachable(material, settled(settings))


def _total(terms: Mapping[str, float]) -> float:
    """Sum of a loss's terms; infinite where it is not finite."""
    total = sum(terms.values())
    return total if math.isfinite(total) else math.inf


def in_closed_form(material: Material) -> ConsoleSettings:
    """Levels and pans, the master's level and equaliser, and thresholds just below the loud passages."""
    groups = material.groups
    plain = material.plain
    group_statistics = [statistics(plain[:, index]) for index in range(len(groups))]
    reference = statistics(material.reference)
    reference = replace(reference, bark=np.where(material.compared[0], reference.bark, 0.0))
    gains_db, master_db = closed_form.levels_db(group_statistics, reference, limits.fixed_faders(groups))
    movable = [group.role not in closed_form.CENTRED_ROLES and not group.held.pan for group in groups]
    limit = console_settings.max_balance(groups)
    balances = np.clip(closed_form.pans(group_statistics, gains_db, movable, reference), -limit, limit)
    start = console_settings.with_levels(console_settings.neutral(groups), gains_db, balances, master_db)
    mixed = material.mixed(start)  # correlated groups add up to more than their powers
    responses_db = _one_db(start.master)
    if material.master.effects:  # only the level remains
        responses_db = np.zeros_like(responses_db)
    bands_db, level_db = closed_form.bands_db(statistics(mixed).bark, reference.bark, responses_db)
    start.master[_MASTER_GAINS] = bands_db
    start.master[at.MASTER_OUTPUT] += level_db
    loud = np.array([_loud_db(plain[:, index]) for index in range(len(groups))])
    # compressors come after the faders and before the master's output fader
    return console_settings.with_thresholds(
        start, loud + gains_db - _BELOW_LOUD_DB, _loud_db(mixed) - _BELOW_LOUD_DB - master_db
    )


def _one_db(master: np.ndarray) -> np.ndarray:
    """Response in dB to 1 dB of each of the master's bands, at the centres of the Bark bands [shape=(24, bands)]."""
    columns = []
    for place in _MASTER_GAINS:
        values = master[at.MASTER_EQ].copy()
        values[::3] = 0.0
        values[place] = 1.0
        columns.append(eq.response_db(values, centres_hz(), SETUP.rate))
    return np.stack(columns, axis=1)


def _loud_db(x: np.ndarray) -> float:
    """Level in dB that the louder channel [shape=(passages, 2, frames)] exceeds for a twentieth of the time.

    It is measured as ReaComp measures it, over windows one after the other.
    """
    window = round(RMS_MS * SETUP.rate / 1000.0)
    windows = x[..., : x.shape[-1] // window * window].reshape(*x.shape[:-1], -1, window)
    powers = np.square(windows.astype(float)).mean(axis=-1).max(axis=1)
    return float(10.0 * np.log10(max(np.percentile(powers, _LOUD), 1e-12)))


def _descended(
    material: Material, start: ConsoleSettings, seed: int, every_band: bool, progress: Progress
) -> tuple[ConsoleSettings, int]:
    """Settings after all stages and the number of steps; all stages are regularised towards ``start``."""
    variables = console_settings.variables(
        material.groups, start, material.active, master=material.master, every_band=every_band
    )
    if variables is None:
        return start, 0
    share = min(1.0, _USUAL_GROUPS / max(len(material.groups), 1))
    stages = [(frames, count, max(round(steps * share), _MIN_STEPS)) for frames, count, steps in _STAGES]
    total, done, current = sum(steps for *_, steps in stages), 0, start
    for number, (frames, count, steps) in enumerate(stages):
        piece = material.cut(frames, count, seed + number)
        outcome = descent.descend(
            piece.tracks,
            averaged(piece.reference if piece.passages.same_song else material.reference),
            current,
            variables,
            compared=material.compared,
            setup=SETUP,
            frames=piece.frames,
            preroll=windows.PREROLL,
            steps=steps,
            pull=PULL,
            progress=functools.partial(_report, progress, done, total),
        )
        current, done = outcome.settings, done + steps
    progress(total, total, "matched")
    return _reachable(material, current), done


def _report(progress: Progress, before: int, total: int, step: int, _: int) -> None:
    progress(before + step, total, "matching")


def settled(settings: ConsoleSettings) -> ConsoleSettings:
    """The settings without inaudible changes: bands under 0.25 dB, ratios under 1.05, pans of 2 %."""
    tracks, master = settings.tracks.copy(), settings.master.copy()
    for values, equalizer, dynamics in ((tracks, at.EQ, at.DYNAMICS), (master[None], at.MASTER_EQ, at.MASTER_DYNAMICS)):
        gains = values[:, equalizer.start : equalizer.stop : 3]
        gains[np.abs(gains) < _MIN_BAND_DB] = 0.0
        ratios = values[:, dynamics.start + 1]
        ratios[ratios < _MIN_RATIO] = 1.0
    pans = tracks[:, at.PAN]
    pans[np.abs(pans - 0.5) < _MIN_PAN] = 0.5
    return ConsoleSettings(tracks, master)

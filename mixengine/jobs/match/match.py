"""Analysis by synthesis: find the console settings whose mix measures like the reference.

Levels and pans come in closed form first. Then a few controls of every group and of the master descend on the published
audio-feature loss through the console, drawn to where they started; first on short passages, then on longer ones. The
best of start and end, measured on whole passages by the console itself, is the answer; without a controller, which has
its own idea of the start, the mix as it was is a candidate too, so that no match makes it worse.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mixengine.jobs.match import closed_form, descent, windows
from mixengine.jobs.match import console_settings as desk
from mixengine.jobs.match.bark_filters import centres_hz
from mixengine.jobs.match.console import eq
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console_settings import Desk
from mixengine.jobs.match.material import SETUP, Material, averaged, statistics, terms
from mixengine.system.progress import Progress

PULL = 0.02
"""Weight of the mean squared distance from the start, each control in its own width."""
_STAGES = ((65536, 2, 50), (131072, 2, 90))
"""Length of the pieces in frames, how many, and steps at most."""
_USUAL_GROUPS = 8
_FEWEST_STEPS = 20
_MASTER_GAINS = [3 * list(at.BANDS).index(name) for name in desk.MASTER_BANDS]
_BELOW_LOUD_DB = 3.0
_LOUD = 95.0
_FLAT_DB = 0.25
_MIDDLE = 0.01
_NO_RATIO = 1.05


@dataclass(frozen=True, slots=True)
class Match:
    """Console settings and what they are worth.

    Attributes
    ----------
    desk : Desk
        In the terms of `console.REAPER`.
    terms : dict
        ``before``, ``closed_form`` or ``controller``, ``after`` → weighted terms of the loss over what is compared.
    measured : dict
        The same names → features, averaged over the passages; ``reference`` too.
    steps : int
        Of the descent.
    """

    desk: Desk
    terms: Mapping[str, Mapping[str, float]]
    measured: Mapping[str, Mapping[str, np.ndarray]]
    steps: int

    def loss(self, stage: str) -> float:
        """Sum of the terms of a stage."""
        return sum(self.terms[stage].values())


def match(
    material: Material, progress: Progress, *, seed: int = 0, controller: Desk | None = None, refine: bool = True
) -> Match:
    """Match the material to its reference.

    Parameters
    ----------
    seed : int
        Draws the pieces on which the descent works.
    controller : Desk, optional
        Settings to start from in place of those in closed form.
    refine : bool
        Descend; otherwise the start is the answer.
    """
    stage = "controller" if controller is not None else "closed_form"
    wanted = averaged(material.reference)
    measured = {"reference": wanted, "before": averaged(material.mixed(None))}
    start = controller if controller is not None else in_closed_form(material)
    measured[stage] = averaged(material.mixed(settled(start)))
    found, steps = start, 0
    if refine:
        found, steps = _descended(material, start, seed, controller is not None, progress)
        measured["after"] = averaged(material.mixed(settled(found)))
    ends = {name: terms(measured[name], wanted, material.compared) for name in measured if name != "reference"}
    answers = {stage: start} if controller is not None else {"before": desk.neutral(material.groups), stage: start}
    if refine:
        answers["after"] = found
    best = min(reversed(answers), key=lambda name: _distance(ends[name]))  # of equals, the later stage
    measured["after"], ends["after"] = measured[best], ends[best]
    return Match(settled(answers[best]), ends, measured, steps)


def _distance(terms: Mapping[str, float]) -> float:
    """Sum of a loss's terms; what is not finite is farthest."""
    total = sum(terms.values())
    return total if math.isfinite(total) else math.inf


def in_closed_form(material: Material) -> Desk:
    """Levels and pans, the master's level and equaliser, and thresholds just under what is loud."""
    groups = material.groups
    plain = material.plain
    found = [statistics(plain[:, index]) for index in range(len(groups))]
    reference = statistics(material.reference)
    reference = replace(reference, bark=np.where(material.compared[0], reference.bark, 0.0))
    gains_db, master_db = closed_form.levels_db(found, reference)
    movable = [group.role not in closed_form.CENTRED_ROLES for group in groups]
    reach = desk.farthest(groups)
    balances = np.clip(closed_form.pans(found, gains_db, movable, reference), -reach, reach)
    start = desk.with_levels(desk.neutral(groups), gains_db, balances, master_db)
    mixed = material.mixed(start)  # groups may play together, and then add up to more than their powers
    responses_db = _one_db(start.master)
    bands_db, level_db = closed_form.bands_db(statistics(mixed).bark, reference.bark, responses_db)
    start.master[_MASTER_GAINS] = bands_db
    start.master[at.MASTER_OUTPUT] += level_db
    loud = np.array([_loud_db(plain[:, index].mean(axis=1)) for index in range(len(groups))])
    # the curves act behind the faders and before the master's output
    return desk.with_thresholds(
        start, loud + gains_db - _BELOW_LOUD_DB, _loud_db(mixed.mean(axis=1)) - _BELOW_LOUD_DB - master_db
    )


def _one_db(master: np.ndarray) -> np.ndarray:
    """What 1 dB of each of the master's bands does at the Bark bands' centres, in dB [shape=(24, bands)]."""
    angle = np.pi * np.minimum(centres_hz() / SETUP.rate, 0.5)
    columns = []
    for place in _MASTER_GAINS:
        values = master[at.MASTER_EQ].copy()
        values[::3] = 0.0
        values[place] = 1.0
        curve = eq.response_at(values, np.sin(angle) ** 2, np.cos(angle) ** 2, np.sin(2.0 * angle), SETUP.rate)
        columns.append(20.0 * np.log10(np.abs(curve)))
    return np.stack(columns, axis=1)


def _loud_db(x: np.ndarray) -> float:
    """Level in dB that the samples pass for a twentieth of the time."""
    return float(20.0 * np.log10(max(np.percentile(np.abs(x), _LOUD), 1e-6)))


def _descended(material: Material, start: Desk, seed: int, every_band: bool, progress: Progress) -> tuple[Desk, int]:
    """Stage by stage; all are drawn to where the first one started."""
    variables = desk.free(material.groups, start, material.active, every_band=every_band)
    share = min(1.0, _USUAL_GROUPS / max(len(material.groups), 1))
    plan = [(frames, most, max(round(steps * share), _FEWEST_STEPS)) for frames, most, steps in _STAGES]
    total, done, current = sum(steps for *_, steps in plan), 0, start
    for number, (frames, most, steps) in enumerate(plan):
        piece = material.cut(frames, most, seed + number)
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
            progress=functools.partial(_tell, progress, done, total),
        )
        current, done = outcome.desk, done + steps
    progress(total, total, "matched")
    return current, done


def _tell(progress: Progress, before: int, total: int, step: int, _: int) -> None:
    progress(before + step, total, "matching")


def settled(found: Desk) -> Desk:
    """The desk without what nobody would hear: bands under 0.25 dB, ratios under 1.05, pans of 2 %."""
    tracks, master = found.tracks.copy(), found.master.copy()
    for values, equalizer, dynamics in ((tracks, at.EQ, at.DYNAMICS), (master[None], at.MASTER_EQ, at.MASTER_DYNAMICS)):
        gains = values[:, equalizer.start : equalizer.stop : 3]
        gains[np.abs(gains) < _FLAT_DB] = 0.0
        ratios = values[:, dynamics.start + 1]
        ratios[ratios < _NO_RATIO] = 1.0
    pans = tracks[:, at.PAN]
    pans[np.abs(pans - 0.5) < _MIDDLE] = 0.5
    return Desk(tracks, master)

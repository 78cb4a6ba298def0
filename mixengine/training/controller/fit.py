"""The training loop: Adam on the audio-feature loss, validated on a held-out song, with early stopping.

Every step draws its examples from a generator seeded with the step's number, so that a resumed run gives the same
result as an uninterrupted one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from mixengine.jobs.match import features
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.training.controller.examples import LENGTHS, Example, draw
from mixengine.training.controller.network import Batch, SmallModel, mix_batch
from mixengine.training.controller.songs import Mix, Song

_CLIP = 10.0
_WARM_UP = 30
_VALIDATION_SEED = 1_000_000
_VALIDATION_EXAMPLES = 12
_HELD_OUT_MIX_EVERY = 4


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes
    ----------
    steps : int > 0
        Updates of the weights.
    batch : int > 0
        Examples per step.
    learning_rate : float > 0
        Maximum; it rises over the first steps and falls to 0 along a half cosine.
    seed : int >= 0
    check_every : int > 0
        Steps between two validations on the held-out song; everything is saved after each.
    patience : int > 0
        Validations without improvement after which training ends.
    minutes : float >= 0
        Time after which it pauses; 0: none.
    """

    steps: int = 1500
    batch: int = 4
    learning_rate: float = 1e-3
    seed: int = 0
    check_every: int = 50
    patience: int = 8
    minutes: float = 0.0


@dataclass(slots=True)
class Run:
    """State of a training run.

    Attributes
    ----------
    steps : int
        Steps done.
    losses : list of float
        Of each step.
    checks : list of (int, float)
        Step and loss on the held-out song.
    """

    model: SmallModel
    optimizer: torch.optim.Optimizer
    steps: int = 0
    losses: list[float] = field(default_factory=list)
    checks: list[tuple[int, float]] = field(default_factory=list)

    @property
    def best(self) -> tuple[int, float]:
        """Step and loss of the best validation."""
        return min(self.checks, key=lambda check: check[1])

    @property
    def is_best(self) -> bool:
        """Whether the latest validation was the best, and no step was made since."""
        return self.best == self.checks[-1] and self.checks[-1][0] == self.steps


@dataclass(frozen=True, slots=True)
class Material:
    """Songs and mixes to train on, and those held out for validation."""

    songs: Sequence[Song]
    mixes: Sequence[Mix]
    held_out: Song
    held_out_mixes: Sequence[Mix]

    @classmethod
    def of(cls, songs: Sequence[Song], mixes: Sequence[Mix], hold_out: str = "") -> Material:
        """Hold out one song (default: the last) and every fourth finished mix.

        Raises
        ------
        UserError
            There is no song of that name.
        """
        names = [song.name for song in songs]
        if hold_out and hold_out not in names:
            raise UserError(f"no song '{hold_out}' to hold out; there are: {', '.join(names)}")
        index = names.index(hold_out) if hold_out else len(songs) - 1
        return cls(
            [song for place, song in enumerate(songs) if place != index],
            [mix for place, mix in enumerate(mixes) if place % _HELD_OUT_MIX_EVERY != 1],
            songs[index],
            list(mixes)[1::_HELD_OUT_MIX_EVERY],
        )


def start(seed: int) -> Run:
    """A new run."""
    torch.manual_seed(seed)
    model = SmallModel()
    return Run(model, torch.optim.Adam(model.parameters(), lr=0.0))


def fit(
    run: Run,
    material: Material,
    settings: Settings,
    save: Callable[[Run], None],
    progress: Progress = no_progress,
) -> str:
    """Train until done; returns why it ended.

    Parameters
    ----------
    run : Run
        Changed in place.
    save : callable
        Called after each validation, and before a pause.
    """
    deadline_s = time.monotonic() + settings.minutes * 60.0 if settings.minutes else math.inf
    held_out = _held_out(material, settings.seed)
    if not run.checks:
        run.checks.append((0, validation(run.model, held_out)))
        save(run)
    while run.steps < settings.steps:
        if run.steps - run.best[0] >= settings.patience * settings.check_every:
            return f"no better for {run.steps - run.best[0]} steps"
        if time.monotonic() > deadline_s:
            save(run)
            return f"{settings.minutes:g} minutes are over; run the same command again to go on"
        status = f"loss {np.mean(run.losses[-50:]):.3f}, held out {run.checks[-1][1]:.3f}" if run.losses else "training"
        progress(run.steps, settings.steps, status)
        run.losses.append(_step(run, material, settings))
        run.steps += 1
        if run.steps % settings.check_every == 0 or run.steps == settings.steps:
            run.checks.append((run.steps, validation(run.model, held_out)))
            save(run)
    progress(settings.steps, settings.steps, "")
    return f"all {settings.steps} steps are done"


def validation(model: SmallModel, examples: Sequence[Example]) -> float:
    """Mean loss over examples, in evaluation mode."""
    model.eval()
    with torch.inference_mode():
        return float(np.mean([float(_loss(model, Batch.of([example]))) for example in examples]))


def _held_out(material: Material, seed: int) -> list[Example]:
    rng = np.random.default_rng([seed, _VALIDATION_SEED])
    length = LENGTHS[-1]
    return [draw([material.held_out], material.held_out_mixes, rng, length) for _ in range(_VALIDATION_EXAMPLES)]


def _step(run: Run, material: Material, settings: Settings) -> float:
    rng = np.random.default_rng([settings.seed, run.steps])
    length = int(rng.choice(LENGTHS))
    batch = Batch.of([draw(material.songs, material.mixes, rng, length) for _ in range(settings.batch)])
    for group in run.optimizer.param_groups:
        group["lr"] = settings.learning_rate * _schedule(run.steps, settings.steps)
    run.model.train()
    run.optimizer.zero_grad()
    loss = _loss(run.model, batch)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(run.model.parameters(), _CLIP)
    if bool(torch.isfinite(norm)):
        run.optimizer.step()
    return float(loss.detach())


def _schedule(step: int, steps: int) -> float:
    return min((step + 1) / _WARM_UP, 0.5 + 0.5 * math.cos(math.pi * step / steps))


def _loss(model: SmallModel, batch: Batch) -> torch.Tensor:
    """The loss of [Diff-MST], averaged over the batch."""
    return features.loss(mix_batch(batch, *model(batch)), batch.target)

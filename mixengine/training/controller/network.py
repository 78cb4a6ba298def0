"""A small network in the format of [Diff-MST], initialised to a nearly neutral console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from mixengine.jobs.match.console import console, pan
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.diffmst.controller import ControllerShape, TransformerController
from mixengine.jobs.match.diffmst.encoder import EncoderShape, SpectrogramEncoder
from mixengine.training.controller.examples import TAIL, Example

ENCODER = EncoderShape((4, 8, 16, 32, 64, 128), embed_dim=64)
CONTROLLER = ControllerShape(embed_dim=64, layers=2, feed_forward=256, heads=4)
_NEAR_NEUTRAL_DB = {"threshold_db": -45.0, "output_fader_db": 24.0}
"""A threshold above all levels has no gradient; tracks come at −48 LUFS and the mix should be at −16 LUFS."""
_RATIO = 1.2
_EDGE = 0.02
_INITIAL_WEIGHT_SCALE = 0.1


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples of one length; sessions with fewer tracks are padded with silent ones.

    Attributes
    ----------
    tracks : Tensor [shape=(sessions, tracks, samples)]
    absent : Tensor of bool [shape=(sessions, tracks)]
        Which tracks are padding.
    reference, target : Tensor [shape=(sessions, 2, samples)]
    """

    tracks: torch.Tensor
    absent: torch.Tensor
    reference: torch.Tensor
    target: torch.Tensor

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Batch:
        """Stack examples."""
        max_tracks = max(len(example.tracks) for example in examples)
        tracks = [np.pad(example.tracks, ((0, max_tracks - len(example.tracks)), (0, 0))) for example in examples]
        absent = [np.arange(max_tracks) >= len(example.tracks) for example in examples]
        reference, target = [example.reference for example in examples], [example.target for example in examples]
        return cls(*(torch.from_numpy(np.stack(part)) for part in (tracks, absent, reference, target)))


class SmallModel(nn.Module):
    """Encoders and controller in one module, for training.

    Parameters
    ----------
    encoder : EncoderShape
    controller : ControllerShape
        Of the same ``embed_dim``.
    """

    def __init__(
        self,
        encoder: EncoderShape = ENCODER,
        controller: ControllerShape = CONTROLLER,
    ) -> None:
        super().__init__()
        self.track_encoder = SpectrogramEncoder(encoder)
        self.mix_encoder = SpectrogramEncoder(encoder)
        self.controller = TransformerController(controller)
        _initialise(self.controller.track_projection, at.neutral_track(), at.track_controls())
        _initialise(self.controller.master_bus_projection, at.neutral_master(), at.master_controls())
        # Convolutions with few channels train three times as fast in channels-last memory format.
        self.to(memory_format=torch.channels_last)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised controls of tracks and master [shape=(sessions, tracks, 27), (sessions, 26)]."""
        sessions, tracks, _ = batch.tracks.shape
        present = ~batch.absent
        embedded = self.track_encoder(batch.tracks[present])
        placed = embedded.new_zeros(sessions, tracks, embedded.shape[-1])
        placed[present] = embedded
        mix = self.mix_encoder(batch.reference.flatten(0, 1)).unflatten(0, (sessions, 2))
        track_numbers, _, master_numbers = self.controller(placed, mix, batch.absent)
        return track_numbers, master_numbers


def mix_batch(batch: Batch, track_numbers: torch.Tensor, master_numbers: torch.Tensor) -> torch.Tensor:
    """Mix the batch through the console, delayed by its look-ahead [shape=(sessions, 2, samples)]; differentiable."""
    position = track_numbers[..., at.PAN].clamp(pan.EDGE, 1.0 - pan.EDGE)
    track_numbers = torch.cat(
        (track_numbers[..., : at.PAN], position[..., None], track_numbers[..., at.PAN + 1 :]), dim=-1
    )
    return console.mix(
        batch.tracks.unsqueeze(-2),
        at.values(track_numbers, at.track_controls()),
        at.values(master_numbers, at.master_controls()),
        tail=TAIL,
    )


def start_numbers(neutral: np.ndarray, controls: dict[str, at.Range]) -> np.ndarray:
    """Normalised controls near neutral, away from values without a gradient; range `_EDGE` to 1 − `_EDGE`."""
    values = [
        _NEAR_NEUTRAL_DB.get(name, _RATIO if name == "ratio" else value)
        for name, value in zip(controls, neutral, strict=True)
    ]
    return np.clip(at.numbers(np.array(values), controls), _EDGE, 1.0 - _EDGE)


def _initialise(projection: nn.Linear, neutral: np.ndarray, controls: dict[str, at.Range]) -> None:
    start = torch.from_numpy(start_numbers(neutral, controls)).float()
    with torch.no_grad():
        projection.weight.mul_(_INITIAL_WEIGHT_SCALE)
        projection.bias.copy_(torch.logit(start))

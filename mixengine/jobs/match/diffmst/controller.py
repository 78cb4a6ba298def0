"""The controller: a transformer that maps embeddings of tracks and reference to console parameters.

There is no positional encoding: permuted tracks give the same parameters, permuted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from mixengine.jobs.match.console.parameters import fx_bus_controls, master_controls, track_controls

_LAYERS = "transformer_encoder.layers."


@dataclass(frozen=True, slots=True)
class ControllerShape:
    """Hyperparameters of a controller.

    Attributes
    ----------
    embed_dim : int > 0
    layers : int > 0
    feed_forward : int > 0
    heads : int > 0
        Divides ``embed_dim``; cannot be read from the tensors.
    """

    embed_dim: int = 128
    layers: int = 6
    feed_forward: int = 2048
    heads: int = field(default=8, kw_only=True)

    @classmethod
    def of(cls, state: Mapping[str, torch.Tensor], heads: int = 8) -> ControllerShape:
        """Read the sizes from a state dict.

        Raises
        ------
        KeyError
            A tensor from which a size is read is missing; its name is the argument.
        ValueError
            ``heads`` does not divide the embedding.
        """
        embed_dim = state["track_projection.weight"].shape[-1]
        if embed_dim % heads:
            raise ValueError(f"nhead {heads} does not divide the embedding of {embed_dim}; set it in config.yaml")
        numbers = {key[len(_LAYERS) :].split(".")[0] for key in state if key.startswith(_LAYERS)}
        return cls(embed_dim, len(numbers), len(state[f"{_LAYERS}0.linear1.weight"]), heads=heads)


class TransformerController(nn.Module):
    """Embeddings of a batch of sessions → normalised parameters."""

    def __init__(self, shape: ControllerShape) -> None:
        super().__init__()
        self.shape = shape
        dimension = shape.embed_dim
        self.track_embedding = nn.Parameter(torch.randn(1, 1, dimension))
        self.mix_embedding = nn.Parameter(torch.randn(1, 2, dimension))
        self.fx_bus_embedding = nn.Parameter(torch.randn(1, 1, dimension))
        self.master_bus_embedding = nn.Parameter(torch.randn(1, 1, dimension))
        layer = nn.TransformerEncoderLayer(dimension, shape.heads, shape.feed_forward, dropout=0.0, batch_first=True)
        self.transformer_encoder = nn.TransformerEncoder(layer, shape.layers, enable_nested_tensor=False)
        self.track_projection = nn.Linear(dimension, len(track_controls()))
        self.fx_bus_projection = nn.Linear(dimension, len(fx_bus_controls()))
        self.master_bus_projection = nn.Linear(dimension, len(master_controls()))

    def forward(
        self, tracks: torch.Tensor, mix: torch.Tensor, padding: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Parameters of tracks, effect bus and master.

        Parameters
        ----------
        tracks : Tensor [shape=(sessions, tracks, embed_dim)]
        mix : Tensor [shape=(sessions, 2, embed_dim)]
            The reference's left and right channel.
        padding : Tensor of bool [shape=(sessions, tracks)], optional
            True for padding: there is no such track.

        Returns
        -------
        tuple of Tensor [shape=(sessions, tracks, 27), (sessions, 25), (sessions, 26), range 0 to 1]
        """
        sessions = len(tracks)
        tokens = torch.cat(
            (
                tracks + self.track_embedding,
                mix + self.mix_embedding,
                self.fx_bus_embedding.expand(sessions, -1, -1),
                self.master_bus_embedding.expand(sessions, -1, -1),
            ),
            dim=1,
        )
        if padding is not None:
            padding = torch.cat((padding, padding.new_zeros(sessions, 4)), dim=1)
        tokens = self.transformer_encoder(tokens, src_key_padding_mask=padding)
        return (
            torch.sigmoid(self.track_projection(tokens[:, :-4])),
            torch.sigmoid(self.fx_bus_projection(tokens[:, -2])),
            torch.sigmoid(self.master_bus_projection(tokens[:, -1])),
        )

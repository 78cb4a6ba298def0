"""Asteroid's ConvTasNet: two talkers apart, mono and usually 8 kHz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mixengine.audio import torchaudio_stand_in
from mixengine.separation_models import neural, weights
from mixengine.separation_models.model import Model
from mixengine.separation_models.weights import Weight
from mixengine.system.errors import UserError, unknown

_HUB = "https://huggingface.co/JorisCos"


def _published(name: str) -> tuple[Weight, ...]:
    return (Weight(f"{name}/pytorch_model.bin", f"{_HUB}/{name}/resolve/main/pytorch_model.bin"),)


class ConvTasNet(Model):
    """Any waveform model in Asteroid's own format (``pytorch_model.bin``) in a folder named like the variant.

    The network answers in a scale of its own, so that its stems are brought to the least-squares fit of the input. Who
    is speaker 1 means nothing to it: from block to block the order that correlates best over the fade is kept, and so
    it is from channel to channel.

    References
    ----------
    Y. Luo, N. Mesgarani, "Conv-TasNet: surpassing ideal time-frequency magnitude masking for speech separation",
    IEEE/ACM TASLP 27(8), 2019. M. Pariente et al., "Asteroid", Interspeech 2020.
    """

    name = "asteroid"
    channels = 1
    chunk_s = 20.0
    context_s = 2.0
    fade_s = 2.0
    min_frames = 256
    interchangeable = True
    weight_files = {  # noqa: RUF012 - the base says Mapping
        name: _published(name)
        for name in (
            "ConvTasNet_Libri2Mix_sepclean_8k",
            "ConvTasNet_Libri2Mix_sepclean_16k",
            "ConvTasNet_Libri2Mix_sepnoisy_8k",
            "ConvTasNet_Libri3Mix_sepclean_8k",
        )
    }

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant or next(iter(self.weight_files)), folder)
        own = weights.found_in([Weight(f"{self.variant}/pytorch_model.bin", "")], self.name, folder)
        known = self.weight_files.get(self.variant)
        if own is None and known is None:
            raise unknown("variant of asteroid", self.variant, self.weight_files)
        place = own or weights.require(known or (), self.name, folder)
        self._device = neural.device()
        self._model = _load(place / self.variant / "pytorch_model.bin").to(self._device)
        self.rate = int(self._model.sample_rate)
        self.stems = tuple(f"speaker_{index + 1}" for index in range(_count(self._model)))

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        found = neural.call(self._model, block, self._device).astype(np.float64)
        # the smallest ridge keeps stems that are all silence, or equal, from dividing by nothing
        products = found @ found.T
        ridge = 1e-6 * np.trace(products) / len(found) + 1e-12
        scales = np.linalg.solve(products + ridge * np.eye(len(found)), found @ block[:, 0].astype(np.float64))
        return {name: (scale * stem)[:, None] for name, scale, stem in zip(self.stems, scales, found, strict=True)}


def _load(path: Path) -> Any:
    torchaudio_stand_in.ensure()
    import torch
    from asteroid.models import BaseModel

    try:
        # read here and not by the library: its download cache has no place for a file that is already there
        with torch.serialization.safe_globals([torch.torch_version.TorchVersion]):
            model = BaseModel.from_pretrained(torch.load(path, map_location="cpu", weights_only=True))
    except MemoryError:
        raise
    except Exception as error:
        raise weights.damaged(path, error) from None
    model.eval()
    if not model.sample_rate:
        raise UserError(f"{path}: does not say its sample rate; save the model with sample_rate set")
    return model


def _count(model: Any) -> int:
    """How many stems a model gives."""
    return len(neural.call(model, np.zeros((2048, 1), dtype=np.float32), neural.device()))

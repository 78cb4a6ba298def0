"""Asteroid's ConvTasNet: separates two speakers, mono and usually 8 kHz."""

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

    The output of the network has an arbitrary scale, so its stems are scaled to the least-squares fit of the input. The
    order of the speakers is arbitrary too: from block to block and from channel to channel, the order that correlates
    best with the one before is kept.

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
        local = weights.find_folder([Weight(f"{self.variant}/pytorch_model.bin", "")], self.name, folder)
        files = self.weight_files.get(self.variant)
        if local is None and files is None:
            raise unknown("variant of asteroid", self.variant, self.weight_files)
        place = local or weights.require(files or (), self.name, folder)
        self._device = neural.device()
        self._model = _load(place / self.variant / "pytorch_model.bin").to(self._device)
        self.rate = int(self._model.sample_rate)
        self.stems = tuple(f"speaker_{index + 1}" for index in range(_count(self._model)))

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        stems = neural.call(self._model, block, self._device).astype(np.float64)
        # a small ridge term keeps the system solvable when stems are silent or equal
        products = stems @ stems.T
        ridge = 1e-6 * np.trace(products) / len(stems) + 1e-12
        scales = np.linalg.solve(products + ridge * np.eye(len(stems)), stems @ block[:, 0].astype(np.float64))
        return {name: (scale * stem)[:, None] for name, scale, stem in zip(self.stems, scales, stems, strict=True)}


def _load(path: Path) -> Any:
    torchaudio_stand_in.ensure()
    import torch
    from asteroid.models import BaseModel

    try:
        # loaded here, because the library itself only loads from its download cache
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
    """Number of stems in the output of a model."""
    return len(neural.call(model, np.zeros((2048, 1), dtype=np.float32), neural.device()))

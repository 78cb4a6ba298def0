"""Demucs (HTDemucs and its family) from a local repository: stems of music, or vocals from any recording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mixengine.separation_models import neural, weights
from mixengine.separation_models.model import Model
from mixengine.separation_models.weights import Weight
from mixengine.system.errors import UserError, unknown

_SOURCE = "https://dl.fbaipublicfiles.com/demucs"
_FADE_SHARE = 0.25


def _files(folder: str, *names: str) -> tuple[Weight, ...]:
    return tuple(Weight(f"{name}.th", f"{_SOURCE}/{folder}/{name}.th") for name in names)


class Demucs(Model):
    """A block is as long as the network's training segment (7.8 s for HTDemucs); a quarter of it fades into the next.

    The input is normalised by mean and standard deviation of the whole file, as Demucs does. Random shifts are off, so
    that results are reproducible. A variant is a published bag (``htdemucs_ft``), the signature of a ``….th`` file, or
    a bag (``….yaml``) in the folder.

    References
    ----------
    S. Rouard, F. Massa, A. Défossez, "Hybrid transformers for music source separation", ICASSP 2023.
    """

    name = "demucs"
    context_s = 0.0
    weight_files = {  # noqa: RUF012 - the base says Mapping
        "htdemucs": _files("hybrid_transformer", "955717e8-8726e21a"),
        "htdemucs_ft": _files(
            "hybrid_transformer", "f7e0c4bc-ba3fe64a", "d12395a8-e57c48e6", "92cfc3b6-ef3bcb9c", "04573f0d-f3cf25b2"
        ),
        "htdemucs_6s": _files("hybrid_transformer", "5c90dfd2-34c22ccb"),
        "hdemucs_mmi": _files("hybrid_transformer", "75fc33f5-1941ce65"),
        "mdx_extra": _files(
            "mdx_final", "e51eebcc-c1b80bdd", "a1d90b5c-ae9d2452", "5d2d6c55-db83574e", "cfa93e08-61801ae1"
        ),
    }

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant or next(iter(self.weight_files)), folder)
        separator = _separator(self.variant, self._repository())
        self._model = separator.model
        self._device = neural.device()
        self.rate, self.channels = int(separator.samplerate), int(separator.audio_channels)
        self.stems = tuple(self._model.sources)
        segment_s = float(min(part.segment for part in getattr(self._model, "models", [self._model])))
        self.fade_s = segment_s * _FADE_SHARE
        self.chunk_s = segment_s - self.fade_s
        self._mean, self._deviation = 0.0, 1.0

    def _repository(self) -> Path:
        files = self.weight_files.get(self.variant)
        if files is not None:
            return weights.require(files, self.name, self.folder)
        for place in weights.places(self.name, self.folder):
            candidates = [
                place / f"{self.variant}.yaml",
                *place.glob(f"{self.variant}.th"),
                *place.glob(f"{self.variant}-*.th"),
            ]
            if any(path.exists() for path in candidates):
                return place
        raise unknown("variant of demucs", self.variant, self.weight_files)

    def listen(self, blocks: Iterable[np.ndarray], rate: int) -> None:
        """Mean and standard deviation of the file's mono sum."""
        count, total, squares = 0, 0.0, 0.0
        for block in blocks:
            mono = block.mean(axis=1, dtype=np.float64)
            count, total, squares = count + len(mono), total + mono.sum(), squares + float(mono @ mono)
        self._mean = total / max(count, 1)
        self._deviation = float(np.sqrt(max(squares / max(count, 1) - self._mean**2, 0.0))) + 1e-8

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        from demucs.apply import apply_model

        scaled = ((block - self._mean) / self._deviation).astype(np.float32)
        output = neural.call(
            lambda mix: apply_model(self._model, mix, shifts=0, split=False, device=self._device), scaled, self._device
        )
        stems = output * self._deviation + self._mean
        return {name: stem.T for name, stem in zip(self.stems, stems, strict=True)}


def _separator(variant: str, repository: Path):
    """A `demucs.api.Separator` that loads from a local folder; the library itself holds the YAML of published bags."""
    from demucs import api, pretrained, repo

    class Local(api.Separator):
        def _load_model(self) -> None:
            files = repo.LocalRepo(repository)
            bags = repository if (repository / f"{variant}.yaml").exists() else pretrained.REMOTE_ROOT
            self._model = repo.AnyModelRepo(files, repo.BagOnlyRepo(bags, files)).get_model(variant)
            self._model.eval()
            self._audio_channels, self._samplerate = self._model.audio_channels, self._model.samplerate

    try:
        return Local(variant, repository)
    except repo.ModelLoadingError as error:
        raise UserError(f"{repository}: {error}; download the file again") from None
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise weights.damaged(repository / variant, error) from None

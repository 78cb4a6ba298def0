"""Mean of several denoisers, ours and DTLN among them: what one takes for speech by mistake, the others lower.

Above the band of a network, ours stands in for it. Where ours hears no speech at all, it alone decides: the others
leave more of pure noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soxr
from scipy import ndimage

from mixengine.separation_models import adapt, registry
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError

OURS, OTHERS, OPTIONAL = "unet", ("dtln",), ("deepfilter",)
ALL = "all"
_STEP_S, _AROUND_S = 0.02, 0.4
_LOST_FROM_DB, _LOST_OVER_DB = 18.0, 8.0
"""Loss in 0.4 s from which ours counts as having heard no speech; where speech lies 5 dB below noise it is 6 to 10."""


class Blend(Model):
    """Ours and DTLN; the variant ``all`` adds whichever of `OPTIONAL` is installed. The notes name them."""

    name = "blend"
    stems = ("speech",)
    chunk_s = 60.0
    fade_s = 0.5

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant, folder)
        if variant not in ("", ALL):
            raise UserError(f"blend: has no variant '{variant}'; write blend or blend:{ALL}")
        self._ours = registry.open_model(OURS, folder)
        optional = OPTIONAL if variant == ALL else ()
        added = [model for name in optional if (model := _installed(name, folder)) is not None]
        self._others = [*(registry.open_model(name, folder) for name in OTHERS), *added]
        here = [model.name for model in self._others]
        absent = "".join(f"; {name} is not here" for name in optional if name not in here)
        self.remarks = (f"a blend of {', '.join([OURS, *here])}{absent}",) if variant else ()
        self.context_s = max(model.context_s for model in (self._ours, *self._others))

    def hop_at(self, rate: int) -> int:
        """See `Model.hop_at`."""
        return max(adapt.grid(model, rate) for model in (self._ours, *self._others))

    def listen(self, blocks: Iterable[np.ndarray], rate: int) -> None:
        """See `Model.listen`."""
        self._ours.listen(blocks, rate)

    def seek(self, start: int) -> None:
        """See `Model.seek`."""
        self._ours.seek(start)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        ours = adapt.run(self._ours, block, rate)["speech"]
        total = ours.copy()
        for model in self._others:
            total += adapt.run(model, block, rate)["speech"] + _above(ours, rate, model.rate)
        mean = total / np.float32(1 + len(self._others))
        return {"speech": mean + _speechless(block, ours, rate)[:, None] * (ours - mean)}


def _installed(name: str, folder: Path) -> Model | None:
    if registry.MODELS[name].missing:
        return None
    try:
        return registry.open_model(name, folder)
    except UserError:
        return None


def _above(sound: np.ndarray, rate: int, model_rate: int | None) -> np.ndarray | float:
    """What a network at another rate cannot hold of a sound."""
    if model_rate is None or model_rate >= rate:
        return 0.0
    below = soxr.resample(soxr.resample(sound, rate, model_rate, quality="VHQ"), model_rate, rate, quality="VHQ")
    frames = min(len(sound), len(below))
    return np.concatenate([sound[:frames] - below[:frames], sound[frames:]])


def _speechless(block: np.ndarray, ours: np.ndarray, rate: int) -> np.ndarray:
    """How far ours heard no speech, 0 … 1 [shape=(frames,)]."""
    at = np.arange(0, len(block), max(round(_STEP_S * rate), 1))
    size = round(_AROUND_S / _STEP_S)
    before, after = (
        ndimage.uniform_filter1d(np.add.reduceat(np.square(each, dtype=np.float64).sum(axis=1), at), size) + 1e-20
        for each in (block, ours)
    )
    share = np.clip((10.0 * np.log10(before / after) - _LOST_FROM_DB) / _LOST_OVER_DB, 0.0, 1.0)
    shape: np.ndarray = np.interp(np.arange(len(block)), at, share).astype(np.float32)
    return shape

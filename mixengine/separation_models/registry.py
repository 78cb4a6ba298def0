"""The models by name. Adapters are given as strings and imported on demand."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixengine.separation_models import weights
from mixengine.separation_models.model import Model
from mixengine.system import extras
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
    extra : str
        The part of `mixengine.system.extras.EXTRAS` that brings its libraries; empty: the core has them.
    needs : tuple of str
        Which of the extra's libraries it needs; empty: all.
    has_variants : bool
        Whether a variant may follow after a colon: ``demucs:htdemucs_ft``.
    """

    adapter: str
    what: str
    extra: str = ""
    needs: tuple[str, ...] = ()
    has_variants: bool = True

    def load(self) -> type[Model]:
        """Import the adapter's class."""
        module, _, name = self.adapter.partition(":")
        adapter: type[Model] = getattr(importlib.import_module(module), name)
        return adapter

    @property
    def missing(self) -> tuple[str, ...]:
        """Libraries that are not installed."""
        absent = extras.EXTRAS[self.extra].missing if self.extra else ()
        return tuple(name for name in absent if not self.needs or name in self.needs)


MODELS = {
    "unet": Entry("mixengine.separation_models.unet_model:UNet", "speech out of noise"),
    "demucs": Entry(
        "mixengine.separation_models.demucs:Demucs", "vocals, drums, bass, other", "neural", ("demucs", "torch")
    ),
    "openunmix": Entry(
        "mixengine.separation_models.openunmix:OpenUnmix",
        "vocals, drums, bass, other",
        "neural",
        ("openunmix", "torch"),
    ),
    "asteroid": Entry("mixengine.separation_models.asteroid:ConvTasNet", "two talkers (8 kHz)", "asteroid"),
    "spleeter": Entry(
        "mixengine.separation_models.spleeter:Spleeter", "vocals, accompaniment", "spleeter", has_variants=False
    ),
    "rnnoise": Entry(
        "mixengine.separation_models.rnnoise:RNNoise", "speech out of noise", "rnnoise", has_variants=False
    ),
    "gtcrn": Entry("mixengine.separation_models.gtcrn:GTCRN", "speech out of noise (16 kHz)"),
    "dtln": Entry("mixengine.separation_models.dtln:DTLN", "speech out of noise (16 kHz)", has_variants=False),
    "deepfilter": Entry(
        "mixengine.separation_models.deepfilter:DeepFilter",
        "speech out of noise (48 kHz)",
        "denoise",
        has_variants=False,
    ),
    "blend": Entry(
        "mixengine.separation_models.blend:Blend",
        "speech out of noise: mean of unet and dtln; blend:all with deepfilter",
    ),
    "onnx": Entry("mixengine.separation_models.onnx:OnnxFile", "what the file holds: onnx:FILE"),
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
    entry = entry_of(name)
    base, _, variant = name.partition(":")
    if entry.missing:
        raise UserError(f"{base}: {', '.join(entry.missing)} is not installed; {extras.install_line(entry.extra)}")
    return entry.load()(variant, weights.models_folder(model_dir))


def entry_of(name: str) -> Entry:
    """The entry of a model; `UserError` when there is none of that name, or it has no variants and one is named."""
    base, _, variant = name.partition(":")
    entry = MODELS.get(base)
    if entry is None:
        raise unknown("model", base, MODELS)
    if variant and not entry.has_variants:
        raise UserError(f"{base}: has no variant '{variant}'; write only {base}")
    return entry


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
                "install": extras.install_line(entry.extra) if missing else "",
                "weights": present,
                "ready": not missing and (not present or next(iter(present.values()))),
            }
        )
    return rows

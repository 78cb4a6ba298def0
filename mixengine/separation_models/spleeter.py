"""Spleeter as an external program in its own environment, because its TensorFlow version conflicts with most packages.

The command is ``spleeter``, or the command line in ``MIXENGINE_SPLEETER``, for example
``conda run -n spleeter spleeter``. Blocks are exchanged as files in a temporary folder.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from mixengine.separation_models import registry, weights
from mixengine.separation_models.model import Model
from mixengine.separation_models.weights import Weight
from mixengine.system.errors import UserError, unknown

_RELEASE = "https://github.com/deezer/spleeter/releases/download/v1.4.0"
_STEMS = {
    "2stems": ("vocals", "accompaniment"),
    "4stems": ("vocals", "drums", "bass", "other"),
    "5stems": ("vocals", "drums", "bass", "piano", "other"),
}


class Spleeter(Model):
    """One call of the program per block; blocks are long because every call starts TensorFlow.

    References
    ----------
    R. Hennequin, A. Khlif, F. Voituret, M. Moussallam, "Spleeter", JOSS 5(50), 2020.
    """

    name = "spleeter"
    rate = 44100
    channels = 2
    chunk_s = 120.0
    context_s = 10.0
    fade_s = 1.0
    min_frames = 44100
    weight_files = {  # noqa: RUF012 - the base says Mapping
        name: (Weight(f"{name}/checkpoint", f"{_RELEASE}/{name}.tar.gz"),) for name in _STEMS
    }

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant or "2stems", folder)
        if self.variant not in _STEMS:
            raise unknown("variant of spleeter", self.variant, _STEMS)
        self.stems = _STEMS[self.variant]
        self._weights = weights.require(self.weight_files[self.variant], self.name, folder)
        self._command = shlex.split(os.environ.get(registry.variable("spleeter")) or "spleeter")

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        with tempfile.TemporaryDirectory(prefix="mixengine-spleeter-") as folder:
            source = Path(folder) / "block.wav"
            soundfile.write(source, block, rate, subtype="FLOAT")
            self._run(source, Path(folder))
            return {stem: _read(Path(folder) / "block" / f"{stem}.wav", block.shape) for stem in self.stems}

    def _run(self, source: Path, out: Path) -> None:
        arguments = ["separate", "-p", f"spleeter:{self.variant}", "-o", str(out), str(source)]
        try:
            subprocess.run(
                [*self._command, *arguments],
                check=True,
                capture_output=True,
                text=True,
                env=os.environ | {"MODEL_PATH": str(self._weights)},
            )
        except OSError as error:
            raise UserError(f"{self._command[0]}: cannot be started: {error.strerror}") from None
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or [f"exit code {error.returncode}"])[-1]
            raise UserError(f"{shlex.join(self._command)}: failed: {last[:200]}") from None


def _read(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read a stem that the program wrote, padded to the length of its input."""
    try:
        stem, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=shape[0])
    except (OSError, RuntimeError):
        raise UserError(f"spleeter: did not write {path.name}; run it by itself to see its messages") from None
    return np.pad(stem, ((0, shape[0] - len(stem)), (0, 0)))

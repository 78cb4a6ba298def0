"""Speech probabilities by Silero VAD, from the ONNX model in the package ``silero_vad``.

The package itself is not imported: it would bring torch along. Its sequence model takes many windows per call and gives
the numbers of the step-by-step model.

The network's output depends on level: the same voice 40 dB lower gets lower probabilities. So the stream is kept at
16 kHz (beyond a few minutes on disk) and scaled, before the network sees it, so that its loud parts are at -23 dBFS.

References
----------
.. [1] Silero Team, "Silero VAD: pre-trained enterprise-grade voice activity detector", 2024,
   https://github.com/snakers4/silero-vad.
"""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mixengine.audio.speech_features import StreamResampler
from mixengine.system import extras
from mixengine.system.errors import UserError

RATE = 16000
WINDOW = 512
HOP_S = WINDOW / RATE

_CONTEXT = 64
_CELLS = 128
_BATCH = 512
_IN_MEMORY_BYTES = 32_000_000
_LOUD_DBFS = -23.0
_QUIET_DB = -60.0
_MISSING = (
    "detector silero needs the package silero-vad: pip install --no-deps silero-vad (without torch), "
    f"or {extras.install_line('neural')} (with it)"
)


def model_file() -> Path:
    """The sequence model of the installed package.

    Raises
    ------
    UserError
        The package, its model or onnxruntime is missing.
    """
    package = importlib.util.find_spec("silero_vad")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0], "data", "silero_vad_16k_sequence.onnx") if folders else None
    if path is None or not path.is_file() or importlib.util.find_spec("onnxruntime") is None:
        raise UserError(_MISSING)
    return path


def _session() -> Any:
    path = model_file()
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class SileroStream:
    """Probability of speech in each window of 32 ms of a mono stream.

    Raises
    ------
    UserError
        See `model_file`.
    """

    def __init__(self, rate: int) -> None:
        self._session = _session()
        self._clean = StreamResampler(rate, RATE)
        self._rest = np.zeros(0, dtype=np.float32)
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (closed in `finish`)
        self._powers: list[np.ndarray] = []

    def add(self, mono: np.ndarray) -> None:
        """Take the next samples [shape=(samples,)]."""
        self._store(self._clean.add(mono))

    def _store(self, mono: np.ndarray) -> None:
        mono = np.concatenate([self._rest, mono])
        whole = len(mono) // WINDOW * WINDOW
        self._powers.append(np.square(mono[:whole].reshape(-1, WINDOW), dtype=np.float64).mean(axis=1))
        self._spool.write(mono[:whole].tobytes())
        self._rest = mono[whole:]

    def finish(self) -> np.ndarray:
        """Close the stream; its probabilities [shape=(windows,), range 0 to 1], the last window zero-padded."""
        self._store(self._clean.add(np.zeros(0), last=True))
        self._store(np.zeros(-len(self._rest) % WINDOW, dtype=np.float32))
        gain = _gain(np.concatenate(self._powers))
        hidden = cell = np.zeros((1, 1, _CELLS), dtype=np.float32)
        context = np.zeros(_CONTEXT, dtype=np.float32)
        probabilities = [np.zeros(0, dtype=np.float32)]
        with self._spool as spool:
            spool.seek(0)
            while data := spool.read(_BATCH * WINDOW * 4):
                windows = np.frombuffer(data, dtype=np.float32).reshape(-1, WINDOW) * gain
                contexts = np.vstack([context, windows[:-1, -_CONTEXT:]])
                context = windows[-1, -_CONTEXT:]
                feed = {"input": np.hstack([contexts, windows]), "h": hidden, "c": cell}
                values, hidden, cell = self._session.run(["speech_probs", "hn", "cn"], feed)
                probabilities.append(values.reshape(-1))
        return np.concatenate(probabilities)


def _gain(powers: np.ndarray) -> np.float32:
    """Factor that brings the loud windows (95th percentile of those that sound) to -23 dBFS."""
    sounding = powers[powers > powers.max(initial=0.0) * 10.0 ** (_QUIET_DB / 10.0)]
    if not len(sounding):
        return np.float32(1.0)
    return np.float32(np.sqrt(10.0 ** (_LOUD_DBFS / 10.0) / np.percentile(sounding, 95.0)))

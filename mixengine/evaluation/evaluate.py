"""Evaluates enhancers on mixtures of clean speech and noise with fixed ratios and seeds.

Every clean file is mixed once per ratio with an excerpt of a noise file; the choice depends only on the seed and the
file's index. The ratio is that of the RMS values over the whole excerpt. In addition, the clean files are processed
alone, to measure what is lost, and the noises alone, to measure how far they are lowered.
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr

from mixengine.audio import metrics
from mixengine.audio.files import AudioFile, UnreadableAudio, audio_files
from mixengine.separation_models import unet_bands
from mixengine.separation_models.unet_model import frames_at
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress

Enhance = Callable[[np.ndarray, int], np.ndarray]
"""(samples, rate) → enhanced samples, one channel."""
SNRS_DB = (-5.0, 0.0, 5.0, 10.0, 15.0)
MAX_EXCERPT_S = 10.0
_PESQ_WIDE, _PESQ_NARROW = 16000, 8000
"""Sample rates that PESQ supports, in Hz: wide-band and narrow-band."""
_MIN_STOI_S = 0.4
_MIN_PESQ_S = 0.25


@dataclass(frozen=True, slots=True)
class Example:
    """One mixture; ``snr_db`` is inf for speech alone and -inf for noise alone."""

    name: str
    rate: int
    snr_db: float
    speech: np.ndarray
    noise: np.ndarray

    @property
    def mixture(self) -> np.ndarray:
        """Input of the enhancer [shape=(samples,)]."""
        return self.speech + self.noise


@dataclass
class Score:
    """Mean metrics of one enhancer at one ratio; NaN where a metric is undefined or its library is missing.

    Attributes
    ----------
    si_sdr_db, sdr_db, stoi, pesq : float
        Of the output.
    gain_db : float
        SI-SDR of the output less that of the input.
    mask_mse : float
        Mean squared error of the gain in 128 bands against the ideal |S| / max(|S|, |X|), where the input is audible.
    level_db : float
        Level of the speech in the output less that in the input.
    lowered_db : float
        How far the whole output is below the input (the metric for noise alone).
    times_real_time : float
    """

    si_sdr_db: float = np.nan
    gain_db: float = np.nan
    sdr_db: float = np.nan
    stoi: float = np.nan
    pesq: float = np.nan
    mask_mse: float = np.nan
    level_db: float = np.nan
    lowered_db: float = np.nan
    times_real_time: float = np.nan


@dataclass
class _Sums:
    """Collects scores for their mean."""

    rows: list[dict[str, float]] = field(default_factory=list)

    def mean(self) -> Score:
        return Score(**{name: _mean([row[name] for row in self.rows]) for name in self.rows[0]})


def examples(
    speech: Path, noise: Path, snrs_db: Iterable[float] = SNRS_DB, *, seed: int = 0, files: int = 0
) -> Iterator[Example]:
    """Mixtures of every clean file (at most ``files``, spread evenly; 0: all), then speech alone, then noise alone.

    Raises
    ------
    UserError
        A folder is missing or holds no audio, or a file cannot be read.
    """
    clean, noises = audio_files(speech, files), audio_files(noise)
    for snr_db in (*snrs_db, np.inf):
        for index, path in enumerate(clean):
            rng = np.random.default_rng([seed, index, int(100 * snr_db) & 0xFFFF if np.isfinite(snr_db) else 1])
            voice, rate = _excerpt(path, None, rng)
            if np.isinf(snr_db):
                yield Example(Path(path).name, rate, snr_db, voice, np.zeros_like(voice))
                continue
            noise_path = noises[int(rng.integers(len(noises)))]
            background, _ = _excerpt(noise_path, rate, rng)
            background = np.resize(background, len(voice))
            scale = _rms(voice) / max(_rms(background), 1e-9) * 10 ** (-snr_db / 20)
            yield Example(f"{Path(path).name} + {Path(noise_path).name}", rate, snr_db, voice, (background * scale))
    for index, path in enumerate(noises):
        background, rate = _excerpt(path, None, np.random.default_rng([seed, index]))
        yield Example(Path(path).name, rate, -np.inf, np.zeros_like(background), background)


def evaluate(
    enhancers: Mapping[str, Enhance],
    mixtures: Iterable[Example],
    progress: Progress = no_progress,
    total: int = 0,
) -> dict[str, dict[float, Score]]:
    """Scores by enhancer and ratio; STOI and PESQ where ``pystoi`` and ``pesq`` are installed.

    PESQ is wide-band, at 16 kHz, where the recording's rate allows, and narrow-band, at 8 kHz, below.
    """
    sums: dict[str, dict[float, _Sums]] = {name: {} for name in enhancers}
    for number, example in enumerate(mixtures):
        mixture = example.mixture.astype(np.float32)
        for name, enhance in enhancers.items():
            start_s = time.perf_counter()
            output = np.asarray(enhance(mixture, example.rate), dtype=np.float32)
            elapsed_s = time.perf_counter() - start_s
            row = _row(example, mixture, output, elapsed_s)
            sums[name].setdefault(example.snr_db, _Sums()).rows.append(row)
        progress(number + 1, total, example.name)
    return {name: {snr_db: rows.mean() for snr_db, rows in by_ratio.items()} for name, by_ratio in sums.items()}


def _row(example: Example, mixture: np.ndarray, output: np.ndarray, elapsed_s: float) -> dict[str, float]:
    speech, rate = example.speech, example.rate
    si_sdr_db = metrics.si_sdr_db(speech, output)
    is_mixture = np.isfinite(example.snr_db)
    return {
        "si_sdr_db": si_sdr_db,
        "gain_db": si_sdr_db - metrics.si_sdr_db(speech, mixture) if is_mixture else np.nan,
        "sdr_db": metrics.sdr_db(speech, output),
        "stoi": _stoi(speech, output, rate) if is_mixture else np.nan,
        "pesq": _pesq(speech, output, rate) if is_mixture else np.nan,
        "mask_mse": mask_mse(speech, mixture, output, rate),
        "level_db": metrics.level_error_db(speech, output),
        "lowered_db": 20 * np.log10(max(_rms(mixture), 1e-9) / max(_rms(output), 1e-9)),
        "times_real_time": len(mixture) / rate / max(elapsed_s, 1e-9),
    }


def mask_mse(speech: np.ndarray, mixture: np.ndarray, output: np.ndarray, rate: int) -> float:
    """Mean squared error of the applied gain against |S| / max(|S|, |X|), over bands within 60 dB of the loudest."""
    s, x, y = (band_magnitudes(signal, rate) for signal in (speech, mixture, output))
    audible = x > x.max() * 1e-3
    if not audible.any():
        return float("nan")
    ideal = s[audible] / np.maximum(s[audible], x[audible])
    return float(np.mean((np.minimum(y[audible] / x[audible], 1.0) - ideal) ** 2))


def band_magnitudes(samples: np.ndarray, rate: int) -> np.ndarray:
    """Magnitude per frame and band [shape=(frames, 128)]."""
    power = np.square(np.abs(frames_at(rate).forward(samples[:, None].astype(np.float32))[0]))
    return np.sqrt(power @ unet_bands.analysis(rate))


def _excerpt(path: str, rate: int | None, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """At most `MAX_EXCERPT_S` from a random place, one channel, at ``rate``."""
    try:
        audio = AudioFile(path)
        frames = min(audio.frames, int(MAX_EXCERPT_S * audio.rate))
        samples = audio.read(int(rng.integers(audio.frames - frames + 1)), frames).mean(axis=1)
    except UnreadableAudio as error:
        raise UserError(f"{error}; take it out of the folder") from None
    audio.close()
    if not len(samples):
        raise UserError(f"{path}: holds no audio; take it out of the folder")
    if rate is None or rate == audio.rate:
        return samples, audio.rate
    return soxr.resample(samples, audio.rate, rate), rate


def _stoi(speech: np.ndarray, output: np.ndarray, rate: int) -> float:
    if importlib.util.find_spec("pystoi") is None or len(speech) < _MIN_STOI_S * rate:
        return float("nan")
    from pystoi import stoi

    with warnings.catch_warnings():
        # pystoi warns when the speech is silent nearly everywhere
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(stoi(speech, output, rate))
        except RuntimeWarning:
            return float("nan")


def _pesq(speech: np.ndarray, output: np.ndarray, rate: int) -> float:
    is_measurable = rate >= _PESQ_NARROW and len(speech) >= _MIN_PESQ_S * rate and speech.any() and output.any()
    if not is_measurable or importlib.util.find_spec("pesq") is None:
        return float("nan")
    from pesq import PesqError, pesq

    pesq_rate, mode = (_PESQ_WIDE, "wb") if rate >= _PESQ_WIDE else (_PESQ_NARROW, "nb")
    if rate != pesq_rate:
        speech, output = (soxr.resample(signal, rate, pesq_rate) for signal in (speech, output))
    score = pesq(pesq_rate, speech, output, mode, on_error=PesqError.RETURN_VALUES)
    return float(score) if score >= 0 else float("nan")


def _mean(values: list[float]) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0

"""What librosa finds in the signals below, kept in ``librosa_reference.json``.

librosa compiles for most of a minute before its first answer, so it is asked when these signals change, and its answers
are kept: ``pip install librosa && python -m tests.helpers.librosa_reference``.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers import sounds
from tests.helpers.signals import noise, sine

PLACE = Path(__file__).with_suffix(".json")


def voice(rate: int, f0_hz: float, seconds: float = 1.0) -> np.ndarray:
    """Six harmonics, falling."""
    t = np.arange(round(rate * seconds)) / rate
    harmonics = [k for k in range(1, 7) if k * f0_hz < 0.45 * rate]
    return (0.2 * sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in harmonics)).astype(np.float32)


def melody(rate: int) -> np.ndarray:
    """Notes, noise, silence, a glide, and notes in noise."""
    glide = np.sin(2 * np.pi * np.cumsum(np.geomspace(110.0, 880.0, rate // 2)) / rate)
    rough = voice(rate, 523.3, 0.3) + 0.05 * noise(round(0.3 * rate), seed=3)[:, 0]
    parts = [voice(rate, 98.0, 0.3), 0.1 * noise(rate // 4)[:, 0], np.zeros(rate // 5), glide, voice(rate, 41.2, 0.4)]
    return np.concatenate([*parts, rough]).astype(np.float32)


def bass_line(rate: int) -> np.ndarray:
    """A low note, silence, a glide in some noise, noise."""
    glide = np.sin(2 * np.pi * np.cumsum(np.geomspace(28.0, 66.0, 2 * rate)) / rate)
    parts = [voice(rate, 30.9, 0.8), np.zeros(rate // 2), glide + 0.05 * noise(len(glide), seed=3)[:, 0]]
    return np.concatenate([*parts, 0.1 * noise(rate // 2)[:, 0]]).astype(np.float32)


@dataclass(frozen=True)
class PitchSearch:
    """A signal, and how its pitches are looked for."""

    signal: Callable[[int], np.ndarray]
    rate: int
    frame: int
    hop: int
    fmin_hz: float = 32.70319566257483
    fmax_hz: float = 4186.009044809578
    bins_per_semitone: int = 10


PITCHES = {
    "melody_44100": PitchSearch(melody, 44100, 2048, 512),
    "melody_22050": PitchSearch(melody, 22050, 2048, 512),
    "melody_16000": PitchSearch(melody, 16000, 1024, 300),
    "bass_4000": PitchSearch(bass_line, 4000, 1024, 128, 24.0, 70.0, 4),
}


def _with_silent_frames(rate: int) -> np.ndarray:
    signal = noise(2 * rate)[:, 0]
    signal[rate // 2 : rate] = 0.0
    return signal


SPECTRA: dict[str, Callable[[int], np.ndarray]] = {
    "noise": lambda rate: noise(2 * rate)[:, 0],
    "tone": lambda rate: sine(rate, 2.0, -6.0, 1000.0).astype(np.float32),
    "gaps": _with_silent_frames,
    "click": lambda rate: np.eye(1, 3 * 2048 + 5, 3000, dtype=np.float32)[0],
    "shorter_than_a_frame": lambda rate: noise(700)[:, 0],
    "one_hop_more": lambda rate: noise(512 * 300)[:, 0],
    "very_quiet": lambda rate: noise(rate, level_dbfs=-110.0)[:, 0],
    "dc": lambda rate: np.full(rate, 0.25, np.float32),
}
SPECTRUM_RATES = (8000, 44100, 96000)

TRACK_RATE = 44100


def tracks() -> dict[str, np.ndarray]:
    """Material with pitch, without, with pauses, stereo, one that the peak cap holds, one below the gate."""
    rate = TRACK_RATE
    gliding = sounds.tone(440.0, 1.0, rate, level=0.2)
    wide = sounds.noise(2.0, rate, level=0.05, channels=2, seed=5)
    quiet_with_click = 0.0075 * np.random.default_rng(3).standard_normal((2 * rate, 1)).astype(np.float32)
    quiet_with_click[rate] = 0.9
    return {
        "tone.wav": sounds.tone(220.0, 2.0, rate, level=0.1),
        "pause.wav": np.concatenate([gliding, np.zeros((rate // 2, 1), np.float32), 0.5 * gliding]),
        "wide.wav": wide + np.array([1.0, 0.4], np.float32) * sounds.tone(98.0, 2.0, rate),
        "click.wav": quiet_with_click,
        "whisper.wav": sounds.noise(2.0, rate, level=0.0003),
    }


def stored() -> Mapping[str, Any]:
    """Librosa's answers: ``pitches`` (each frame's bin, ``None`` where unvoiced, and ``voicing``), ``spectra`` (means
    of centroid and bandwidth in Hz, by kind and rate), ``tracks`` (as `shi2025_reference.librosa_measures`).
    """
    return json.loads(PLACE.read_text(encoding="utf-8"))


def _pitches(search: PitchSearch) -> dict[str, list]:
    import librosa

    f0_hz, _, voicing = librosa.pyin(
        search.signal(search.rate),
        sr=search.rate,
        fmin=search.fmin_hz,
        fmax=min(search.fmax_hz, search.rate / 2),
        frame_length=search.frame,
        hop_length=search.hop,
        resolution=1.0 / search.bins_per_semitone,
    )
    bins = 12 * search.bins_per_semitone * np.log2(f0_hz / search.fmin_hz)
    return {
        "bins": [None if np.isnan(at) else round(at) for at in bins],
        "voicing": [round(float(value), 6) for value in voicing],
    }


def _spectrum(signal: np.ndarray, rate: int) -> tuple[float, float]:
    import librosa

    centroid = librosa.feature.spectral_centroid(y=signal, sr=rate)
    bandwidth = librosa.feature.spectral_bandwidth(y=signal, sr=rate)
    return float(centroid.mean()), float(bandwidth.mean())


def main() -> None:
    from tests.helpers.shi2025_reference import librosa_measures

    warnings.simplefilter("ignore")
    answers = {
        "pitches": {name: _pitches(search) for name, search in PITCHES.items()},
        "spectra": {
            kind: {str(rate): _spectrum(signal(rate), rate) for rate in SPECTRUM_RATES}
            for kind, signal in SPECTRA.items()
        },
        "tracks": {
            name: librosa_measures(samples.mean(axis=1), TRACK_RATE)._asdict() for name, samples in tracks().items()
        },
    }
    lines = [f'"{name}": {json.dumps(answer)}' for name, answer in answers.items()]
    PLACE.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

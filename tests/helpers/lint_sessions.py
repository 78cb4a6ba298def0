"""Sessions for the lint tests: sounds that no check minds, and a way to ask one check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine import hosts
from mixengine.jobs.lint import job
from mixengine.jobs.lint.settings import LintSettings
from mixengine.model.session import Session
from tests.helpers.sounds import write

RATE = 22050
SECONDS = 12.0


def playing(seed: int, seconds: float = SECONDS, *, level: float = 0.05, hits_per_s: float = 2.0) -> np.ndarray:
    """Filtered noise that is struck at random times and rings out to nothing, like a drum [shape=(frames, 1)]."""
    random = np.random.default_rng(seed)
    frames = int(seconds * RATE)
    gain = np.zeros(frames)
    for begin in random.integers(0, frames, int(seconds * hits_per_s)):
        length = min(RATE // 2, frames - begin)
        gain[begin : begin + length] += np.exp(-np.arange(length) / (0.06 * RATE))
    gain[-200:] = 0.0  # no cut at the end
    noise = np.convolve(random.standard_normal(frames), np.hanning(8), "same")
    return (level * noise * gain)[:, None].astype(np.float32)


def delayed(samples: np.ndarray, delay_s: float) -> np.ndarray:
    """The same sound later, as long as before."""
    shift = round(delay_s * RATE)
    return np.concatenate([np.zeros((shift, samples.shape[1]), np.float32), samples[: len(samples) - shift]])


def stems(root: Path, **sounds: np.ndarray) -> Session:
    """A folder of recordings; ``_`` in a name is a blank, ``__`` a folder's border."""
    for name, samples in sounds.items():
        write(root / (name.replace("__", "/").replace("_", " ") + ".wav"), samples, RATE)
    return hosts.open_session(root)


def ask(session: Session, *checks: str, **settings: object) -> list[dict]:
    """The findings of some checks (all without names)."""
    return _comparable(job.plan(session, LintSettings(checks=checks, **settings), lambda *_: None))  # type: ignore[arg-type]


def _comparable(plan: object) -> list[dict]:
    return [finding | {"tracks": tuple(finding["tracks"])} for finding in plan.details["findings"]]  # type: ignore[attr-defined]


def louder(session: Session, gain_db: float) -> Session:
    """All faders and items up."""
    tracks = tuple(
        replace(
            track,
            fader_db=track.fader_db + gain_db,
            clips=tuple(replace(clip, gain_db=clip.gain_db + gain_db) for clip in track.clips),
        )
        for track in session.tracks
    )
    return replace(session, tracks=tracks)


def indifferent(session: Session, *checks: str) -> list[dict]:
    """The findings of some checks, after making sure that neither a gain nor the order of tracks changes them."""
    result = ask(session, *checks)
    assert ask(louder(session, -7.3), *checks) == result
    assert ask(replace(session, tracks=session.tracks[::-1]), *checks) == result
    return result

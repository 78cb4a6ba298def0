"""Sessions for the tests of the duck job, and what to ask of its plans."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.jobs import registry
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model.plan import Envelope, MixPlan, from_json
from mixengine.model.session import Session
from tests.helpers.signals import talk
from tests.helpers.sounds import tone, write

RATE = 16000
LENGTH_S = 24.0
PHRASES_S = ((3.0, 7.0), (14.0, 17.0))


_talk = functools.lru_cache(maxsize=8)(talk)
_tone = functools.lru_cache(maxsize=8)(tone)


def speech(rate: int = RATE, level: float = 1.0) -> np.ndarray:
    return (level * _talk(rate, PHRASES_S, LENGTH_S))[:, None].astype(np.float32)


def song(rate: int = RATE, level: float = 0.15, seconds: float = LENGTH_S) -> np.ndarray:
    """Two steady notes on both sides."""
    left, right = _tone(220.0, seconds, rate, level=level), _tone(330.0, seconds, rate, level=level)
    return np.concatenate([left, right], axis=1)


def podcast(root: Path) -> Path:
    """A folder with a voice and music about as loud."""
    write(root / "voice.wav", speech(), RATE)
    write(root / "music.wav", song(), RATE)
    return root


def plan(session: Session | Path, **settings: object) -> MixPlan:
    session = hosts.open_session(session) if isinstance(session, Path) else session
    result = registry.run("duck", session, DuckSettings(**settings))  # type: ignore[arg-type]
    assert from_json(result.to_json()).to_json() == result.to_json()
    return result


def edited(session: Session, name: str, **fields: object) -> Session:
    return replace(session, tracks=tuple(replace(t, **fields) if t.name == name else t for t in session.tracks))


def louder_clips(session: Session, name: str, gain_db: float) -> Session:
    (track,) = (t for t in session.tracks if t.name == name)
    return edited(session, name, clips=tuple(replace(c, gain_db=c.gain_db + gain_db) for c in track.clips))


def moved(session: Session, name: str, position_s: float) -> Session:
    (track,) = (t for t in session.tracks if t.name == name)
    return edited(session, name, clips=tuple(replace(c, position_s=position_s) for c in track.clips))


def envelopes(result: MixPlan) -> dict[str, Envelope]:
    return {change.track: change for change in result.changes if isinstance(change, Envelope)}


def depths(result: MixPlan, background: str = "music") -> list[float]:
    return [region["depth_db"] for region in result.details["regions"] if region["background"] == background]


def spans(result: MixPlan) -> np.ndarray:
    return np.array([(region["start_s"], region["end_s"]) for region in result.details["regions"]])


def same_points(one: MixPlan, other: MixPlan, tolerance: float = 1e-6) -> None:
    a, b = envelopes(one), envelopes(other)
    assert a.keys() == b.keys() and a
    for key in a:
        left, right = ([(p.time_s, p.value, p.shape) for p in e[key].after] for e in (a, b))
        assert np.array(left) == pytest.approx(np.array(right), abs=tolerance)

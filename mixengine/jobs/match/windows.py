"""Choice of the passages of song and reference that are compared: loud ones of both, in which the groups play.

A passage is 262,144 frames at 44.1 kHz (5.94 s) as in [Diff-MST], or as long as the shorter of the two. Loudness is
measured per 100 ms. Where the reference is another mix of the same song, the same passages are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from mixengine.audio.loudness import LoudnessMeter, to_lufs
from mixengine.jobs.match import master_chain
from mixengine.jobs.match.features import MIN_FRAMES, RATE
from mixengine.jobs.match.groups import Group
from mixengine.mixer import mix
from mixengine.model import signal_path
from mixengine.model.session import Session, Track

FRAMES = 262_144
MAX_PASSAGES = 3
PREROLL = 16384
"""Frames before a passage that filters and compressors process, so that they do not start from rest."""
_HOP_S = 0.1
_NEAR_LOUDEST_LU = 6.0
_PLAYS_LU = 12.0
"""A group plays in a passage that is no more than this below its own loudest one."""
_COVERAGE_LU = 3.0
"""A passage may be this much softer for each group that plays in no other passage."""
_SAME_S, _SAME_CORRELATION = 1.0, 0.8
_FLOOR_LUFS = -100.0


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages that are compared.

    Attributes
    ----------
    frames : int
        Length of each passage at 44.1 kHz.
    song_s, reference_s : tuple of float
        Start times.
    same_song : bool
        The reference is another mix of the song.
    """

    frames: int
    song_s: tuple[float, ...]
    reference_s: tuple[float, ...]
    same_song: bool = False


def group_powers(session: Session, group: Group) -> np.ndarray:
    """K-weighted power of a group through its strips and the master's filters, per 100 ms from start to end."""
    meter = LoudnessMeter(session.sample_rate, 2)
    for block in _through_filters(session, group.tracks, 0.0, session.duration_s):
        meter.add(block)
    return meter.powers(_HOP_S)


def audio_powers(audio: np.ndarray) -> np.ndarray:
    """K-weighted power per 100 ms of audio at 44.1 kHz [shape=(frames, 2)]."""
    meter = LoudnessMeter(RATE, 2)
    meter.add(audio)
    return meter.powers(_HOP_S)


def choose(groups: Sequence[np.ndarray], reference: np.ndarray, song_frames: int, reference_frames: int) -> Passages:
    """Choose the passages.

    Parameters
    ----------
    groups : sequence of ndarray [shape=(hops,)]
        Powers of each group per 100 ms.
    reference : ndarray [shape=(hops,)]
        Powers of the reference.
    song_frames, reference_frames : int
        Lengths at 44.1 kHz.

    Raises
    ------
    ValueError
        Song or reference is too short to be measured, or the song is silent.
    """
    frames = min(FRAMES, song_frames, reference_frames)
    if frames < MIN_FRAMES:
        raise ValueError(f"{frames / RATE:.2f} s are too few; at least {MIN_FRAMES / RATE:.2f} s are needed")
    hops = max(int(frames / RATE / _HOP_S), 1)
    per_group = [_rolling(powers, hops) for powers in groups]
    song = np.sum(per_group, axis=0)
    if not song.max(initial=0.0) > 0.0:
        raise ValueError("nothing sounds")
    last_s = (song_frames - frames) / RATE
    song_s = tuple(min(hop * _HOP_S, last_s) for hop in _covering(song, per_group, hops))
    if _is_same_song(np.sum(groups, axis=0), reference, song_frames, reference_frames):
        return Passages(frames, song_s, tuple(min(at, (reference_frames - frames) / RATE) for at in song_s), True)
    target = _rolling(reference, hops)
    last_s = (reference_frames - frames) / RATE
    return Passages(frames, song_s, tuple(min(hop * _HOP_S, last_s) for hop in _covering(target, [target], hops)))


def _rolling(powers: np.ndarray, hops: int) -> np.ndarray:
    """Mean power of a passage that starts at each hop."""
    sums = np.concatenate([[0.0], np.cumsum(powers)])
    if len(powers) <= hops:
        return sums[-1:] / max(len(powers), 1)
    return np.maximum(sums[hops:] - sums[:-hops], 0.0) / hops


def _covering(total: np.ndarray, groups: Sequence[np.ndarray], hops: int) -> list[int]:
    """First hops of up to `MAX_PASSAGES` passages without overlap: the loudest, then those with further groups."""
    level = _lufs(total)
    plays = [_lufs(power) >= max(_lufs(power).max() - _PLAYS_LU, _FLOOR_LUFS + 1.0) for power in groups]
    allowed = np.ones(len(level), dtype=bool)
    covered = np.zeros(len(groups), dtype=bool)
    chosen: list[int] = []
    while allowed.any() and len(chosen) < MAX_PASSAGES:
        new_groups = np.sum([play & ~known for play, known in zip(plays, covered, strict=True)], axis=0)
        score = np.where(allowed, level + (_COVERAGE_LU * new_groups if chosen else 0.0), -np.inf)
        best = int(score.argmax())
        if chosen and not new_groups[best] and level[best] < level[chosen[0]] - _NEAR_LOUDEST_LU:
            break
        chosen.append(best)
        covered |= np.array([play[best] for play in plays])
        allowed[max(best - hops + 1, 0) : best + hops] = False
    return sorted(chosen)


def _is_same_song(song: np.ndarray, reference: np.ndarray, song_frames: int, reference_frames: int) -> bool:
    """Whether both have the same length and correlated loudness."""
    if abs(song_frames - reference_frames) > _SAME_S * RATE:
        return False
    count = min(len(song), len(reference))
    one, other = _lufs(song[:count]), _lufs(reference[:count])
    if one.std() < 0.1 or other.std() < 0.1:
        return False
    return float(np.corrcoef(one, other)[0, 1]) > _SAME_CORRELATION


def _lufs(power: np.ndarray) -> np.ndarray:
    return np.maximum(to_lufs(np.maximum(power, 1e-12)), _FLOOR_LUFS)


def read(session: Session, group: Group, start_s: float, frames: int, *, preroll: int, after: int) -> np.ndarray:
    """A passage of a group through its strips and the filters on the master, at 44.1 kHz.

    It has ``preroll`` frames before it and ``after`` behind.

    Returns
    -------
    ndarray of float32 [shape=(2, preroll + frames + after)]
        Zeros before the start and after the end of the session.
    """
    length = preroll + frames + after
    first_s = start_s - preroll / RATE
    blocks = _through_filters(session, group.tracks, max(first_s, 0.0), first_s + (length + 64) / RATE)
    return _resampled(blocks, session.sample_rate, round(max(-first_s, 0.0) * RATE), length)


def played(session: Session, passages: Passages) -> np.ndarray:
    """The passages as the session plays them, the master with all that is on it [shape=(passages, 2, frames)]."""
    tracks = signal_path.audible_tracks(session)

    def passage(start_s: float) -> np.ndarray:
        stop_s = start_s + (passages.frames + 64) / RATE
        blocks = mix.sum_blocks(session, tracks, start_s=start_s, end_s=stop_s, effects=True, master=True, threads=True)
        return _resampled(blocks, session.sample_rate, 0, passages.frames)

    return np.stack([passage(start_s) for start_s in passages.song_s])


def _through_filters(session: Session, tracks: Sequence[Track], start_s: float, end_s: float) -> Iterator[np.ndarray]:
    filtered = master_chain.for_reading(session)
    return mix.sum_blocks(
        filtered or session,
        tracks,
        start_s=start_s,
        end_s=end_s,
        effects=True,
        master=filtered is not None,
        threads=True,
    )


def _resampled(stream: Iterable[np.ndarray], rate: int, at: int, length: int) -> np.ndarray:
    """Blocks as audio at 44.1 kHz that begins ``at`` frames into silence [shape=(2, length)]."""
    blocks = list(stream)
    audio = np.concatenate(blocks) if blocks else np.zeros((0, 2), dtype=np.float32)
    if rate != RATE and len(audio):
        audio = soxr.resample(audio, rate, RATE, quality="HQ")
    out = np.zeros((2, length), dtype=np.float32)
    audio = audio[: length - at].T
    out[:, at : at + audio.shape[1]] = audio
    return out

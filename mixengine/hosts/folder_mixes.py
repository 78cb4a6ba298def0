"""Mixes among the files of a folder: by name, by how recorders call them, or because they are the sum of the others."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.model import instruments, roles
from mixengine.model.session import Session, Track

_MIN_OTHERS = 2
_LEFT_RIGHT = re.compile(r"^(?P<stem>.+)[_ -](LR|L-R|MIX|ST)$", re.IGNORECASE)
_TRACK = re.compile(r"^(?P<stem>.+)[_ -](TR|TRK|CH|TRACK)?\d+([_ -]\d+)?$", re.IGNORECASE)
_MAX_FILES = 64
_EXCERPT_FRAMES = 8192
_AT = (0.21, 0.37, 0.53, 0.71)
"""Where excerpts are taken, as shares of the length."""
_RESIDUAL = 0.01
"""Power of what the others do not explain, of a mix's own power (-20 dB): a lossy codec leaves as much."""
_MIN_GAIN = 0.05
_MAX_CORRELATION = 0.7


def mixes(session: Session) -> dict[str, str]:
    """Track id → why it is a mix of the others."""
    tracks = [track for track in session.tracks if len(track.audio_clips) == 1]
    result = {track.id: "a mix of the others by its name" for track in _by_name(session)}
    result |= {track.id: "the recorder's own mix of its tracks" for track in _by_recorder(tracks)}
    if not result:
        result = {track.id: "the sum of the other files" for track in _by_sound(tracks)}
    return result if len(tracks) - len(result) >= _MIN_OTHERS else {}


def _by_name(session: Session) -> list[Track]:
    votes = list(roles.votes_of(session).values())
    named = instruments.mixes(votes)
    return [track for at, track in enumerate(session.tracks) if at in named and not track.is_folder]


def _by_recorder(tracks: Sequence[Track]) -> list[Track]:
    """``ZOOM0001_LR`` beside ``ZOOM0001_Tr1``: field recorders write a mix beside the tracks."""
    stems = [match["stem"].casefold() for track in tracks if (match := _TRACK.match(track.name))]
    return [
        track
        for track in tracks
        if (match := _LEFT_RIGHT.match(track.name)) and stems.count(match["stem"].casefold()) >= _MIN_OTHERS
    ]


def _by_sound(tracks: Sequence[Track]) -> list[Track]:
    """The file that is a sum of all others, each with a gain of its own and none against the phase."""
    if not _MIN_OTHERS < len(tracks) <= _MAX_FILES or any(track.clips[0].position_s for track in tracks):
        return []
    longest_s = max(track.clips[0].length_s for track in tracks)
    excerpts = [_excerpts(track, longest_s) for track in tracks]
    if any(part is None for part in excerpts):
        return []
    matrix = np.stack([part for part in excerpts if part is not None], axis=1)
    products = matrix.T @ matrix  # everything below follows from these
    sounding = np.flatnonzero(products.diagonal() > 0.0)
    mixes = []
    for at, track in enumerate(tracks):
        others = sounding[sounding != at]
        power = float(products[at, at])
        if not power or len(others) < _MIN_OTHERS or track.clips[0].length_s < 0.9 * longest_s:
            continue
        between = products[np.ix_(others, others)]
        if _alike(between):
            continue
        gains, *_ = np.linalg.lstsq(between, products[others, at], rcond=None)
        rest = power + float(gains @ between @ gains - 2.0 * gains @ products[others, at])
        if rest < _RESIDUAL * power and gains.min() > _MIN_GAIN:
            mixes.append(track)
    return mixes if len(mixes) == 1 else []


def _alike(products: np.ndarray) -> bool:
    """Whether any two sounds, given as the sums of their products, are so alike that any is a sum of others."""
    norms = np.sqrt(products.diagonal())
    return bool((np.abs(products / np.outer(norms, norms)) - np.eye(len(norms))).max() > _MAX_CORRELATION)


def _excerpts(track: Track, longest_s: float) -> np.ndarray | None:
    """A few stretches of a file, mono, one after the other; silence past its end."""
    try:
        file = AudioFile(track.clips[0].source.path)
    except UnreadableAudio:
        return None
    try:
        starts = [round(share * longest_s * file.rate) for share in _AT]
        return np.concatenate([file.read(start, _EXCERPT_FRAMES).mean(axis=1) for start in starts]).astype(np.float64)
    except UnreadableAudio:
        return None
    finally:
        file.close()

"""What the folders around a track make of its level over time."""

from __future__ import annotations

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.model import signal_path
from mixengine.model.session import VOLUME_KINDS, Session, Track


def folder_gain(session: Session, track: Track, times_s: np.ndarray) -> np.ndarray:
    """Gain of a track by the volume envelopes of its folders and of their VCA leads.

    Parameters
    ----------
    times_s : ndarray [shape=(steps,)]
        Rising.

    Returns
    -------
    ndarray [shape=(steps,)]
        Linear.
    """
    gain = np.ones(len(times_s))
    for folder in session.ancestors(track):
        for envelope in signal_path.with_lead_envelopes(session, folder).automation:
            if envelope.kind in VOLUME_KINDS and envelope.active and envelope.points:
                gain *= automation_values(times_s, envelope)
    return gain

"""Measure the spectra of a session's tracks in parallel, through the cache."""

from __future__ import annotations

from mixengine.analysis.spectra import VERSION, Spectra, measure
from mixengine.analysis.tracks import Measure, measure_tracks
from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress


def measure_spectra(
    session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress
) -> dict[str, Spectra | str]:
    """Track id → its `Spectra`, or the reason why there are none."""
    measurement = Measure(_measure_one, Spectra, ("tone", VERSION), intact=Spectra.powers)
    return measure_tracks(session, tracks, measurement, use_cache=use_cache, progress=progress)


def _measure_one(track: Track, session: Session) -> Spectra | str:
    try:
        return measure(track, timeline.analysis_rate(track, session))
    except UnreadableAudio as error:
        return f"cannot be read: {error}"


__all__ = ["Progress", "measure_spectra"]

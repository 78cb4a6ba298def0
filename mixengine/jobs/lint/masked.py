"""Tracks that nobody can hear: whatever they play, the others cover it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixengine.analysis import masking
from mixengine.analysis.session_spectra import analyse
from mixengine.analysis.spectra import BANDS, Spectra
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.findings import HINT, WARNING, Finding, names
from mixengine.model import selection, signal_path
from mixengine.model.units import amplitude

COVERED = 0.95
"""Share of what a track tells that the others cover (see `mixengine.analysis.masking`), while it plays. A pad under a
full arrangement is covered by 0.6 to 0.9 and still missed when it is muted."""
UNBALANCED_TRACKS, UNBALANCED_SHARE = 4, 0.3
"""When so many tracks, and this share of all, are covered, the balance is what is wrong: one finding says so."""


def always_masked(case: LintContext) -> Iterator[Finding]:
    """Tracks covered by the others all the time, with faders as they stand; effects and pans are not heard."""
    picked = [track for track in selection.pick(case.session).tracks if track.id in case.listened]
    if len(picked) < 2:
        return
    measured = analyse(case.session, picked, use_cache=case.use_cache, progress=case.progress)
    heard = []
    for track in sorted(picked, key=lambda track: track.id):
        spectra = measured[track.id]
        if isinstance(spectra, Spectra) and spectra.peak > 0.0:
            gain = amplitude(signal_path.path_gain_db(case.session, track, {})) ** 2
            heard.append(masking.Heard(track.id, 0, False, spectra.first, spectra.powers(gain)))
    frames = max((track.first + len(track.powers) for track in heard), default=0)
    total = np.zeros((frames, BANDS))
    for own in heard:
        total[own.first : own.first + len(own.powers)] += own.powers
    masked = {own.id: covered for own in heard if (covered := _covered(own, total)) > COVERED}
    if len(masked) >= UNBALANCED_TRACKS and len(masked) > UNBALANCED_SHARE * len(heard):
        loudest = max(heard, key=lambda own: (float(own.powers.sum(dtype=np.float64)), own.id))
        yield Finding(
            "always_masked",
            WARNING,
            names([case.session.track(track_id) for track_id in masked]),
            f"{len(masked)} of {len(heard)} tracks are covered whenever they play; the loudest is "
            f"{case.session.track(loudest.id).name}",
            "balance the session first (mixengine balance)",
        )
        return
    for track_id, covered in masked.items():
        yield Finding(
            "always_masked",
            HINT,
            (case.session.track(track_id).name,),
            f"others cover {100.0 * covered:.0f} % of it whenever it plays",
            "turn it up, make room for it (mixengine unmask), or leave it out",
        )


def _covered(own: masking.Heard, total: np.ndarray) -> float:
    """Share of what a track tells that the rest of ``total`` covers."""
    others = total.copy()
    others[own.first : own.first + len(own.powers)] -= own.powers
    rest = masking.Heard("others", 1, False, 0, np.maximum(others, 0.0).astype(np.float32))
    (target,) = masking.targets([own, rest])
    return target.covered(target.together({}))

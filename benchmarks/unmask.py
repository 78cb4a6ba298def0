"""What unmask does to finished songs: as mixed, with the vocal raised by 4 dB, and buried by 6 dB.

    python benchmarks/unmask.py [SHARED]

SHARED (default: ``../shared/data``) holds the songs, stems at their level in the mix. Printed per song and level: how
much of the voice stands clear before and after, what the cuts are worth in dB on everyone else's fader, the largest
change of the backing in a critical band, and its change in loudness (K-weighted, no gate). Songs
that are not there are named.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine import hosts
from mixengine.analysis.clearness import k_weights
from mixengine.analysis.session_spectra import measure_spectra
from mixengine.analysis.spectra import Spectra
from mixengine.jobs import registry
from mixengine.jobs.unmask.bands import band_gains
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model.session import Session
from mixengine.system.progress import no_progress

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SONGS = {
    "balance/songs/analog_or_digital": "Vocals",
    "balance/songs/react_mixdesk": "Vox",
    "balance/songs/mixjs_atc": "LeadVocals",
    "audio/multitrack/everything_is_free/2_Lithium": "VOX_LEAD",
    "audio/multitrack/everything_is_free/3_Sodium": "VOX_LEAD",
    "audio/multitrack/everything_is_free/4_Potassium": "VOX_LEAD",
    "audio/multitrack/everything_is_free/6_Caesium": "VOX_LEAD",
}
LEVELS_DB = (4.0, 0.0, -6.0)


def main(shared: Path) -> None:
    """Print the table."""
    print(f"{'song':18}{'vocal':>6}{'clear':>14}{'worth dB':>10}{'bent dB':>9}{'LU':>7}")
    for place, lead in SONGS.items():
        folder = shared / place
        if not folder.is_dir():
            print(f"{folder.name:18} is not there")
            continue
        session = hosts.open_session(folder)
        kept = tuple(track for track in session.tracks if not track.name.startswith("_"))
        for level_db in LEVELS_DB:
            print(f"{folder.name:18}{level_db:+6.0f}{_line(replace(session, tracks=kept), lead, level_db)}", flush=True)


def _line(session: Session, lead: str, level_db: float) -> str:
    moved = tuple(replace(t, fader_db=level_db) if t.name == lead else t for t in session.tracks)
    settings = UnmaskSettings(roles=(f"{lead}=lead_vocal",))
    plan = registry.run("unmask", replace(session, tracks=moved), settings, no_progress)
    voice = plan.details.voices[0]
    measured = measure_spectra(session, [t for t in moved if t.clips], use_cache=True, progress=no_progress)
    cuts = {change.track: change.after or () for change in plan.changes}
    powers = {
        track.id: result.powers().sum(axis=0, dtype=np.float64)
        for track in moved
        if track.name not in voice.tracks and isinstance(result := measured.get(track.id), Spectra)
    }
    before = sum(powers.values())
    after = sum(power * band_gains(cuts.get(name, ()), session.sample_rate) for name, power in powers.items())
    bent_db = float(np.abs(10.0 * np.log10(after / before)).max())
    lost_lu = 10.0 * float(np.log10((after @ k_weights()) / (before @ k_weights())))
    shares = f"{100 * voice.clear_before:.0f} → {100 * voice.clear_after:.0f} %"
    return f"{shares:>14}{voice.won_db:10.1f}{bent_db:9.1f}{lost_lu:7.2f}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED)

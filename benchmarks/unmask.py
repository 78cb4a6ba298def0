"""What unmask does to finished songs: as mixed, with the vocal raised by 4 dB, and buried by 6.

    python benchmarks/unmask.py [--static] [SHARED]

SHARED (default: ``../shared/data``) holds the songs, stems at their level in the mix. Printed per song and level: how
much of the voice stands clear before and after, what the equalisers are worth in dB on everyone else's fader, the
largest change of the backing in a critical band while the voice sounds and while it is silent (means over those
moments), the change of the backing's loudness over the whole song and while the voice sounds (K-weighted, no gate), the
largest boost of the voice, and how many points a band has. Songs that are not there are named.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine import hosts
from mixengine.analysis.clearness import k_weights
from mixengine.analysis.masking import playing
from mixengine.analysis.session_spectra import measure_spectra
from mixengine.analysis.spectra import BANDS, FRAME_S, Spectra
from mixengine.audio.curves import automation_values
from mixengine.jobs import registry
from mixengine.jobs.unmask.bands import band_gains
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model.session import VOLUME, Automation, EqBand, Session
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


def main(shared: Path, *, static: bool) -> None:
    """Print the table."""
    print(f"{'':24}{'':14}{'worth':>7}{'bent dB':>16}{'LU':>15}{'boost':>7}{'points':>7}")
    print(f"{'song':18}{'vocal':>6}{'clear':>14}{'dB':>7}{'sung':>8}{'silent':>8}{'all':>8}{'sung':>7}{'dB':>7}")
    for place, lead in SONGS.items():
        folder = shared / place
        if not folder.is_dir():
            print(f"{folder.name:18} is not there")
            continue
        session = hosts.open_session(folder)
        kept = replace(session, tracks=tuple(t for t in session.tracks if not t.name.startswith("_")))
        for level_db in LEVELS_DB:
            print(f"{folder.name:18}{level_db:+6.0f}{_line(kept, lead, level_db, static=static)}", flush=True)


def _line(session: Session, lead: str, level_db: float, *, static: bool) -> str:
    moved = tuple(replace(t, fader_db=level_db) if t.name == lead else t for t in session.tracks)
    settings = UnmaskSettings(roles=(f"{lead}=lead_vocal",), static=static)
    plan = registry.run("unmask", replace(session, tracks=moved), settings, no_progress)
    voice = plan.details.voices[0]
    measured = measure_spectra(session, [t for t in moved if t.clips], use_cache=True, progress=no_progress)
    sounding = {t.id: s for t in moved if isinstance(s := measured.get(t.id), Spectra) and s.peak > 0.0}
    frames = max(spectra.first + len(spectra.powers()) for spectra in sounding.values())
    bands = {change.track: change.after or () for change in plan.changes}
    before, after, sung = np.zeros((frames, BANDS)), np.zeros((frames, BANDS)), np.zeros(frames, dtype=bool)
    for track in [track for track in moved if track.id in sounding]:
        spectra = sounding[track.id]
        powers, here = spectra.powers(), slice(spectra.first, spectra.first + len(spectra.powers()))
        if track.name in voice.tracks:
            sung[here] |= playing(powers)
            continue
        before[here] += powers
        after[here] += powers * _gains(bands.get(track.id, ()), frames, session.sample_rate)[here]
    boosts_db = [b.gain_db for own in bands.values() for b in own if b.gain_db > 0.0]
    points = [len(b.points) for own in bands.values() for b in own if b.points]
    shares = f"{100 * voice.clear_before:.0f} → {100 * voice.clear_after:.0f} %"
    bent = "".join(f"{_bent_db(before[at], after[at]):8.1f}" for at in (sung, ~sung))
    lost = "".join(f"{_lost_lu(before[at], after[at]):{w}.2f}" for at, w in ((slice(None), 8), (sung, 7)))
    return f"{shares:>14}{voice.won_db:7.1f}{bent}{lost}{max(boosts_db, default=0.0):7.1f}{max(points, default=0):7}"


def _gains(bands: tuple[EqBand, ...], frames: int, rate: int) -> np.ndarray:
    """Power gain of each frame [shape=(frames, bands)]; a band that moves has its shape at each depth, in dB."""
    gains_db = np.zeros((frames, BANDS))
    times_s = (np.arange(frames) + 0.5) * FRAME_S
    for band in bands:
        shape_db = 10.0 * np.log10(band_gains([band], rate))
        part = np.ones(frames)
        if band.points:
            values = automation_values(times_s, Automation(VOLUME, band.points))
            part = 20.0 * np.log10(values) / band.gain_db
        gains_db += part[:, None] * shape_db
    return 10.0 ** (gains_db / 10.0)


def _bent_db(before: np.ndarray, after: np.ndarray) -> float:
    total = before.sum(axis=0)
    return float(np.abs(10.0 * np.log10(after.sum(axis=0)[total > 0.0] / total[total > 0.0])).max(initial=0.0))


def _lost_lu(before: np.ndarray, after: np.ndarray) -> float:
    return 10.0 * float(np.log10((after.sum(axis=0) @ k_weights()) / (before.sum(axis=0) @ k_weights())))


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--static"]
    main(Path(arguments[0]) if arguments else SHARED, static="--static" in sys.argv[1:])

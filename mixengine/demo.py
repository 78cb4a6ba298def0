"""``mixengine demo``: a small session of our own, balanced before the user's eyes.

The stems come with the package (`mixengine/demo_audio`, made by ``tools/make_demo_audio.py``) at deliberately uneven
levels.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile

from mixengine import hosts, workflow
from mixengine.audio import mixdown
from mixengine.errors import UserError
from mixengine.hosts.staging import Staging
from mixengine.report.tables import balance_table, printable
from mixengine.session import Session
from mixengine.settings import BalanceSettings

AUDIO = Path(__file__).with_name("demo_audio")


def run(folder: Path, *, console: Any, progress: Callable[[int, int, str], None]) -> workflow.Outcome:
    """Copy the stems to ``folder``, balance them, render before and after, and say where to look."""
    folder = folder.absolute()
    stems = folder / "stems"
    if folder.is_file():
        raise UserError(f"{folder}: is a file; give a folder: mixengine demo NEW_FOLDER")
    if folder.exists() and any(not path.name.startswith(".") for path in folder.iterdir()) and not stems.is_dir():
        raise UserError(f"{folder}: is not empty; give another folder: mixengine demo NEW_FOLDER")
    with Staging(folder) as stage:
        for path in sorted(AUDIO.rglob("*.ogg")):
            shutil.copyfile(path, stage.path(f"stems/{path.relative_to(AUDIO).as_posix()}"))
        stage.commit()
    settings = BalanceSettings(preset="voice-over-music")
    outcome = workflow.run("balance", stems, settings, out=str(folder / "demo-balanced.RPP"), progress=progress)
    before, after = _render(folder, hosts.open_session(stems), outcome)
    console.print(balance_table(outcome.plan))
    count = len(outcome.plan.details["tracks"])
    console.print(
        f"\nDone in {outcome.seconds:.1f} s. {count} stems at odd levels became a balanced session:\n"
        f"  listen   {printable(str(before))}\n"
        f"  then to  {printable(str(after))}\n"
        f"  open     {printable(outcome.outputs['project'])}   (in REAPER: the balance is on the faders)\n"
        f"  read     {printable(outcome.outputs['plan'])}   (every change with its reason)\n\n"
        "Next, with your own material:\n"
        "  mixengine balance FOLDER_OF_STEMS --dry-run\n"
        "  mixengine balance SONG.RPP\n"
        "  mixengine balance --help",
        soft_wrap=True,
    )
    return outcome


def _render(folder: Path, session: Session, outcome: workflow.Outcome) -> tuple[Path, Path]:
    """Stereo files of the sum before and after; turned down where the sum would clip."""
    faders_db = {row["id"]: row["fader_after_db"] for row in outcome.plan.details["tracks"]}
    tracks = [track for track in session.tracks if track.audio_clips]
    paths = []
    with Staging(folder) as stage:
        for name, faders in (("before.wav", {}), ("after.wav", faders_db)):
            peak_db = mixdown.true_peak_dbtp(session, tracks, faders)
            gain = 10.0 ** (min(-1.0 - peak_db, 0.0) / 20.0)
            with soundfile.SoundFile(stage.path(name), "w", session.sample_rate, 2, "PCM_24", format="WAV") as file:
                for block in mixdown.blocks(session, tracks, faders):
                    file.write(block * gain)
            paths.append(folder / name)
        stage.commit()
    return paths[0], paths[1]

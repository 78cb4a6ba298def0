"""``mixengine demo``: balance a small session that comes with mixengine.

The stems come with the package (`mixengine/demo_audio`, made by ``tools/make_demo_audio.py``) at deliberately uneven
levels.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from mixengine import hosts
from mixengine.app import demo_conversation, workflow
from mixengine.app.pages import view_of
from mixengine.app.pages import write as page
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.level.settings import LevelSettings
from mixengine.mixer import mix
from mixengine.model.session import Session
from mixengine.model.units import plain_db
from mixengine.report.tables import printable
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

AUDIO = Path(__file__).resolve().parents[1] / "demo_audio"
VOICE = AUDIO / "voice" / "voice over.ogg"
LEVEL_LUFS = -24.0
"""Every person of the conversation speaks once and evenly: only between them there is something to level."""


def run(folder: Path, *, console: Any, progress: Progress) -> workflow.Outcome:
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
        demo_conversation.write(VOICE, stage, "conversation")
        stage.commit()
    settings = BalanceSettings(preset="voice-over-music")
    outcome = workflow.run_job("balance", stems, settings, out=str(folder / "demo-balanced.RPP"), progress=progress)
    balanced = Path(outcome.outputs["project"])
    duck = DuckSettings(preset="voice-over-music", buses=True)
    ducked = workflow.run_job(
        "duck", balanced, duck, out=str(folder / "demo-ducked.RPP"), extras=[mix.write, page], progress=progress
    )
    shared = workflow.run_job(
        "automix", folder / "conversation", AutomixSettings(), out=str(folder / "conversation-automixed.RPP")
    )
    levelled = workflow.run_job(
        "level",
        shared.outputs["project"],
        LevelSettings(target_lufs=LEVEL_LUFS),
        out=str(folder / "conversation-levelled.RPP"),
    )
    before = _render(folder, hosts.open_session(stems))
    plans = (outcome.plan, ducked.plan, shared.plan, levelled.plan)
    for entry in (entry for plan in plans for entry in view_of(plan).show(plan)):
        console.print(entry)
    count = len(outcome.plan.details["tracks"])
    console.print(
        f"\nDone in {outcome.seconds + ducked.seconds:.1f} s. {count} stems at odd levels became a balanced session "
        "that makes way for the voice:\n"
        f"  listen   {printable(str(before))}\n"
        f"  then to  {printable(ducked.outputs['mix'])}\n"
        f"  open     {printable(ducked.outputs['project'])}   (in REAPER: faders and volume envelopes)\n"
        f"  read     {printable(ducked.outputs['report'])}   (a page with players and the picture of the ducking)\n"
        f"  and      {printable(shared.outputs['project'])}   (three microphones in one room that share the gain)\n"
        f"  and      {printable(levelled.outputs['project'])}   (and all three at {plain_db(LEVEL_LUFS)} LUFS)\n\n"
        "Next, with your own material:\n"
        "  mixengine balance FOLDER_OF_STEMS --dry-run\n"
        "  mixengine balance SONG.RPP\n"
        "  mixengine duck PODCAST.RPP\n"
        "  mixengine automix PODCAST.RPP\n"
        "  mixengine level PODCAST.RPP\n"
        "  mixengine balance --help",
        soft_wrap=True,
    )
    return outcome


def _render(folder: Path, session: Session) -> Path:
    """A stereo file of the unchanged stems' sum, turned down where it would clip."""
    with Staging(folder) as stage:
        mix.to_file(session, stage.path("before.wav"))
        stage.commit()
    return folder / "before.wav"

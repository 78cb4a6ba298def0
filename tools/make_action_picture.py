"""Draw what a user of REAPER sees of an action: the boxes of a run over the simulated REAPER.

    python tools/make_action_picture.py

Writes ``docs/img/action.svg``.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from mixengine.app import demo, workflow
from mixengine.jobs.balance.settings import BalanceSettings

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
YES = 6


def main() -> None:
    """Press "Duck music under speech" on the demo and draw each station."""
    from reaper_sim import SimReaper

    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(demo.AUDIO, Path(place) / "demo")
        song = Path(place) / "song.RPP"
        workflow.run_job("balance", Path(place) / "demo", BalanceSettings(preset="voice-over-music"), out=str(song))
        sim = SimReaper(song)
        with sim.inside():
            from mixengine.reaper import actions

            sim.box_answers.extend([YES, YES])
            helped: list[str] = []
            actions.run("duck", sys.modules["__main__"], sys.executable)
            sim.run_until(lambda: helped.append(getattr(sim, "help", "")) or not sim.deferred, timeout_s=120)
        lines = [line for line in dict.fromkeys(helped) if line]
    console = Console(record=True, width=110, file=io.StringIO(), highlight=False)
    (question, summary) = (text for _, text, _ in sim.boxes[:2])
    console.print(_box(question, "[ Yes ]   [ No ]"))
    for line in lines[:: max(len(lines) // 3, 1)][:4]:
        console.print(Text(f"  {line}", style="dim"))
    console.print(_box(summary, "[ Yes ]   [ No ]   [ Cancel ]"))
    console.print(Text(f"  Edit > Undo {sim.current.undo.steps[-1].name}", style="dim"))
    svg = console.export_svg(title="Duck music under speech (simulated REAPER)")
    (ROOT / "docs" / "img" / "action.svg").write_text(svg, encoding="utf-8")


def _box(text: str, buttons: str) -> Panel:
    body = Text(text + "\n\n")
    body.append(buttons, style="bold")
    return Panel(body, title="mixengine", title_align="left", box=box.ROUNDED)


if __name__ == "__main__":
    main()

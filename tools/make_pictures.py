"""Draw README's picture: the table that ``mixengine demo`` prints, as SVG.

    python tools/make_pictures.py

Writes ``docs/img/balance.svg``.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from mixengine import demo, hosts, jobs
from mixengine.report.tables import balance_table
from mixengine.settings import BalanceSettings

TARGET = Path(__file__).resolve().parents[1] / "docs" / "img" / "balance.svg"


def main() -> None:
    """Balance the demo's stems and save the table."""
    with tempfile.TemporaryDirectory() as place:
        stems = Path(place) / "demo"
        shutil.copytree(demo.AUDIO, stems)
        plan = jobs.run("balance", hosts.open_session(stems), BalanceSettings(preset="voice-over-music"))
    console = Console(record=True, width=148, file=io.StringIO(), highlight=False)
    console.print(balance_table(plan))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(console.export_svg(title="mixengine balance stems --preset voice-over-music"), encoding="utf-8")


if __name__ == "__main__":
    main()

"""A lint check of your own: recordings that came in too hot for the house's rule.

    python examples/custom_check.py                         (on the demo's stems)
    python examples/custom_check.py lint SONG.RPP           (mixengine with one check more)

A check is a function that takes the session under examination and yields findings. Put into the registry under a name,
it takes part in everything: the table, ``--check NAME``, ``--json``, ``--markers`` and the page.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mixengine import cli
from mixengine.app.demo import AUDIO
from mixengine.jobs.lint.checks import CHECKS
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.findings import HINT, WARNING, Finding
from mixengine.model.units import decibels

MAX_PEAK_DBFS = -6.0
"""The rule of this house: converters and plug-ins that model hardware want this much headroom."""
MAX_PEAK_WARNING_DBFS = -1.0
"""From here on it is no matter of taste."""


def hot_recording(context: LintContext) -> Iterator[Finding]:
    """Recordings whose sample peak is above the house's limit, as they are in their files (faders do not count)."""
    for track, stats in context.track_stats:
        peak_dbfs = decibels(stats.peak)
        if peak_dbfs > MAX_PEAK_DBFS:
            yield Finding(
                "hot_recording",
                WARNING if peak_dbfs > MAX_PEAK_WARNING_DBFS else HINT,
                (track.name,),
                f"peaks at {peak_dbfs:.1f} dBFS, the limit is {MAX_PEAK_DBFS:.0f}",
                f"turn the item down by {peak_dbfs - MAX_PEAK_DBFS:.1f} dB; record the next take with less gain",
            )


CHECKS["hot_recording"] = hot_recording


def demonstrate() -> None:
    """Lint the demo's stems with this check alone."""
    stems = Path(tempfile.mkdtemp(prefix="mixengine-example-")) / "stems"
    shutil.copytree(AUDIO, stems)
    cli.app(["lint", str(stems), "--check", "hot_recording", "--no-report"], standalone_mode=False)


if __name__ == "__main__":
    if sys.argv[1:]:
        cli.main()
    else:
        demonstrate()

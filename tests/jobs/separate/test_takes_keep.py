"""A new take sounds as the old one did but for what the model changed: with ``blend`` 0, which changes nothing, the mix
before and after is the same, whatever hangs on the take.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.app import workflow
from mixengine.audio import timeline
from mixengine.hosts import open_session
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.model.session import Session
from tests.helpers import rpp_builders as b
from tests.helpers.separation_songs import song
from tests.helpers.sounds import write

RATE = 48000
FAST = "PLAYRATE 1.5 0 0 -1 0 0.0025"
ENVELOPE = b.envelope("VOLENV", "0 0.1 1", "0.51003 1 0", "0.76003 0.25 0", lines=("VOLTYPE 1",))
COUGH = b.envelope("MUTEENV", "0 1 1", "0.41003 0 1", "0.61003 1 1")
SWAY = b.envelope("PANENV", "0 0.5 0", "0.6 -0.5 0")
HANGING = {
    "a volume envelope of -20 dB": ([], ENVELOPE),
    "a muted cough": ([], COUGH),
    "a pan envelope": ([], SWAY),
    "all of them, played faster": ([FAST], [*ENVELOPE, *COUGH, *SWAY]),
    "all of them, stretched": (["PLAYRATE 1.5 1 2 -1 0 0.0025"], [*ENVELOPE, *COUGH, *SWAY]),
    "stretch markers": ([], ["SM 0 0.25 + 0.7 1.2", *ENVELOPE]),
    "the left channel": (["CHANMODE 3"], []),
    "channels swapped": (["CHANMODE 1", FAST], SWAY),
    "a mono mix": (["CHANMODE 2"], ENVELOPE),
    "nothing": ([], []),
}


def item(number: int, lines: list[str], hanging: list[str]) -> list[str]:
    head = [
        "POSITION 0.5", "LENGTH 0.9", "LOOP 0", "MUTE 0 0", "SEL 1", f"IGUID {b.guid(number)}", "NAME cough",
        "FADEIN 1 0.05 0 1 0 0 0", "VOLPAN 0.5 0.25 -0.7 -1", "SOFFS 0.25", *lines, f"GUID {b.guid(100 + number)}",
    ]  # fmt: skip
    return ["<ITEM", *head, *b.source("voice.wav"), *hanging, ">"]


@pytest.fixture(scope="module")
def sessions(tmp_path_factory) -> tuple[Session, Session]:
    """One track for each case, before and after, as the project file plays it."""
    folder = tmp_path_factory.mktemp("takes")
    write(folder / "voice.wav", song(RATE * 2, 2), RATE, "FLOAT")
    tracks = [b.track(n, item(50 + n, *parts), name=name) for n, (name, parts) in enumerate(HANGING.items(), start=1)]
    (folder / "song.RPP").write_bytes(b.project(*tracks))
    settings = SeparateSettings(model="mask", take=True, blend=0.0)
    outcome = workflow.run_job("separate", folder / "song.RPP", settings)
    return open_session(folder / "song.RPP"), open_session(Path(outcome.outputs["project"]))


@pytest.mark.parametrize("name", HANGING)
def test_before_and_after_are_the_same(sessions, name):
    number = list(HANGING).index(name) + 1
    before, after = (
        np.concatenate(list(timeline.blocks(session.track(b.guid(number)), RATE, end_s=2.0, channels=2)))
        for session in sessions
    )
    [clip] = sessions[1].track(b.guid(number)).clips
    assert clip.behind is not None and clip.source.path != clip.behind.source.path
    difference = np.sqrt(np.mean((after - before) ** 2)) / np.sqrt(np.mean(before**2))
    assert np.abs(before).max() > 0.01
    assert 20.0 * np.log10(difference + 1e-12) < -80.0, f"{20.0 * np.log10(difference + 1e-12):.1f} dB"

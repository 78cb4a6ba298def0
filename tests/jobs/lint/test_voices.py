"""Sharp sibilants and pops of voices, and only of voices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixengine import hosts
from tests.helpers.lint_sessions import ask, indifferent
from tests.helpers.sounds import write
from tests.helpers.voiced_faults import RATE, popping, voice


def test_sharp_sibilants_and_pops_are_named_with_the_repair(tmp_path: Path) -> None:
    for name, sound in (("Lead Vocal", popping()), ("Hi Hat", popping()), ("Narrator", 0.2 * voice())):
        write(tmp_path / f"{name}.wav", np.concatenate([sound] * 2), RATE)
    session = hosts.open_session(tmp_path)
    pops, *sharp = sorted(indifferent(session, "sibilance", "plosives"), key=lambda finding: finding["check"])
    assert pops["tracks"] == ("Lead Vocal",) and "4 pops below 120 Hz in 8 s" in pops["message"]
    assert "enhance --repair plosives" in pops["advice"]
    assert [finding["tracks"] for finding in sharp] == [("Lead Vocal",), ("Narrator",)]
    assert "4 sharp sibilants in 8 s" in sharp[0]["message"] and "--repair sibilance" in sharp[0]["advice"]


def test_a_soft_voice_has_neither(tmp_path: Path) -> None:
    write(tmp_path / "Narrator.wav", voice(sharp=0.02), RATE)
    assert ask(hosts.open_session(tmp_path), "sibilance", "plosives") == []

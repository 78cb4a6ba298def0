"""What the demo says of its conversation is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine import hosts
from mixengine.app import demo, demo_conversation
from mixengine.jobs import registry
from mixengine.jobs.level.details import LevelDetails
from mixengine.jobs.level.settings import LevelSettings
from mixengine.system.staging import Staging


def test_all_three_voices_come_to_the_level_it_names(tmp_path: Path) -> None:
    with Staging(tmp_path) as stage:
        demo_conversation.write(demo.VOICE, stage, "conversation")
        stage.commit()
    settings = LevelSettings(target_lufs=demo.LEVEL_LUFS, cache=False)
    plan = registry.run("level", hosts.open_session(tmp_path / "conversation"), settings)
    assert isinstance(plan.details, LevelDetails) and len(plan.changes) == 3
    assert [voice.after_lufs for voice in plan.details.voices] == pytest.approx([demo.LEVEL_LUFS] * 3, abs=0.2)

"""The jobs say of themselves what is true, earlier names are read, and pages of the documentation keep up."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from mixengine.jobs import registry
from mixengine.model import codec
from mixengine.model.details import Details, Stored
from mixengine.model.plan import MixPlan
from mixengine.model.settings import options
from mixengine.report.view import View
from tests.helpers.paths import ROOT


@pytest.mark.parametrize("name", registry.names())
def test_what_a_job_names_is_there(name: str) -> None:
    from mixengine.jobs.job import resolve

    job = registry.job(name)
    assert job.name == name and callable(job.load_plan()) and isinstance(job.load_view(), View)
    assert issubclass(resolve(job.details), Details)
    assert not job.check or callable(resolve(job.check))
    assert all(callable(resolve(extra.write)) for extra in job.extras.values())
    assert all(option.about.help for option in options(job.settings))
    empty = registry.typed(MixPlan(name, "", "", details=Stored({})))
    assert type(empty.details) is resolve(job.details), "every field has a default"


SAY_NOTHING = [job.name for job in registry.every() if job.load_view().nothing is not View().nothing]
"""Jobs after which nothing is written where nothing changes; the others write the project all the same."""


@pytest.mark.parametrize("name", SAY_NOTHING)
def test_a_job_that_has_nothing_to_do_always_says_so(name: str) -> None:
    empty = registry.typed(MixPlan(name, "", "", details=Stored({})))
    assert registry.job(name).load_view().nothing(empty)


def test_choices_are_those_that_exist() -> None:
    from mixengine.audio.speech import DETECTORS
    from mixengine.jobs.balance import start
    from mixengine.jobs.balance.methods import METHODS
    from mixengine.jobs.duck.bed import BEDS
    from mixengine.jobs.level.job import STYLES
    from mixengine.jobs.render.files import BITS, FORMATS
    from mixengine.jobs.render.stems import PER
    from mixengine.jobs.unmask.job import MODES
    from mixengine.model.presets import GROUPS
    from mixengine.repair.registry import REPAIRS
    from mixengine.separation_models import keeping
    from mixengine.separation_models.scenarios import SCENARIOS

    there = {
        ("balance", "method"): METHODS,
        ("balance", "group"): GROUPS,
        ("balance", "start_from"): (start.AUTO, start.PRESENT, start.SCRATCH),
        ("duck", "detector"): DETECTORS,
        ("duck", "bed"): BEDS,
        ("level", "style"): STYLES,
        ("unmask", "mode"): MODES,
        ("separate", "scenario"): SCENARIOS,
        ("separate", "repair"): (*REPAIRS, "none"),
        ("separate", "voice"): ("auto", *keeping.VOICES),
        ("render", "stems_per"): PER,
        ("render", "format"): FORMATS,
        ("render", "bits"): BITS,
    }
    said = {
        (job.name, option.name): option.about.choices
        for job in registry.every()
        for option in options(job.settings)
        if option.about.choices
    }
    assert {key: set(words) for key, words in said.items()} == {key: set(words) for key, words in there.items()}


def test_names_of_earlier_versions_are_read() -> None:
    assert (registry.job("tone").name, registry.job("style").name) == ("unmask", "match")
    assert registry.of_plan(MixPlan("revert tone", "", "")).name == "unmask"
    old = {"limit_db": 3.0, "fade_down_s": 0.1, "fade_up_s": 2.0, "look_ahead_s": 0.0}
    duck = registry.settings("duck", old)
    assert (duck.max_duck_db, duck.attack_s, duck.release_s, duck.lookahead_s) == (3.0, 0.1, 2.0, 0.0)
    assert registry.settings("render", {"by": "group"}).stems_per == "group"
    with pytest.raises(ValueError, match="'by' is the earlier name of 'stems_per'"):
        codec.decode(registry.job("render").settings, {"by": "group", "stems_per": "track"})


def test_help_and_docs_of_the_batch_name_every_job(run) -> None:
    page = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    section = page.partition("\n## Jobs\n")[2].partition("\n\n`--plugins")[0]
    shown = " ".join(run("batch", "--help").stdout.split())
    for name in registry.names():
        assert f"`{name}`" in section, name
        assert re.search(rf"\b{name}\b", shown), name
    assert not [alias for alias in registry.aliases() if re.search(rf"\b{alias}\b", shown + section)]


def test_the_tables_in_docs_are_true() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "make_settings_tables.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}: run tools/make_settings_tables.py"

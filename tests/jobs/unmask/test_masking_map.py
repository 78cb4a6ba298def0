"""The masking map: what the tone job finds, and how the page shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.analysis.spectra import BANDS, CENTRES_HZ
from mixengine.app.pages import page
from mixengine.jobs import registry
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model import plan as mixplan
from mixengine.model.details import Stored
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from tests.helpers.html_page import check
from tests.helpers.sounds import noise, tone, write


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two that must be heard, noise over both, and a whistle far from the first of them."""
    root = tmp_path / "song"
    write(root / "lead vocal.wav", tone(500.0, 3.0, harmonics=4, level=0.05))
    write(root / "solo.wav", tone(2000.0, 3.0, harmonics=1, level=0.05))
    write(root / "pad.wav", noise(3.0, level=0.05, channels=2))
    write(root / "shimmer.wav", tone(9000.0, 3.0, harmonics=1, level=0.02))
    return hosts.open_session(root)


def decide(session: Session, mode: str = "masking") -> MixPlan:
    return registry.run("tone", session, UnmaskSettings(mode=mode, priority=("lead vocal", "solo"), cache=False), quiet)


def map_of(session: Session, plan: MixPlan) -> dict[str, dict]:
    """Rows by name of the target; who covers it by name too."""
    names = {track.id: track.name for track in session.tracks}
    return {
        names[row["id"]]: row | {"by": {names[k]: pair for k, pair in row["by"].items()}}
        for row in plan.details["masking_map"]
    }


def test_it_agrees_with_the_rows_of_the_plan(session: Session) -> None:
    plan = decide(session)
    result = map_of(session, plan)
    assert list(result) == ["lead vocal", "solo"]  # first to be heard first
    rows = {row["name"]: row for row in plan.details["tracks"]}
    most = max(row["by"]["pad"] for row in result.values())
    assert most == pytest.approx([rows["pad"]["covers_before"], rows["pad"]["covers_after"]], abs=6e-4)
    assert "solo" not in result["solo"]["by"] and "shimmer" not in result["lead vocal"]["by"]
    for row in result.values():
        for name, (before, after) in row["by"].items():
            assert 0.0 <= after <= before <= 1.0, name
        for shares in row["bands"].values():
            assert len(shares) == BANDS and all(share is None or 0.0 <= share <= 1.0 for share in shares)


def test_a_band_is_covered_where_the_masker_sounds(session: Session) -> None:
    tracks = tuple(t for t in session.tracks if t.name in ("lead vocal", "solo"))
    solo = map_of(session, decide(replace(session, tracks=tracks)))["lead vocal"]["bands"]["before"]
    at = [int(np.argmin(np.abs(CENTRES_HZ - hz))) for hz in (500.0, 2000.0)]
    assert solo[at[0]] == pytest.approx(0.0, abs=0.05)


def test_gain_and_order_do_not_matter(session: Session) -> None:
    expected = map_of(session, decide(session))
    quieter = replace(session, tracks=tuple(replace(t, fader_db=t.fader_db - 12.0) for t in session.tracks))
    turned = replace(session, tracks=session.tracks[::-1])
    for other in (quieter, turned):
        result = map_of(other, decide(other))
        assert {name: row["by"] for name, row in result.items()} == {
            name: {who: pytest.approx(pair, abs=2e-3) for who, pair in row["by"].items()}
            for name, row in expected.items()
        }


def test_the_page_shows_it(session: Session) -> None:
    plan = decide(session)
    text = page(session, plan, quiet)
    result = check(text)
    assert "Masking map" in result.text
    assert 'aria-label="Heat map: who covers whom' in text and 'aria-label="Heat map: share of 2 tracks' in text
    pad = map_of(session, plan)["lead vocal"]["by"]["pad"]
    assert f"pad covers {100 * pad[0]:.0f} % of lead vocal, {100 * pad[1]:.0f} % after" in text
    again = mixplan.from_json(plan.to_json())
    assert page(session, again, quiet) == text


def test_the_fixed_carve_measures_nothing_and_has_no_map(session: Session) -> None:
    plan = decide(session, "three-band")
    assert plan.details["masking_map"] == []
    assert "Masking map" not in page(session, plan, quiet, measure_mix=False, play=False)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "{t}"},
        {"id": "{t}", "by": [], "bands": 3},
        {"id": 5, "by": {}, "bands": {}},
        {"id": "{gone}", "by": {"{x}": [0.2]}, "bands": {"before": [0.1], "after": []}},
        {"id": "{gone}", "by": {"{x}": [2.0, "inf"], "{y}": [7.0, -1.0]}, "bands": {}},
        {"id": "{gone}", "by": {}, "bands": {"before": [None] * BANDS, "after": ["x"] * BANDS}},
    ],
)
def test_odd_maps_break_nothing(session: Session, odd: dict) -> None:
    check(
        page(
            session,
            MixPlan("tone", "x", "", {}, (), Stored({"masking_map": [odd, odd]})),
            quiet,
            measure_mix=False,
            play=False,
        )
    )

"""Between which times a session is rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.jobs.render import export
from mixengine.jobs.render.settings import RenderSettings
from mixengine.system.staging import Staging
from tests.helpers import rpp_builders as b
from tests.helpers.levels import item, media, read


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return media(tmp_path_factory.mktemp("levels"))


@pytest.mark.parametrize(
    "markers, start_s, end_s",
    [((), 0.0, 2.5), (("=START",), 1.0, 2.5), (("=END",), 0.0, 2.0), (("=START", "=END"), 1.0, 2.0),
     (("start", "=end", "=START x"), 0.0, 2.5)],
)  # fmt: skip
def test_start_and_end_markers_bound_a_render(place, tmp_path, markers, start_s, end_s):
    lines = tuple(f'MARKER {n} {2.0 if "END" in m.upper() else 1.0} "{m}" 0' for n, m in enumerate(markers))
    session = read(place, b.track(1, item("quarter"), item("eighth", position_s=2.0)), head=lines)
    with Staging(tmp_path) as stage:
        done = export.to_staging(session, RenderSettings(mix=True, bits="32f"), stage)
    assert done.length_s == pytest.approx(end_s - start_s)
    expected = 0.25 if start_s == 0.0 else 0.125 if end_s > 2.0 else 0.0
    assert 10.0 ** (done.written[0].peak_dbfs / 20.0) == pytest.approx(expected, abs=1e-9)
    assert any("as the project's markers say" in note for note in done.notes) is (bool(start_s) or end_s < 2.5)


def test_bounds_that_are_asked_for_count_over_markers(place, tmp_path):
    head = ('MARKER 1 1 "=START" 0', 'MARKER 2 0.5 "=END" 0', 'MARKER 3 0.25 "=START" 1', 'MARKER 3 0.75 "" 1')
    session = read(place, b.track(1, item("quarter")), head=head)
    with Staging(tmp_path / "a") as stage:
        asked = export.to_staging(session, RenderSettings(mix=True, start_s=0.1, end_s=0.3), stage)
    assert asked.length_s == pytest.approx(0.2)
    with Staging(tmp_path / "b") as stage:
        crossed = export.to_staging(session, RenderSettings(mix=True), stage)
    assert crossed.length_s == pytest.approx(0.5), "an end before the start bounds nothing"

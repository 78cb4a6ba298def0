"""The report in headless Chromium: its script runs under its own policy, tables sort, nothing runs off a phone."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app.pages import page
from mixengine.jobs import registry
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.duck.settings import DuckSettings
from tests.helpers.signals import talk
from tests.helpers.sounds import tone, write

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.usefixtures("drawn"),
]

ASK = """
<script>
addEventListener("load", () => {
  const table = document.querySelector("th button").closest("table"), root = document.documentElement;
  const column = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent);
  const before = column(), button = table.querySelector("th button");
  button.click(); const up = column(); button.click(); const down = column();
  root.dataset.found = JSON.stringify({before, up, down, width: root.scrollWidth, window: innerWidth});
});
</script>
"""


def browse(path: Path, *options: str) -> tuple[str, str]:
    """The page's elements after its script ran, and what the browser complained about."""
    assert CHROMIUM is not None
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += ["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"]
    command += [f"--user-data-dir={path.parent / 'browser'}", *options, "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def asked(path: Path, *options: str) -> dict:
    """What `ASK` finds in the page, whose policy lets it in."""
    text = path.read_text(encoding="utf-8")
    open_to = re.sub(r"script-src 'sha256-[^']+'", "script-src 'unsafe-inline'", text)
    assert open_to != text
    copy = path.with_name("asked.html")
    copy.write_text(open_to.replace("</body>", f"{ASK}</body>"), encoding="utf-8")
    elements, complaints = browse(copy, *options)
    assert complaints == ""
    [result] = re.findall(r'data-found="([^"]*)"', elements)
    return json.loads(html.unescape(result))


@pytest.fixture(scope="module")
def balanced(drawn: None, read_only_stems: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    session = hosts.open_session(read_only_stems)
    plan = registry.run("balance", session, BalanceSettings(cache=False), lambda *_: None)
    place = tmp_path_factory.mktemp("report") / "Bericht ü.html"
    place.write_text(page(session, plan, lambda *_: None), encoding="utf-8")
    return place


def test_its_script_runs_under_its_own_policy(balanced: Path) -> None:
    elements, complaints = browse(balanced)
    assert complaints == ""
    assert 'title="Sort"' in elements
    assert 'class="ab live"' in elements


def test_tables_sort_up_and_down(balanced: Path) -> None:
    result = asked(balanced)
    assert sorted(result["before"]) == sorted(result["up"])
    assert result["up"] == result["down"][::-1]
    assert result["up"] != result["down"]


def test_nothing_runs_off_a_phone(balanced: Path, tmp_path: Path) -> None:
    root = tmp_path / "show"
    write(root / "speech.wav", talk(16000, ((2.0, 6.0), (8.0, 10.0)), 12.0)[:, None].astype(np.float32), 16000)
    write(root / "music.wav", tone(220.0, 12.0, 16000, level=0.15), 16000)
    session = hosts.open_session(root)
    plan = registry.run("duck", session, DuckSettings(), lambda *_: None)
    ducked = tmp_path / "ducked.html"
    ducked.write_text(page(session, plan, lambda *_: None), encoding="utf-8")
    for path in (balanced, ducked):
        result = asked(path, "--window-size=390,844")
        assert result["window"] <= 500
        assert result["width"] <= result["window"]

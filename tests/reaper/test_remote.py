"""``mixengine balance reaper`` over the simulated REAPER in another process; once as a program of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reaper_sim import sim_process
from reaper_sim.inside import purge, restore
from reaper_sim.ports import free_ports, redirected
from reaper_sim.process import SimProcess
from tests.helpers.command_line import run
from tests.helpers.paths import ROOT
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js
from tests.helpers.reaper_bench import lines
from tests.helpers.rpp_builders import item, project, source, track
from tests.helpers.sounds import noise, tone, write

pytest.importorskip("reapy", reason="python-reapy is not installed")

Call = Callable[..., subprocess.CompletedProcess[str]]
COUNTING = """
import atexit, collections, json, sys
from reapy.tools.network.client import Client
count, real = collections.Counter(), Client.request
def request(self, function, input=None):
    count[str(getattr(function, "__name__", function))] += 1
    return real(self, function, input)
Client.request = request
from mixengine.cli import main
sys.argv = ["mixengine", "balance", "reaper", "--json"]
atexit.register(lambda: print(json.dumps(count), file=sys.stderr))
sys.exit(main())
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("söng")
    write(folder / "vox.wav", tone(330.0, 2.0, level=0.2))
    write(folder / "pad.wav", noise(2.0, level=0.3))
    clips = [
        [line.replace("SOFFS 0.75", "SOFFS 0") for line in item(10 + n, media=source(f"{name}.wav"))]
        for n, name in enumerate(("vox", "pad"))
    ]
    song = project(track(1, clips[0], name='"vox é"', lines=("SEL 1",)), track(2, clips[1], name="pad"))
    (folder / "song.RPP").write_bytes(song)
    return folder


@pytest.fixture(scope="module")
def reaper(place) -> Iterator[SimProcess]:
    with sim_process(place / "song.RPP") as running:
        yield running


@pytest.fixture
def call(reaper, tmp_path, monkeypatch) -> Call:
    """Runs the program in this process and an empty folder, with a reapy that talks to the simulated REAPER."""
    monkeypatch.chdir(tmp_path)

    def called(*words: str, running: SimProcess = reaper) -> subprocess.CompletedProcess[str]:
        with running.reapy():
            return run(*words)

    return called


def test_without_a_running_reaper_it_is_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = purge("reapy")
    try:
        with redirected(free_ports()):
            done = run("balance", "reaper", "--json")
    finally:
        purge("reapy")
        restore(known)
    assert done.returncode not in (0, 3)
    assert done.stdout == ""
    [line] = done.stderr.strip().splitlines()
    assert "REAPER does not answer" in line


def test_balance_of_the_open_project_and_undo(reaper, place, tmp_path):
    before = reaper.saved()
    reaper.ask("clear")
    done = reaper.python(COUNTING, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tracks"]
    assert lines(reaper.saved()) != lines(before)
    assert [entry[0] for entry in reaper.ask("seen")["undo"]] == ["mixengine: balance"]
    assert (place / "song.RPP").read_bytes() == before
    assert list(tmp_path.iterdir()) == []
    requests = json.loads(done.stderr.strip().splitlines()[-1])
    assert sum(requests.values()) <= 20, requests
    reaper.ask("undo")
    assert reaper.saved() == before


def test_a_dry_run_of_the_selected_tracks_writes_nothing(reaper, call):
    before = reaper.saved()
    done = call("balance", "reaper", "--selected", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["tracks"]
    assert [row["name"] for row in rows if row["gain_db"]] == ["vox é"]
    assert reaper.saved() == before


def test_a_delivery_is_measured_by_reaper(reaper, call):
    before = reaper.saved()
    done = call("deliver", "reaper", "--target", "-40", "--json")
    assert done.returncode == 0, done.stderr
    notes = json.loads(done.stdout)["notes"]
    assert any(note.startswith("REAPER measures −40.0 LUFS") for note in notes), notes
    settings = [[line for line in text.splitlines() if b"RENDER_" in line] for text in (before, reaper.saved())]
    assert sorted(settings[0]) == sorted(settings[1])
    reaper.ask("undo")
    assert reaper.saved() == before


HIDE = """
import sys
for name in [name for name in sys.modules if name.split(".")[0] == "mixengine"]:
    del sys.modules[name]
sys.path[:] = [path for path in sys.path if path != {root!r}]
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in getattr(finder, "__module__", "")]
if {never}:
    class Never:
        def find_spec(name, path=None, target=None):
            if name.split(".")[0] == "mixengine":
                raise ModuleNotFoundError("No module named 'mixengine'")
    sys.meta_path.insert(0, Never)
"""
SHOW = """
import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "Never"]
"""


@contextmanager
def counted_requests() -> Iterator[list[object]]:
    """What this process asks of REAPER, while its reapy is connected."""
    from reapy.tools.network.client import Client

    asked: list[object] = []
    real = Client.request
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", lambda *words, **more: asked.append(words[1]) or real(*words, **more))
        yield asked


def in_reapers_python(code: str) -> None:
    from reapy.tools.network import machines

    machines.get_selected_client().request(exec, {"args": (code, {}), "kwargs": {}})


@pytest.mark.parametrize("never", [False, True], ids=["on its path", "anywhere"])
def test_where_reapers_python_does_not_find_mixengine(reaper, tmp_path, monkeypatch, never):
    """What is called inside travels along: as few requests as ever."""
    monkeypatch.chdir(tmp_path)
    before = reaper.saved()
    with reaper.reapy():
        in_reapers_python(HIDE.format(root=str(ROOT), never=never))
        try:
            with counted_requests() as asked:
                done = run("balance", "reaper", "--json")
        finally:
            in_reapers_python(SHOW)
    assert done.returncode == 0, done.stderr
    assert 2 <= len(asked) <= 20
    assert lines(reaper.saved()) != lines(before)
    reaper.ask("undo")
    assert reaper.saved() == before


def test_a_wrong_option_is_one_sentence(call):
    done = call("balance", "reaper", "--preset", "nö")
    assert done.returncode == 2 or done.returncode == 1
    assert "nö" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--out", "x"], ["--in-place"]])
def test_options_that_mean_files_are_refused(reaper, call, words):
    before = reaper.saved()
    done = call("balance", "reaper", *words)
    changed = reaper.saved() != before
    if changed:
        reaper.ask("undo")
    assert done.returncode == 1
    assert not changed


def test_a_folder_called_reaper_is_that_folder(reaper, call, tmp_path):
    write(tmp_path / "reaper" / "a.wav", tone(330.0, 1.0))
    write(tmp_path / "reaper" / "b.wav", noise(1.0))
    before = reaper.saved()
    done = call("balance", "reaper", "--no-report", "--json")
    assert done.returncode == 0, done.stderr
    assert reaper.saved() == before
    assert any(path.suffix.lower() == ".rpp" for path in tmp_path.rglob("*"))


def test_plug_ins_are_heard_from_outside(call, tmp_path):
    """The source that renders travels along."""
    place = tmp_path / "song"
    write(place / "vox.wav", tone(330.0, 2.0, level=0.2))
    write(place / "pad.wav", noise(2.0, level=0.1))
    tracks = (
        track(1, at_start(11, "vox.wav", 2.0), name="vox", lines=("SEL 1",)),
        track(2, fx(js("sim gain +12dB")), at_start(12, "pad.wav", 2.0), name="pad", lines=("SEL 0",)),
    )
    (place / "song.RPP").write_bytes(project(*tracks, head=RENDER_HEAD))
    with sim_process(place / "song.RPP") as other:
        before = other.saved()
        done = call("balance", "reaper", "--json", "--dry-run", running=other)
        assert done.returncode == 0, done.stderr
        assert other.saved() == before
        assert other.ask("seen")["undo"] == []
    assert json.loads(done.stdout)["heard"] == {"vox": "from its items", "pad": "through REAPER, 1 plug-in"}

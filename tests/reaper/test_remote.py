"""``mixengine balance reaper`` in a process of its own, over the simulated REAPER in another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reaper_sim import sim_process
from reaper_sim.ports import free_ports
from reaper_sim.process import SimProcess, run_client
from tests.helpers.paths import ROOT
from tests.helpers.plugin_sessions import RENDER_HEAD, at_start, fx, js
from tests.helpers.reaper_bench import lines
from tests.helpers.rpp_builders import item, project, source, track
from tests.helpers.sounds import noise, tone, write

pytest.importorskip("reapy", reason="python-reapy is not installed")

CLIENT = "import sys; from mixengine.cli import main; sys.argv[0] = 'mixengine'; sys.exit(main())"
COUNTING = """
import atexit, collections, json, sys
from reapy.tools.network.client import Client
count, real = collections.Counter(), Client.request
def request(self, function, input=None):
    count[str(getattr(function, "__name__", function))] += 1
    return real(self, function, input)
Client.request = request
from mixengine.cli import main
sys.argv[0] = "mixengine"
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


def call(reaper: SimProcess, folder: Path, *words: str, code: str = CLIENT):
    start = f"import sys; sys.argv[1:] = {list(words)!r}\n"
    return reaper.python(start + code, cwd=folder)


def test_without_a_running_reaper_it_is_one_line(tmp_path):
    words = "import sys; sys.argv[1:] = ['balance', 'reaper', '--json']\n"
    done = run_client(words + CLIENT, free_ports(), cwd=tmp_path)
    assert done.returncode not in (0, 3)
    assert done.stdout == ""
    [line] = done.stderr.strip().splitlines()
    assert "REAPER does not answer" in line


def test_balance_of_the_open_project_and_undo(reaper, place, tmp_path):
    before = reaper.saved()
    reaper.ask("clear")
    done = call(reaper, tmp_path, "balance", "reaper", "--json", code=COUNTING)
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


def test_a_dry_run_of_the_selected_tracks_writes_nothing(reaper, tmp_path):
    before = reaper.saved()
    done = call(reaper, tmp_path, "balance", "reaper", "--selected", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["tracks"]
    assert [row["name"] for row in rows if row["gain_db"]] == ["vox é"]
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


@pytest.mark.parametrize("never", [False, True], ids=["on its path", "anywhere"])
def test_where_reapers_python_does_not_find_mixengine(reaper, tmp_path, never):
    """What is called inside travels along: as few requests as ever."""
    before = reaper.saved()
    inside = "import reapy\nfrom reapy.tools.network import machines\n"
    inside += "machines.get_selected_client().request(exec, {{'args': ({!r}, {{}}), 'kwargs': {{}}}})"
    hidden = reaper.python(inside.format(HIDE.format(root=str(ROOT), never=never)), cwd=tmp_path)
    assert hidden.returncode == 0, hidden.stderr
    try:
        done = call(reaper, tmp_path, "balance", "reaper", "--json", code=COUNTING)
    finally:
        reaper.python(inside.format(SHOW), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stderr.strip().splitlines()[-1]).values()) <= 20
    assert lines(reaper.saved()) != lines(before)
    reaper.ask("undo")
    assert reaper.saved() == before


def test_a_wrong_option_is_one_sentence(reaper, tmp_path):
    done = call(reaper, tmp_path, "balance", "reaper", "--preset", "nö")
    assert done.returncode == 2 or done.returncode == 1
    assert "nö" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--out", "x"], ["--in-place"]])
def test_options_that_mean_files_are_refused(request, reaper, tmp_path, words):
    before = reaper.saved()
    done = call(reaper, tmp_path, "balance", "reaper", *words)
    changed = reaper.saved() != before
    if changed:
        reaper.ask("undo")
    assert done.returncode == 1
    assert not changed


def test_a_folder_called_reaper_is_that_folder(reaper, tmp_path):
    write(tmp_path / "reaper" / "a.wav", tone(330.0, 1.0))
    write(tmp_path / "reaper" / "b.wav", noise(1.0))
    before = reaper.saved()
    done = call(reaper, tmp_path, "balance", "reaper", "--no-report", "--json")
    assert done.returncode == 0, done.stderr
    assert reaper.saved() == before
    assert any(path.suffix.lower() == ".rpp" for path in tmp_path.rglob("*"))


def test_plug_ins_are_heard_from_outside(tmp_path):
    """The source that renders travels along. A REAPER and a client are started, which takes seconds."""
    place = tmp_path / "song"
    write(place / "vox.wav", tone(330.0, 2.0, level=0.2))
    write(place / "pad.wav", noise(2.0, level=0.1))
    tracks = (
        track(1, at_start(11, "vox.wav", 2.0), name="vox", lines=("SEL 1",)),
        track(2, fx(js("sim gain +12dB")), at_start(12, "pad.wav", 2.0), name="pad", lines=("SEL 0",)),
    )
    (place / "song.RPP").write_bytes(project(*tracks, head=RENDER_HEAD))
    with sim_process(place / "song.RPP") as reaper:
        before = reaper.saved()
        done = call(reaper, tmp_path, "balance", "reaper", "--json", "--dry-run")
        assert done.returncode == 0, done.stderr
        assert reaper.saved() == before
        assert reaper.ask("seen")["undo"] == []
    assert json.loads(done.stdout)["heard"] == {"vox": "from its items", "pad": "through REAPER, 1 plug-in"}

"""The running REAPER: calls and time to write 100 faders, 5,000 envelope points and 50 ReaEQs, over the simulation.

    python benchmarks/reaper_apply.py

Twice: by the actions in Python, and by those in Lua (the very scripts, in a real Lua; skipped where lupa is not
installed). One line per bar, with ``pass`` or ``FAIL``; exit code 1 when one fails. Measured on a made-up project of
100 tracks: plain ones, and ones that hold the user's own plug-ins (which may not be loaded anew, so that each envelope
and equaliser is written by itself). The naive way is what a script does that calls REAPER once per point and band.
Calls cost little in the simulation; in REAPER each takes a while and from outside a round trip: it is calls that count.
"""

from __future__ import annotations

import collections
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mixengine.hosts.reaper import remote, snapshot, write  # noqa: E402
from mixengine.hosts.reaper.lua_side import LuaSide  # noqa: E402
from mixengine.hosts.rpp import history  # noqa: E402
from mixengine.model.plan import Change, Envelope, Equalizer, Fader, MixPlan  # noqa: E402
from mixengine.model.session import EnvelopePoint, EqBand  # noqa: E402
from mixengine.model.units import amplitude  # noqa: E402
from mixengine.reaper import runner  # noqa: E402
from reaper_sim import SimReaper, sim_process  # noqa: E402
from tests.helpers.rpp_builders import chain, guid, item, plugin, project, track  # noqa: E402

TRACKS, DRAWN, POINTS, EQUALIZED = 100, 100, 50, 50
MAX_CALLS, MAX_ROUND_TRIPS, MAX_SECONDS, MAX_FIRST_SECONDS = 300, 20, 1.0, 0.5
HAS_LUA = importlib.util.find_spec("lupa") is not None
ROUNDS = 5
HIDE = """
import sys
for name in [name for name in sys.modules if name.split(".")[0] == "mixengine"]:
    del sys.modules[name]
class Never:
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] == "mixengine":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Never)
"""
"""Run inside REAPER: from then on its Python finds no mixengine."""
BANDS = (EqBand("high_pass", 80.0), EqBand("band", 1200.0, -3.5, 1.3), EqBand("high_shelf", 9000.0, -1.5, 2.0))


class Api:
    """REAPER's functions without their prefix."""

    def __init__(self, sim: SimReaper) -> None:
        self._sim = sim

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sim.reaper_python, f"RPR_{name}")


def song(has_plugins: bool) -> bytes:
    """A project of `TRACKS` tracks with ten items each."""
    parts = []
    for number in range(1, TRACKS + 1):
        items = [item(1000 * number + n) for n in range(10)]
        parts.append(track(number, *([chain(plugin())] if has_plugins else []), *items))
    return project(*parts)


def changes() -> Iterator[Change]:
    """What is written."""
    for number in range(1, TRACKS + 1):
        yield Fader(guid(number), 0.0, -0.1 * number)
        if number <= DRAWN:
            points = tuple(EnvelopePoint(0.5 * n, 0.5 + 0.4 * (n % 2), 2) for n in range(POINTS))
            yield Envelope(guid(number), "volume", 0.0, points[-1].time_s, (), points, created=True)
        if number <= EQUALIZED:
            yield Equalizer(guid(number), "mixengine tone", None, BANDS)


PLAN = MixPlan("benchmark", "song", "", changes=tuple(changes()))


def ours(sim: SimReaper) -> None:
    """Snapshot and write, as the actions do."""
    api = Api(sim)
    current = snapshot.take(api)
    sim.calls.clear()
    written = write.write(api, current, PLAN, history.ext_state(None, PLAN))
    assert not written.skipped, written.skipped


def in_lua(path: Path) -> tuple[int, float]:
    """Calls to write as the actions in Lua do, and the median processor time in seconds of reading and writing."""
    from tests.helpers.lua_studio import Direct

    times, calls = [], 0
    for _ in range(ROUNDS):
        sim = SimReaper(path, strict=False)
        talk = Timed(Direct(sim))
        side = LuaSide(talk)  # type: ignore[arg-type]
        current = snapshot.from_reading(side.read(None))
        sim.calls.clear()
        written = write.write_over(side, current, PLAN, history.ext_state(None, PLAN))
        assert not written.skipped, written.skipped
        times.append(talk.spent_s)
        calls = len(sim.calls)
    return calls, statistics.median(times)


class Timed:
    """How long a script in Lua is at work: it stands in the way of everything else in REAPER."""

    def __init__(self, talk: Any) -> None:
        self._talk = talk
        self.spent_s = 0.0

    def ask(self, do: str, **fields: Any) -> Any:
        """Ask, and count the time."""
        start = time.thread_time()
        try:
            return self._talk.ask(do, **fields)
        finally:
            self.spent_s += time.thread_time() - start


def lua_progress(path: Path) -> tuple[float, float]:
    """Seconds from the click on a button in Lua to Python's first word in the help line, and to its first question
    (medians), with real processes and REAPER's 30 turns a second.
    """
    from reaper_sim.lua import LuaReaper
    from tests.helpers.lua_studio import SCRIPTS, LuaStudio

    firsts, questions = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            sim = SimReaper(path, resource_path=folder)
            LuaStudio(sim)
            sim.box_answers.append(6)  # work on all tracks
            script = LuaReaper(sim)
            start, first = time.perf_counter(), 0.0
            script.run_script(SCRIPTS / "mixengine_Balance selected tracks.lua")
            while script.is_running and not sim.boxes:
                script.tick()
                if not first and "%" in sim.help:
                    first = time.perf_counter() - start
                time.sleep(1 / 30)
            firsts.append(first)
            questions.append(time.perf_counter() - start)
            script.end()
            for process in script.started:
                process.wait()
    return statistics.median(firsts), statistics.median(questions)


def naive(sim: SimReaper) -> None:
    """One call per fader, point and band value."""
    api = Api(sim)
    sim.calls.clear()
    api.Undo_BeginBlock2(0)
    tracks = {guid(number): api.GetTrack(0, number - 1) for number in range(1, TRACKS + 1)}
    for change in PLAN.changes:
        pointer = tracks[change.track]  # type: ignore[attr-defined]
        if isinstance(change, Fader):
            api.SetMediaTrackInfo_Value(pointer, "D_VOL", amplitude(change.after))
        elif isinstance(change, Envelope):
            api.SetOnlyTrackSelected(pointer)
            api.Main_OnCommandEx(40406, 0, 0)
            envelope = api.GetTrackEnvelopeByName(pointer, "Volume")
            mode = api.GetEnvelopeScalingMode(envelope)
            for point in change.after:
                raw = api.ScaleToEnvelopeMode(mode, point.value)
                api.InsertEnvelopePoint(envelope, point.time_s, raw, point.shape, 0.0, False, True)
            api.Envelope_SortPoints(envelope)
        elif isinstance(change, Equalizer):
            index = api.TrackFX_AddByName(pointer, "ReaEQ", False, -1)
            for number, band in enumerate(change.after or ()):
                values = (band.frequency_hz, amplitude(band.gain_db), band.bandwidth_oct)
                for kind, value in enumerate(values):
                    api.TrackFX_SetEQParam(pointer, index, 2, min(number, 1), kind, value, False)
    api.Undo_EndBlock2(0, "naive", -1)


def measured(path: Path, way: Any) -> tuple[int, float]:
    """Calls, and the median time in seconds, of a way to write."""
    times, calls = [], 0
    for _ in range(ROUNDS):
        sim = SimReaper(path, strict=False)
        start = time.perf_counter()
        way(sim)
        times.append(time.perf_counter() - start)
        calls = len(sim.calls)
    return calls, statistics.median(times)


def round_trips(path: Path, *, is_found_inside: bool) -> tuple[int, float]:
    """Requests that cross the network to take a snapshot and to write, and their time."""
    count: collections.Counter[str] = collections.Counter()
    with sim_process(path) as reaper, reaper.reapy() as reapy:
        from reapy.tools.network import machines
        from reapy.tools.network.client import Client

        real = Client.request

        def counted(self: Any, function: Any, arguments: Any = None) -> Any:
            count["all"] += 1
            return real(self, function, arguments)

        assert reapy.dist_api_is_enabled()
        if not is_found_inside:
            real(machines.get_selected_client(), exec, {"args": (HIDE, {}), "kwargs": {}})
        Client.request = counted
        try:
            start = time.perf_counter()
            current = remote.take()
            skipped = remote.write(current, PLAN, history.ext_state(None, PLAN))
            spent = time.perf_counter() - start
        finally:
            Client.request = real
        assert not skipped, skipped
    return count["all"], spent


def first_progress(path: Path) -> float:
    """Seconds from the start of the action to the first line that the backend says (median)."""
    times = []
    for _ in range(ROUNDS):
        sim = SimReaper(path)
        start = time.perf_counter()
        running = runner.start(sys.executable, "balance", {}, snapshot.take(Api(sim)))
        while not (running.folder / "status.jsonl").exists() and not running.ended:
            time.sleep(0.005)
        times.append(time.perf_counter() - start)
        running.kill()
        running.process.wait()
    return statistics.median(times)


def bar(what: str, value: float, max_value: float, unit: str, more: str = "") -> bool:
    """Print one line; whether the bar is met."""
    print(
        f"{'pass' if value <= max_value else 'FAIL'}  {what}: {value:,.6g} {unit} (at most {max_value:,g}){more}",
        flush=True,
    )
    return value <= max_value


def main() -> int:
    """Measure everything; 1 when a bar is missed."""
    passed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, has_plugins in (("plain tracks", False), ("tracks with plug-ins", True)):
            path = Path(folder) / f"{name}.RPP"
            path.write_bytes(song(has_plugins))
            calls, seconds = measured(path, ours)
            plain_calls, plain_seconds = measured(path, naive)
            more = (
                f"; {seconds:.2f} s. Naive: {plain_calls:,} calls, {plain_seconds:.2f} s: {plain_calls / calls:.1f} x"
            )
            passed.append(bar(f"inside, {name}", calls, MAX_CALLS, "calls", more))
            if HAS_LUA:
                lua_calls, seconds = in_lua(path)
                more = f"; the same plan by the actions in Python: {calls} calls"
                passed.append(bar(f"in Lua, {name}", lua_calls, MAX_CALLS, "calls", more))
                passed.append(bar(f"in Lua, {name}: REAPER's time to read and write", seconds, MAX_SECONDS, "s"))
        path = Path(folder) / "plain tracks.RPP"
        for name, is_found in (("one request each", True), ("mixengine cannot be imported by REAPER's Python", False)):
            trips, seconds = round_trips(path, is_found_inside=is_found)
            passed.append(bar(f"outside, {name}", trips, MAX_ROUND_TRIPS, "round trips", f"; {seconds:.2f} s"))
        passed.append(bar("click to first progress", first_progress(path), MAX_SECONDS, "s"))
        if HAS_LUA:
            first, question = lua_progress(path)
            load = f"; {os.getloadavg()[0]:.1f} programs at work" if hasattr(os, "getloadavg") else ""
            passed.append(bar("in Lua, click to first progress", first, MAX_FIRST_SECONDS, "s", load))
            passed.append(bar("in Lua, click to the first question", question, MAX_SECONDS, "s"))
        else:
            print("skipped: in Lua (lupa is not installed)")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())

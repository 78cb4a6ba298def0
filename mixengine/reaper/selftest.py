"""Self-test in a scratch project tab: every function of REAPER that mixengine depends on, with pass or fail.

Meant for a bug report: the text names REAPER's version and system, and for a failure what was expected and found.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from mixengine import __version__
from mixengine.hosts.reaper import bypass, difference, dry_run, large, snapshot, write
from mixengine.hosts.reaper.master_lines import MONO_ACTION
from mixengine.hosts.reaper.reader import TEXT_SIZE, is_null, read_parts
from mixengine.hosts.reaper.sides import Inside, Side
from mixengine.hosts.reaper.stem_request import Pass, StemRequest, rendered
from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.hosts.rpp import fx_envelopes, history
from mixengine.model import plan as mixplan
from mixengine.model.session import MASTER, CompressorSettings, EnvelopePoint, EqBand
from mixengine.model.units import amplitude

_NEW_TAB, _VOLUME_ENVELOPE = 40859, 40406
_BAND = EqBand("band", 1000.0, -3.0, 1.0)
_MOVING = replace(_BAND, points=(EnvelopePoint(0.0, 1.0, 2), EnvelopePoint(1.0, round(amplitude(-3.0), 6))))
_GENTLE = CompressorSettings(-18.0, 2.5, 10.0, 120.0, 6.0, 1.5)


class _Bench:
    """The scratch project and its one track."""

    def __init__(self, api: Any, side: Side) -> None:
        self.api, self.side = api, side
        api.Main_OnCommandEx(_NEW_TAB, 0, 0)
        self.project = api.EnumProjects(-1, "", 4096)[0]
        api.SelectProjectInstance(self.project)
        api.InsertTrackAtIndex(0, False)
        self.track = api.GetTrack(self.project, 0)

    @property
    def guid(self) -> str:
        return self.api.GetSetMediaTrackInfo_String(self.track, "GUID", "", False)[3]

    def take(self) -> snapshot.Snapshot:
        """A snapshot of the scratch project."""
        return snapshot.from_reading(self.side.read(self.project))

    def apply(self, change: mixplan.Change) -> list[str]:
        """Write one change the way the actions do."""
        current = self.take()
        plan = mixplan.MixPlan("self-test", "self-test", "", changes=(change,))
        return write.write_over(self.side, current, plan, {}).skipped

    def load(self, change: mixplan.Change) -> list[str]:
        """Give the track the state that a project file would hold after a change."""
        current = self.take().parsed()
        result = rpp_apply.apply(current, mixplan.MixPlan("self-test", "self-test", "", changes=(change,)))
        lines = difference.lines_of(result.project.tracks[self.guid])
        _expect(bool(self.api.SetTrackStateChunk(self.track, "\n".join(lines) + "\n", False)), True)
        return result.skipped


def _expect(value: Any, expected: Any) -> None:
    if value != expected:
        raise AssertionError(f"expected {expected!r}, found {value!r}")


def _near(value: float, expected: float) -> None:
    if not abs(value - expected) < 1e-6:
        raise AssertionError(f"expected {expected}, found {value}")


def _names(bench: _Bench) -> None:
    name = "mixengine Prüfung 試"
    bench.api.GetSetMediaTrackInfo_String(bench.track, "P_NAME", name, True)
    _expect(bench.api.GetTrackName(bench.track, "", 1024)[2], name)


def _guids(bench: _Bench) -> None:
    _expect((bench.guid[:1], bench.guid[-1:], len(bench.guid)), ("{", "}", 38))


def _chunks(bench: _Bench) -> None:
    ok, _, text, *_ = bench.api.GetTrackStateChunk(bench.track, "", TEXT_SIZE, False)
    _expect((bool(ok), text.startswith("<TRACK")), (True, True))
    _expect(bool(bench.api.SetTrackStateChunk(bench.track, text, False)), True)


def _snapshot(bench: _Bench) -> None:
    _expect(list(bench.take().tracks), [bench.guid])


def _fader(bench: _Bench) -> None:
    _expect(bench.apply(mixplan.Fader(bench.guid, 0.0, -6.0)), [])
    _near(bench.api.GetMediaTrackInfo_Value(bench.track, "D_VOL"), amplitude(-6.0))


def _pan(bench: _Bench) -> None:
    _expect(bench.apply(mixplan.Pan(bench.guid, 0.0, 0.25)), [])
    _near(bench.api.GetMediaTrackInfo_Value(bench.track, "D_PAN"), 0.25)


def _envelope(bench: _Bench) -> None:
    points = tuple(EnvelopePoint(float(i), 1.0 if i % 3 == 0 else 0.5, 2) for i in range(4))
    _expect(bench.apply(mixplan.Envelope(bench.guid, "volume", 0.0, 3.0, (), points, created=True)), [])
    envelope = bench.api.GetTrackEnvelopeByChunkName(bench.track, "<VOLENV2")
    _expect(is_null(envelope), False)
    _expect(int(bench.api.CountEnvelopePoints(envelope)), len(points))
    mode = bench.api.GetEnvelopeScalingMode(envelope)
    raw = bench.api.GetEnvelopePoint(envelope, 1, 0.0, 0.0, 0, 0.0, False)[4]
    _near(bench.api.ScaleFromEnvelopeMode(mode, raw), 0.5)


def _equalizer(bench: _Bench) -> None:
    _expect(bench.apply(mixplan.Equalizer(bench.guid, "mixengine self-test", None, (_BAND,))), [])
    _expect(int(bench.api.TrackFX_GetCount(bench.track)), 1)
    kind = bench.api.TrackFX_GetNamedConfigParm(bench.track, 0, "BANDTYPE0", "", 64)[4]
    _expect(kind, "8")


def _moving_equalizer(bench: _Bench) -> None:
    """A gain that moves: by its envelope, and in the text of a state as project files hold it."""
    change = mixplan.Equalizer(bench.guid, "mixengine self-test", (_BAND,), (_MOVING,))
    for write_it in (bench.apply, bench.load):
        _expect(write_it(change), [])
        _expect_points(bench, bench.track, 0)
        [effect] = bench.take().parsed().session().tracks[0].effects
        _expect(effect.bands, (_MOVING,))
        _expect(bench.apply(change.reverted()), [])


def _expect_points(bench: _Bench, track: Any, index: int) -> None:
    """The points of a gain: two, the second where the gain of the band stands."""
    envelope = bench.api.GetFXEnvelope(track, index, fx_envelopes.number(0), False)
    _expect(is_null(envelope), False)
    _expect(int(bench.api.CountEnvelopePoints(envelope)), 2)
    value = bench.api.GetEnvelopePoint(envelope, 1, 0.0, 0.0, 0, 0.0, False)[4]
    _near(value, fx_envelopes.parameter(_MOVING.points[-1].value))


def _compressor(bench: _Bench) -> None:
    """On the master: made, set by its parameters, set by its whole state (much make-up), and removed."""
    api, master = bench.api, bench.api.GetMasterTrack(bench.project)
    settings = (None, _GENTLE, replace(_GENTLE, ratio=4.0), replace(_GENTLE, ratio=4.0, makeup_db=9.0))
    for before, after in pairwise(settings):
        _expect(bench.apply(mixplan.Compressor(MASTER, "mixengine self-test", before, after)), [])
        [effect] = bench.take().parsed().session().master_effects
        _expect((effect.bypassed, effect.compressor), (False, after))
    _expect((bypass.bypass_ours(api, bench.side), bypass.bypass_ours(api, bench.side)), (False, True))
    _expect(bench.apply(mixplan.Compressor(MASTER, "mixengine self-test", settings[-1], None)), [])
    _expect(int(api.TrackFX_GetCount(master)), 0)


def _master(bench: _Bench) -> None:
    """Its pan, mono switch and volume envelope are read."""
    api, master = bench.api, bench.api.GetMasterTrack(bench.project)
    api.SetMediaTrackInfo_Value(master, "D_PAN", 0.25)
    api.SetTrackSelected(bench.track, False)
    api.SetTrackSelected(master, True)
    for action in (MONO_ACTION, _VOLUME_ENVELOPE):
        api.Main_OnCommandEx(action, 0, bench.project)
    api.SetTrackSelected(master, False)
    session = bench.take().parsed().session()
    _expect((session.master_mono, [entry.kind for entry in session.master_automation]), (True, ["volume"]))
    _near(session.master_pan, 0.25)


def _selected_items(bench: _Bench) -> None:
    _expect(int(bench.api.CountSelectedMediaItems(bench.project)), 0)


def _marker(bench: _Bench) -> None:
    """A region is made, and found again by what the project remembers: its name cannot be read."""
    api, project = bench.api, bench.project
    plan = mixplan.MixPlan("self-test", "self-test", "", changes=(mixplan.Marker("mixengine: self-test", 1.0, 2.0),))
    write.write_over(bench.side, bench.take(), plan, history.ext_state(None, plan))
    _expect(int(api.CountProjectMarkers(project, 0, 0)[0]), 1)
    back = write.write_over(bench.side, bench.take(), mixplan.revert(plan), history.ext_state(plan, None))
    _expect((back.skipped, int(api.CountProjectMarkers(project, 0, 0)[0])), ([], 0))


def _ext_state(bench: _Bench) -> None:
    bench.api.SetProjExtState(bench.project, "MIXENGINE", "TEST_0001", "x" * 900)
    _expect(bench.api.GetProjExtState(bench.project, "MIXENGINE", "TEST_0001", "", TEXT_SIZE)[4], "x" * 900)
    bench.api.SetProjExtState(bench.project, "MIXENGINE", "TEST_0001", "")


def _undo(bench: _Bench) -> None:
    before = bench.api.GetMediaTrackInfo_Value(bench.track, "D_VOL")
    bench.apply(mixplan.Fader(bench.guid, -6.0, -12.0))
    bench.api.Undo_DoUndo2(bench.project)
    bench.track = bench.api.GetTrack(bench.project, 0)
    _near(bench.api.GetMediaTrackInfo_Value(bench.track, "D_VOL"), before)


def _among_plugins(bench: _Bench) -> None:
    """A track with a plug-in of the user's is written piece by piece."""
    api = bench.api
    api.InsertTrackAtIndex(1, False)
    track = api.GetTrack(bench.project, 1)
    guid = api.GetSetMediaTrackInfo_String(track, "GUID", "", False)[3]
    api.TrackFX_AddByName(track, "ReaComp", False, -1)
    api.SetTrackSelected(bench.track, True)
    points = (EnvelopePoint(0.0, 1.0), EnvelopePoint(1.0, 0.5))
    changes = (
        mixplan.Envelope(guid, "volume", 0.0, 1.0, (), points, created=True),
        mixplan.Equalizer(guid, "mixengine self-test", None, (_MOVING,)),
        mixplan.NewClip(guid, "{3F2C9D1A-5B64-4E0B-9C57-6D8E0A1B2C3D}", "self-test.wav", 0.0, 1.0),
    )
    plan = mixplan.MixPlan("self-test", "self-test", "", changes=changes)
    _expect(write.write_over(bench.side, bench.take(), plan, {}).skipped, [])
    envelope = api.GetTrackEnvelopeByChunkName(track, "<VOLENV2")
    counts = int(api.CountEnvelopePoints(envelope)), int(api.TrackFX_GetCount(track))
    _expect((*counts, int(api.CountTrackMediaItems(track))), (2, 2, 1))
    _expect_points(bench, track, 1)
    parts = large.track_text(read_parts(api, track, "", snapshot.REQUEST))
    _expect([parts.count(word) for word in ("<VOLENV2", "<VST", "<ITEM")], [1, 2, 1])
    back = write.write_over(bench.side, bench.take(), mixplan.revert(plan), {}).skipped
    counts = int(api.TrackFX_GetCount(track)), int(api.CountTrackMediaItems(track))
    _expect((back, *counts), ([], 1, 0))
    api.DeleteTrack(track)


def _render(bench: _Bench) -> None:
    """REAPER renders a track before its fader, and the render settings are as they were."""
    current = bench.take()
    before = bench.api.GetSetProjectInfo_String(bench.project, "RENDER_PATTERN", "", False)[3]
    request = StemRequest(44100, (Pass(0.0, 0.25, (bench.guid,)),), solos=(bench.guid,))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        answer, after = rendered(bench.side, current, request, folder)
        _expect(len(answer.files), 1)
    _expect(answer.pre_fader, True)
    _expect(bench.api.GetSetProjectInfo_String(bench.project, "RENDER_PATTERN", "", False)[3], before)
    _expect(bench.take().text, current.text)
    _expect(int(bench.api.GetProjectStateChangeCount(bench.project)), after.changes)


def _loudness(bench: _Bench) -> None:
    """REAPER measures its mix, where this version can, and the render settings are as they were."""
    before = bench.api.GetSetProjectInfo(bench.project, "RENDER_ENDPOS", 0.0, False)
    measured = bench.side.measure({"project": bench.project, "start_s": 0.0, "end_s": 0.25})
    _expect(measured.state in (dry_run.DONE, dry_run.STOPPED, dry_run.MISSING), True)  # an empty tab has no loudness
    _near(bench.api.GetSetProjectInfo(bench.project, "RENDER_ENDPOS", 0.0, False), before)


def _global_state(bench: _Bench) -> None:
    bench.api.SetExtState("mixengine", "self-test", "kept", False)
    _expect(bench.api.GetExtState("mixengine", "self-test"), "kept")
    bench.api.DeleteExtState("mixengine", "self-test", False)
    bench.api.Help_Set("", False)


CHECKS: dict[str, Callable[[_Bench], None]] = {
    "track names in any script": _names,
    "track ids": _guids,
    "track states": _chunks,
    "reading the project": _snapshot,
    "fader": _fader,
    "pan": _pan,
    "volume envelope": _envelope,
    "equaliser": _equalizer,
    "equaliser that moves": _moving_equalizer,
    "compressor on the master": _compressor,
    "the master": _master,
    "selected items": _selected_items,
    "region": _marker,
    "memory in the project": _ext_state,
    "a track with plug-ins": _among_plugins,
    "rendering a track": _render,
    "loudness of the mix": _loudness,
    "REAPER's own memory": _global_state,
    "one undo step": _undo,
}


def run(api: Any, side: Side) -> str:
    """Run all checks; returns the report as text."""
    front = "" if isinstance(side, Inside) else ", through Lua"
    lines = [
        f"mixengine {__version__} self-test",
        f"REAPER {api.GetAppVersion()}, {api.GetOS()}, Python {sys.version.split()[0]}{front}",
    ]
    failed = 0
    bench = _Bench(api, side)
    for name, check in CHECKS.items():
        try:
            check(bench)
            lines.append(f"pass  {name}")
        except Exception as error:  # every failure is a finding
            failed += 1
            lines.append(f"FAIL  {name}: {type(error).__name__}: {error}")
    lines.append(f"{len(CHECKS) - failed} of {len(CHECKS)} passed. Close this scratch tab without saving it.")
    return "\n".join(lines) + "\n"

"""Self-test in a scratch project tab: every function of REAPER that mixengine depends on, with pass or fail.

Meant for a bug report: the text names REAPER's version and system, and for a failure what was expected and found.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mixengine import __version__
from mixengine import plan as mixplan
from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.reaper.api import TEXT_SIZE, is_null
from mixengine.session import EnvelopePoint, EqBand
from mixengine.units import amplitude

_NEW_TAB = 40859
_BAND = EqBand("band", 1000.0, -3.0, 1.0)


class _Bench:
    """The scratch project and its one track."""

    def __init__(self, api: Any) -> None:
        self.api = api
        api.Main_OnCommandEx(_NEW_TAB, 0, 0)
        self.project = api.EnumProjects(-1, "", 4096)[0]
        api.InsertTrackAtIndex(0, False)
        self.track = api.GetTrack(self.project, 0)

    @property
    def guid(self) -> str:
        return self.api.GetSetMediaTrackInfo_String(self.track, "GUID", "", False)[3]

    def apply(self, change: mixplan.Change) -> list[str]:
        """Write one change the way the actions do."""
        taken = snapshot.take(self.api, self.project)
        plan = mixplan.MixPlan("self-test", "self-test", "", changes=(change,))
        return write.write(self.api, taken, plan, {}).skipped


def _expect(found: Any, wanted: Any) -> None:
    if found != wanted:
        raise AssertionError(f"expected {wanted!r}, found {found!r}")


def _near(found: float, wanted: float) -> None:
    if not abs(found - wanted) < 1e-6:
        raise AssertionError(f"expected {wanted}, found {found}")


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
    _expect(list(snapshot.take(bench.api, bench.project).tracks), [bench.guid])


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


def _marker(bench: _Bench) -> None:
    _expect(bench.apply(mixplan.Marker("mixengine: self-test", 1.0, 2.0)), [])
    _expect(int(bench.api.CountProjectMarkers(bench.project, 0, 0)[0]), 1)


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


CHECKS: dict[str, Callable[[_Bench], None]] = {
    "track names in any script": _names,
    "track ids": _guids,
    "track states": _chunks,
    "reading the project": _snapshot,
    "fader": _fader,
    "pan": _pan,
    "volume envelope": _envelope,
    "equaliser": _equalizer,
    "region": _marker,
    "memory in the project": _ext_state,
    "one undo step": _undo,
}


def run(api: Any) -> str:
    """Run all checks; returns the report as text."""
    lines = [
        f"mixengine {__version__} self-test",
        f"REAPER {api.GetAppVersion()}, {api.GetOS()}, Python {sys.version.split()[0]}",
    ]
    failed = 0
    bench = _Bench(api)
    for name, check in CHECKS.items():
        try:
            check(bench)
            lines.append(f"pass  {name}")
        except Exception as error:  # every failure is a finding
            failed += 1
            lines.append(f"FAIL  {name}: {type(error).__name__}: {error}")
    lines.append(f"{len(CHECKS) - failed} of {len(CHECKS)} passed. Close this scratch tab without saving it.")
    return "\n".join(lines) + "\n"

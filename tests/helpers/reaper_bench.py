"""A simulated REAPER with one project, and one change of every kind to make in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.model import plan as mixplan
from mixengine.model.plan import (
    Change,
    Compressor,
    Envelope,
    Equalizer,
    Fader,
    Limiter,
    Marker,
    MasterTrim,
    MixPlan,
    MoveClip,
    MuteClip,
    MuteTrack,
    NewClip,
    NewTake,
    NewTrack,
    Place,
    Polarity,
    SplitClip,
)
from mixengine.model.plan import Pan as PanChange
from mixengine.model.session import MASTER, CompressorSettings, EnvelopePoint, EqBand, LimiterSettings
from reaper_sim import SimReaper
from reaper_sim.api_envelopes import GetTrackEnvelopeByChunkName, new_envelope
from tests.helpers.rpp_builders import chain, envelope, guid, item, project, reacomp, reaeq, track

FLAT = (EqBand("high_pass", 80.0), EqBand("band", 1200.0, -3.5, 1.3))


DEEP = (EqBand("high_pass", 80.0), EqBand("band", 1100.0, -6.0, 0.7))


DUCK = tuple(EnvelopePoint(t, v) for t, v in ((1.0, 1.0), (1.3, 10**-0.5), (2.7, 10**-0.5), (3.125, 1.0)))


EQ, COMP = "mixengine EQ", "mixengine compressor"


SOFT = CompressorSettings(-18.0, 4.0, 10.0, 120.0, 6.0, 3.5, 2.5, 5.0)


HARD = CompressorSettings(-30.5, 100.0, 0.1, 50.0, 0.0)


LIMIT = LimiterSettings(-9.5, -1.0)


RECEIVE = "AUXRECV {} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"


class Api:
    """REAPER's functions without their prefix, as reapy offers them, without reapy's import."""

    def __init__(self, sim: SimReaper) -> None:
        self._sim = sim

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sim.reaper_python, f"RPR_{name}")


class Bench:
    """A simulated REAPER with one project, and what the actions do to it."""

    def __init__(self, folder: Path, data: bytes, **options: Any) -> None:
        self.path = folder / "söng.RPP"
        self.path.write_bytes(data)
        self.sim = SimReaper(self.path, **options)
        self.sim.commands |= {
            40408: lambda sim, proj: _make_envelopes(sim, proj, "VOLENV"),
            42020: lambda sim, proj: _make_envelopes(sim, proj, "VOLENV3"),
        }
        self.api, self.project = Api(self.sim), self.sim.current

    def take(self) -> snapshot.Snapshot:
        return snapshot.take(self.api)

    def write(self, taken: snapshot.Snapshot, *changes: Change) -> list[str]:
        plan = plan_of(*changes)
        kept = history.ext_state(history.stored_plan(taken.parsed().root), plan)
        try:
            return write.write(self.api, taken, plan, kept).skipped
        finally:
            self.sim.check_balanced()

    def do(self, *changes: Change) -> list[str]:
        return self.write(self.take(), *changes)

    def remove(self) -> list[str]:
        taken = self.take()
        before = history.stored_plan(taken.parsed().root)
        assert before is not None
        return write.write(self.api, taken, mixplan.revert(before), history.ext_state(before, None)).skipped

    @property
    def saved(self) -> bytes:
        return self.sim.saved(self.project)

    def file_host(self, *changes: Change) -> bytes:
        """The same through the project-file host."""
        source = Project(self.path.read_bytes(), self.path)
        kept = history.ext_state(history.stored_plan(source.root), plan_of(*changes))
        return rpp_apply.apply(source, plan_of(*changes), ext_state=kept).data


def plan_of(*changes: Change) -> MixPlan:
    return MixPlan("test", "söng", "", changes=changes)


def _make_envelopes(sim: SimReaper, proj: Any, name: str) -> None:
    """REAPER's actions that show the other two volume envelopes of the selected tracks."""
    for node in proj.tracks:
        line = node.line("SEL")
        if line is not None and line.integer(1) and GetTrackEnvelopeByChunkName(sim, node, name) is None:
            new_envelope(sim, node, name)


def lines(data: bytes, *also: str) -> list[str]:
    """A project's lines without what may differ between the hosts.

    That is the place of a track's ``SEL`` line (REAPER's states do not hold it), and, where REAPER adds an equaliser
    to the user's own plug-ins, the identity that it gives it (``FXID``, asked for by ``also``). Nothing else.
    """
    stripped = (line.strip() for line in data.decode("utf-8", "surrogateescape").splitlines())
    return [line for line in stripped if line.split(" ")[0] not in ("SEL", *also)]


def song(*effects: list[str]) -> bytes:
    """Five tracks: a folder, a receive in both directions, an envelope, our equaliser; ``effects`` on each track."""
    own = reaeq(EQ, FLAT, guid(77))
    return project(
        chain(*effects, name="MASTERFXLIST"),
        track(1, *(chain(e) for e in effects), item(11), item(12), name="drüms", lines=("SEL 1", "IPHASE 0")),
        track(
            2,
            envelope("VOLENV2", "0 1 0", "4 0.5 0", lines=("VOLTYPE 1",)),
            *(chain(e) for e in effects),
            name='"lead vox"',
            bus="1 1",
            lines=("SEL 0",),
        ),
        track(3, *(chain(e) for e in effects), name="kid", bus="2 -1", lines=("SEL 0", RECEIVE.format(4))),
        track(4, chain(*effects, own), name="試", lines=("SEL 0",)),
        track(5, chain(*effects, reacomp(COMP, HARD, guid(78))), name="last", lines=("SEL 0", RECEIVE.format(0))),
    )


CHANGES: dict[str, tuple[Change, ...]] = {
    "fader": (Fader(guid(1), 0.0, -7.3),),
    "fader off": (Fader(guid(1), 0.0, float("-inf")),),
    "pan": (PanChange(guid(1), 0.0, -0.3),),
    "master": (MasterTrim(0.0, -1.7),),
    "mute": (MuteClip(guid(1), guid(12), False, True),),
    "mute of a track": (MuteTrack(guid(1), False, True),),
    "polarity": (Polarity(guid(1), False, True),),
    "item moved": (MoveClip(guid(1), guid(12), Place(1.5, 3.25), Place(1.25, 3.25)),),
    "item moved and slower": (MoveClip(guid(1), guid(12), Place(1.5, 3.25), Place(0.75, 3.26, 0.9999)),),
    "item cut and moved": (
        SplitClip(guid(1), guid(12), guid(90), 2.5),
        MoveClip(guid(1), guid(12), Place(1.5, 1.0), Place(1.25, 1.0)),
        MoveClip(guid(1), guid(90), Place(2.5, 2.25), Place(2.26, 2.24, 1.0001)),
    ),
    "region": (Marker("mixengine: vers ü", 1.25, 8.5),),
    "marker": (Marker("mixengine: m", 1.25),),
    "envelope, fader-scaled": (Envelope(guid(2), "volume", 1.0, 3.125, (), DUCK),),
    "envelope, new": (Envelope(guid(1), "volume", 1.0, 3.125, (), DUCK, created=True),),
    "envelope, new pre-FX": (Envelope(guid(1), "volume_pre_fx", 1.0, 3.125, (), DUCK, created=True),),
    "envelope, new trim": (Envelope(guid(5), "volume_trim", 1.0, 3.125, (), DUCK, created=True),),
    "EQ, changed": (Equalizer(guid(4), EQ, FLAT, DEEP),),
    "EQ, new": (Equalizer(guid(1), EQ, None, DEEP),),
    "EQ, removed": (Equalizer(guid(4), EQ, FLAT, None),),
    "compressor, new": (Compressor(guid(1), COMP, None, SOFT),),
    "compressor, much make-up": (Compressor(guid(1), COMP, None, replace(SOFT, makeup_db=9.0)),),
    "compressor and EQ, new": (Compressor(guid(1), COMP, None, SOFT), Equalizer(guid(1), EQ, None, DEEP)),
    "compressor, changed": (Compressor(guid(5), COMP, HARD, SOFT),),
    "compressor, removed": (Compressor(guid(5), COMP, HARD, None),),
    "EQ before the compressor": (Equalizer(guid(5), EQ, None, DEEP),),
    "master chain": (Compressor(MASTER, COMP, None, SOFT), Equalizer(MASTER, EQ, None, DEEP)),
    "limiter": (Limiter(MASTER, "mixengine deliver", None, LIMIT),),
    "limiter at the place where it stood": (Limiter(MASTER, "mixengine deliver", None, LIMIT, place_after=0),),
    "limiter behind a compressor": (
        Limiter(MASTER, "mixengine deliver", None, LIMIT),
        Compressor(MASTER, COMP, None, SOFT),
    ),
    "clip": (NewClip(guid(1), guid(99), "x.wav", 1.0, 2.0, name="é x"),),
    "take": (NewTake(guid(1), guid(12), guid(98), "x.wav", "é x", 0.25),),
    "take on a take": (
        NewTake(guid(1), guid(12), guid(98), "x.wav"),
        NewTake(guid(1), guid(12), guid(97), "y.flac", offset_s=1.5),
    ),
    "track at the end": (NewTrack(guid(50), "stem ü", None, -3.0),),
    "soloed track": (NewTrack(guid(50), "stems", solo=True),),
    "track in a folder": (NewTrack(guid(50), "stem ü", guid(2)),),
    "track makes a folder": (NewTrack(guid(50), "stem ü", guid(1)), NewClip(guid(50), guid(99), "x.wav", 1.0, 2.0)),
    "much": (
        Fader(guid(1), 0.0, -7.3),
        PanChange(guid(1), 0.0, 0.5),
        Envelope(guid(1), "volume", 1.0, 3.125, (), DUCK, created=True),
        Equalizer(guid(1), EQ, None, DEEP),
        MuteClip(guid(1), guid(11), False, True),
        Fader(guid(4), 0.0, 2.0),
        Equalizer(guid(4), EQ, FLAT, DEEP),
        Envelope(guid(2), "volume", 1.0, 3.125, (), DUCK),
        Marker("mixengine: r", 1.0, 2.0),
        MasterTrim(0.0, -0.5),
    ),
}


def given_whole_states(bench: Bench) -> list[str]:
    """The tracks of the project that got a whole new state; tracks that came and went again do not count."""
    tracks = {bench.api.GetTrack(0, index) for index in range(int(bench.api.CountTracks(0)))}
    return [args[0] for name, args in bench.sim.calls if name == "SetTrackStateChunk" and args[0] in tracks]

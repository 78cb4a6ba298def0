"""Action 42230 of the simulated REAPER: stems of the selected tracks, by the project's render settings.

The sound comes from mixengine's mixer and from the plug-ins in `reaper_sim.sounds`. Only what the settings of a stem
render mean is simulated: custom bounds, stereo, WAV of 32-bit float, ``$tracknumber`` in the pattern;
tails are left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mixengine.audio.loudness import LoudnessMeter
from mixengine.audio.peaks import PeakMeter
from mixengine.hosts.rpp.project import Project
from mixengine.mixer import routing
from mixengine.mixer.engine import Engine
from mixengine.model.session import (
    MASTER,
    MUTE,
    PAN,
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Clip,
    EnvelopePoint,
    Session,
    Source,
    Track,
)
from reaper_sim import sounds
from reaper_sim.items import TRACK
from reaper_sim.project import SimProject
from reaper_sim.tree import Node, get_word

MIX, STEMS, PRE_FADER = 0, 2, 8192
DRY_RUN = 42440
DRY_RUN_NAME = "Calculate loudness of master mix via dry run render"
FLOAT_WAV = "ZXZhdyAAAA=="
PREFERENCES = {"renderclosewhendone": "2097156"}
"""Of REAPER, as they stand at first: the render window stays open."""
_MIDWAY = ("cancel", "no disk", "error")
_AFTER_FADER = (VOLUME, VOLUME_TRIM, PAN, MUTE)


@dataclass
class RenderSwitches:
    """How the simulated REAPER renders.

    Attributes
    ----------
    knows_pre_fader : bool
        Versions before drop the flag 8192 and render after the fader.
    knows_dry_run : bool
        Versions before have no action 42440, and no statistics.
    fails : str
        ``cancel``, ``no disk`` (the file being written stays cut off), ``error`` (the action raises), ``cancel mix``
        (in the render of the mix), ``refuse`` (a dialog instead of a render), ``cancel dry run``; empty: none of them.
    fails_after : int
        Files that are written before that.
    dry_runs : int
    open_windows : int
        Render windows that wait until somebody closes them.
    files : list of str
        All that were ever written.
    """

    knows_pre_fader: bool = True
    knows_dry_run: bool = True
    fails: str = ""
    fails_after: int = 0
    dry_runs: int = 0
    open_windows: int = 0
    files: list[str] = field(default_factory=list)

    def leave_open(self, config: dict[str, str]) -> None:
        """A render begins, whose window stays unless the preference closes it."""
        self.open_windows += not int(config["renderclosewhendone"]) & 1


def targets(proj: SimProject) -> list[tuple[int, Path]]:
    """Number of each selected track, and the file that a render would write of it."""
    folder, pattern = (get_word(proj.root, name, 1) or "" for name in ("RENDER_FILE", "RENDER_PATTERN"))
    count = len(str(len(proj.tracks)))
    return [
        (number, Path(folder) / (pattern.replace("$tracknumber", f"{number:0{max(count, 2)}}") + ".wav"))
        for number, track in enumerate(proj.tracks, start=1)
        if TRACK["I_SELECTED"].read(track)
    ]


def render(sim: Any, proj: SimProject) -> None:
    """The action."""
    _only_without_a_take(sim, "action 42230")
    flags = int(_number(sim, proj, "RENDER_SETTINGS"))
    wrong = [
        name
        for name, right in (
            ("RENDER_SETTINGS", flags & ~PRE_FADER == STEMS or flags == MIX),
            ("RENDER_BOUNDSFLAG", _number(sim, proj, "RENDER_BOUNDSFLAG") == 0),
            ("RENDER_CHANNELS", _number(sim, proj, "RENDER_CHANNELS") == 2),
            ("RENDER_ADDTOPROJ", _number(sim, proj, "RENDER_ADDTOPROJ") == 0),
            ("RENDER_NORMALIZE", _number(sim, proj, "RENDER_NORMALIZE") == 0),
            ("RENDER_FORMAT", _format(proj) == FLOAT_WAV),
        )
        if not right
    ]
    if wrong:
        sim.problem(f"action 42230: only stems of 32-bit float are simulated, see {', '.join(wrong)}")
        return
    if sim.ui_refresh:
        sim.problem("action 42230 while the screen is frozen")
    bounds_s = _number(sim, proj, "RENDER_STARTPOS"), _number(sim, proj, "RENDER_ENDPOS")
    rate = int(_number(sim, proj, "RENDER_SRATE"))
    switches = sim.rendering
    switches.leave_open(sim.config)
    if switches.fails == "refuse":
        return
    with _session(proj, rate) as session:
        if flags == MIX:
            if switches.fails == "cancel mix":
                return
            sound = _mixed(session, bounds_s, effects=get_word(proj.root, "MASTER_FX", 1) != "0")
            path = Path(get_word(proj.root, "RENDER_FILE", 1) or "") / f"{get_word(proj.root, 'RENDER_PATTERN', 1)}.wav"
            soundfile.write(path, sound, rate, "FLOAT", format="WAV")
            switches.files.append(str(path))
            return
        for written, (number, path) in enumerate(targets(proj)):
            if switches.fails in _MIDWAY and written == switches.fails_after:
                _fail(switches.fails, path)
                return
            track = session.tracks[number - 1]
            sound = _stem(session, track, bounds_s, pre_fader=bool(flags & PRE_FADER))
            soundfile.write(path, sound, rate, "FLOAT", format="WAV")
            switches.files.append(str(path))


def _only_without_a_take(sim: Any, what: str) -> None:
    if any(project.is_recording for project in sim.projects):
        sim.problem(f"{what} while REAPER records")


def stats(sim: Any, proj: SimProject, action: str) -> tuple[bool, str]:
    """``RENDER_STATS``, with the action that it runs before: a dry run of the master mix, as REAPER words it."""
    switches = sim.rendering
    if not switches.knows_dry_run:
        return False, ""
    _only_without_a_take(sim, f"action {action}")
    if action != str(DRY_RUN):
        sim.problem(f"RENDER_STATS: action {action} is not simulated")
        return False, ""
    wrong = [name for name in ("RENDER_BOUNDSFLAG", "RENDER_SETTINGS", "RENDER_NORMALIZE") if _number(sim, proj, name)]
    if wrong:
        sim.problem(f"action {action}: only the master mix between two positions is simulated, see {', '.join(wrong)}")
    switches.dry_runs += 1
    switches.leave_open(sim.config)
    if switches.fails == "error":
        raise OSError("the render thread died")
    if switches.fails == "cancel dry run":
        return True, ""
    bounds_s = _number(sim, proj, "RENDER_STARTPOS"), _number(sim, proj, "RENDER_ENDPOS")
    rate = int(_number(sim, proj, "RENDER_SRATE")) or int(_number(sim, proj, "PROJECT_SRATE"))
    with _session(proj, rate) as session:
        sound = _mixed(session, bounds_s, effects=get_word(proj.root, "MASTER_FX", 1) != "0")
    meter, peaks = LoudnessMeter(rate, 2), PeakMeter(rate, 2)
    meter.add(sound)
    peaks.add(sound)
    lufs = str(round(meter.integrated(), 3))
    return True, f"FILE:C:/dry run; of {proj.path};PEAK:0;TRUEPEAK:{peaks.true_peak_dbtp:.3f};LRA:1.5;LUFSI:{lufs};"


def _fail(how: str, path: Path) -> None:
    if how == "error":
        raise OSError("the render thread died")
    if how == "no disk":
        path.write_bytes(b"RIFF" + bytes(100))


def _number(sim: Any, proj: SimProject, name: str) -> float:
    from reaper_sim.api_render import GetSetProjectInfo  # which needs this module

    return float(GetSetProjectInfo(sim, proj, name, 0.0, False))


def _format(proj: SimProject) -> str:
    block = proj.root.first("RENDER_CFG")
    return block.lines[0].raw.decode().strip() if block and block.lines else ""


@contextmanager
def _session(proj: SimProject, rate: int) -> Iterator[Session]:
    """The project as it sounds in REAPER: with the notes of MIDI items played by the synth on their track."""
    project = Project(proj.data(), proj.path or Path("unsaved.RPP"))
    session = replace(project.session(), sample_rate=rate)
    pools = {
        int(get_word(pool, "ID", 1) or 0): float(get_word(pool, "PPT", 2) or 1.0) for pool in proj.root.all("POOLEDENV")
    }
    with tempfile.TemporaryDirectory() as folder, sounds.plugins():
        tracks = [
            _with_synth(track, node, rate, Path(folder), place, session.tempo_bpm)
            for place, (track, node) in enumerate(zip(session.tracks, proj.tracks, strict=True))
        ]
        moved = (_with_items(track, node, pools) for track, node in zip(tracks, proj.tracks, strict=True))
        yield replace(session, tracks=tuple(moved))


_WITH_ITEMS = (
    ("VOLENV", VOLUME_PRE_FX, 1.0),
    ("VOLENV2", VOLUME, 1.0),
    ("MUTEENV", MUTE, 1.0),
    ("PANENV2", PAN, 0.0),
)
"""Envelopes whose automation items the simulation plays, and what they are outside of these."""


def _with_items(track: Track, node: Node, pools: dict[int, float]) -> Track:
    """The track with automation items as the simulation has them: the value of a pool's first point, all the time."""
    for block, kind, rest in _WITH_ITEMS:
        envelope = node.first(block)
        for line in envelope.lines if envelope else ():
            if line.name != "POOLEDENVINST":
                continue
            start_s, end_s = line.number(2), line.number(2) + line.number(3)
            value = pools[line.integer(1)]
            points = (EnvelopePoint(0.0, rest, 1), EnvelopePoint(start_s, value, 1), EnvelopePoint(end_s, rest, 1))
            own = [replace(entry, points=points) if entry.kind == kind else entry for entry in track.automation]
            track = replace(track, automation=tuple(own))
    return track


def _with_synth(track: Track, node: Node, rate: int, folder: Path, place: int, tempo_bpm: float) -> Track:
    on = [effect for effect in track.effects if track.effects_on and not effect.bypassed]
    levels = [own[1] for effect in on if (own := sounds.sort_and_level(effect.name)) and own[0] == "synth"]
    if not levels:
        return track

    def played(clip: Clip, item: Node, number: int) -> Clip:
        if clip.source.kind != "midi":
            return clip
        file = sounds.played(item, levels[0], rate, folder, 1000 * place + number, tempo_bpm)
        return replace(clip, source=Source(str(file)), offset_s=0.0, loop=False)

    pairs = zip(track.clips, node.all("ITEM"), strict=True)
    return replace(track, clips=tuple(played(*pair, number) for number, pair in enumerate(pairs)))


def _stem(session: Session, track: Track, bounds_s: tuple[float, float], *, pre_fader: bool) -> np.ndarray:
    """A track between two times, with what comes into it [shape=(frames, 2)]."""
    if pre_fader:  # a new track in its place: its sends to others must not be heard in it
        kept = tuple(entry for entry in track.automation if entry.kind not in _AFTER_FADER)
        bare = replace(track, fader_db=0.0, pan=0.0, pan_law=1.0, width=1.0, pan_mode=3, automation=kept)
        others = tuple(bare if other is track else other for other in session.tracks)
        session, track = replace(session, tracks=others, pan_law=1.0), bare
    graph = routing.graph(session)
    frames = round((bounds_s[1] - bounds_s[0]) * session.sample_rate)
    out = np.zeros((frames, 2), dtype=np.float32)

    def tap(block: np.ndarray, at: int) -> None:
        first, last = max(at, 0), min(at + len(block), frames)
        if first < last:
            out[first:last] = block[first - at : last - at]

    start_s, end_s = bounds_s
    graph = _into(graph, track.id)
    engine = Engine(session, graph, start_s=start_s, end_s=end_s, taps={track.id: tap}, threads=False)
    for _ in engine.blocks():
        pass
    return out


def _mixed(session: Session, bounds_s: tuple[float, float], *, effects: bool) -> np.ndarray:
    """The mix between two times [shape=(frames, 2)]."""
    if not effects:
        session = replace(session, master_effects=())
    start_s, end_s = bounds_s
    engine = Engine(session, routing.graph(session), start_s=start_s, end_s=end_s, threads=False)
    return np.concatenate([np.zeros((0, 2), np.float32), *(mix for mix, _ in engine.blocks())])


def _into(graph: routing.Graph, name: str) -> routing.Graph:
    """The part of a graph that comes into a track, and the track."""
    needed = {name}
    for other in reversed(graph.order):
        if any(edge.source == other and edge.target in needed for edges in graph.into.values() for edge in edges):
            needed.add(other)
    order = tuple(other for other in graph.order if other in needed)
    into = {node: tuple(e for e in graph.into[node] if e.source in needed) for node in (*order, MASTER)}
    return routing.Graph(order, into, tuple(other for other in graph.playing if other in needed))

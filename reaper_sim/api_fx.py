"""ReaScript functions about plug-ins of a track."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixengine.hosts.rpp import reaeq
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import EqBand
from reaper_sim.api_tracks import Track
from reaper_sim.binding import api
from reaper_sim.pointers import Guid
from reaper_sim.project import Master
from reaper_sim.tree import Node, build, chunk, get_word, set_word

PLUGINS = ("VST", "AU", "JS", "DX", "CLAP", "LV2", "VIDEO_EFFECT", "CONTAINER")
_FOLLOWERS = ("FREEZE", "FXCHAIN_REC", "TAKEFX", "ITEM", "EXT", "TRACK")
_INPUT_FX = 0x1000000
"""Added to an index: input FX of a track, hardware output FX of the master."""
_IN_CONTAINER = 0x2000000
"""Added to an index: a plug-in in a container, see `fx_at`."""
DEFAULT_BANDS = (
    EqBand("low_shelf", 100.0),
    EqBand("band", 300.0),
    EqBand("band", 1000.0),
    EqBand("high_shelf", 5000.0),
    EqBand("high_pass", 100.0, enabled=False),
)
"""A new ReaEQ: five bands, all flat, the high pass switched off."""


@dataclass
class Fx:
    """A plug-in in a chain: its block and the entries that go with it, from its ``BYPASS`` line on."""

    chain: Node
    node: Node
    start: int
    stop: int

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.stop

    @property
    def label_at(self) -> int:
        return 2 if self.node.name == "JS" else 4

    @property
    def label(self) -> str:
        words = self.node.words
        return words[self.label_at] if len(words) > self.label_at else ""

    def state(self) -> reaeq.ReaEq | None:
        """Its ReaEQ state; ``None`` for another plug-in."""
        if self.node.name != "VST" or b"1919247729" not in self.node.opening:
            return None
        try:
            return reaeq.decode([line.raw for line in self.node.lines])
        except reaeq.NotReaEq:
            return None

    def set_state(self, state: reaeq.ReaEq) -> None:
        lines = [self.node.raw(line) for line in reaeq.encode(state)]
        if lines != self.node.entries:
            self.node.entries = list(lines)
            self.node.mark()


def chain_of(track: Track | None) -> Node | None:
    if track is None:
        return None
    return track.project.root.first("MASTERFXLIST") if isinstance(track, Master) else track.first("FXCHAIN")


def fx_list(track: Track | None) -> list[Fx]:
    """The plug-ins of a track."""
    chain = chain_of(track)
    return plugins_in(chain) if chain is not None else []


def plugins_in(chain: Node) -> list[Fx]:
    """The plug-ins of a chain or of a container."""
    plugins = [at for at, e in enumerate(chain.entries) if isinstance(e, Node) and e.name in PLUGINS]
    starts = []
    for number, at in enumerate(plugins):
        floor = plugins[number - 1] + 1 if number else 0
        bypass = [i for i in range(floor, at) if _line_name(chain.entries[i]) == "BYPASS"]
        starts.append(bypass[-1] if bypass else at)
    stops = [*starts[1:], len(chain.entries)]
    return [Fx(chain, chain.entries[at], a, b) for at, a, b in zip(plugins, starts, stops, strict=False)]  # type: ignore[arg-type]


def _line_name(entry: Any) -> str:
    return Line(entry, 0).name if isinstance(entry, bytes) else ""


def fx_at(sim: Any, track: Track | None, index: int, what: str) -> Fx | None:
    """A plug-in by REAPER's index: the 3rd one in the container that is 2nd of a chain is 2 + 3 * (count + 1) above
    `_IN_CONTAINER`, and so on in containers of containers (as the API's own page says).
    """
    result, rest = fx_list(track), index - _IN_CONTAINER
    while rest >= 0:
        at, rest = rest % (len(result) + 1), rest // (len(result) + 1)
        index = at - 1
        if not rest or not 0 <= index < len(result):
            break
        result = plugins_in(result[index].node)
    if 0 <= index < len(result):
        return result[index]
    sim.problem(f"{what}: there is no FX {index}")
    return None


def index_inside(track: Track | None, index: int, number: int) -> int:
    """REAPER's index of a plug-in in the container that has ``index``."""
    plugins, code, stride = fx_list(track), index % _IN_CONTAINER + (index < _IN_CONTAINER), 1
    rest = code
    while rest:
        stride *= len(plugins) + 1
        at, rest = rest % (len(plugins) + 1), rest // (len(plugins) + 1)
        plugins = plugins_in(plugins[at - 1].node)
    return _IN_CONTAINER + code + (number + 1) * stride


@api
def TrackFX_GetCount(sim, track):
    return len(fx_list(track))


def _matches(fx: Fx, name: str) -> bool:
    wanted = name.split(":", 1)[-1].strip().lower()
    return wanted in fx.node.words[1].lower() or wanted == fx.label.lower()


def _new_chain(track: Track) -> Node:
    is_master = isinstance(track, Master)
    parent = track.project.root if is_master else track
    name = "MASTERFXLIST" if is_master else "FXCHAIN"
    places = [i for i, e in enumerate(parent.entries) if isinstance(e, Node) and e.name in _FOLLOWERS]
    if is_master:  # right behind the lines about the master
        places = [i + 1 for i, e in enumerate(parent.entries) if _line_name(e).startswith("MASTER")][-1:] or places
    chain = build([f"<{name}", "SHOW 0", "LASTSEL 0", "DOCKED 0", ">"], parent)
    parent.adopt(places[0] if places else len(parent.entries), chain)
    return chain


def _plugin_lines(name: str) -> list[str] | None:
    plain = name.split(":", 1)[-1].strip().lower().removesuffix("(cockos)").strip()
    if plain == "reaeq":
        return [reaeq.vst_line(""), *reaeq.encode(reaeq.new(DEFAULT_BANDS)), ">"]
    if plain == "reacomp":
        from reaper_sim import api_params

        return [api_params.PLUGIN, *api_params.encode(api_params.DEFAULTS), ">"]
    if plain in ("readelay", "reaverbate"):
        return [
            f'<VST "VST: {name.rsplit(":", maxsplit=1)[-1].strip()} (Cockos)" {plain}.dll 0 "" 1919247457<00> ""',
            "AAAA",
            ">",
        ]
    if plain in ("utility/volume", "volume adjustment"):
        return ['<JS utility/volume ""', "0 150 " + "- " * 62, ">"]
    return None


@api
def TrackFX_AddByName(sim, track, fxname, rec_fx, instantiate):
    if track is None:
        return -1
    if rec_fx:
        sim.problem("TrackFX_AddByName: input FX are not simulated")
        return -1
    existing = fx_list(track)
    result = next((i for i, fx in enumerate(existing) if _matches(fx, fxname)), -1)
    if instantiate == 0 or (instantiate == 1 and result >= 0):
        return result
    lines = _plugin_lines(fxname)
    if lines is None:
        return -1
    index = min(-1000 - instantiate, len(existing)) if instantiate <= -1000 else len(existing)
    chain = chain_of(track) or _new_chain(track)
    at = existing[index].start if index < len(existing) else len(chain.entries)
    whole = [chain.raw("BYPASS 0 0 0"), build(lines, chain)]
    whole += [chain.raw(line) for line in ("FLOATPOS 0 0 0 0", f"FXID {sim.guid()}", "WAK 0 0")]
    for entry in reversed(whole):
        chain.adopt(at, entry)
    return index


@api
def TrackFX_Delete(sim, track, fx):
    result = fx_at(sim, track, fx, "TrackFX_Delete")
    if result is None:
        return False
    for entry in result.chain.entries[result.start : result.stop]:
        result.chain.drop(entry)
    return True


@api
def TrackFX_CopyToTrack(sim, src_track, src_fx, dest_track, dest_fx, is_move):
    """Behind the last plug-in at most; a copy gets an identity of its own, what is moved keeps its."""
    if src_fx >= _INPUT_FX or dest_fx >= _INPUT_FX:
        sim.problem("TrackFX_CopyToTrack: input FX are not simulated")
        return
    result = fx_at(sim, src_track, src_fx, "TrackFX_CopyToTrack")
    if result is None or dest_track is None:
        return
    chain = chain_of(dest_track) or _new_chain(dest_track)
    entries = result.chain.entries[result.start : result.stop]
    copies = [
        build(chunk(entry).splitlines(), chain)
        if isinstance(entry, Node)
        else chain.raw(entry.decode("utf-8", "surrogateescape").strip())
        for entry in entries
    ]
    if is_move:
        for entry in entries:
            result.chain.drop(entry)
    existing = fx_list(dest_track)
    at = existing[dest_fx].start if 0 <= dest_fx < len(existing) else len(chain.entries)
    for entry in reversed(copies):
        chain.adopt(at, entry)
    if not is_move:
        set_word(chain, "FXID", 1, sim.guid(), 'FXID ""', (at, at + len(copies)))


@api
def TrackFX_GetFXName(sim, track, fx, buf, size):
    result = fx_at(sim, track, fx, "TrackFX_GetFXName")
    return (True, result.label or result.node.words[1]) if result else False


@api
def TrackFX_GetFXGUID(sim, track, fx):
    result = fx_at(sim, track, fx, "TrackFX_GetFXGUID")
    text = get_word(result.chain, "FXID", 1, result.span) if result else None
    if result is None or text is None:
        return None
    return result.node.guids.setdefault("fx", Guid(text))


@api
def guidToString(sim, g, dest):
    return (str(g),) if g is not None else None


@api
def TrackFX_GetEnabled(sim, track, fx):
    result = fx_at(sim, track, fx, "TrackFX_GetEnabled")
    return result is not None and get_word(result.chain, "BYPASS", 1, result.span) in (None, "0")


@api
def TrackFX_SetEnabled(sim, track, fx, enabled):
    _set_bypass(sim, track, fx, 1, not enabled)


@api
def TrackFX_GetOffline(sim, track, fx):
    result = fx_at(sim, track, fx, "TrackFX_GetOffline")
    return result is not None and get_word(result.chain, "BYPASS", 2, result.span) not in (None, "0")


@api
def TrackFX_SetOffline(sim, track, fx, offline):
    _set_bypass(sim, track, fx, 2, offline)


def _set_bypass(sim: Any, track: Track, index: int, word: int, value: bool) -> None:
    result = fx_at(sim, track, index, "TrackFX_SetEnabled")
    if result is not None:
        set_word(result.chain, "BYPASS", word, str(int(value)), "BYPASS 0 0 0", result.span)


@api
def TrackFX_GetNumParams(sim, track, fx):
    result = fx_at(sim, track, fx, "TrackFX_GetNumParams")
    state = result.state() if result else None
    own = 3 * len(state.bands) + 1 if state else 21 if result and "ReaComp" in result.node.words[1] else 0
    return own + 3 if result else 0  # bypass, wet, delta

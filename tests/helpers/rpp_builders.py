"""Project text made up for tests, laid out as REAPER writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mixengine.hosts.rpp import apply as writer
from mixengine.hosts.rpp import effects
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Change, MixPlan, revert
from mixengine.model.session import Clip, CompressorSettings, EqBand, Track

PLACE = Path("/nowhere/song.RPP")
HEAD = ("RIPPLE 0", "SAMPLERATE 48000 1 0", "TEMPO 120 4 4", "MASTER_VOLUME 1 0 -1 -1 1")


def guid(number: int) -> str:
    return f"{{{number:08X}-0000-4000-8000-000000000000}}"


def render(lines: Iterable[str], newline: bytes = b"\r\n", indent: bytes = b"  ") -> bytes:
    """Lines as bytes, each indented by how many blocks are open."""
    level, out = 0, []
    for line in lines:
        if line.startswith(">"):
            level -= 1
        out.append(indent * level + line.encode("utf-8", "surrogateescape") + newline)
        if line.startswith("<"):
            level += 1
    return b"".join(out)


def project(
    *parts: Iterable[str], newline: bytes = b"\r\n", indent: bytes = b"  ", head: tuple[str, ...] = HEAD
) -> bytes:
    body = [line for part in parts for line in part]
    return render(['<REAPER_PROJECT 0.1 "7.41/win64" 1754248868', *head, *body, ">"], newline, indent)


def track(
    number: int,
    *inside: Iterable[str],
    name: str = "",
    volpan: str = "1 0 -1 -1 1",
    bus: str = "0 0",
    lines: tuple[str, ...] = (),
) -> list[str]:
    return [
        f"<TRACK {guid(number)}",
        f"NAME {name or f'T{number}'}",
        f"VOLPAN {volpan}",
        "MUTESOLO 0 0 0",
        f"ISBUS {bus}",
        "NCHAN 2",
        f"TRACKID {guid(number)}",
        "MAINSEND 1 0",
        *lines,
        *(line for part in inside for line in part),
        ">",
    ]


def source(file: str = "a.wav", kind: str = "WAVE") -> list[str]:
    return [f"<SOURCE {kind}", f'FILE "{file}"', ">"]


def item(
    number: int, *more: str, lines: tuple[str, ...] = (), media: list[str] | None = None, volpan: str = "1 0 1 -1"
) -> list[str]:
    """An item; ``lines`` stand before the source of take 1, ``more`` after it (other takes)."""
    return [
        "<ITEM",
        "POSITION 1.5",
        "LENGTH 3.25",
        "LOOP 1",
        "MUTE 0 0",
        f"IGUID {guid(number)}",
        "NAME take1",
        f"VOLPAN {volpan}",
        "SOFFS 0.75",
        *lines,
        *(source() if media is None else media),
        *more,
        ">",
    ]


def envelope(name: str, *points: str, lines: tuple[str, ...] = ()) -> list[str]:
    return [f"<{name}", "ACT 1 -1", "VIS 1 1 1", "ARM 1", "DEFSHAPE 0 -1 -1", *lines, *(f"PT {p}" for p in points), ">"]


def chain(*plugins: Iterable[str], name: str = "FXCHAIN") -> list[str]:
    return [f"<{name}", "SHOW 0", "LASTSEL 0", "DOCKED 0", *(line for part in plugins for line in part), ">"]


def plugin(name: str = "VST: ReaDelay (Cockos)", label: str = "") -> list[str]:
    return [
        "BYPASS 0 0 0",
        f'<VST "{name}" readelay.dll 0 "{label}" 1919247213 ""',
        "bWFkZSB1cA==",
        ">",
        "FLOATPOS 0 0 0 0",
        "FXID {0F0F0F0F-0000-4000-8000-000000000000}",
        "WAK 0 0",
    ]


def reaeq(label: str, bands: tuple[EqBand, ...], fx_guid: str) -> list[str]:
    return [line.strip() for line in effects.plugin_lines(effects.EQUALIZER, label, bands, fx_guid)]


def reacomp(label: str, settings: CompressorSettings, fx_guid: str) -> list[str]:
    return [line.strip() for line in effects.plugin_lines(effects.COMPRESSOR, label, settings, fx_guid)]


def load(data: bytes, path: Path = PLACE) -> Project:
    return Project(data, path)


def read_track(data: bytes, number: int = 1, path: Path = PLACE) -> Track:
    return load(data, path).session().track(guid(number))


def read_clip(data: bytes, path: Path = PLACE) -> Clip:
    (clip,) = (clip for track in load(data, path).session().tracks for clip in track.clips)
    return clip


def plan_of(*changes: Change) -> MixPlan:
    return MixPlan("test", "song", str(PLACE), changes=changes)


def apply(data: bytes, *changes: Change) -> writer.Result:
    return writer.apply(load(data), plan_of(*changes))


def done(data: bytes, *changes: Change) -> bytes:
    """Apply changes of which none may be skipped."""
    result = apply(data, *changes)
    assert result.skipped == []
    assert result.applied == len(changes)
    return result.data


def undone(data: bytes, *changes: Change) -> bytes:
    """Apply changes and their reverse, of which none may be skipped."""
    result = writer.apply(load(done(data, *changes)), revert(plan_of(*changes)))
    assert result.skipped == []
    return result.data


def depths(data: bytes) -> list[int]:
    """What each track adds to the folder level."""
    return [line.integer(2) for block in load(data).root.all("TRACK") if (line := block.line("ISBUS"))]


def tree(data: bytes) -> dict[str, str | None]:
    """Track name → name of its folder."""
    session = load(data).session()
    return {track.name: session.track(track.parent).name if track.parent else None for track in session.tracks}


def body_of(text: bytes) -> bytes:
    return re.sub(rb"  <EXTSTATE.*?\n  >\r?\n", b"", text, flags=re.DOTALL)


def one_item(*args, **options) -> bytes:
    return project(track(1, item(10, *args, **options)))


def clip_of(*args, path=PLACE, **options):
    return read_clip(one_item(*args, **options), path)

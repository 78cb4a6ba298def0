"""Projects whose tracks hold plug-ins that only the simulated REAPER has, and the render settings of a user."""

from __future__ import annotations

from collections.abc import Iterable

from tests.helpers.rpp_builders import HEAD, guid, item, source, track

RENDER_HEAD = (
    *HEAD,
    'RENDER_FILE "/home/me/mixes"',
    'RENDER_PATTERN "$project-final"',
    "RENDER_FMT 0 1 44100",
    "RENDER_NORMALIZE 3",
    "RENDER_RANGE 2 1.25 7.5 18 1000",
    "RENDER_ADDTOPROJ 1",
    "RENDER_STEMS 17",
    "<RENDER_CFG",
    "ZXZhdxgAAA==",
    ">",
    "<RENDER_CFG2",
    "bDNwbUABAAABAAAA",
    ">",
)
"""As a user set them: every setting differs from what mixengine needs."""


def js(name: str, label: str = "", bypassed: bool = False) -> list[str]:
    """A plug-in of the simulation by its name, ``sim gain +6dB``."""
    return [f"BYPASS {int(bypassed)} 0 0", f'<JS "{name}" "{label}"', "0 -", ">", f"FXID {guid(900)}", "WAK 0 0"]


def synth(level_db: float) -> list[str]:
    """The instrument of the simulation."""
    name = f"VSTi: Sim Synth {level_db:+g}dB (mixengine)"
    return ["BYPASS 0 0 0", f'<VST "{name}" simsynth.so 0 "" 77 ""', "AAAA", ">", f"FXID {guid(901)}", "WAK 0 0"]


def midi(*notes: tuple[int, int, int], velocity: int = 100) -> list[str]:
    """A MIDI source: notes as (start tick, end tick, pitch), 960 ticks to a quarter."""
    events = sorted(
        [(start, f"90 {pitch:02x} {velocity:02x}") for start, _, pitch in notes]
        + [(end, f"80 {pitch:02x} 00") for _, end, pitch in notes]
    )
    lines, at = [], 0
    for tick, text in events:
        lines.append(f"E {tick - at} {text}")
        at = tick
    return ["<SOURCE MIDI", "HASDATA 1 960 QN", *lines, ">"]


def at_start(number: int, media: list[str] | str, length_s: float, lines: tuple[str, ...] = ()) -> list[str]:
    """An item that begins with the project."""
    media = source(media) if isinstance(media, str) else media
    replaced = {
        "POSITION 1.5": "POSITION 0",
        "LENGTH 3.25": f"LENGTH {length_s:g}",
        "SOFFS 0.75": "SOFFS 0",
        "LOOP 1": "LOOP 0",
    }
    return [replaced.get(line, line) for line in item(number, media=media, lines=lines)]


def fx(*plugins: Iterable[str]) -> list[str]:
    """A chain with its window lines."""
    return ["<FXCHAIN", "SHOW 0", "LASTSEL 0", "DOCKED 0", *(line for part in plugins for line in part), ">"]


__all__ = ["RENDER_HEAD", "at_start", "fx", "js", "midi", "synth", "track"]

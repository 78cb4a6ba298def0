"""ReaScript functions about the project's settings: sample rate, folders, how it is rendered; and the render itself."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from mixengine.hosts.rpp.words import format_number, quote
from reaper_sim import rendering
from reaper_sim.binding import api
from reaper_sim.pointers import Guid
from reaper_sim.project import SimProject
from reaper_sim.tree import build, get_word, set_word

_NUMBERS = {
    "PROJECT_SRATE": ("SAMPLERATE", 1, "SAMPLERATE 44100 0 0"),
    "PROJECT_SRATE_USE": ("SAMPLERATE", 2, "SAMPLERATE 44100 0 0"),
    "RENDER_BOUNDSFLAG": ("RENDER_RANGE", 1, "RENDER_RANGE 1 0 0 18 1000"),
    "RENDER_STARTPOS": ("RENDER_RANGE", 2, "RENDER_RANGE 1 0 0 18 1000"),
    "RENDER_ENDPOS": ("RENDER_RANGE", 3, "RENDER_RANGE 1 0 0 18 1000"),
    "RENDER_TAILFLAG": ("RENDER_RANGE", 4, "RENDER_RANGE 1 0 0 18 1000"),
    "RENDER_TAILMS": ("RENDER_RANGE", 5, "RENDER_RANGE 1 0 0 18 1000"),
    "RENDER_SETTINGS": ("RENDER_STEMS", 1, "RENDER_STEMS 0"),
    "RENDER_ADDTOPROJ": ("RENDER_ADDTOPROJ", 1, "RENDER_ADDTOPROJ 0"),
    "RENDER_CHANNELS": ("RENDER_FMT", 2, "RENDER_FMT 0 2 0"),
    "RENDER_SRATE": ("RENDER_FMT", 3, "RENDER_FMT 0 2 0"),
    "RENDER_NORMALIZE": ("RENDER_NORMALIZE", 1, "RENDER_NORMALIZE 0"),
}
"""Value → its line, the word in it, the whole line (of ``RENDER_NORMALIZE`` the line is made up)."""
_SINKS = {"RENDER_FORMAT": "RENDER_CFG", "RENDER_FORMAT2": "RENDER_CFG2"}
_TEXTS = {"RENDER_FILE": "RENDER_FILE", "RENDER_PATTERN": "RENDER_PATTERN", "RECORD_PATH": "RECORD_PATH"}


@api
def SectionFromUniqueID(sim, unique_id):
    """The main section of the action list; others are not simulated."""
    return Guid("main section") if unique_id == 0 else None


@api
def kbd_getTextFromCmd(sim, cmd, section):
    """Name of an action; of the simulated ones only the dry run has one."""
    is_known = cmd == rendering.DRY_RUN and sim.rendering.knows_dry_run
    return rendering.DRY_RUN_NAME if is_known else ""


@api
def GetSetProjectInfo(sim, project, desc, value, is_set):
    place = _NUMBERS.get(desc)
    if place is None:
        sim.problem(f"GetSetProjectInfo: unknown {desc}")
        return 0.0
    if is_set and desc == "RENDER_SETTINGS" and not sim.rendering.knows_pre_fader:
        value = float(int(value) & ~rendering.PRE_FADER)
    line, word, template = place
    now = float(get_word(project.root, line, word) or template.split()[word])
    if is_set and value != now:
        set_word(project.root, line, word, format_number(value), template)
        return value
    return now


@api
def GetSetProjectInfo_String(sim, project, desc, text, is_set):
    if desc.startswith("MARKER_GUID:") and not is_set:
        return False, ""
    if desc == "PROJECT_NAME" and not is_set:
        return True, project.path.name if project.path else ""
    if desc == "RENDER_TARGETS" and not is_set:
        return True, ";".join(str(path) for _, path in rendering.targets(project))
    if desc == "RENDER_STATS" and not is_set:
        return rendering.stats(sim, project, text)
    if desc in _SINKS:
        return True, _sink(project, _SINKS[desc], text if is_set else None)
    if desc not in _TEXTS:
        sim.problem(f"GetSetProjectInfo_String: unknown {desc}")
        return False
    if is_set and text != (get_word(project.root, _TEXTS[desc], 1) or ""):
        set_word(project.root, _TEXTS[desc], 1, quote(text, always=True), f'{_TEXTS[desc]} ""')
    return True, get_word(project.root, _TEXTS[desc], 1) or ""


@api
def get_config_var_string(sim, name, buf, size):
    """REAPER's preferences; simulated is the one of the render window, whose lowest bit closes it."""
    return (True, sim.config[name]) if name in sim.config else False


@api
def set_config_var_string(sim, name, value, persist):
    """From version 7.74 on. Without ``persist`` it is not written into the settings."""
    if name not in sim.config or persist:
        sim.problem(f"set_config_var_string: {name}, {persist} is not simulated")
        return 0
    sim.config[name] = value
    return 1


def _sink(project: SimProject, name: str, text: str | None) -> str:
    """The configuration of a render format, a base64 line in a block of its own; ``text`` sets it."""
    block = project.root.first(name)
    now = block.lines[0].raw.decode().strip() if block and block.lines else ""
    if text is None or text == now:
        return now
    if block is None:
        block = build([f"<{name}", ">"], project.root)
        project.root.adopt(0, block)
        project.root.made.add(name)
    block.entries = [block.raw(text)] if text else []
    block.mark()
    if not text and name in project.root.made:
        project.root.drop(block)
    return text

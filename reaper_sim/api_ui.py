"""ReaScript functions of the application: undo, screen, dialogs, ext state, commands."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

import time
from typing import Any

from reaper_sim import rendering
from reaper_sim.api_envelopes import GetTrackEnvelopeByChunkName, new_envelope
from reaper_sim.api_tracks import (
    MASTER_MONO,
    SetMediaTrackInfo_Value,
    SetTrackSelected,
    _selected,
    _value,
    toggle_master_mono,
)
from reaper_sim.binding import api
from reaper_sim.items import ITEM
from reaper_sim.project import SimProject
from reaper_sim.tree import get_word, set_word

_MAX_FIELDS = 16


@api
def Undo_BeginBlock(sim):
    sim.current.undo.begin(sim.current.data())


@api
def Undo_BeginBlock2(sim, proj):
    proj.undo.begin(proj.data())


def _end(sim: Any, proj: SimProject, name: str, flags: int) -> None:
    sim.check_sorted(proj)
    if not proj.undo.depth:
        proj.undo.unbalanced += 1
        sim.problem(f"Undo_EndBlock {name!r} without Undo_BeginBlock")
        return
    proj.undo.end(name, flags, proj.data())


@api
def Undo_EndBlock(sim, descchange, extraflags):
    _end(sim, sim.current, descchange, extraflags)


@api
def Undo_EndBlock2(sim, proj, descchange, extraflags):
    _end(sim, proj, descchange, extraflags)


@api
def Undo_CanUndo2(sim, proj):
    """NULL when there is nothing to undo: in Python that is an ``AttributeError``."""
    step = proj.undo.can_undo
    return step.name if step else None


@api
def Undo_CanRedo2(sim, proj):
    step = proj.undo.can_redo
    return step.name if step else None


@api
def Undo_DoUndo2(sim, proj):
    return sim.do_undo(proj) is not None


@api
def Undo_DoRedo2(sim, proj):
    return sim.do_redo(proj) is not None


@api
def PreventUIRefresh(sim, prevent_count):
    sim.ui_refresh += prevent_count
    if sim.ui_refresh < 0:
        sim.problem("PreventUIRefresh was given back too often")


@api
def UpdateArrange(sim):
    sim.updates["UpdateArrange"] += 1


@api
def UpdateTimeline(sim):
    sim.updates["UpdateTimeline"] += 1


@api
def TrackList_AdjustWindows(sim, is_minor):
    sim.updates["TrackList_AdjustWindows"] += 1


@api
def Help_Set(sim, helpstring, is_temporary_help):
    """The line of help text below the tracks."""
    sim.help = helpstring


@api
def ShowConsoleMsg(sim, msg):
    sim.console += msg


@api
def ClearConsole(sim):
    sim.console = ""


@api
def ShowMessageBox(sim, msg, title, type_):
    sim.boxes.append((title, msg, type_))
    if sim.ui_refresh:
        sim.problem(f"message box {title!r} while the screen is frozen (PreventUIRefresh {sim.ui_refresh})")
    if sim.box_answers:
        answer = sim.box_answers.popleft()
        return answer(title, msg, type_) if callable(answer) else answer
    if type_ != 0:
        sim.problem(f"unexpected question {title!r}: {msg!r} (put an answer into sim.box_answers)")
    return {0: 1, 1: 2, 2: 3, 3: 2, 4: 7, 5: 2}.get(type_, 1)


@api
def MB(sim, msg, title, type_):
    return ShowMessageBox(sim, msg, title, type_)


@api
def GetUserInputs(sim, title, num_inputs, captions_csv, retvals_csv, size):
    if not 1 <= num_inputs <= _MAX_FIELDS:
        sim.problem(f"GetUserInputs: {num_inputs} fields")
        return False
    parts = captions_csv.split(",")
    options = dict(part.split("=", 1) for part in parts[num_inputs:] if "=" in part)
    separator = options.get("separator", ",")
    captions, defaults = parts[:num_inputs], retvals_csv.split(separator)
    defaults += [""] * (num_inputs - len(defaults))
    sim.inputs.append((title, captions, defaults))
    if not sim.input_answers:
        sim.problem(f"unexpected dialog {title!r} (put an answer into sim.input_answers)")
        return False
    answer = sim.input_answers.popleft()
    values = answer(captions, defaults) if callable(answer) else answer
    if values is None:
        return False
    assert len(values) == num_inputs, f"{title}: {num_inputs} fields, {len(values)} answers"
    return True, separator.join(values)


@api
def GetUserFileNameForRead(sim, filename, title, defext):
    """The file dialog: answered by a list with one path, or ``None`` for cancel."""
    sim.inputs.append((title, ["file"], [filename]))
    if not sim.input_answers:
        sim.problem(f"unexpected dialog {title!r} (put an answer into sim.input_answers)")
        return False
    answer = sim.input_answers.popleft()
    return (True, answer[0]) if answer else False


@api
def GetExtState(sim, section, key):
    return sim.ext_state.get(section, key) or ""


@api
def SetExtState(sim, section, key, value, persist):
    # reapy gives a number; REAPER's Python turns everything into text
    sim.ext_state.set(section, key, value, persist=persist)


@api
def HasExtState(sim, section, key):
    return sim.ext_state.get(section, key) is not None


@api
def DeleteExtState(sim, section, key, persist):
    sim.ext_state.delete(section, key, persist=persist)


@api
def GetResourcePath(sim):
    return str(sim.resource_path)


@api
def get_ini_file(sim):
    return str(sim.resource_path / "reaper.ini")


@api
def GetAppVersion(sim):
    return sim.version


@api
def GetOS(sim):
    return sim.os


@api
def time_precise(sim):
    return time.perf_counter()


@api
def APIExists(sim, function_name):
    return hasattr(sim.reaper_python, f"RPR_{function_name}")


@api
def NamedCommandLookup(sim, command_name):
    return sim.named_commands.get(command_name, 0)


@api
def ReverseNamedCommandLookup(sim, command_id):
    """Name without its underscore; NULL for REAPER's own commands."""
    return next((name[1:] for name, number in sim.named_commands.items() if number == command_id), None)


@api
def Main_OnCommand(sim, command, flag):
    Main_OnCommandEx(sim, command, flag, sim.current)


@api
def Main_OnCommandEx(sim, command, flag, proj):
    action = sim.commands.get(command)
    if action is None:
        sim.problem(f"Main_OnCommand: action {command} is not simulated")
    else:
        action(sim, proj)


def toggle_volume_envelope(sim: Any, proj: SimProject) -> None:
    """40406, for every selected track."""
    for track in _selected(proj, True):
        name = "MASTERVOLENV2" if track is proj.master else "VOLENV2"
        env = GetTrackEnvelopeByChunkName(sim, track, "VOLENV2")
        if env is None:
            new_envelope(sim, track, name)
        else:
            now = get_word(env, "VIS", 1) or "0"
            set_word(env, "VIS", 1, "0" if now != "0" else "1", "VIS 1 1 1")


def _select_tracks(selected: bool) -> Any:
    def action(sim: Any, proj: SimProject) -> None:
        for track in [*proj.tracks, *([] if selected else [proj.master])]:
            if bool(_value(sim, track, "I_SELECTED")) != selected:
                SetTrackSelected(sim, track, selected)

    return action


def _toggle(parameter: str) -> Any:
    def action(sim: Any, proj: SimProject) -> None:
        for track in _selected(proj, False):
            SetMediaTrackInfo_Value(sim, track, parameter, 0.0 if _value(sim, track, parameter) else 1.0)

    return action


def _unselect_items(sim: Any, proj: SimProject) -> None:
    for item in proj.items:
        ITEM["B_UISEL"].write(item, 0)


def _close(sim: Any, proj: SimProject) -> None:
    sim.close(proj)


COMMANDS = {
    7: _toggle("I_SOLO"),
    40029: lambda sim, proj: sim.do_undo(proj),
    40030: lambda sim, proj: sim.do_redo(proj),
    40026: lambda sim, proj: sim.reaper_python.RPR_Main_SaveProject(0, False),
    40280: _toggle("B_MUTE"),
    40289: _unselect_items,
    40296: _select_tracks(True),
    40297: _select_tracks(False),
    40406: toggle_volume_envelope,
    MASTER_MONO: toggle_master_mono,
    40859: lambda sim, proj: sim.open(),
    40860: _close,
    42230: rendering.render,
}
"""Actions by number; add to ``sim.commands`` for one simulation only."""

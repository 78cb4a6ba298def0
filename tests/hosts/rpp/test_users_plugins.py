"""The user's own ReaEQ and ReaComp: what is read of them and of their places in a chain."""

from __future__ import annotations

import base64
import struct

import pytest

from mixengine.hosts.rpp import reacomp, reaeq
from mixengine.model.session import CompressorSettings, EqBand
from tests.helpers import rpp_builders as b

BANDS = (EqBand("band", 900.0, 6.0, 1.0), EqBand("low_shelf", 100.0, -120.0, 2.0))
SETTINGS = CompressorSettings(-20.0, 4.0, 3.0, 100.0, 0.0, rms_ms=5.0)
OFF = ("BYPASS 1 0 0", "BYPASS 0 1 0")


def chain(*entries: list[str] | str) -> list[str]:
    lines = [line for entry in entries for line in ([entry] if isinstance(entry, str) else entry)]
    return ["<FXCHAIN", "SHOW 0", "LASTSEL 0", *lines, ">"]


def equaliser(state: reaeq.ReaEq | None = None) -> list[str]:
    return [reaeq.vst_line(""), *reaeq.encode(state or reaeq.new(BANDS)), ">", "FXID {1}", "WAK 0 0"]


def compressor(values: dict[int, float] | None = None, count: int = 21) -> list[str]:
    """A ReaComp whose stored numbers are changed at some indices."""
    numbers = list(reacomp.new(SETTINGS).values)
    for index, value in (values or {}).items():
        numbers[index] = value
    state = reacomp.ReaComp(tuple(numbers[:count]), reacomp.new(SETTINGS).frame)
    return [reacomp.vst_line(""), *reacomp.encode(state), ">", "FXID {2}", "WAK 0 0"]


def effects(*entries):
    return b.load(b.project(b.track(1, chain(*entries)))).session().tracks[0].effects


def test_both_are_read_with_their_settings():
    eq, comp = effects("BYPASS 0 0 0", equaliser(), "BYPASS 0 0 0", compressor())
    assert (eq.label, eq.bands, eq.gain_db, eq.notes) == ("", BANDS, 0.0, ())
    assert (comp.label, comp.compressor, comp.notes) == ("", SETTINGS, ())


@pytest.mark.parametrize("line", OFF)
def test_bypassed_and_offline_are_off(line):
    assert [plugin.bypassed for plugin in effects(line, equaliser(), "BYPASS 0 0 0", compressor())] == [True, False]


def test_an_output_gain_is_read():
    state = reaeq.new(BANDS)
    louder = reaeq.ReaEq(BANDS, state.frame, state.tail[:8] + struct.pack("<d", 0.5) + state.tail[16:])
    (plugin,) = effects("BYPASS 0 0 0", equaliser(louder))
    assert plugin.gain_db == pytest.approx(-6.0206, abs=1e-4)


@pytest.mark.parametrize("count", [18, 19, 21])
def test_automatic_make_up_and_dry_sound(count):
    (plugin,) = effects("BYPASS 0 0 0", compressor({10: 0.25, 15: 1.0}, count))
    assert plugin.compressor.auto_makeup and plugin.compressor.dry_db == pytest.approx(-12.04, abs=0.01)
    assert plugin.notes == ()


@pytest.mark.parametrize(
    "index, value, words",
    [
        (6, 0.5, "low pass of its detector"),
        (7, 0.01, "high pass of its detector"),
        (8, 2 / 1084, "detector input"),
        (16, 1.0, "automatic release"),
        (17, 1.0, "classic attack"),
    ],
)
def test_what_is_not_heard_is_noted(index, value, words):
    (plugin,) = effects("BYPASS 0 0 0", compressor({index: value}))
    assert plugin.notes == (words,)


def test_a_moving_parameter_is_noted_where_it_moves():
    drawn = ["<PARMENV 1:_Band_1 0 1 0.5", "ACT {}", "PT 0 0.5 0", ">"]
    still, moving = ([line.format(active) for line in drawn] for active in (0, 1))
    eq, comp = effects("BYPASS 0 0 0", equaliser(), still, "BYPASS 0 0 0", compressor(), moving)
    assert (eq.notes, comp.notes) == ((), ("envelope of a parameter",))


def test_other_channels_are_noted():
    state = reaeq.new(BANDS)
    first, *rest = reaeq.encode(state)
    header = base64.b64decode(first)
    moved = header[:12] + struct.pack("<QQ", 4, 8) + header[28:]
    lines = [reaeq.vst_line(""), base64.b64encode(moved).decode(), *rest, ">", "FXID {1}"]
    (plugin,) = effects("BYPASS 0 0 0", lines)
    assert plugin.notes == ("choice of channels",)


@pytest.mark.parametrize("mode, active", [(-1, True), (0, True), (6, False)])
def test_a_project_that_bypasses_all_envelopes_bypasses_those_of_plugins(mode, active):
    drawn = ["<PARMENV 1 0 1 0.5", "ACT 1", "PT 0 0.25 0", "PT 1 0.5 0", ">"]
    moved = ["<PARMENV 0 0 1 0.5", "ACT 1", "PT 0 0.25 0", ">"]
    parts = chain("BYPASS 0 0 0", equaliser(), drawn, "BYPASS 0 0 0", compressor(), moved)
    head = ("SAMPLERATE 48000 1 0", f"GLOBAL_AUTO {mode}")
    eq, comp = b.load(b.project(b.track(1, parts), head=head)).session().tracks[0].effects
    assert bool(eq.bands[0].points) is active and (eq.bands == BANDS) is not active
    assert comp.notes == (("envelope of a parameter",) if active else ())


@pytest.mark.parametrize(
    "line, notes",
    [("WET 0.5", ("wet mix of 50 %",)), ("WET 0 0", ("wet mix of 0 %",)), ("WET 1", ()), ("PARALLEL 0", ()),
     ("PARALLEL 1", ("running in parallel with the next plug-in",))],
)  # fmt: skip
def test_wet_mix_and_parallel_running_are_noted(line, notes):
    eq, comp = effects("BYPASS 0 0 0", equaliser(), line, "BYPASS 0 0 0", compressor())
    assert (eq.notes, comp.notes) == (notes, ())

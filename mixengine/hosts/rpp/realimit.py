"""ReaLimit's state: decode it, change its settings, encode it to the text REAPER would write.

The layout is that of a dozen states in public projects: u32 3, u32 flags (1: true peak), f64 threshold dB, f64 ceiling
dB, u32 2, u32 0, f64 0, f64 release. That the sound is raised by ceiling less threshold is inferred from how the
plug-in is used there, and not compared with a running REAPER.
"""

from __future__ import annotations

import base64
import math
import struct
from dataclasses import dataclass, replace

from mixengine.hosts.rpp import vststate
from mixengine.hosts.rpp.words import quote
from mixengine.model.session import LimiterSettings

PLUGIN_ID = "1919708532<565354726C6D747265616C696D697400>"
_MAGIC = b"tmlr\xee\x5e\xed\xfe"
_NEW_FRAME = vststate.Frame(_MAGIC + struct.pack("<I2QI2Q", 2, 1, 2, 2, 1, 2), (1, 0x00100000))
_LAYOUT = struct.Struct("<IIddIIdd")
_VERSION = 3
_TRUE_PEAK = 1
_RELEASE = 10 ** (-15 / 20)
"""As in every state that was seen; shown as 15."""
_THRESHOLD_DB, _CEILING_DB = (-60.0, 12.0), (-24.0, 0.0)
_SAME_DB = 1e-6


class NotReaLimit(vststate.NotAState):
    """The lines are not a known ReaLimit state; the caller leaves them alone."""


@dataclass(frozen=True, slots=True)
class ReaLimit:
    """A decoded state: the stored numbers in order, and the frame around them."""

    values: tuple[float, ...]
    frame: vststate.Frame

    @property
    def settings(self) -> LimiterSettings:
        """Threshold, ceiling and the detector."""
        return LimiterSettings(self.values[2], self.values[3], bool(int(self.values[1]) & _TRUE_PEAK))

    @property
    def unheard(self) -> tuple[str, ...]:
        """What is played otherwise, or not at all, is said of the plug-in as a whole."""
        return ()

    def with_settings(self, settings: LimiterSettings) -> ReaLimit:
        """The same plug-in with other settings."""
        flags = int(self.values[1]) & ~_TRUE_PEAK | (_TRUE_PEAK if settings.true_peak else 0)
        values = (self.values[0], flags, settings.threshold_db, settings.ceiling_db, *self.values[4:])
        return replace(self, values=values)


def new(settings: LimiterSettings) -> ReaLimit:
    """A new instance."""
    return ReaLimit((_VERSION, 0, 0.0, 0.0, 2, 0, 0.0, _RELEASE), _NEW_FRAME).with_settings(settings)


def decode(lines: list[bytes]) -> ReaLimit:
    """Read the base64 lines of a ReaLimit block.

    Raises
    ------
    NotReaLimit
        The data does not match the layout; the caller leaves the block unchanged.
    """
    try:
        return _decode_data(*vststate.decode(lines, _MAGIC))
    except vststate.NotAState as error:
        raise NotReaLimit(str(error)) from None


def _decode_data(frame: vststate.Frame, data: bytes) -> ReaLimit:
    if len(data) != _LAYOUT.size:
        raise NotReaLimit(f"{len(data)} bytes of data")
    values = _LAYOUT.unpack(data)
    if values[0] != _VERSION or not all(map(math.isfinite, values)):
        raise NotReaLimit("another version, or a number that is none")
    return ReaLimit(values, frame)


def writable(settings: LimiterSettings) -> bool:
    """Whether ReaLimit can hold these settings."""
    pairs = ((settings.threshold_db, _THRESHOLD_DB), (settings.ceiling_db, _CEILING_DB))
    return all(low <= value <= high for value, (low, high) in pairs)


def same(one: LimiterSettings, other: LimiterSettings) -> bool:
    """Whether both are the same settings."""
    near = abs(one.threshold_db - other.threshold_db) < _SAME_DB and abs(one.ceiling_db - other.ceiling_db) < _SAME_DB
    return near and one.true_peak == other.true_peak


def _data(state: ReaLimit) -> bytes:
    return _LAYOUT.pack(*state.values)


def encode(state: ReaLimit) -> list[str]:
    """The state as base64 lines, without indentation."""
    return state.frame.encode(_data(state))


def data_text(state: ReaLimit) -> str:
    """The parameters as one piece of base64: REAPER's API takes it as ``vst_chunk``."""
    return base64.b64encode(_data(state)).decode()


def from_data_text(text: str) -> ReaLimit:
    """The reverse of `data_text`, in the frame of a new instance; raises `NotReaLimit` as `decode` does."""
    try:
        return _decode_data(_NEW_FRAME, base64.b64decode(text, validate=True))
    except ValueError as error:
        raise NotReaLimit(str(error)) from None


def vst_line(label: str) -> str:
    """The opening line of a ReaLimit block; ``label`` is the name shown in the FX chain."""
    return f'<VST "VST: ReaLimit (Cockos)" realimit.dll 0 {quote(label, always=True)} {PLUGIN_ID} ""'

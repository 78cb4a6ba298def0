"""ReaEQ's state: decode it, change its bands, encode it to the text REAPER would write.

`ReaEq` keeps unknown parts as raw bytes, so that an unchanged state is written back to the same text. The frame around
the data is read by `mixengine.hosts.rpp.vststate`.

Layout of the data (little endian): i32 33, i32 number of bands, bands, tail; a band = i32 type, i32 enabled, f64
frequency Hz, f64 gain (linear amplitude), f64 bandwidth (octaves), u8 1; the tail begins with i32 1, i32 1, f64
output gain.
"""

from __future__ import annotations

import base64
import math
import struct
from dataclasses import dataclass, replace

from mixengine.hosts.rpp import envelopes, vststate
from mixengine.hosts.rpp.words import quote
from mixengine.model.session import EqBand
from mixengine.model.units import amplitude, decibels

BAND_KINDS = {
    0: "low_shelf",
    1: "high_shelf",
    2: "band_2",
    3: "low_pass",
    4: "high_pass",
    5: "all_pass",
    6: "notch",
    7: "band_pass",
    8: "band",
    9: "band_9",
    10: "parallel_band_pass",
}
"""REAPER's number in the state of each kind of band. 2 and 9 are older forms of ``band``."""
BAND_NUMBERS = {kind: number for number, kind in BAND_KINDS.items()}

PLUGIN_ID = "1919247729<56535472656571726561657100000000>"
_MAGIC = b"qeer\xee\x5e\xed\xfe"
_RECORD = struct.Struct("<iidddB")
_NEW_HEADER = _MAGIC + struct.pack("<IQQIQQ", 2, 1, 2, 2, 1, 2)
_NEW_FRAME = vststate.Frame(_NEW_HEADER, (1, 0x00100000))
_NEW_TAIL = struct.pack("<iidi", 1, 1, 1.0, 0)
_GAIN_AT = 8
_MIN_AMPLITUDE = 1e-6
FLOOR_DB = -120.0
"""ReaEQ's "-inf"."""
_GAIN_DIGITS = 9
"""Gains in dB are rounded to this many decimals, so that a written band reads back as the same number."""


class NotReaEq(vststate.NotAState):
    """The lines are not a known ReaEQ state; the caller leaves them alone."""


@dataclass(frozen=True, slots=True)
class ReaEq:
    """A decoded state. ``bands`` is what changes; the rest is kept to write it back unchanged.

    ``records`` are the bands' 33 raw bytes each, with the bands they were read as: an unchanged band keeps its exact
    bits.
    """

    bands: tuple[EqBand, ...]
    frame: vststate.Frame
    tail: bytes
    records: tuple[tuple[EqBand, bytes], ...] = ()

    @property
    def gain_db(self) -> float:
        """The output gain."""
        return round(decibels(struct.unpack_from("<d", self.tail, _GAIN_AT)[0]), _GAIN_DIGITS)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Settings that mixengine does not play, in words: none but bands, which the mixer knows."""
        return ()

    def with_bands(self, bands: tuple[EqBand, ...]) -> ReaEq:
        """The same plug-in with other bands."""
        return replace(self, bands=bands)


def new(bands: tuple[EqBand, ...]) -> ReaEq:
    """A new instance: two inputs, two outputs, output gain 0 dB."""
    return ReaEq(bands, _NEW_FRAME, _NEW_TAIL)


def decode(lines: list[bytes]) -> ReaEq:
    """Read the base64 lines of a ReaEQ block.

    Raises
    ------
    NotReaEq
        The data does not match the layout; the caller leaves the block unchanged.
    """
    try:
        frame, data = vststate.decode(lines, _MAGIC)
        return _decode_data(frame, data)
    except (vststate.NotAState, struct.error) as error:
        raise NotReaEq(str(error)) from None


def _decode_data(frame: vststate.Frame, data: bytes) -> ReaEq:
    version, count = struct.unpack_from("<ii", data)
    if version != _RECORD.size or not 0 <= count <= 256 or frame.words != _NEW_FRAME.words:
        raise NotReaEq(f"version {version}, {count} bands")
    bands_end = 8 + count * _RECORD.size
    if len(data) < bands_end + len(_NEW_TAIL):
        raise NotReaEq("bands do not fit the stated length")
    raws = [data[at : at + _RECORD.size] for at in range(8, bands_end, _RECORD.size)]
    records = tuple((_band(raw), raw) for raw in raws)
    return ReaEq(tuple(band for band, _ in records), frame, data[bands_end:], records)


def _band(raw: bytes) -> EqBand:
    number, enabled, frequency_hz, gain, bandwidth_oct, _log = _RECORD.unpack(raw)
    numbers_fit = 0 < frequency_hz < 1e6 and 0 <= gain < 1e6 and math.isfinite(bandwidth_oct)
    if number not in BAND_KINDS or enabled not in (0, 1) or not numbers_fit:
        raise NotReaEq(f"band of type {number}")
    gain_db = round(decibels(gain), _GAIN_DIGITS)
    return EqBand(BAND_KINDS[number], frequency_hz, gain_db, bandwidth_oct, bool(enabled))


def writable(bands: tuple[EqBand, ...]) -> bool:
    """Whether `decode` would read these bands back."""
    try:
        decode([line.encode() for line in encode(new(bands))])
    except (KeyError, OverflowError, ValueError, struct.error):
        return False
    return True


def same(one: tuple[EqBand, ...], other: tuple[EqBand, ...]) -> bool:
    """Whether both are the same bands, up to the digits that are stored."""
    return len(one) == len(other) and all(
        (a.kind, a.enabled) == (b.kind, b.enabled)
        and math.isclose(a.frequency_hz, b.frequency_hz, rel_tol=1e-9)
        and math.isclose(a.bandwidth_oct, b.bandwidth_oct, rel_tol=1e-9, abs_tol=1e-9)
        and envelopes.same_points(list(a.points), b.points)
        and (bool(a.points) or abs(max(a.gain_db, FLOOR_DB) - max(b.gain_db, FLOOR_DB)) < 1e-6)
        for a, b in zip(one, other, strict=True)
    )


def _pack(band: EqBand) -> bytes:
    gain = max(amplitude(round(band.gain_db, _GAIN_DIGITS)), _MIN_AMPLITUDE)
    return _RECORD.pack(BAND_NUMBERS[band.kind], int(band.enabled), band.frequency_hz, gain, band.bandwidth_oct, 1)


def _records(state: ReaEq) -> bytes:
    raw_bands: dict[EqBand, list[bytes]] = {}
    for band, raw in reversed(state.records):
        raw_bands.setdefault(band, []).append(raw)
    return b"".join(raw_bands[band].pop() if raw_bands.get(band) else _pack(band) for band in state.bands)


def _data(state: ReaEq) -> bytes:
    return struct.pack("<ii", _RECORD.size, len(state.bands)) + _records(state) + state.tail


def encode(state: ReaEq) -> list[str]:
    """The state as base64 lines, without indentation."""
    return state.frame.encode(_data(state))


def data_text(state: ReaEq) -> str:
    """The middle part of the state (bands, tail) as one piece of base64: REAPER's API takes it as ``vst_chunk``."""
    return base64.b64encode(_data(state)).decode()


def from_data_text(text: str) -> ReaEq:
    """The reverse of `data_text`, in the frame of a new instance; raises `NotReaEq` as `decode` does."""
    try:
        return _decode_data(_NEW_FRAME, base64.b64decode(text, validate=True))
    except (ValueError, struct.error) as error:
        raise NotReaEq(str(error)) from None


def vst_line(label: str) -> str:
    """The opening line of a ReaEQ block; ``label`` is the name shown in the FX chain."""
    return f'<VST "VST: ReaEQ (Cockos)" reaeq.dll 0 {quote(label, always=True)} {PLUGIN_ID} ""'

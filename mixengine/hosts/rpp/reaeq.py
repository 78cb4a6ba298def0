"""ReaEQ's state: decode it, change its bands, encode it to the text REAPER would write.

The state stands in a project as base64 in three runs (header, data, footer) of lines of at most 128 characters; very
old files use one run. `ReaEq` keeps the parts it does not understand as raw bytes, so that an unchanged state is
written back to the same text.

Layout (little endian): data = i32 33, i32 number of bands, bands, tail; a band = i32 type, i32 enabled, f64
frequency Hz, f64 gain (linear amplitude), f64 bandwidth (octaves), u8 1; the tail begins with i32 1, i32 1, f64
output gain.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from dataclasses import dataclass, replace

from mixengine.hosts.rpp.syntax import quote
from mixengine.session import EqBand
from mixengine.units import amplitude, decibels

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
_LINE = 96
_NEW_HEADER = _MAGIC + struct.pack("<IQQIQQ", 2, 1, 2, 2, 1, 2)
_NEW_TAIL = struct.pack("<iidi", 1, 1, 1.0, 0)
_NEW_FOOTER = b"\x00\x00" + struct.pack("<I", 0x10)
_MIN_AMPLITUDE = 1e-6
FLOOR_DB = -120.0
"""ReaEQ's "-inf"."""
_GAIN_DIGITS = 9
"""Gains in dB are rounded to this many decimals, so that a written band reads back as the same number."""


class NotReaEq(ValueError):
    """The lines are not a ReaEQ state this module knows; the caller leaves them alone."""


@dataclass(frozen=True, slots=True)
class ReaEq:
    """A decoded state. ``bands`` is what changes; the rest is kept to write it back unchanged.

    ``records`` are the bands' 33 raw bytes each, in step with ``bands`` as read: a band that is not changed keeps its
    exact bits.
    """

    bands: tuple[EqBand, ...]
    header: bytes
    tail: bytes
    footer: bytes
    records: tuple[tuple[EqBand, bytes], ...] = ()
    one_run: bool = False

    def with_bands(self, bands: tuple[EqBand, ...]) -> ReaEq:
        """The same plug-in with other bands."""
        return replace(self, bands=bands)


def new(bands: tuple[EqBand, ...]) -> ReaEq:
    """A fresh instance: two inputs, two outputs, output gain 0 dB."""
    return ReaEq(bands, _NEW_HEADER, _NEW_TAIL, _NEW_FOOTER)


def decode(lines: list[bytes]) -> ReaEq:
    """Read the base64 lines of a ReaEQ block.

    Raises
    ------
    NotReaEq
        Anything is not as the layout says; then nothing is lost by leaving the block as it is.
    """
    try:
        parts = [base64.b64decode(line.strip(), validate=True) for line in lines if line.strip()]
        return _decode_parts(parts)
    except (binascii.Error, struct.error, IndexError) as error:
        raise NotReaEq(str(error)) from None


def _decode_parts(parts: list[bytes]) -> ReaEq:
    blob = b"".join(parts)
    if blob[:8] != _MAGIC:
        raise NotReaEq("no ReaEQ header")
    at = 8
    for _ in range(2):
        (pins,) = struct.unpack_from("<I", blob, at)
        if pins > 128:
            raise NotReaEq(f"{pins} pins")
        at += 4 + 8 * pins
    length, _one, _version = struct.unpack_from("<III", blob, at)
    header, start = blob[:at], at + 12
    version, count = struct.unpack_from("<ii", blob, start)
    if version != _RECORD.size or not 0 <= count <= 256:
        raise NotReaEq(f"version {version}, {count} bands")
    bands_end = start + 8 + count * _RECORD.size
    if length < 8 + count * _RECORD.size + 20 or start + length > len(blob):
        raise NotReaEq("bands do not fit the stated length")
    records = tuple(
        (_band(raw), raw) for raw in (blob[i : i + _RECORD.size] for i in range(start + 8, bands_end, _RECORD.size))
    )
    state = ReaEq(
        bands=tuple(band for band, _ in records),
        header=header,
        tail=blob[bands_end : start + length],
        footer=blob[start + length :],
        records=records,
    )
    lengths = [len(part) for part in parts]
    if lengths != _line_lengths(_runs(state)) and lengths == _line_lengths([blob]):
        state = replace(state, one_run=True)
    if b"".join(_runs(state)) != blob:
        raise NotReaEq("unknown fields in the header")
    return state


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


def _pack(band: EqBand) -> bytes:
    gain = max(amplitude(round(band.gain_db, _GAIN_DIGITS)), _MIN_AMPLITUDE)
    return _RECORD.pack(BAND_NUMBERS[band.kind], int(band.enabled), band.frequency_hz, gain, band.bandwidth_oct, 1)


def _records(state: ReaEq) -> bytes:
    known: dict[EqBand, list[bytes]] = {}
    for band, raw in reversed(state.records):
        known.setdefault(band, []).append(raw)
    return b"".join(known[band].pop() if known.get(band) else _pack(band) for band in state.bands)


def _runs(state: ReaEq) -> list[bytes]:
    data = struct.pack("<ii", _RECORD.size, len(state.bands)) + _records(state) + state.tail
    return [state.header + struct.pack("<III", len(data), 1, 0x00100000), data, state.footer]


def _line_lengths(runs: list[bytes]) -> list[int]:
    return [min(_LINE, len(run) - at) for run in runs for at in range(0, len(run), _LINE)]


def encode(state: ReaEq) -> list[str]:
    """The state as base64 lines, without indentation."""
    runs = _runs(state)
    if state.one_run:
        runs = [b"".join(runs)]
    return [base64.b64encode(run[at : at + _LINE]).decode() for run in runs for at in range(0, len(run), _LINE)]


def data_text(state: ReaEq) -> str:
    """The middle part of the state (bands, tail) as one piece of base64: REAPER's API takes it as ``vst_chunk``."""
    data = struct.pack("<ii", _RECORD.size, len(state.bands)) + _records(state) + state.tail
    return base64.b64encode(data).decode()


def vst_line(label: str) -> str:
    """The opening line of a ReaEQ block; ``label`` is the name shown in the FX chain."""
    return f'<VST "VST: ReaEQ (Cockos)" reaeq.dll 0 {quote(label, always=True)} {PLUGIN_ID} ""'

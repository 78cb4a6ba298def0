"""Where the sound of an MP3 begins: what its first frame says, and what REAPER makes of it.

A decoder gives 1105 frames before the encoder's first sample where the encoder added 576 (LAME's way): 528 + 1 of its
own and those 576. libsndfile drops as many where a LAME tag states the encoder's delay, and none without a tag. REAPER
drops one more, 1106, with a tag and without, as its own renders show. They only hold tags with a delay of 576: for
others it is assumed that REAPER follows the tag too.
"""

from __future__ import annotations

from pathlib import Path

DECODER_DELAY = 529
USUAL_DELAY = 576
LEVEL = 1.0 - 2.0**-15
"""REAPER's level of an MP3 re that of libsndfile's decoder."""
_READ_BYTES = 65536
_SIDE_INFO = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
"""(MPEG 1, mono) → bytes between a frame's header and the tag in it."""
_TAG_FIELDS = ((1, 4), (2, 4), (4, 100), (8, 4))
"""Flag → bytes of a field between the tag's head and the part that LAME added."""
_DELAY_AT = 21


def encoder_delay(path: str) -> int | None:
    """The delay in frames that the tag in the first frame of a file states; ``None`` without such a tag."""
    with Path(path).open("rb") as file:
        data = file.read(10)
        start = 0
        if data[:3] == b"ID3" and len(data) == 10:
            size = sum((byte & 127) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
            start = 10 + size + (10 if data[5] & 16 else 0)
        file.seek(start)
        data = file.read(_READ_BYTES)
    at = _first_header(data)
    return None if at is None else _tag_delay(data, at)


def _first_header(data: bytes) -> int | None:
    """Where the first header of a layer-3 frame is."""
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 4:
        second, third = data[at + 1], data[at + 2]
        is_header = second & 0xE6 == 0xE2 and second & 0x18 != 0x08 and third >> 4 not in (0, 15)
        if is_header and third & 0x0C != 0x0C:
            return at
        at = data.find(b"\xff", at + 1)
    return None


def _tag_delay(data: bytes, at: int) -> int | None:
    is_mpeg1, is_mono = data[at + 1] & 0x18 == 0x18, data[at + 3] >> 6 == 3
    tag = at + 4 + _SIDE_INFO[is_mpeg1, is_mono]
    if data[tag : tag + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(data[tag + 4 : tag + 8], "big")
    lame = tag + 8 + sum(size for flag, size in _TAG_FIELDS if flags & flag)
    # the decoder trusts a delay only where the tag counts the frames and names its encoder
    if not flags & 1 or len(data) < lame + _DELAY_AT + 3 or not data[lame]:
        return None
    return int.from_bytes(data[lame + _DELAY_AT : lame + _DELAY_AT + 3], "big") >> 12


def frames_to_drop(path: str) -> int:
    """Frames of what libsndfile decodes that REAPER does not play."""
    try:
        delay = encoder_delay(path)
    except OSError:
        return 0
    return DECODER_DELAY + USUAL_DELAY + 1 if delay is None else 1

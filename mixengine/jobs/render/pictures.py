"""A picture in a finished file: album art in FLAC, MP4 (AAC) and Opus; that of an MP3 is in its tag (`tags.id3`).

References
----------
.. [1] RFC 9639 (2024), section 8.8: the picture block of FLAC, which Ogg files hold as a comment in base64.
.. [2] ISO/IEC 14496-12: boxes; Apple's list of metadata items: ``covr``.
"""

from __future__ import annotations

import base64
import struct
from pathlib import Path

from mixengine.system.errors import UserError

KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
"""How the bytes of a picture begin → what it is."""
FORMATS = ("mp3", "aac", "flac", "opus")
"""The formats of ``render`` that hold a picture."""
OPUS_KEY = "METADATA_BLOCK_PICTURE"
_FRONT_COVER = 3
_PICTURE_BLOCK = 6
_MAX_BYTES = 2**24 - 1024
"""A block of FLAC has 24 bits for its length."""
_MP4_KINDS = {"image/jpeg": 13, "image/png": 14}
_MP4_PATH = (b"udta", b"meta", b"ilst")


def kind(picture: bytes) -> str:
    """What a picture is: ``image/jpeg`` or ``image/png``."""
    return next(name for start, name in KINDS.items() if picture.startswith(start))


def read(path: str) -> bytes:
    """The bytes of a JPEG or PNG.

    Raises
    ------
    UserError
        It cannot be read, is neither, or is larger than 16 MB.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not data.startswith(tuple(KINDS)):
        raise UserError(f"{path}: is neither a JPEG nor a PNG")
    if len(data) > _MAX_BYTES:
        raise UserError(f"{path}: has {len(data) / 1e6:.0f} MB; a picture in a file of audio has 16 at most")
    return data


def opus_comment(picture: bytes) -> str:
    """The picture as a comment of an Ogg file called `OPUS_KEY`."""
    return base64.b64encode(_block(picture)).decode()


def into_flac(path: Path, picture: bytes) -> None:
    """Put a picture behind the first block of a FLAC file."""
    data, block = path.read_bytes(), _block(picture)
    first = 8 + int.from_bytes(data[5:8], "big")  # behind "fLaC" and the block that says rate and length
    is_last = data[4] & 0x80
    header = bytes((_PICTURE_BLOCK | is_last,)) + len(block).to_bytes(3, "big")
    path.write_bytes(data[:4] + bytes((data[4] & 0x7F,)) + data[5:first] + header + block + data[first:])


def into_mp4(path: Path, picture: bytes) -> None:
    """Put a picture into the metadata of an MP4 file, which stands at its end: no sound moves."""
    data = struct.pack(">II", _MP4_KINDS[kind(picture)], 0) + picture
    cover = _box(b"covr", _box(b"data", data))
    with path.open("r+b") as file:
        at = 0
        while header := file.read(8):
            size, name = struct.unpack(">I4s", header)
            size = struct.unpack(">Q", file.read(8))[0] if size == 1 else size
            if name == b"moov":
                break
            file.seek(at := at + size)
        inside = file.read()
        file.seek(at)
        file.write(_box(b"moov", _with(inside, _MP4_PATH, cover)))


def _with(inside: bytes, path: tuple[bytes, ...], more: bytes) -> bytes:
    """The boxes of a box, with another one at the end of the one that a path leads to."""
    if not path:
        return inside + more
    at, parts = 0, []
    while at < len(inside):
        size, name = struct.unpack(">I4s", inside[at : at + 8])
        body = inside[at + 8 : at + size]
        if name == path[0]:
            skip = 4 if name == b"meta" else 0  # version and flags
            body = body[:skip] + _with(body[skip:], path[1:], more)
        parts.append(_box(name, body))
        at += size
    return b"".join(parts)


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def _block(picture: bytes) -> bytes:
    """FLAC's picture block: the front cover; its size in pixels is left to the picture."""
    name = kind(picture).encode()
    head = struct.pack(">II", _FRONT_COVER, len(name)) + name + struct.pack(">IIIIII", 0, 0, 0, 0, 0, len(picture))
    return head + picture

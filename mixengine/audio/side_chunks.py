"""What a sound file holds besides its sound, carried over to one of the same length, rate and channels.

Recorders leave times, scenes and names there (``bext``, ``iXML``), editors marks (``cue``), cameras and mixers where
each channel's speaker stands; archives put tags and pictures into FLAC. What is processed in place of a recording must
keep them, or it stands at another time and is found under no name.

References
----------
.. [1] EBU Tech 3285 (2011) and EBU Tech 3306 (2009): chunks of WAV and RF64.
.. [2] RFC 9639 (2024): metadata blocks of FLAC.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import soundfile

from mixengine.audio import riff
from mixengine.model.words import name_list
from mixengine.system.quiet import libraries_quiet

RIFF, FORM, FLAC, OTHER = "WAV", "AIFF", "FLAC", ""
_FAMILIES = {b"RIFF": RIFF, b"RF64": RIFF, b"BW64": RIFF, b"FORM": FORM, b"fLaC": FLAC}
_ORDERS = {RIFF: "<", FORM: ">"}
_OF_THE_SOUND = {
    RIFF: frozenset(
        (b"fmt ", b"fact", b"PEAK", b"ds64", b"levl", b"JUNK", b"junk", b"PAD ", b"FLLR", b"slnt", b"wavl")
    ),
    FORM: frozenset((b"COMM", b"FVER", b"PEAK")),
}
"""Chunks that say how the sound is stored, how loud it is, or nothing."""
_SOUND = {RIFF: b"data", FORM: b"SSND"}
_FLAC_KINDS = {2: b"application", 4: b"tags", 5: b"cue sheet", 6: b"picture"}
_PADDING = 1
_LAST = 0x80
_EXTENSIBLE = b"\xfe\xff"
_SPEAKERS = slice(20, 24)
"""Of an extensible ``fmt``: which speaker each channel is for."""
_MAX_BYTES = 64_000_000
_MAX_CHUNKS = 10_000
_MAX_NAMED = 8
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk, or a metadata block of FLAC (``kind``); ``after`` the sound, or before."""

    name: bytes
    data: bytes
    after: bool = False
    kind: int = 0

    def encoded(self, order: str) -> bytes:
        """As it stands in a file."""
        return self.name + struct.pack(f"{order}I", len(self.data)) + self.data + b"\0" * (len(self.data) % 2)


@dataclass
class Contents:
    """What a file holds besides its sound: its family, chunks, the speakers of its channels, names of what is lost."""

    family: str = OTHER
    chunks: list[Chunk] = field(default_factory=list)
    speakers: bytes = b""
    lost: list[str] = field(default_factory=list)


def carry(source: str, target: Path) -> list[str]:
    """Put what ``source`` holds besides its sound into ``target``; returns what is lost, in words.

    Parameters
    ----------
    source : str
    target : Path
        Just written, of the same length, rate and channels.

    Raises
    ------
    OSError
        The target cannot be written.
    """
    contents = read(source)
    family = _family(target)
    if contents.family == family and family != OTHER:
        if contents.chunks or contents.speakers:
            with open(target, "r+b") as file:
                _WRITERS[family](file, contents)
    else:
        contents.lost += [_word(chunk.name) for chunk in contents.chunks]
    if not contents.lost:
        return []
    ending = f"; a {contents.family} file can keep them" if contents.family not in (OTHER, family) else ""
    return [f"not kept of the file: {name_list(list(dict.fromkeys(contents.lost)), _MAX_NAMED)}{ending}"]


def has_speakers(path: str) -> bool:
    """Whether a WAV says for which speaker each channel is."""
    return bool(read(path).speakers)


def read(path: str) -> Contents:
    """What a file holds besides its sound; of kinds that are not read here, the names of its tags as lost."""
    try:
        family = _family(Path(path))
        if family == OTHER:
            return Contents(lost=_tags(path))
        with open(path, "rb") as file:
            return _read_flac(file) if family == FLAC else _read_chunks(file, path, family)
    except OSError:
        return Contents()


def _family(path: Path) -> str:
    with open(path, "rb") as file:
        return _FAMILIES.get(file.read(4), OTHER)


def _tags(path: str) -> list[str]:
    errors = (OSError, RuntimeError, TypeError, ValueError)
    with contextlib.suppress(*errors), libraries_quiet(), soundfile.SoundFile(path) as file:
        return [name for name in file.copy_metadata() if name != "software"]
    return []


def _word(name: bytes) -> str:
    return name.decode("latin-1").strip()


def _read_chunks(file: BinaryIO, path: str, family: str) -> Contents:
    contents, after, total = Contents(family), False, 0
    header = riff.read(path)
    if header is None:
        return contents
    whole = not header.patches and header.held >= header.promised
    last = 12, 0
    for name, at, length in _walk(file, family, header.promised if whole else None):
        last = at, header.promised if whole and family == RIFF and name == _SOUND[family] else length
        if name == _SOUND[family]:
            after = True
        elif name == b"fmt ":
            file.seek(at)
            words = file.read(length)
            contents.speakers = words[_SPEAKERS] if words[:2] == _EXTENSIBLE and len(words) >= 40 else b""
        elif name not in _OF_THE_SOUND[family]:
            total += length
            if total > _MAX_BYTES:
                contents.lost.append(f"{_word(name)} ({length / 1e6:.0f} MB)")
                continue
            file.seek(at)
            contents.chunks.append(Chunk(name, file.read(length), after))
    file.seek(_behind(file, *last))
    if whole and _is_name(name := file.read(4)):
        contents.lost.append(f"{_word(name)} (cut off)")
    return contents


def _walk(file: BinaryIO, family: str, sound_bytes: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Name, position and length of each chunk; the sound is the last where its length is not known."""
    size, at = file.seek(0, 2), 12
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        words = file.read(8)
        if len(words) < 8 or not _is_name(words[:4]):
            return
        name, length = words[:4], struct.unpack(f"{_ORDERS[family]}I", words[4:])[0]
        if name == _SOUND[family]:
            yield name, at + 8, length
            if sound_bytes is None:
                return
            length = length if family == FORM else sound_bytes
        elif at + 8 + length > size:
            return
        else:
            yield name, at + 8, length
        at = _behind(file, at + 8, length)


def _behind(file: BinaryIO, at: int, length: int) -> int:
    """Where the chunk behind another begins: behind a byte that makes lengths even, which some programs leave out."""
    end = at + length
    padded = end + length % 2
    file.seek(padded)
    if padded == end or _is_name(file.read(4)):
        return padded
    file.seek(end)
    return end if _is_name(file.read(4)) else padded


def _is_name(word: bytes) -> bool:
    return len(word) == 4 and all(0x20 <= byte < 0x7F for byte in word)


def _write_riff(file: BinaryIO, contents: Contents) -> None:
    for name, at, length in _walk(file, RIFF, None):
        if name == b"fmt " and length >= 40 and contents.speakers:
            file.seek(at)
            if file.read(2) == _EXTENSIBLE:
                file.seek(at + _SPEAKERS.start)
                file.write(contents.speakers)
    size = _write_chunks(file, contents, RIFF)
    file.seek(0)
    if file.read(4) == b"RIFF":
        file.seek(4)
        file.write(struct.pack("<I", size))
    else:
        file.seek(20)  # the first number of ds64
        file.write(struct.pack("<Q", size))


def _write_form(file: BinaryIO, contents: Contents) -> None:
    size = _write_chunks(file, contents, FORM)
    file.seek(4)
    file.write(struct.pack(">I", size))


def _write_chunks(file: BinaryIO, contents: Contents, family: str) -> int:
    """Put the chunks before and after the sound; returns the size that the file's head has to say."""
    order = _ORDERS[family]
    front = b"".join(chunk.encoded(order) for chunk in contents.chunks if not chunk.after)
    back = b"".join(chunk.encoded(order) for chunk in contents.chunks if chunk.after)
    (sound,) = (at - 8 for name, at, _ in _walk(file, family, None) if name == _SOUND[family])
    _splice(file, sound, sound, front)
    end = file.seek(0, 2)
    file.write(b"\0" * (end % 2) + back)
    return file.seek(0, 2) - 8


def _read_flac(file: BinaryIO) -> Contents:
    chunks = [Chunk(_FLAC_KINDS[kind], data, kind=kind) for kind, data in _flac_blocks(file) if kind in _FLAC_KINDS]
    return Contents(FLAC, chunks)


def _flac_blocks(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    file.seek(4)
    while len(head := file.read(4)) == 4:
        yield head[0] & ~_LAST, file.read(int.from_bytes(head[1:], "big"))
        if head[0] & _LAST:
            return


def _write_flac(file: BinaryIO, contents: Contents) -> None:
    own = list(_flac_blocks(file))
    end = file.tell()
    replaced = {_PADDING, *(chunk.kind for chunk in contents.chunks)}
    blocks = [(kind, data) for kind, data in own if kind not in replaced]
    blocks += [(chunk.kind, chunk.data) for chunk in contents.chunks]
    words = b""
    for at, (kind, data) in enumerate(blocks):
        last = _LAST * (at == len(blocks) - 1)
        words += bytes([kind | last]) + len(data).to_bytes(3, "big") + data
    _splice(file, 4, end, words)


def _splice(file: BinaryIO, start: int, end: int, words: bytes) -> None:
    """Put bytes in the place of others; what is behind moves, in constant memory."""
    size, shift = file.seek(0, 2), len(words) - (end - start)
    places = range(end, size, _BLOCK) if shift else range(0)
    for at in reversed(places) if shift > 0 else places:
        file.seek(at)
        block = file.read(_BLOCK)[: size - at]
        file.seek(at + shift)
        file.write(block)
    file.truncate(size + shift)
    file.seek(start)
    file.write(words)


_WRITERS = {RIFF: _write_riff, FORM: _write_form, FLAC: _write_flac}

"""Which decoder reads a file: libsndfile where its length can be trusted, FFmpeg (PyAV) for the rest.

What was decided for a file is kept for as long as the file does not change. `READERS` is the registry: one line for
each kind of file (`mixengine.audio.formats`).
"""

from __future__ import annotations

import mmap
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import soundfile

from mixengine.audio import formats, mpeg_audio, ogg, riff
from mixengine.audio.decoded import DecodingFailed, decoded_copy
from mixengine.audio.formats import Kind
from mixengine.system.quiet import libraries_quiet

_SNDFILE_CODECS = {1, 2, 3, 6, 7, 0x11}
"""Format tags of WAV that libsndfile reads at any position: PCM, MS ADPCM, float, A-law, µ-law, IMA ADPCM."""
_MPEG_CODECS = {0x50, 0x55}
_MAX_KEPT = 4096
_FIRST_S = 2
CHAIN = "chain"
"""In place of a container: links of Ogg one after the other."""


class Undecodable(Exception):
    """Why no decoder reads a file, in words, without its name."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a file is read.

    Attributes
    ----------
    path : str
        What libsndfile opens: the file, or its decoded copy.
    patches : tuple
        What its header should say (`mixengine.audio.riff`).
    notes : tuple of str
        What is missing or was guessed, in words.
    bits : int
        Bits of a decoded lossless codec, 0 for a lossy one; -1 where libsndfile reads the file itself.
    """

    path: str
    patches: tuple[tuple[int, bytes], ...] = field(default=())
    notes: tuple[str, ...] = ()
    bits: int = -1

    @property
    def is_copy(self) -> bool:
        """Whether a decoded copy is read."""
        return self.bits >= 0

    @property
    def is_plain(self) -> bool:
        """Whether any program reads the file as it is."""
        return not self.is_copy and not self.patches


_KNOWN: OrderedDict[tuple[str, int, int], Access | str] = OrderedDict()


def access(path: str) -> Access:
    """How to read a file.

    Raises
    ------
    Undecodable
        No decoder reads it.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        raise Undecodable(_absent(path)) from None
    key = (path, status.st_size, status.st_mtime_ns)
    if key not in _KNOWN:
        _KNOWN[key] = _decide(path)
        if len(_KNOWN) > _MAX_KEPT:
            _KNOWN.popitem(last=False)
    known = _KNOWN[key]
    if isinstance(known, Access) and known.is_copy and not os.path.exists(known.path):
        known = _KNOWN[key] = _decide(path)  # the copy was cleared away
    if isinstance(known, str):
        raise Undecodable(known)
    return known


def by_ffmpeg(path: str) -> Access | None:
    """How to read a file that libsndfile refused, after all; ``None`` when FFmpeg knows no such kind.

    Raises
    ------
    Undecodable
        FFmpeg refuses it too.
    """
    try:
        kind = _kind(path)
    except OSError:
        return None
    return _copy(path, kind.container) if kind.container else None


def _decide(path: str) -> Access | str:
    try:
        if os.path.isdir(path):
            return "is a folder"
        if not os.path.getsize(path):
            return "is empty"
        kind = _kind(path)
        if kind.not_sound:
            return kind.not_sound
        return READERS.get(kind.name, _any)(path, kind)
    except Undecodable as error:
        return str(error)
    except OSError as error:
        return str(error.strerror or error)


def _absent(path: str) -> str:
    try:
        return "no such file" if not Path(path).exists() else "cannot be opened"
    except (OSError, ValueError):
        return "is no name of a file"


def _kind(path: str) -> Kind:
    with open(path, "rb") as file:
        return formats.kind_of(file.read(formats.HEAD_BYTES))


def _copy(path: str, container: str) -> Access:
    try:
        copy = decoded_copy(path, container)
    except DecodingFailed as error:
        raise Undecodable(str(error)) from None
    return Access(copy.path, notes=copy.notes, bits=copy.bits)


def _decoded(path: str, kind: Kind) -> Access:
    return _copy(path, kind.container)


def _plain(path: str, _kind_of: Kind) -> Access:
    return Access(path)


def _any(path: str, kind: Kind) -> Access:
    """Unknown bytes: frames of MPEG audio somewhere behind junk, or what libsndfile alone knows."""
    if Path(path).suffix.lower() in (".mp3", ".mp2", ".mp1", ".mpga"):
        return _mpeg(path, kind)
    return Access(path)


def _wave(path: str, kind: Kind) -> Access:
    header = riff.read(path)
    if header is None:
        return Access(path)
    if header.codec in _MPEG_CODECS:
        return _copy(path, "")
    if header.codec not in _SNDFILE_CODECS:
        return _copy(path, kind.container)
    note = header.note()
    return Access(path, tuple(header.patches), (note,) if note else ())


def _flac(path: str, kind: Kind) -> Access:
    """FLAC that was written into a pipe does not say how long it is, and one that was cut off says too much."""
    with open(path, "rb") as file:
        head = file.read(26)
    samples = int.from_bytes(head[21:26], "big") & 0xFFFFFFFFF
    return Access(path) if samples and _has_its_end(path) else _copy(path, kind.container)


def _has_its_end(path: str) -> bool:
    """Whether the last frame can be read, or the file cannot be opened at all."""
    try:
        with soundfile.SoundFile(path) as file:
            file.seek(max(file.frames - 1, 0))
            return bool(len(file.read(1))) or not file.frames
    except soundfile.LibsndfileError as error:
        return "open" in str(error)


def _ogg(path: str, kind: Kind) -> Access:
    """Of Ogg, libsndfile reads Vorbis and Opus, and of a chain of them the first link only."""
    if len(ogg.links(path)) > 1:
        return _copy(path, CHAIN)
    known = ogg.codec(path).startswith((b"\x01vorbis", b"OpusHead"))
    if not known:
        return _copy(path, kind.container)
    return Access(path, notes=() if ogg.is_complete(path) else ("its last page is missing: it was cut off",))


def _mpeg(path: str, _kind_of: Kind) -> Access:
    """Trust libsndfile about an MP3 whose table says how many frames there are, and there are as many."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        audio = mpeg_audio.walk(data)  # type: ignore[arg-type]
    if not audio.parts:
        raise Undecodable("holds no sound: no frame of MPEG audio is in it")
    part = audio.parts[0]
    tag = part.tag
    whole = tag is not None and tag.delay is not None and tag.frames == len(part.frames)
    if whole and len(audio.parts) == 1 and not part.lost and not audio.cut_bytes and _begins_well(path):
        return Access(path)
    return _copy(path, "")


def _begins_well(path: str) -> bool:
    """Whether libsndfile decodes the first seconds of an MP3 without a complaint."""
    with libraries_quiet() as printed:
        try:
            with soundfile.SoundFile(path) as file:
                file.read(_FIRST_S * file.samplerate, dtype="float32")
        except soundfile.LibsndfileError:
            return False
    return not printed[0]


READERS: dict[str, Callable[[str, Kind], Access]] = {
    "riff": _wave,
    "form": _wave,
    "flac": _flac,
    "ogg": _ogg,
    formats.MPEG_AUDIO.name: _mpeg,
    "caf": _plain,
    "au": _plain,
    "w64": _plain,
    **dict.fromkeys(
        ("mp4", "matroska", "asf", "avi", "adts", "flv", "mxf", "mpeg ps", "mpeg ts", "wavpack", "ape", "tta", "amr"),
        _decoded,
    ),
    **dict.fromkeys(("ac3", "dts"), _decoded),
}

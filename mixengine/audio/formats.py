"""What a file is: by its name for lists of files, by its first bytes for the choice of a decoder.

The name only makes a file a candidate. Which decoder reads it, and what is said about a file that none can read,
follows from the bytes: recordings are renamed, downloads are error pages, repositories hold pointers in place of sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_SOUND = """.wav .wave .w64 .rf64 .bwf .aif .aiff .aifc .flac .mp3 .mp2 .mp1 .mpga .ogg .oga .opus .spx .caf .au .snd
    .m4a .m4b .m4r .aac .adts .wma .mka .weba .wv .ape .tta .amr .ac3 .eac3 .dts .3ga"""
_VIDEO = """.mp4 .m4v .mov .qt .mkv .webm .avi .wmv .asf .mpg .mpeg .ts .mts .m2ts .flv .3gp .3g2 .ogv .mxf"""
VIDEO = frozenset(_VIDEO.split())
"""File names of films; those that hold sound give it."""
EXTENSIONS = frozenset(_SOUND.split()) | VIDEO
"""File names that make a file in a folder a track."""

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Kind:
    """What the first bytes of a file say.

    ``name`` is for the choice of a decoder, ``container`` FFmpeg's name of a demuxer that reads it, ``not_sound`` what
    it is when it is no sound.
    """

    name: str
    container: str = ""
    not_sound: str = ""


MPEG_AUDIO = Kind("mpeg audio")
UNKNOWN = Kind("unknown")
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_MAGIC: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"RIFF", Kind("riff", "wav")),
    (0, b"RF64", Kind("riff", "wav")),
    (0, b"BW64", Kind("riff", "wav")),
    (0, b"FORM", Kind("form", "aiff")),
    (0, b"fLaC", Kind("flac", "flac")),
    (0, b"OggS", Kind("ogg", "ogg")),
    (4, b"ftyp", Kind("mp4", "mov")),
    (4, b"moov", Kind("mp4", "mov")),
    (4, b"mdat", Kind("mp4", "mov")),
    (4, b"wide", Kind("mp4", "mov")),
    (4, b"skip", Kind("mp4", "mov")),
    (0, b"\x1a\x45\xdf\xa3", Kind("matroska", "matroska")),
    (0, _ASF, Kind("asf", "asf")),
    (0, b"caff", Kind("caf", "caf")),
    (0, b".snd", Kind("au", "au")),
    (0, b"riff\x2e\x91\xcf\x11", Kind("w64", "w64")),
    (0, b"wvpk", Kind("wavpack", "wv")),
    (0, b"MAC ", Kind("ape", "ape")),
    (0, b"TTA1", Kind("tta", "tta")),
    (0, b"#!AMR", Kind("amr", "amr")),
    (0, b"FLV\x01", Kind("flv", "flv")),
    (0, b"\x00\x00\x01\xba", Kind("mpeg ps", "mpeg")),
    (0, b"\x06\x0e\x2b\x34", Kind("mxf", "mxf")),
    (0, b"\x0b\x77", Kind("ac3", "ac3")),
    (0, b"\x7f\xfe\x80\x01", Kind("dts", "dts")),
    (0, b"version https://git-lfs", Kind("lfs", not_sound="is a Git LFS pointer: get the sound itself (git lfs pull)")),
    (0, b"\x00\x05\x16\x07", Kind("apple double", not_sound="is a companion file of macOS and holds no sound")),
    (0, b"%PDF", Kind("pdf", not_sound="is a PDF document, not sound")),
    (0, b"PK\x03\x04", Kind("zip", not_sound="is a ZIP archive: unpack it first")),
    (0, b"\x1f\x8b", Kind("gzip", not_sound="is compressed (gzip): unpack it first")),
    (0, b"Rar!", Kind("rar", not_sound="is a RAR archive: unpack it first")),
    (0, b"7z\xbc\xaf", Kind("7z", not_sound="is a 7-Zip archive: unpack it first")),
    (0, b"\x89PNG", Kind("png", not_sound="is a picture (PNG), not sound")),
    (0, b"\xff\xd8\xff", Kind("jpeg", not_sound="is a picture (JPEG), not sound")),
    (0, b"MThd", Kind("midi", not_sound="is a MIDI file and holds notes, not sound")),
)
_HTML = Kind("html", not_sound="is a web page, not sound: the download failed, get it again")
_TEXT = Kind("text", not_sound="is text, not sound")
_ZEROS = Kind("zeros", not_sound="holds nothing but zeros: the copy or the recorder failed")


def kind_of(head: bytes) -> Kind:
    """What the first bytes of a file [up to `HEAD_BYTES`] say that it is."""
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset):
            return _of_riff(head, kind)
    if head.startswith((b"ID3", b"TAG")) or (len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0):
        # the two bits of the layer are 0 in AAC's frames only
        return Kind("adts", "aac") if head[0] == 0xFF and not head[1] & 0x06 and head[1] >= 0xF0 else MPEG_AUDIO
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return Kind("mpeg ts", "mpegts")
    return _of_text(head)


def _of_riff(head: bytes, kind: Kind) -> Kind:
    """RIFF and FORM hold other things than sound, too."""
    inner = head[8:12]
    if kind.name == "riff" and inner == b"AVI ":
        return Kind("avi", "avi")
    return kind


def _of_text(head: bytes) -> Kind:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return _HTML
    if head and not any(head):
        return _ZEROS
    printable = sum(byte >= 0x20 or byte in b"\t\r\n" for byte in head)
    try:
        head[: max(len(head) - 4, 0)].decode("utf-8")
    except UnicodeDecodeError:
        return UNKNOWN
    return _TEXT if len(head) > 8 and printable == len(head) else UNKNOWN


def is_audio_name(path: Path) -> bool:
    """Whether a file's name says that it holds sound (hidden files do not)."""
    return path.suffix.lower() in EXTENSIONS and not path.name.startswith(".")

"""Files as people bring them: encoded by PyAV, joined, cut off, or with headers as a crash leaves them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile

RATE = 44100


def song(seconds: float, rate: int = RATE, channels: int = 2, seed: int = 3) -> np.ndarray:
    """Something that any codec keeps and that fits itself at one place only: a gliding tone with beats, and breath."""
    t = np.arange(round(seconds * rate)) / rate
    beat = 0.3 + 0.7 * np.square(np.sin(np.pi * (1.3 * t + 0.05 * t * t)))
    tone = 0.25 * beat * np.sin(2 * np.pi * (220.0 * t + 12.0 * t * t))
    breath = 0.02 * np.random.default_rng(seed).standard_normal((len(t), channels))
    sides = np.linspace(1.0, 0.7, channels)
    return (tone[:, None] * sides + np.cumsum(breath, axis=0) * 0.0 + breath).astype(np.float32)


def encode(path: Path, samples: np.ndarray, rate: int, codec: str, container: str, **options: object) -> Path:
    """Write samples [shape=(frames, channels)] through one of FFmpeg's encoders."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
    bit_rate, quality = options.pop("bit_rate", None), options.pop("quality", None)
    with av.open(str(path), "w", format=container, options={k: str(v) for k, v in options.items()}) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.layout = layout
        if bit_rate:
            stream.bit_rate = bit_rate
        if quality:
            stream.options = {"flags": "+qscale", "global_quality": str(118 * int(str(quality)))}
        context = stream.codec_context
        context.open()
        resampler = av.AudioResampler(context.format.name, layout, rate, frame_size=context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


def mp3(path: Path, samples: np.ndarray, rate: int = RATE, *, table: bool = True, **options: object) -> Path:
    """An MP3, with the encoder's table in its first frame or without."""
    return encode(path, samples, rate, "libmp3lame", "mp3", write_xing=int(table), id3v2_version=0, **options)


@dataclass(frozen=True)
class Row:
    """One kind of file: how it is made, and by how much its length may differ from the source's."""

    name: str
    make: Callable[[Path, np.ndarray], object]
    tolerance_s: float = 0.05
    rate: int = RATE


def _by(codec: str, container: str, rate: int = RATE, **options: object) -> Callable[[Path, np.ndarray], object]:
    return lambda path, samples: encode(path, samples, rate, codec, container, **options)


def _joined(path: Path, samples: np.ndarray) -> None:
    cut = len(samples) // 4
    parts = [mp3(path.with_name("part.tmp"), part).read_bytes() for part in (samples[:cut], samples[cut:])]
    path.with_name("part.tmp").unlink()
    path.write_bytes(b"".join(parts))


def _chained(path: Path, samples: np.ndarray) -> None:
    cut = len(samples) // 3
    data = b""
    for part in (samples[:cut], samples[cut:]):
        soundfile.write(path.with_name("part.ogg"), part, RATE, format="OGG", subtype="VORBIS")
        data += path.with_name("part.ogg").read_bytes()
    path.with_name("part.ogg").unlink()
    path.write_bytes(data)


def _unknown_flac(path: Path, samples: np.ndarray) -> None:
    """As ffmpeg leaves it when it writes into a pipe: no number of samples, no checksum."""
    soundfile.write(path, samples, RATE, format="FLAC", subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:42] = bytes(20)
    path.write_bytes(data)


def _faulty_mp3_wav(path: Path, samples: np.ndarray) -> None:
    """MP3 in a WAV, 20 ms of it overwritten in the middle."""
    encode(path, samples, RATE, "libmp3lame", "wav", bit_rate=128000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 320] = b"\x00" * 320
    path.write_bytes(data)


def _crashed(path: Path, samples: np.ndarray) -> None:
    """The header of a recorder that lost power: it was written when there was no sound yet."""
    soundfile.write(path, samples, RATE, subtype="PCM_24", format="WAV")
    data = bytearray(path.read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = bytes(4)
    data[4:8] = struct.pack("<I", at)
    path.write_bytes(data)


def _soundfile(container: str, subtype: str, rate: int = RATE) -> Callable[[Path, np.ndarray], object]:
    return lambda path, samples: soundfile.write(path, samples, rate, format=container, subtype=subtype)


FRAME = 1.5 / RATE
ROWS = (
    Row("vbr without table.mp3", lambda path, x: mp3(path, x, table=False, quality=4)),
    Row("fixed rate without table.mp3", lambda path, x: mp3(path, x, table=False, bit_rate=128000)),
    Row("vbr.mp3", lambda path, x: mp3(path, x, quality=4), FRAME),
    Row("joined.mp3", _joined, 2 * FRAME),
    Row("phone.m4a", _by("aac", "ipod"), 0.025),
    Row("lossless.m4a", _by("alac", "ipod"), FRAME),
    Row("film.mp4", _by("aac", "mp4", 48000), 0.025, 48000),
    Row("radio.aac", _by("aac", "adts")),
    Row("call.webm", _by("libopus", "webm", 48000), FRAME, 48000),
    Row("call.mka", _by("libopus", "matroska", 48000), FRAME, 48000),
    Row("dictated.wma", _by("wmav2", "asf", bit_rate=128000)),
    Row("broadcast.mp2", _by("mp2", "mp2")),
    Row("camera.mov", _by("pcm_s16le", "mov", 48000), 1.5 / 48000, 48000),
    Row("old camera.avi", _by("mp2", "avi")),
    Row("telephone.wav", _soundfile("WAV", "GSM610", 8000), 0.05, 8000),
    Row("flac in ogg.oga", _by("flac", "ogg"), FRAME),
    Row("chained.ogg", _chained, 2 * FRAME),
    Row("piped.flac", _unknown_flac, FRAME),
    Row("mp3 with a fault.wav", _faulty_mp3_wav),
    Row("crashed.wav", _crashed, FRAME),
    Row("voice.opus", _soundfile("OGG", "OPUS", 48000), FRAME, 48000),
    Row("voice.ogg", _soundfile("OGG", "VORBIS"), FRAME),
    Row("plain.wav", _soundfile("WAV", "PCM_24"), FRAME),
    Row("plain.aiff", _soundfile("AIFF", "PCM_24"), FRAME),
    Row("plain.flac", _soundfile("FLAC", "PCM_24"), FRAME),
)
"""The table of issue 15: everything of it is heard whole."""


def make(row: Row, folder: Path, seconds: float = 3.0) -> tuple[Path, np.ndarray]:
    """The file of a row, and the sound that was written into it."""
    samples = song(seconds, row.rate, 1 if row.rate == 8000 else 2)
    path = folder / row.name
    path.parent.mkdir(parents=True, exist_ok=True)
    row.make(path, samples)
    return path, samples


def aligned_correlation(a: np.ndarray, b: np.ndarray, max_shift: int) -> float:
    """Largest correlation of two mono sounds over shifts of up to ``max_shift`` samples."""
    count = min(len(a), len(b))
    a, b = a[:count].astype(np.float64), b[:count].astype(np.float64)
    size = 1 << (2 * count - 1).bit_length()
    cross = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    near = np.concatenate([cross[: max_shift + 1], cross[-max_shift:]]) if max_shift else cross[:1]
    return float(near.max() / np.sqrt((a @ a) * (b @ b)))

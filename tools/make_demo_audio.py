# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the stems of the demo session: a short piece of our own and a voice-over.

Every part is written below as notes, rendered alone by ``fluidsynth``, and brought to a level that
is wrong on purpose, because that is how sessions arrive. ``espeak-ng`` speaks the voice-over. All
files start together and have the same length, and a second run writes the same bytes as long as
the programs and the soundfont are the same.

    python tools/make_demo_audio.py [--soundfont FILE] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import random
import shutil
import struct
import subprocess
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

SAMPLE_RATE_HZ = 44100
LENGTH_S = 24.0
FADE_S = 1.2
TEMPO_BPM = 92.0
PEAK_LIMIT_DBFS = -1.0
VORBIS_QUALITY = 0.45  # 0..1; keeps the whole session near 2 MB

SOUNDFONT_FOLDERS = (
    "/usr/share/sounds/sf2",
    "/usr/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/usr/local/share/soundfonts",
    "/opt/homebrew/share/sounds/sf2",
)
SOUNDFONT_NAMES = ("FluidR3_GM.sf2", "FluidR3_GM2-2.sf2", "default-GM.sf2")

TICKS_PER_BEAT = 480
DRUM_CHANNEL = 9
FINAL_BEAT = 32.0  # eight bars, then the last chord rings out

Note = tuple[float, float, int, int]  # start in beats, length in beats, MIDI key, velocity

# Am7 F C G, Am7 F Dm7 G7, and home to C: (bass key, four voices close to the chord before).
CHORDS = (
    (33, (55, 60, 64, 69)),
    (29, (57, 60, 64, 65)),
    (36, (55, 60, 64, 67)),
    (31, (55, 59, 62, 67)),
    (33, (55, 60, 64, 69)),
    (29, (57, 60, 64, 65)),
    (38, (57, 60, 62, 65)),
    (31, (55, 59, 62, 65)),
    (36, (55, 60, 64, 67)),
)

VOICE_LINES = (  # (start in seconds, text)
    (1.6, "Welcome to mix engine demo, the podcast where every track finds its place."),
    (9.2, "Fourteen tracks walked into this session, and each of them came at the wrong level."),
    (17.4, "Stay with us, and listen to what a good balance can do."),
)
VOICE_ARGS = ("-v", "en-us", "-s", "158", "-p", "42")


def _drum_parts() -> dict[str, list[Note]]:
    kick = [(bar * 4 + beat, 0.4, 36, 112) for bar in range(8) for beat in (0.0, 1.5, 2.0)]
    kick += [(27.5, 0.4, 36, 96), (31.5, 0.4, 36, 100), (FINAL_BEAT, 0.4, 36, 118)]
    snare = [(bar * 4 + beat, 0.4, 38, 108) for bar in range(8) for beat in (1.0, 3.0)]
    snare += [(bar * 4 + 2.75, 0.2, 38, 44) for bar in (1, 3, 5)]  # ghost notes
    snare += [(30.5 + step * 0.25, 0.2, 38, 70 + 8 * step) for step in (0, 1, 3, 4, 5)]  # fill
    hats = [(step * 0.5, 0.2, 42, 92 if step % 2 == 0 else 68) for step in range(64) if step % 16 != 15]
    hats += [(bar * 4 + 3.5, 0.5, 46, 84) for bar in (1, 3, 5, 7)]
    cymbals = [(0.0, 3.0, 49, 100), (16.0, 3.0, 49, 92), (FINAL_BEAT, 3.0, 49, 108)]
    cymbals += [(24.0 + step, 1.0, 51, 78) for step in range(8)]  # ride
    tambourine = [(16 + step * 0.5, 0.2, 54, 100 if step % 4 == 2 else 62) for step in range(32)]
    return {"kick": kick, "snare": snare, "hats": hats, "cymbals": cymbals, "tambourine": tambourine}


def _band_parts() -> dict[str, list[Note]]:
    bass: list[Note] = [(FINAL_BEAT, 5.0, CHORDS[-1][0], 104)]
    guitar: list[Note] = [  # the last chord is strummed: string after string
        (FINAL_BEAT + 0.05 * i, 5.0, key, 92) for i, key in enumerate(CHORDS[-1][1])
    ]
    piano: list[Note] = [(FINAL_BEAT, 5.0, key, 88) for key in (CHORDS[-1][0] + 12, *CHORDS[-1][1])]
    organ: list[Note] = [(bar * 4, 3.9, key, 80) for bar in range(4, 9) for key in CHORDS[bar][1][1:]]
    for bar, (root, voices) in enumerate(CHORDS[:-1]):
        at = bar * 4.0
        bass += [
            (at, 1.3, root, 104),
            (at + 1.5, 0.45, root, 88),
            (at + 2, 0.9, root, 100),
            (at + 3, 0.45, root + 7, 90),
            (at + 3.5, 0.45, root + 12, 86),
        ]
        if bar >= 2:
            guitar += [
                (at + step * 0.5, 0.8, voices[voice], 80 if step % 4 else 96)
                for step, voice in enumerate((0, 2, 1, 3, 2, 1, 3, 2))
            ]
        piano += [(at, 3.6, root + 12, 84)]
        piano += [
            (at + beat, length, key, 78 if beat else 90)
            for beat, length in ((0.0, 1.4), (1.5, 0.9), (2.5, 1.4))
            for key in voices
        ]
    return {"bass": bass, "electric guitar": guitar, "piano": piano, "organ": organ}


def _orchestra_parts() -> dict[str, list[Note]]:
    tune = (
        (8, 2, 79),
        (10, 1, 76),
        (11, 1, 77),
        (12, 3, 74),
        (15, 1, 71),
        (16, 2, 72),
        (18, 2, 76),
        (20, 2, 81),
        (22, 1, 79),
        (23, 1, 77),
        (24, 2, 77),
        (26, 1, 76),
        (27, 1, 74),
        (28, 2, 74),
        (30, 2, 71),
        (32, 3.6, 72),
    )
    violins: list[Note] = [(beat, length * 0.98, key, 92) for beat, length, key in tune]
    # A second desk holds a chord tone under the tune in the second half.
    violins += [(bar * 4, 3.9, CHORDS[bar][1][3], 76) for bar in range(4, 9)]
    cello = [(bar * 4.0, 2.0, CHORDS[bar][0] + 12, 90) for bar in range(2, 9)]
    cello += [(bar * 4.0 + 2, 1.9, CHORDS[bar][1][0], 86) for bar in range(2, 9)]
    answer = (
        (16.5, 0.5, 84),
        (17, 0.5, 83),
        (17.5, 1.4, 81),
        (20.5, 0.5, 84),
        (21, 0.5, 86),
        (21.5, 1.5, 88),
        (24.5, 0.5, 86),
        (25, 0.5, 84),
        (25.5, 1.4, 81),
    )
    flute: list[Note] = [(beat, length, key, 94) for beat, length, key in answer]
    stabs = ((24.0, 0.9, 6), (25.5, 0.4, 6), (28.0, 0.9, 7), (29.5, 0.4, 7), (31.0, 0.9, 7))
    brass = [(beat, length, key, 104) for beat, length, bar in stabs for key in CHORDS[bar][1]]
    return {"violins": violins, "cello": cello, "flute": flute, "brass": brass}


@dataclass(frozen=True)
class Stem:
    """One instrument track of the session."""

    group: str
    name: str
    program: int | None  # General MIDI, from 0; None is the drum channel
    mix_dbfs: float  # RMS while playing that sits well in the mix
    error_db: float  # how far from it the track is delivered
    stereo: bool = False  # False for a source with one close microphone
    reverb: int = 0  # MIDI reverb send, 0 to 127
    pan: int = 64  # MIDI pan, heard in stereo tracks only


STEMS = (
    Stem("drums", "kick", None, -30.0, 9.0),
    Stem("drums", "snare", None, -31.0, -5.0),
    Stem("drums", "hats", None, -43.0, 6.0),
    Stem("drums", "cymbals", None, -40.0, 1.0, stereo=True, reverb=20),
    Stem("drums", "tambourine", None, -44.0, 9.5),
    Stem("band", "bass", 33, -29.0, -6.0),
    Stem("band", "electric guitar", 27, -35.0, 7.5),
    Stem("band", "piano", 0, -32.0, -3.0, stereo=True, reverb=25),
    Stem("band", "organ", 18, -38.0, 8.0, stereo=True, reverb=15),
    Stem("strings", "violins", 48, -33.0, -10.0, stereo=True, reverb=50, pan=44),
    Stem("strings", "cello", 42, -35.0, -1.5),
    Stem("winds", "flute", 73, -35.0, 4.0),
    Stem("winds", "brass", 61, -33.0, 7.0, stereo=True, reverb=40, pan=84),
)
VOICE_FILE, VOICE_MIX_DBFS, VOICE_ERROR_DB = "voice/voice over.ogg", -24.0, -8.0


def _variable_length(value: int) -> bytes:
    data = [value & 0x7F]
    while value := value >> 7:
        data.append(value & 0x7F | 0x80)
    return bytes(reversed(data))


def midi_bytes(stem: Stem, notes: list[Note]) -> bytes:
    """Write one part as a Standard MIDI File.

    Parameters
    ----------
    stem : Stem
        Sets the channel, program, reverb send and pan.
    notes : list of Note
        The part, in any order.

    Returns
    -------
    bytes
        The whole file, of format 0.
    """
    channel = DRUM_CHANNEL if stem.program is None else 0
    rng = random.Random(stem.name)  # a player's small unevenness, the same at every run
    tempo = round(60e6 / TEMPO_BPM).to_bytes(3, "big")
    setup = [
        b"\xff\x51\x03" + tempo,
        bytes([0xC0 | channel, stem.program or 0]),
        bytes([0xB0 | channel, 91, stem.reverb]),
        bytes([0xB0 | channel, 93, 0]),
        bytes([0xB0 | channel, 10, stem.pan]),
    ]
    events = [(0, i, data) for i, data in enumerate(setup)]
    for start, length, key, velocity in notes:
        on = max(0, round((start + rng.gauss(0.0, 0.006)) * TICKS_PER_BEAT))
        off = on + round(length * TICKS_PER_BEAT)
        loud = min(127, max(1, velocity + rng.randint(-5, 5)))
        events.append((on, 101, bytes([0x90 | channel, key, loud])))
        # At the same tick a note ends before the next one on its key begins.
        events.append((off, 100, bytes([0x80 | channel, key, 0])))
    track, now = b"", 0
    for tick, _, data in sorted(events):
        track += _variable_length(tick - now) + data
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_BEAT)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


def _render(stem: Stem, notes: list[Note], soundfont: Path, work: Path) -> np.ndarray:
    midi, wav = work / "part.mid", work / "part.wav"
    midi.write_bytes(midi_bytes(stem, notes))
    subprocess.run(
        [
            "fluidsynth",
            "-n",
            "-i",
            "-q",
            "-C",
            "0",
            "-R",
            "1" if stem.reverb else "0",
            "-g",
            "0.4",
            "-r",
            str(SAMPLE_RATE_HZ),
            "-O",
            "float",
            "-T",
            "wav",
            "-F",
            str(wav),
            str(soundfont),
            str(midi),
        ],
        check=True,
        capture_output=True,
    )
    audio, _ = sf.read(wav, always_2d=True)
    return audio if stem.stereo else audio.mean(axis=1, keepdims=True)


def _speak(work: Path) -> np.ndarray:
    voice = np.zeros((round(LENGTH_S * SAMPLE_RATE_HZ), 1))
    wav = work / "line.wav"
    for start_s, text in VOICE_LINES:
        subprocess.run(["espeak-ng", *VOICE_ARGS, "-w", str(wav), text], check=True, capture_output=True)
        line, rate_hz = sf.read(wav)
        line = resample_poly(line, SAMPLE_RATE_HZ, rate_hz)
        first = round(start_s * SAMPLE_RATE_HZ)
        voice[first : first + len(line), 0] += line[: len(voice) - first]
    return voice


def _finish(audio: np.ndarray, level_dbfs: float) -> np.ndarray:
    """Cut or pad to the common length, fade the end and set the RMS of the part that plays."""
    frames, fade = round(LENGTH_S * SAMPLE_RATE_HZ), round(FADE_S * SAMPLE_RATE_HZ)
    out = np.zeros((frames, audio.shape[1]))
    out[: min(frames, len(audio))] = audio[:frames]
    out[-fade:] *= np.cos(np.linspace(0.0, np.pi / 2, fade))[:, None] ** 2
    block = round(0.4 * SAMPLE_RATE_HZ)
    power = np.mean(out[: frames // block * block].reshape(-1, block * out.shape[1]) ** 2, axis=1)
    # Pauses must not count, or a part that plays for two bars would come out far too loud.
    playing_dbfs = 10 * np.log10(power[power > 0.01 * power.max()].mean())
    return out * 10 ** ((level_dbfs - playing_dbfs) / 20)


_BYTE_REVERSED = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))


def _ogg_crc(page: bytes) -> int:
    # Ogg's checksum runs over the bits in the other order than zlib's, and without its inversions.
    crc = zlib.crc32(page.translate(_BYTE_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)


def _fix_serial(path: Path, serial: int) -> None:
    """Give an Ogg file a fixed stream number: libsndfile draws one at random for every file."""
    data, at = bytearray(path.read_bytes()), 0
    while at < len(data):
        lacing_end = at + 27 + data[at + 26]
        end = lacing_end + sum(data[at + 27 : lacing_end])
        data[at + 14 : at + 18], data[at + 22 : at + 26] = struct.pack("<I", serial), bytes(4)
        data[at + 22 : at + 26] = struct.pack("<I", _ogg_crc(bytes(data[at:end])))
        at = end
    path.write_bytes(data)


def _write(path: Path, audio: np.ndarray, serial: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sf.SoundFile(
        path,
        "w",
        SAMPLE_RATE_HZ,
        audio.shape[1],
        format="OGG",
        subtype="VORBIS",
        compression_level=1.0 - VORBIS_QUALITY,
    ) as file:
        # Small blocks: some libsndfile versions overflow the stack when given a long one.
        for first in range(0, len(audio), 4096):
            file.write(audio[first : first + 4096])
    _fix_serial(path, serial)
    # Measured after coding, which can raise the peaks.
    peak_dbfs = 20 * np.log10(np.abs(sf.read(path)[0]).max())
    if peak_dbfs > PEAK_LIMIT_DBFS:
        raise SystemExit(f"{path.name}: peak {peak_dbfs:.1f} dBFS, limit {PEAK_LIMIT_DBFS}; turn it down")


def find_soundfont() -> Path | None:
    """Look for a General MIDI soundfont in the usual folders.

    Returns
    -------
    pathlib.Path or None
        The first one found.
    """
    candidates = (Path(folder) / name for name in SOUNDFONT_NAMES for folder in SOUNDFONT_FOLDERS)
    return next((path for path in candidates if path.is_file()), None)


def main() -> None:
    """Render every stem and the voice-over."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--soundfont", type=Path, help="General MIDI soundfont (default: search)")
    parser.add_argument(
        "--out",
        type=Path,
        help="folder to write to",
        default=Path(__file__).resolve().parents[1] / "mixengine" / "demo_audio",
    )
    args = parser.parse_args()
    soundfont = args.soundfont or find_soundfont()
    if soundfont is None or not soundfont.is_file():
        parser.error("no soundfont found: install FluidR3_GM or give --soundfont FILE")
    for program in ("fluidsynth", "espeak-ng"):
        if shutil.which(program) is None:
            parser.error(f"the program {program} is not installed")
    parts = _drum_parts() | _band_parts() | _orchestra_parts()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for serial, stem in enumerate(STEMS, start=1):
            audio = _render(stem, parts[stem.name], soundfont, work)
            audio = _finish(audio, stem.mix_dbfs + stem.error_db)
            _write(args.out / stem.group / f"{stem.name}.ogg", audio, serial)
        voice = _finish(_speak(work), VOICE_MIX_DBFS + VOICE_ERROR_DB)
        _write(args.out / VOICE_FILE, voice, len(STEMS) + 1)


if __name__ == "__main__":
    main()

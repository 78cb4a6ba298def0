"""Finished files at a target: loudness, ceiling and distortion, beside ffmpeg's and pedalboard's limiters.

40 seeded files and sessions of this script's own making: speech-like, songs, noise, one click, silence, 8 to 96 kHz,
mono to 5.1. Each is brought to a target and measured by ffmpeg's ``ebur128`` (libebur128's algorithm) and by our meter.
Then loud songs and speech go to one loudness through ours, ffmpeg's ``alimiter`` and ``loudnorm`` and pedalboard's
``Limiter``, every one with the gain that gives the same loudness: overshoot, distortion left after the best gain, and
the error in bands of the ear. Last, an hour of stereo on one core.

    python benchmarks/deliver.py [--only goals|limiters|dialogue|hour] [--seconds 12]
"""

from __future__ import annotations

import argparse
import math
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from mixengine.app import render_files
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import limiter
from mixengine.mixer.limiter import TruePeaks
from mixengine.system.errors import UserError

Sound = np.ndarray
RATES = (8000, 16000, 22050, 32000, 44100, 48000, 88200, 96000)
CHANNELS = (1, 2, 2, 6)
TARGETS = ("podcast", "streaming", "ebu-r128", "-20", "-18")
HOUR_S = 3600
_BANDS_HZ = (
    50,
    100,
    200,
    300,
    400,
    510,
    630,
    770,
    920,
    1080,
    1270,
    1480,
    1720,
    2000,
    2320,
    2700,
    3150,
    3700,
    4400,
    5300,
)
_BANDS_HZ += (6400, 7700, 9500, 12000, 15500)


def speech(rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """Syllables of a gliding buzz with hiss, and pauses; far from full scale, with a cough."""
    t = np.arange(round(seconds * rate)) / rate
    syllables = np.clip(np.sin(2 * np.pi * 4.1 * t + rng.uniform(0, 6)) + 0.2 * rng.standard_normal(), 0, None)
    talking = np.sin(2 * np.pi * 0.21 * t + rng.uniform(0, 6)) > -0.5
    phase = 2 * np.pi * np.cumsum(120.0 * (1.0 + 0.15 * np.sin(2 * np.pi * 0.8 * t))) / rate
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20) if k * 140 < rate / 2)
    voice = syllables * talking * (buzz + 0.15 * rng.standard_normal(len(t)))
    voice[len(t) // 3 : len(t) // 3 + rate // 20] *= 2.5
    voice = 0.25 * voice / np.abs(voice).max() + 1e-4 * rng.standard_normal(len(t))
    return np.repeat(voice[:, None], channels, axis=1)


def song(rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """Drum-like bursts over a bass and chords, each channel a little different."""
    t = np.arange(round(seconds * rate)) / rate
    beat = t % 0.5
    drum = np.exp(-40.0 * beat) * (np.sin(2 * np.pi * 60.0 * t) + 0.5 * rng.standard_normal(len(t)))
    chord = sum(
        np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in (220.0, 277.2, 329.6, 554.4, 1318.5) if f < rate / 2
    )
    bass = np.sin(2 * np.pi * 55.0 * t)
    parts = [drum + rng.uniform(0.1, 0.2) * chord + 0.35 * bass for _ in range(channels)]
    sound = np.stack(parts, axis=1)
    return 0.7 * sound / np.abs(sound).max()


def noise(rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """White up to half the rate: the hardest for true peaks."""
    return 0.1 * rng.standard_normal((round(seconds * rate), channels))


def click(_rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """One sample."""
    sound = np.zeros((round(seconds * rate), channels))
    sound[len(sound) // 2] = 0.9
    return sound


def silence(_rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """Nothing."""
    return np.zeros((round(seconds * rate), channels))


KINDS: dict[str, Callable[[np.random.Generator, float, int, int], Sound]] = {
    "speech": speech,
    "song": song,
    "noise": noise,
    "song, loud": lambda *given: np.clip(1.6 * song(*given), -1.0, 1.0),
    "click": click,
    "silence": silence,
}


def ours(sound: Sound, rate: int) -> tuple[float, float]:
    """Loudness and true peak by our meters."""
    meter, peaks = LoudnessMeter(rate, sound.shape[1]), TruePeaks(rate, sound.shape[1])
    meter.add(sound.astype(np.float32))
    peaks.add(sound.astype(np.float32))
    return meter.integrated(), peaks.dbtp()


def ffmpegs(path: Path) -> tuple[float, float] | None:
    """The same by ffmpeg's ``ebur128``; ``None`` without ffmpeg."""
    if shutil.which("ffmpeg") is None:
        return None
    chain = "ebur128=peak=true:metadata=1,ametadata=print:file=-"  # with more digits than its summary
    command = ["ffmpeg", "-nostats", "-v", "error", "-i", str(path), "-af", chain, "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lufs = re.findall(r"lavfi\.r128\.I=(-?[\d.]+)", text)
    peaks = [float(peak) for peak in re.findall(r"lavfi\.r128\.true_peaks_ch\d+=(-?[\d.]+)", text)]
    return float(lufs[-1]), 20.0 * math.log10(max(peaks)) if max(peaks) > 0 else -math.inf


def goals(folder: Path, seconds: float) -> None:
    """40 files and sessions to their targets."""
    print(f"40 files and sessions of {seconds:g} s, each to a target (own material, seeded)\n")
    print("| material | target | LUFS | off | dB over ceiling | ffmpeg: off | ffmpeg: over | limited | LRA moved |")
    print("|---|---|---|---|---|---|---|---|---|")
    figures: list[tuple[float, ...]] = []
    answers: list[bool] = []
    wordless = 0
    for number in range(40):
        rng = np.random.default_rng(100 + number)
        kind = list(KINDS)[number % 4] if number < 36 else ("click", "silence", "click", "silence")[number - 36]
        rate, channels = RATES[number % len(RATES)], CHANNELS[(number // 3) % len(CHANNELS)]
        target = TARGETS[number % len(TARGETS)]
        place = folder / f"{number}"
        place.mkdir()
        source = place / "song.wav"
        soundfile.write(source, KINDS[kind](rng, seconds, rate, channels), rate, subtype="FLOAT")
        is_session = channels <= 2 and number % 3 == 0
        words = f"{kind}, {rate / 1000:g} kHz, {channels} ch{', session' * is_session}"
        try:
            done = render_files.render(place if is_session else source, RenderSettings(target=target))
        except UserError as error:
            in_words, is_right = answer(place if is_session else source, str(error), folder / f"nearest {number}.wav")
            answers.append(is_right)
            print(f"| {words} | {target} | {in_words} |||||||")
            continue
        result = done.finished
        assert result is not None
        file = Path(done.written[0].file)
        lufs, peak = ours(*soundfile.read(file, always_2d=True))
        other = ffmpegs(file)
        off, over = lufs - result.level, peak - result.ceiling_dbtp
        other_off, other_over = (other[0] - result.level, other[1] - result.ceiling_dbtp) if other else (math.nan,) * 2
        moved = result.lra_lu - result.lra_before_lu
        said = any("loudness range" in note for note in done.notes)
        if abs(moved) > 3.0 and not said:
            wordless += 1
            words += " (LRA moved without a word!)"
        print(
            f"| {words} | {target} | {lufs:.2f} | {off:+.3f} | {over:+.3f} | {other_off:+.2f} | {other_over:+.3f} | "
            f"{result.limited_db:.1f} dB, {100 * result.limited_share:.0f} % | {moved:+.1f} |"
        )
        figures.append((abs(off), over, abs(other_off), other_over))
    table = np.array(figures)
    count, worst = len(table), table.max(axis=0)
    close, below = (table[:, ::2] <= 0.1).sum(axis=0), (table[:, 1::2] <= 0.02).sum(axis=0)
    print(
        f"\nof 40, {count} were written, {len(answers)} answered in words, {sum(answers)} of these rightly (silence, "
        f"or limiting that nobody would want, with a nearest target that is reached).\n"
        f"Within 0.1 LU: {close[0]} of {count}, by ffmpeg {close[1]}; no more than 0.02 dB above the ceiling: "
        f"{below[0]} of {count}, by ffmpeg {below[1]}; loudness range moved by more than 3 LU without a word: "
        f"{wordless}.\nWorst: {worst[0]:.3f} LU off, {worst[1]:+.3f} dB at the ceiling; by ffmpeg {worst[2]:.2f} LU, "
        f"{worst[3]:+.3f} dB\n"
    )


def answer(source: Path, error: str, out: Path) -> tuple[str, bool]:
    """An answer in words, and whether it is right: silence has no loudness; else the nearest target that it names."""
    said = error.split(": ", 1)[1].split(";", maxsplit=1)[0]
    sound, rate = soundfile.read(source / "song.wav" if source.is_dir() else source, always_2d=True)
    lufs, peak = ours(sound, rate)
    if not math.isfinite(lufs):
        return said, not sound.any() and "no loudness" in said
    named = re.search(r"--target (\S+) --ceiling (\S+?);", error)
    if named is None:
        return f"{said} (and names no target)", False
    settings = RenderSettings(target=named[1], ceiling_dbtp=float(named[2]))
    done = render_files.render(source, settings, out=str(out)).finished
    assert done is not None
    reached = abs(done.lufs - float(named[1])) <= 0.1 and done.true_peak_dbtp <= done.ceiling_dbtp + 0.02
    return (
        f"{said} (the file is at {lufs:.1f} LUFS, {peak:.1f} dBTP; named {named[1]}: "
        f"{'reached' if reached else 'NOT reached'} with {done.limited_db:.1f} dB of limiting)",
        reached,
    )


def through_ours(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    peaks = TruePeaks(rate, sound.shape[1], ceiling - gain_db - 2.0)
    peaks.add(sound)
    limited = limiter.limit(peaks.cells(), rate, ceiling - 0.01, gain_db)
    return limiter.apply(sound, 0, limited, rate, gain_db)


def through_ffmpeg(sound: Sound, rate: int, chain: str) -> Sound:
    command = ["ffmpeg", "-v", "error", "-f", "f32le", "-ar", str(rate), "-ac", str(sound.shape[1]), "-i", "-"]
    out = subprocess.run(
        [*command, "-af", chain, "-ar", str(rate), "-f", "f32le", "-"],
        input=sound.astype(np.float32).tobytes(), capture_output=True, check=True,
    ).stdout  # fmt: skip
    return np.frombuffer(out, np.float32).reshape(-1, sound.shape[1])


def through_alimiter(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    limit = 10.0 ** (ceiling / 20.0)
    return through_ffmpeg(sound, rate, f"volume={gain_db}dB,alimiter=limit={limit}:level=0:attack=5:release=50")


def through_pedalboard(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    import pedalboard

    board = pedalboard.Pedalboard([pedalboard.Gain(gain_db), pedalboard.Limiter(threshold_db=ceiling, release_ms=50.0)])
    return board(sound.astype(np.float32).T, rate).T


def through_loudnorm(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    """Its own loudness loop; the gain is what it is asked for beyond the sound's own."""
    lufs = ours(sound, rate)[0] + gain_db
    return through_ffmpeg(sound, rate, f"loudnorm=I={min(max(lufs, -70.0), -5.0):.2f}:TP={ceiling}:LRA=50:linear=false")


LIMITERS = {
    "mixengine": through_ours,
    "ffmpeg alimiter": through_alimiter,
    "ffmpeg loudnorm": through_loudnorm,
    "pedalboard Limiter": through_pedalboard,
}


def aligned(before: Sound, after: Sound) -> tuple[Sound, Sound]:
    """Both without the delay between them."""
    count = min(len(before), len(after))
    a, b = before[:count].mean(axis=1), after[:count].mean(axis=1)
    cross = signal.correlate(b, a, "full", method="fft")
    lag = int(np.argmax(cross)) - (count - 1)
    if abs(lag) > count // 4:
        lag = 0
    return before[max(-lag, 0) : count - max(lag, 0)], after[max(lag, 0) : count - max(-lag, 0)]


def distortion_db(before: Sound, after: Sound) -> float:
    """What is left of ``after`` once the best gain of ``before`` is taken away, relative to it."""
    gain = float((before * after).sum() / np.square(before).sum())
    return 10.0 * math.log10(np.square(after - gain * before).sum() / np.square(after).sum() + 1e-30)


def band_error_db(before: Sound, after: Sound, rate: int) -> float:
    """Mean difference of the levels in Bark bands of 20 ms, the mean of all taken away, where the band sounds."""
    size = round(0.02 * rate)
    edges = [hz for hz in _BANDS_HZ if hz < rate / 2]
    levels = []
    for sound in (before, after):
        hz, _, bins = signal.stft(sound.mean(axis=1), rate, nperseg=size)
        power = np.square(np.abs(bins))
        bands = [power[(hz >= low) & (hz < high)].sum(axis=0) for low, high in pairwise(edges)]
        levels.append(10.0 * np.log10(np.array([band for band in bands if band.any()]) + 1e-12))
    loud = levels[0] > levels[0].max() - 50.0
    difference = (levels[1] - levels[0])[loud]
    return float(np.abs(difference - difference.mean()).mean())


def at_loudness(
    through: Callable[[Sound, int, float, float], Sound],
    sound: Sound,
    rate: int,
    rise_db: float,
    goal: float,
    ceiling: float,
) -> tuple[Sound, float, float]:
    """A limiter's output at a loudness, its overshoot, and the seconds of one run."""
    gain_db = rise_db
    for _ in range(6):
        started = time.perf_counter()
        out = through(sound, rate, gain_db, ceiling)
        took = time.perf_counter() - started
        lufs, peak = ours(out, rate)
        if abs(goal - lufs) < 0.03:
            break
        gain_db += goal - lufs
    return out, peak - ceiling, took


def beside(seconds: float) -> None:
    """All limiters at one loudness: as they come, and with their ceiling lowered until the true peak fits."""
    rate, ceiling = 48000, -1.0
    print("Limiters at equal loudness, ceiling −1 dBTP (own material, seeded, 48 kHz stereo). Left: asked for −1 dB.")
    print("Right: asked for as much less as it takes to keep −1 dBTP.\n")
    print(
        "| material, rise | limiter | overshoot dB | distortion dB | bands dB | dist. at −1 dBTP | bands dB | x real |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, rise_db in (("song", 6.0), ("song", 9.0), ("speech", 14.0), ("speech", 18.0)):
        sound = KINDS[name](np.random.default_rng(7), seconds, rate, 2).astype(np.float32)
        goal = ours(through_ours(sound, rate, rise_db, ceiling), rate)[0]
        for limiter_name, through in LIMITERS.items():
            words = []
            try:
                lowered = ceiling
                for _ in range(4):
                    out, over, took = at_loudness(through, sound, rate, rise_db, goal, lowered)
                    peak_over = over + lowered - ceiling
                    before, after = aligned(sound, out)
                    figures = f"{distortion_db(before, after):.1f} | {band_error_db(before, after, rate):.2f}"
                    words = words or [f"{over:+.2f}", figures]
                    if peak_over < 0.02:
                        break
                    lowered -= peak_over
                words.append(figures if peak_over < 0.05 else "not kept | –")
            except (OSError, ImportError, subprocess.CalledProcessError) as error:
                print(f"| {name}, +{rise_db:g} dB | {limiter_name} | not here: {type(error).__name__} ||||||")
                continue
            print(
                f"| {name}, +{rise_db:g} dB | {limiter_name} | {' | '.join(words)} | {seconds / took:.0f} |", flush=True
            )
    print()


def dialogue(folder: Path) -> None:
    """The shipped voice-over and music: loudness of the dialogue by the tracks, by the mix, and where it is known."""
    import mixengine
    from mixengine.audio.files import AudioFile

    demo = Path(mixengine.__file__).parent / "demo_audio"

    def read(path: Path) -> Sound:
        file = AudioFile(str(path))
        sound = file.read(0, file.frames).mean(axis=1)
        file.close()
        return sound

    voice, piano = read(demo / "voice" / "voice over.ogg"), read(demo / "band" / "piano.ogg")
    rate = 44100
    piano = np.resize(piano, len(voice)) * np.sqrt(np.square(voice).mean() / np.square(piano).mean())
    print("Dialogue at −27 LKFS (netflix): the shipped voice, alone and over the shipped piano\n")
    print(
        "| piano under the voice | by the tracks: dialogue, programme | by the mix: dialogue, programme | gain apart |"
    )
    print("|---|---|---|---|")
    for below_db in (None, 20.0, 10.0):
        music = np.zeros(len(voice)) if below_db is None else piano * 10.0 ** (-below_db / 20.0)
        place = folder / f"film {below_db}"
        place.mkdir()
        soundfile.write(place / "dialogue.wav", voice, rate, subtype="FLOAT")
        soundfile.write(place / "piano.wav", music, rate, subtype="FLOAT")
        soundfile.write(folder / f"mix {below_db}.wav", voice + music, rate, subtype="FLOAT")
        results = []
        for source in (place, folder / f"mix {below_db}.wav"):
            done = render_files.render(source, RenderSettings(target="netflix"), out=str(folder / f"out {below_db}"))
            assert done.finished is not None
            results.append(done.finished)
        cells = [
            f"{r.dialogue_lufs:.2f}, {r.lufs:.2f} ({100 * (r.dialogue_share or 0):.0f} % of the time)"
            if r.dialogue_lufs is not None
            else f"no dialogue seen; programme {r.lufs:.2f}"
            for r in results
        ]
        loudness = [r.lufs for r in results]
        words = "none" if below_db is None else f"{below_db:g} dB below"
        print(f"| {words} | {cells[0]} | {cells[1]} | {loudness[0] - loudness[1]:+.2f} dB |", flush=True)
    print()


def hour(folder: Path) -> None:
    """One hour of stereo, 48 kHz, on one core: measure, gain, limit, measure, and write."""
    rate = 48000
    path = folder / "hour.wav"
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_24", format="WAV") as file:
        for minute in range(HOUR_S // 60):
            kind = song if minute % 2 else speech
            file.write(kind(np.random.default_rng(minute), 60.0, rate, 2))
    started = time.process_time(), time.perf_counter()
    done = render_files.render(path, RenderSettings(target="-16"))
    took = time.process_time() - started[0], time.perf_counter() - started[1]
    assert done.finished is not None
    print(f"an hour of stereo: {took[0]:.1f} s of processor time, {took[1]:.1f} s; {done.finished.line()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each file")
    parser.add_argument("--only", choices=("goals", "limiters", "dialogue", "hour"), help="one part; default: all")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if given.only in (None, "goals"):
            goals(Path(name), given.seconds)
        if given.only in (None, "limiters"):
            beside(given.seconds)
        if given.only in (None, "dialogue"):
            dialogue(Path(name))
        if given.only in (None, "hour"):
            hour(Path(name))


if __name__ == "__main__":
    main()

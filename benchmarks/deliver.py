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
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from deliver_limiters import beside
from deliver_material import KINDS, Sound, ffmpegs, ours
from deliver_speed import hour

from mixengine.app import render_files
from mixengine.jobs.render.settings import RenderSettings
from mixengine.system.errors import UserError

RATES = (8000, 16000, 22050, 32000, 44100, 48000, 88200, 96000)
CHANNELS = (1, 2, 2, 6)
TARGETS = ("podcast", "streaming", "ebu-r128", "-20", "-18")


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
    named = re.search(r": target (\S+) ceiling_dbtp (\S+?);", error)
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

"""How much clearer `automix` makes people in one room, beside the untouched sum and plain gain sharing.

    python benchmarks/automix.py [FOLDER] [--sessions N] [--bleed DB …] [--decay SECONDS]

Each session has three people (recordings from FOLDER, default the shared LibriSpeech voices) who take turns for 180 s,
one of them 7 dB quieter, one turn in seven beginning before the last has ended, and a microphone for each that hears
the others at DB after 4 ms and a decay of 60 ms (or SECONDS: 0.13 is a hall), hiss at -65 dBFS. All sides mix the same
microphones:

- untouched: their sum;
- plain sharing [Dugan 1975]: each microphone's gain is its share of the power of all, over 100 ms, not below -15 dB;
- automix: the envelopes of `mixengine automix` with its defaults, as the mixer plays them;
- oracle gate: the waiting microphones at -15 dB, by the truth.

Printed: SI-SDR of the sum to the sum of the dry voices; power of everybody in the microphones of others relative to
that in their own; how much each loses in the moments in which that one speaks (mean, and share of the moments in which
it is more than 3 dB); points a minute.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import soxr
from microphones import LEVELS_DB, NAMES, RATE, VOICES, through_the_room
from scipy import ndimage

from mixengine.app import workflow
from mixengine.audio.curves import automation_values
from mixengine.hosts import open_session
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.model.plan import Envelope
from mixengine.model.session import Automation

LENGTH_S = 180.0
OVERLAPS = 1.0 / 7.0
HISS_DB = -65.0
FLOOR_DB = -15.0
FRAME = RATE // 100
SPEECH_RANGE_DB = 40.0
SIDES = ("untouched", "plain sharing", "automix", "oracle gate")


def conversation(paths: list[Path], generator: np.random.Generator) -> np.ndarray:
    """The dry voices of people who take turns and sometimes fall in early [shape=(people, samples)]."""
    samples = round(LENGTH_S * RATE)
    turns = np.zeros((len(paths), samples))
    at, who = 0, -1
    while at < samples:
        length = round(generator.uniform(2.5, 9.0) * RATE)
        who = int(generator.choice([other for other in range(len(paths)) if other != who]))
        turns[who, at : at + length] = 1.0
        early = generator.random() < OVERLAPS
        at += length + round((-generator.uniform(0.4, 1.5) if early else generator.uniform(0.1, 0.9)) * RATE)
    ramp = np.hanning(FRAME)
    voices = []
    for path, spans, level_db in zip(paths, turns, LEVELS_DB, strict=True):
        sound, rate = soundfile.read(path, always_2d=True)
        voice = np.resize(soxr.resample(sound.mean(axis=1), rate, RATE), samples)
        voice *= 10.0 ** ((level_db - 23.0) / 20.0) / np.sqrt(np.square(voice[np.abs(voice) > 0.01]).mean())
        voices.append(voice * ndimage.convolve1d(spans, ramp / ramp.sum(), mode="constant"))
    return np.array(voices)


def bleed_of(voices: np.ndarray, level_db: float, generator: np.random.Generator, decay_s: float) -> np.ndarray:
    """What each microphone holds besides its own speaker [shape=(microphones, samples)]."""
    rows = []
    for own in range(len(voices)):
        row = 10.0 ** (HISS_DB / 20.0) * generator.standard_normal(voices.shape[1])
        for other, voice in enumerate(voices):
            if other != own:
                row += through_the_room(voice, level_db, generator, decay_s)
        rows.append(row)
    return np.array(rows)


def automixed(microphones: np.ndarray) -> tuple[np.ndarray, float]:
    """Gain of each sample [shape=(microphones, samples)], and points a minute, mean over the microphones."""
    with tempfile.TemporaryDirectory() as place:
        for name, sound in zip(NAMES, microphones, strict=True):
            soundfile.write(Path(place) / f"{name}.wav", sound, RATE, "FLOAT")
        plan = workflow.run_job("automix", place, AutomixSettings(cache=False), dry_run=True).plan
        name_of = {track.id: track.name for track in open_session(place).tracks}
    drawn = {name_of[change.track]: change.after for change in plan.changes if isinstance(change, Envelope)}
    times_s = np.arange(microphones.shape[1] // FRAME + 2) * FRAME / RATE
    at_s = np.arange(microphones.shape[1]) / RATE
    gains = [
        np.interp(at_s, times_s, automation_values(times_s, Automation("volume", drawn[name])))
        if name in drawn
        else np.ones(len(at_s))
        for name in NAMES
    ]
    return np.array(gains), sum(map(len, drawn.values())) / len(NAMES) / (LENGTH_S / 60.0)


def shared(microphones: np.ndarray) -> np.ndarray:
    """Gains of plain sharing [shape as microphones]."""
    powers = ndimage.uniform_filter1d(np.square(microphones), round(0.1 * RATE), axis=1)
    return np.sqrt(np.maximum(powers / np.maximum(powers.sum(axis=0), 1e-20), 10.0 ** (FLOOR_DB / 10.0)))


def oracle(voices: np.ndarray) -> np.ndarray:
    """Gains of a gate that knows who speaks [shape as voices]."""
    speaks = ndimage.uniform_filter1d((np.abs(voices) > 1e-4).astype(float), round(0.1 * RATE), axis=1) > 0.02
    return np.where(speaks, 1.0, 10.0 ** (FLOOR_DB / 20.0))


def si_sdr_db(mix: np.ndarray, voices: np.ndarray) -> float:
    """Power of what is the voices, at whatever gain, against everything else."""
    wanted = voices * (mix @ voices) / (voices @ voices)
    return float(10.0 * np.log10((wanted @ wanted) / np.square(mix - wanted).sum()))


def losses_db(voices: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """How much each voice loses in each 10 ms in which it speaks."""
    losses = []
    count = voices.shape[1] // FRAME
    for voice, gain in zip(voices, gains, strict=True):
        before = np.square(voice[: count * FRAME]).reshape(count, -1).mean(axis=1)
        after = np.square((gain * voice)[: count * FRAME]).reshape(count, -1).mean(axis=1)
        speaks = before > before.max() * 10.0 ** (-SPEECH_RANGE_DB / 10.0)
        losses.append(10.0 * np.log10(before[speaks] / np.maximum(after[speaks], 1e-30)))
    return np.concatenate(losses)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=VOICES)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--bleed", type=float, nargs="+", default=[-10.0, -14.0, -26.0])
    parser.add_argument("--decay", type=float, default=0.06)
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob("*.flac"))
    if len(paths) < len(NAMES):
        raise SystemExit(f"{arguments.folder}: no recordings of voices")
    print(f"{'bleed':8}{'side':16}{'SI-SDR':>8}{'lowest':>8}{'bleed':>8}{'loss':>7}{'> 3 dB':>8}{'points/min':>12}")
    for bleed_db in arguments.bleed:
        generator = np.random.default_rng(0)
        rows: dict[str, list[tuple[float, ...]]] = {side: [] for side in SIDES}
        for _ in range(arguments.sessions):
            chosen = [paths[number] for number in generator.choice(len(paths), len(NAMES), replace=False)]
            voices = conversation(chosen, generator)
            elsewhere = bleed_of(voices, bleed_db, generator, arguments.decay)
            microphones = voices + elsewhere
            drawn, points = automixed(microphones)
            gains = (np.ones_like(voices), shared(microphones), drawn, oracle(voices))
            for side, gain in zip(SIDES, gains, strict=True):
                loss_db = losses_db(voices, gain)
                apart_db = 10.0 * np.log10(np.square(gain * elsewhere).sum() / np.square(gain * voices).sum())
                clear_db = si_sdr_db((gain * microphones).sum(axis=0), voices.sum(axis=0))
                rows[side].append((clear_db, apart_db, loss_db.mean(), (loss_db > 3.0).mean() * 100.0, points))
        for side, values in rows.items():
            clear_db, apart_db, loss_db_mean, cut, points = np.mean(values, axis=0)
            print(
                f"{bleed_db:<8g}{side:16}{clear_db:8.1f}{min(value[0] for value in values):8.1f}{apart_db:8.1f}"
                f"{loss_db_mean:7.2f}{cut:7.1f}%" + (f"{points:12.1f}" if side == "automix" else ""),
                flush=True,
            )


if __name__ == "__main__":
    main()

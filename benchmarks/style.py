"""Matching a mix to a reference, against the raw sum, stage 1 alone, and a match on the master alone.

    python benchmarks/style.py [FOLDER] [--songs N] [--references N] [--checkpoint CKPT] [--known]

FOLDER holds ``multitrack/`` and ``music/`` (default: ``../shared/data/audio``). Every song with several stems is
matched to its own master where one lies beside the stems, and to pieces of music. Printed per system, averaged over the
cases:

- loss: the published audio-feature loss between the passages compared, the reference at −16 LUFS; without Bark bands
  beyond a lossy file's end
- levelled: the same with the mix brought to the reference's loudness, so that level alone gains nothing
- the weighted terms of the first
- seconds of processor time to decide

``--known`` instead sends the stems of each song through console settings that are known and matches the stems to that:
loss, and how far the answer is off: faders (without what they have in common) in dB, pans, and the response of each
group's equaliser in dB, weighted by the group's spectrum.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import signal
from speech_detection import SHARED

from mixengine import hosts
from mixengine.audio.files import is_audio_name
from mixengine.jobs import registry
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.match import closed_form, features, groups, match, material, reference, windows
from mixengine.jobs.match.console import console, eq, parameters
from mixengine.jobs.match.console_settings import ConsoleSettings
from mixengine.jobs.match.material import Material
from mixengine.model import apply
from mixengine.model.session import Session

_QUIET = lambda *_: None  # noqa: E731
MASTER = "_MASTER_reference.ogg"
_FIR, _SMOOTH_OCTAVES = 4096, 1 / 3


@dataclass
class Case:
    """A session, its reference, and both as sound."""

    name: str
    session: Session
    reference: reference.Reference
    material: Material
    checkpoint: Path | None = None


@dataclass
class Answer:
    """Passages of the finished mix [shape=(passages, 2, frames)] and what it took."""

    mix: np.ndarray
    seconds: float


def songs(root: Path, max_songs: int) -> Iterator[tuple[str, list[Path], Path | None]]:
    """Name, stems, and the master where there is one."""
    folders = sorted({path.parent for path in (root / "multitrack").rglob("*") if is_audio_name(path)})
    stem_folders = []
    for folder in folders:
        stems = sorted(path for path in folder.iterdir() if is_audio_name(path) and not path.name.startswith("_"))
        if len(stems) >= 4:
            stem_folders.append((folder.name, stems, folder / MASTER if (folder / MASTER).exists() else None))
    yield from sorted(stem_folders, key=lambda song: song[2] is None)[:max_songs]


def opened(stems: list[Path], into: Path) -> Session:
    """A folder with nothing but the stems, as a session."""
    into.mkdir()
    for path in stems:
        (into / path.name).symlink_to(path)
    return hosts.open_session(into)


def cases(root: Path, max_songs: int, references: int, checkpoint: Path | None, work: Path) -> Iterator[Case]:
    music = sorted(path for path in (root / "music").iterdir() if is_audio_name(path))
    for number, (name, stems, master) in enumerate(songs(root, max_songs)):
        session = opened(stems, work / f"{number} {name}")
        mix_groups = groups.find_groups(session)
        chosen = [music[(number * references + index) % len(music)] for index in range(references)]
        for path in [*([master] if master else []), *chosen]:
            target = reference.read(str(path))
            yield Case(
                f"{name} → {path.stem}",
                session,
                target,
                material.collect(session, mix_groups, target, _QUIET),
                checkpoint,
            )


def raw(case: Case) -> np.ndarray:
    """The faders as they stand."""
    return case.material.mixed(None)


def stage_1(case: Case) -> np.ndarray:
    """Balanced by loudness and role, nothing else."""
    plan = registry.run("balance", case.session, BalanceSettings(), _QUIET)
    session = apply.applied(case.session, plan.changes)
    mix_groups = [
        replace(group, tracks=tuple(session.track(track.id) for track in group.tracks))
        for group in case.material.groups
    ]
    return material.collect(session, mix_groups, case.reference, _QUIET, case.material.passages).mixed(None)


def master_only(case: Case) -> np.ndarray:
    """Middle and sides of the raw sum filtered to the reference's mean spectra, then brought to its level."""
    mix, target = raw(case).astype(float), case.material.reference.astype(float)
    out = []
    for sign in (1.0, -1.0):
        ours, theirs = (x[:, 0] + sign * x[:, 1] for x in (mix, target))
        have, want = (_spectrum(x) for x in (ours, theirs))
        ratio = np.sqrt(np.maximum(want, 1e-12) / np.maximum(have, 1e-12 + 1e-6 * have.max()))
        taps = np.roll(np.fft.irfft(_smoothed(ratio)), _FIR // 2) * np.hanning(_FIR)
        out.append(signal.oaconvolve(ours, taps[None], mode="same", axes=1))
    middle, sides = out
    filtered = np.stack([middle + sides, middle - sides], axis=1) / 2
    return filtered * np.sqrt(np.mean(target**2) / max(np.mean(filtered**2), 1e-12))


def _spectrum(x: np.ndarray) -> np.ndarray:
    return signal.welch(x, nperseg=_FIR, noverlap=_FIR // 2, axis=1)[1].mean(axis=0)


def _smoothed(curve: np.ndarray) -> np.ndarray:
    """Means over a third of an octave around each bin."""
    sums = np.concatenate([[0.0], np.cumsum(curve)])
    bins = np.arange(len(curve))
    half = 2 ** (_SMOOTH_OCTAVES / 2)
    low, high = np.floor(bins / half).astype(int), np.minimum(np.ceil(bins * half).astype(int) + 1, len(curve))
    return (sums[high] - sums[low]) / (high - low)


def in_closed_form(case: Case) -> np.ndarray:
    return case.material.mixed(match.in_closed_form(case.material))


def optimised(case: Case) -> np.ndarray:
    return case.material.mixed(match.match(case.material, _QUIET).settings)


def controller(case: Case) -> np.ndarray:
    return case.material.mixed(_predicted(case))


def controller_and_descent(case: Case) -> np.ndarray:
    return case.material.mixed(match.match(case.material, _QUIET, controller=_predicted(case)).settings)


def _predicted(case: Case) -> ConsoleSettings:
    from mixengine.jobs.match import predicted

    assert case.checkpoint is not None
    start_s = case.material.passages.song_s[0]
    return predicted.predict(case.checkpoint, case.session, case.material.groups, start_s, case.reference, _QUIET)[1]


SYSTEMS: dict[str, Callable[[Case], np.ndarray]] = {
    "raw sum": raw,
    "stage 1 only": stage_1,
    "master only": master_only,
    "closed form": in_closed_form,
    "closed form + descent": optimised,
}
WITH_CHECKPOINT: dict[str, Callable[[Case], np.ndarray]] = {
    "controller": controller,
    "controller + descent": controller_and_descent,
}


def judged(case: Case, mix: np.ndarray) -> dict[str, float]:
    """Loss, loss at the reference's loudness, terms."""
    target = material.averaged(case.material.reference)
    compared = case.material.compared
    terms = material.terms(material.averaged(mix), target, compared)
    joined, target_stereo = (np.concatenate(list(x), axis=1).T for x in (mix, case.material.reference))
    gap_db = reference.integrated_lufs(target_stereo) - reference.integrated_lufs(joined)
    gain = 10 ** (gap_db / 20) if np.isfinite(gap_db) else 1.0
    levelled = material.terms(material.averaged(gain * mix), target, compared)
    return {"loss": sum(terms.values()), "levelled": sum(levelled.values()), **terms}


def compare(root: Path, options: argparse.Namespace) -> None:
    systems = SYSTEMS | (WITH_CHECKPOINT if options.checkpoint else {})
    results: dict[str, list[dict[str, float]]] = {name: [] for name in systems}
    with tempfile.TemporaryDirectory() as work:
        for case in cases(root, options.songs, options.references, options.checkpoint, Path(work)):
            for name, system in systems.items():
                started = time.process_time()
                mix = system(case)
                seconds = time.process_time() - started
                results[name].append({**judged(case, mix), "seconds": seconds})
            losses = ", ".join(f"{name} {rows[-1]['loss']:.4f}" for name, rows in results.items())
            print(f"{case.name} ({len(case.material.groups)} groups): {losses}", flush=True)
    columns = ["loss", "levelled", *features.PUBLISHED, "seconds"]
    print(f"\n{'system':24}" + "".join(f"{column[:12]:>13}" for column in columns))
    for name, rows in results.items():
        means = [np.mean([row[column] for row in rows]) for column in columns]
        print(f"{name:24}" + "".join(f"{value:13.4f}" for value in means))


def known(root: Path, options: argparse.Namespace) -> None:
    """Whether settings that are known are found again."""
    print(f"{'song':28}{'groups':>7}{'before':>9}{'closed':>9}{'after':>9}{'faders dB':>11}{'pans':>7}{'EQ dB':>7}")
    with tempfile.TemporaryDirectory() as work:
        for number, (name, stems, _) in enumerate(songs(root, options.songs)):
            session = opened(stems, Path(work) / f"{number}")
            true, mix = _through_known(session, number)
            answer = match.match(mix, _QUIET)
            active = np.array(mix.active)
            faders = (answer.settings.tracks - true.tracks)[active, parameters.FADER]
            movable = active & [g.bus is not None and g.role not in closed_form.CENTRED_ROLES for g in mix.groups]
            pans = 2 * np.abs((answer.settings.tracks - true.tracks)[movable, parameters.PAN])
            losses = [answer.loss(stage) for stage in ("before", "closed_form", "after")]
            print(
                f"{name:28}{len(mix.groups):7d}"
                + "".join(f"{loss:9.4f}" for loss in losses)
                + f"{np.mean(np.abs(faders - np.median(faders))):11.2f}"
                + f"{np.mean(pans) if len(pans) else 0.0:7.2f}{_eq_error_db(mix, answer.settings, true):7.2f}",
                flush=True,
            )


def _through_known(session: Session, seed: int) -> tuple[ConsoleSettings, Material]:
    """The session's loudest passages, and as reference the same through drawn settings."""
    from mixengine.jobs.match import console_settings

    rng = np.random.default_rng(seed)
    mix_groups = groups.find_groups(session)
    powers = [windows.group_powers(session, group) for group in mix_groups]
    frames = int(session.duration_s * features.RATE)
    passages = windows.choose(powers, np.sum(powers, axis=0), frames, frames)
    silent = reference.Reference("", np.zeros((frames, 2), np.float32), reference.LEVEL_LUFS)
    mix = material.collect(session, mix_groups, silent, _QUIET, passages)
    true = console_settings.neutral(mix_groups)
    true.tracks[:, parameters.FADER] = rng.uniform(-6.0, 6.0, len(mix_groups))
    for row, group in enumerate(mix_groups):
        if group.bus is not None and group.role not in closed_form.CENTRED_ROLES:
            true.tracks[row, parameters.PAN] = rng.uniform(0.2, 0.8)
        true.tracks[row, [1, 4, 7, 16]] = rng.uniform(-4.0, 4.0, 4)
    return true, replace(mix, reference=mix.mixed(true), passages=replace(passages, same_song=True))


def _eq_error_db(mix: Material, settings: ConsoleSettings, true: ConsoleSettings) -> float:
    """Mean difference of the groups' responses, the master's EQ counted to each, weighted by the group's spectrum."""
    n = 4096
    errors = []
    for row, active in enumerate(mix.active):
        if not active:
            continue
        weight = _spectrum(mix.plain[:, row].mean(axis=1))
        responses = [
            20 * np.log10(np.abs(eq.response(d.tracks[row, parameters.EQ], n, console.REAPER.rate)))
            + 20 * np.log10(np.abs(eq.response(d.master[parameters.MASTER_EQ], n, console.REAPER.rate)))
            for d in (settings, true)
        ]
        gap = responses[0] - responses[1]
        gap = gap - np.average(gap, weights=weight)
        errors.append(np.average(np.abs(gap), weights=weight))
    return float(np.mean(errors))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--songs", type=int, default=4)
    parser.add_argument("--references", type=int, default=1)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--known", action="store_true")
    options = parser.parse_args()
    if not (options.folder / "multitrack").is_dir():
        print(f"skipped: {options.folder} has no folder multitrack")
        return
    (known if options.known else compare)(options.folder, options)


if __name__ == "__main__":
    main()

"""Trains a network on folders of recordings; writes the network, the loss curve and the model card to a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixengine.audio.files import audio_files
from mixengine.system import extras
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.training.unet import corpus
from mixengine.training.unet.mixtures import Mixer, Recipe

HELD_OUT_EVERY = 9
"""One in this many files of a folder is held out when no pattern matches any."""
VALIDATION_RECIPE = Recipe(
    snr_db=(-5.0, 15.0),
    clean=0, noise_only=0, room=0, narrow=0, second=0, made=0, babble=0, music=0,
    speed=0, noise_speed=0, eq_db=0, noise_eq_db=0,
)  # fmt: skip
"""Mixtures for validation: speech and noise as recorded."""

_RESULTS = ("history.json", "best.pt", "state.pt", "unet.onnx", "loss.svg", "README.md")


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """Result of a run: the exported network, the largest difference of a gain in it, and the best validation loss."""

    model: Path
    difference: float
    validation: float
    steps: int


def run(
    speech: Path,
    noise: Path,
    music: Sequence[Path],
    folder: Path,
    *,
    hold_out: Sequence[str] = (),
    recipe: Recipe | None = None,
    steps: int | None = None,
    batch: int | None = None,
    rate: float | None = None,
    seed: int = 0,
    start: Path | None = None,
    progress: Progress = no_progress,
) -> TrainedNetwork:
    """Train (or resume training) in ``folder``; write ``unet.onnx``, ``loss.svg`` and ``README.md`` there.

    Parameters
    ----------
    speech, noise : Path
        Folders of recordings, nested in any way.
    music : sequence of Path
        Folders of music, which is sometimes used as noise.
    hold_out : sequence of str
        Shell patterns of names or paths to hold out. Held-out speech and noise are used for validation; where no
        pattern matches in a folder, every ninth of its files is held out.
    recipe, steps, batch, rate
        Default: those of the shipped network's first run.
    start : Path, optional
        Folder of another run, whose best network is the starting point.

    Raises
    ------
    UserError
        A folder holds too few files, a file cannot be read, a library is missing, or the run has other files.
    """
    try:
        import torch  # noqa: F401 - to see whether it is installed
    except ImportError:
        raise UserError(f"train unet needs torch: {extras.install_line('train')}") from None
    from mixengine.training.unet import training
    from mixengine.training.unet.export import export

    recipe = recipe or Recipe()
    overrides: dict[str, Any] = {"steps": steps, "batch": batch, "rate": rate}
    start_weights = start / "best.pt" if start else None
    if start_weights is not None and not start_weights.is_file():
        raise UserError(f"{start}: is no folder of a training run (it holds no best.pt)")
    schedule = training.Schedule(**{name: value for name, value in overrides.items() if value})
    low_db, high_db = recipe.snr_db
    if not -200.0 <= low_db <= high_db <= 200.0:
        raise UserError(f"--snr {low_db:g} {high_db:g}: give the lowest ratio first, then the highest, in dB")
    if seed < 0:
        raise UserError(f"--seed {seed} is below 0")
    for place in (speech, noise, *music):
        audio_files(place)  # raises before anything is written
    _check_place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    voices, held_voices = _split(speech, hold_out, folder, progress)
    noises, held_noises = _split(noise, hold_out, folder, progress)
    music_corpus = (
        corpus.load(music, folder, keep=lambda p: not corpus.held_out(p, hold_out), progress=progress)
        if music
        else None
    )
    facts = {
        "speech": [len(voices), round(voices.seconds / 60, 1)],
        "noise": [len(noises), round(noises.seconds / 60, 1)],
        "music": [len(music_corpus), round(music_corpus.seconds / 60, 1)] if music_corpus else [0, 0.0],
        "set_aside": [held_voices.names, held_noises.names],
        "recipe": asdict(recipe),
        "batch": schedule.batch,
        "rate": schedule.rate,
        "start": _sha256(start_weights) if start_weights else None,
        "seed": seed,
    }
    _same_run(folder / "recipe.json", facts)
    net = training.train(
        Mixer(recipe, voices, noises, music_corpus, seed),
        Mixer(VALIDATION_RECIPE, held_voices, held_noises, None, seed + 1),
        schedule,
        folder,
        seed=seed,
        start=start_weights,
        progress=progress,
    )
    difference = export(net, folder / "unet.onnx")
    history = json.loads((folder / "history.json").read_text())
    _plot(history, folder / "loss.svg")
    best = min(history, key=lambda row: row["validation"])
    weights = sum(parameter.numel() for parameter in net.parameters())
    (folder / "README.md").write_text(_card(facts, best, history[-1]["step"], weights, difference), encoding="utf-8")
    return TrainedNetwork(folder / "unet.onnx", difference, best["validation"], history[-1]["step"])


def _check_place(folder: Path) -> None:
    """Refuse a folder in which files of the user would be replaced."""
    if not (folder / "recipe.json").is_file() and (taken := [name for name in _RESULTS if (folder / name).exists()]):
        raise UserError(f"{folder / taken[0]}: stands there and is of no training run; choose another folder with -o")


def _split(root: Path, patterns: Iterable[str], work: Path, progress: Progress) -> tuple[corpus.Corpus, corpus.Corpus]:
    """The recordings to train on, and those for validation."""
    patterns = tuple(patterns)
    files = [Path(path) for path in audio_files(root)]
    held_out = {path for path in files if corpus.held_out(path, patterns)} or set(files[::HELD_OUT_EVERY])
    if len(held_out) == len(files):
        raise UserError(f"{root}: nothing is left to train with; give more recordings or other --hold-out patterns")
    return (
        corpus.load([root], work, keep=lambda path: path not in held_out, progress=progress),
        corpus.load([root], work, keep=lambda path: path in held_out, progress=progress),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _same_run(path: Path, facts: dict) -> None:
    """Refuse to resume a run with other recordings or settings."""
    if path.is_file() and json.loads(path.read_text()) != json.loads(json.dumps(facts)):
        raise UserError(
            f"{path.parent}: was begun with other recordings or another recipe; choose another folder with -o"
        )
    path.write_text(json.dumps(facts, indent=1))


def _plot(history: list[dict[str, float]], path: Path) -> None:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasSVG(figure)
    axis = figure.subplots()
    for name, label in (("training", "training (one batch)"), ("validation", "validation")):
        axis.plot([row["step"] for row in history], [row[name] for row in history], label=label)
    axis.set_xlabel("steps")
    axis.set_ylabel("loss (error in dB below the speech + magnitudes)")
    axis.legend()
    axis.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def _card(facts: dict, best: dict[str, float], steps: int, weights: int, difference: float) -> str:
    (voices, noises), recipe = facts["set_aside"], facts["recipe"]
    lines = "\n".join(f"| {name} | {value} |" for name, value in recipe.items())
    begun = f" Training began with the best network of another run ({facts['start']})." if facts["start"] else ""
    return f"""# Mel-mask U-Net

Gains 0 … 1 in 128 mel bands (0 to 8 kHz, never narrower than a bin of 31.25 Hz) per 16 ms, from the mean power in these
bands; applied to the mixture's spectrum with the mixture's phase. {weights:,} parameters, stored in half precision
(largest difference of a gain: {difference:.4f}). Its receptive field is less than 6 s on either side. Levels are
relative to their surroundings, so the level of a file does not matter.

Trained on mixtures of 4 s at 16 kHz: speech {facts["speech"][0]} files ({facts["speech"][1]} min), noise
{facts["noise"][0]} files ({facts["noise"][1]} min), music {facts["music"][0]} files ({facts["music"][1]} min);
{steps} steps of {facts["batch"]} mixtures, Muon and AdamW, half-cosine rate, weights averaged;
seed {facts["seed"]}.{begun}
The loss is the error of the enhanced complex spectrum in dB below the speech (phase-sensitive) plus the error of the
magnitudes to the power 0.3.

Best loss on {len(voices)} speakers' files and {len(noises)} noises that were held out: {best["validation"]:.3f} at
step {best["step"]}.

| recipe | value |
|---|---|
{lines}

Held out: {", ".join(noises)}; {", ".join(voices)}.
"""

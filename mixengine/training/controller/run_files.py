"""Files of a training run: checkpoint and configuration, model card, loss curve, and the state to resume from.

They are written all together or not at all.
"""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixengine.jobs.match.console.parameters import RATE, ConsoleRanges
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging
from mixengine.training.controller.fit import Material, Run, Settings, start
from mixengine.training.controller.network import SmallModel

CHECKPOINT = "controller.ckpt"
CONFIG = "config.yaml"
CARD = "model-card.md"
CURVE = "loss.svg"
STATE = "training.pt"
FILES = (STATE, CHECKPOINT, CONFIG, CARD, CURVE)


def identity(settings: Settings, material: Material) -> dict[str, Any]:
    """Settings and material that must be unchanged for a run to be resumed."""
    fixed = dataclasses.asdict(settings)
    for changeable in ("steps", "minutes", "patience"):
        del fixed[changeable]
    return {
        **fixed,
        "songs": [song.name for song in material.songs],
        "held_out": material.held_out.name,
        "mixes": [mix.name for mix in material.mixes],
    }


def resume(folder: Path, settings: Settings, material: Material) -> Run:
    """The run that was saved in a folder, or a new one when there is none.

    Raises
    ------
    UserError
        The saved run has other settings or other songs, or cannot be read.
    """
    run = start(settings.seed)
    path = folder / STATE
    if not path.exists():
        return run
    advice = "start anew with --restart, or choose another folder with -o"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        saved = state["identity"]
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
        run.steps, run.losses = int(state["steps"]), list(state["losses"])
        run.checks = [(int(step), float(loss)) for step, loss in state["checks"]]
    except Exception as error:  # a damaged pickle may raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0][:100]
        raise UserError(f"{path}: cannot be read ({reason}); {advice}") from None
    current = identity(settings, material)
    changed = [name for name, value in current.items() if saved.get(name) != value]
    if changed:
        raise UserError(f"{path}: was trained with other {', '.join(changed)}; {advice}")
    return run


def save(run: Run, folder: Path, settings: Settings, material: Material) -> None:
    """Write all files; the checkpoint only when the latest validation was the best."""
    with Staging(folder) as staging:
        if run.is_best:
            write_checkpoint(run.model, run.steps, staging.path(CHECKPOINT))
            staging.path(CONFIG).write_text(config_of(run.model), encoding="utf-8")
        staging.path(CARD).write_text(card(run, settings, material), encoding="utf-8")
        draw_curve(run, staging.path(CURVE))
        state = {
            "identity": identity(settings, material),
            "model": run.model.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "steps": run.steps,
            "losses": run.losses,
            "checks": run.checks,
        }
        _write(state, staging.path(STATE))
        staging.commit()


def write_checkpoint(model: SmallModel, steps: int, path: Path) -> None:
    """Write the model as a checkpoint in the format of [Diff-MST]."""
    tensors = {
        f"model.{name}": tensor.detach().clone(memory_format=torch.contiguous_format)
        for name, tensor in model.state_dict().items()
    }
    _write({"epoch": 0, "global_step": steps, "state_dict": tensors}, path)


def _write(content: dict[str, Any], path: Path) -> None:
    """Write through memory, because PyTorch's own writer does not report a full disk."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(buffer.getvalue())


def config_of(model: SmallModel) -> str:
    """The ``config.yaml`` beside a checkpoint: settings that do not follow from its tensors."""
    import yaml

    ranges = ConsoleRanges()
    console = {
        "sample_rate": RATE,
        "input_min_gain_db": ranges.fader_db[0],
        "input_max_gain_db": ranges.fader_db[1],
        "output_min_gain_db": ranges.fader_db[0],
        "output_max_gain_db": ranges.fader_db[1],
        "eq_min_gain_db": ranges.eq_gain_db[0],
        "eq_max_gain_db": ranges.eq_gain_db[1],
        "min_pan": ranges.pan[0],
        "max_pan": ranges.pan[1],
    }
    encoders = {
        name: {
            "init_args": {
                "embed_dim": encoder.shape.embed_dim,
                "n_fft": encoder.shape.n_fft,
                "hop_length": encoder.shape.hop_length,
                "input_batchnorm": False,
                "encoder_batchnorm": encoder.shape.batch_norm,
            }
        }
        for name, encoder in (("track_encoder", model.track_encoder), ("mix_encoder", model.mix_encoder))
    }
    shape = model.controller.shape
    controller = {"embed_dim": shape.embed_dim, "num_layers": shape.layers, "nhead": shape.heads}
    parts = {**encoders, "controller": {"init_args": controller}}
    content = {"model": {"init_args": {"mix_console": {"init_args": console}, "model": {"init_args": parts}}}}
    return yaml.safe_dump(content, sort_keys=False)


def card(run: Run, settings: Settings, material: Material) -> str:
    """The model card, as Markdown."""
    count = sum(parameter.numel() for parameter in run.model.parameters())
    (best_step, best), start_loss = run.best, run.checks[0][1]
    held_out = ", ".join([material.held_out.name, *(mix.name for mix in material.held_out_mixes)])
    mixes = ", ".join(mix.name for mix in material.mixes) or "none; random console mixes of the songs only"
    return f"""# A controller for matching mixes

A small network in the format of Diff-MST checkpoints ({count:,} numbers): `mixengine match --checkpoint {CHECKPOINT}`.

| | |
|---|---|
| trained on | {", ".join(f"{song.name} ({len(song.stems)} stems)" for song in material.songs)} |
| finished mixes as references | {mixes} |
| held out | {held_out} |
| steps | {run.steps} of {settings.steps}, {settings.batch} examples each, seed {settings.seed} |
| loss on the held-out material, untrained | {start_loss:.3f} |
| loss on the held-out material, best | {best:.3f} at step {best_step} |

The loss is the audio-feature loss of Diff-MST, on songs in random groups of stems; lower is closer. Untrained, the
network sets a nearly neutral console. References are random console mixes of the same song and, where given, windows of
finished mixes. It was trained on no other music: expect little of it elsewhere, and keep the refinement on. Whether a
model may be distributed depends on the licences of the material it was trained on.
"""


def draw_curve(run: Run, path: Path) -> None:
    """Loss of the steps (moving average) and of the held-out song, as SVG."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    width = min(25, len(run.losses))
    if width:
        smooth = np.convolve(run.losses, np.full(width, 1.0 / width), "valid")
        axes.plot(np.arange(width, len(run.losses) + 1), smooth, color="#3b6ea5", label=f"training, mean of {width}")
    axes.plot(*zip(*run.checks, strict=True), "o-", color="#b4472e", markersize=3, label="held out")
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("audio-feature loss")
    axes.legend()
    with matplotlib.rc_context({"svg.hashsalt": "mixengine"}):
        figure.savefig(path, format="svg", metadata={"Date": None})

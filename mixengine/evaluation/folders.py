"""Evaluates models on two folders of recordings and writes the scores as JSON and a report page."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mixengine.evaluation import page as evaluation_page
from mixengine.evaluation.evaluate import SNRS_DB, Enhance, Score, audio_files, evaluate, examples
from mixengine.separation_models.chunked import separate
from mixengine.separation_models.model import Model
from mixengine.separation_models.registry import open_model
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

_SHOWN_SNR_DB = 5.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores by model and speech-to-noise ratio, the page if one was written, and what stood there and was kept."""

    scores: dict[str, dict[float, Score]]
    seed: int
    page: Path | None
    kept: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "models": evaluation_page.to_dict(self.scores),
            "seed": self.seed,
            "outputs": {"report": str(self.page)} if self.page else {},
        }


def write(
    speech: Path,
    noise: Path,
    models: Sequence[str],
    snrs_db: Sequence[float] | None,
    out: Path | None,
    *,
    files: int = 0,
    seed: int = 0,
    model_dir: Path | None = None,
    progress: Progress = no_progress,
) -> Evaluation:
    """Compare models by name, ``none`` among them; write ``evaluation.html`` and ``evaluation.json`` to ``out`` if
    given.

    Raises
    ------
    UserError
        A model is unknown or not ready, a folder holds no audio, a ratio is not a number, the seed is below 0, or
        ``out`` cannot be written.
    """
    if not all(map(math.isfinite, snrs_db or ())):
        raise UserError("--snr: is not a number; give decibels, for example --snr 0 --snr 10")
    if seed < 0:
        raise UserError(f"--seed {seed} is below 0")
    enhancers: dict[str, Enhance] = {"none": lambda samples, _: samples}
    enhancers |= {name: enhancer(open_model(name, model_dir)) for name in models if name != "none"}
    ratios = tuple(snrs_db or SNRS_DB)
    clean = len(audio_files(speech, files))
    total = clean * (len(ratios) + 1) + len(audio_files(noise))
    scores = evaluate(enhancers, examples(speech, noise, ratios, seed=seed, files=files), progress, total)
    if out is None:
        return Evaluation(scores, seed, None)
    nearest = min(ratios, key=lambda ratio: abs(ratio - _SHOWN_SNR_DB))
    example = next(examples(speech, noise, [nearest], seed=seed, files=files))
    facts = f"{clean} clean files, {len(audio_files(noise))} noises, seed {seed}"
    compared = {name: enhance for name, enhance in enhancers.items() if name != "none"}
    page = evaluation_page.page(scores, example, compared, facts)
    evaluation = Evaluation(scores, seed, out / "evaluation.html")
    with Staging(out) as stage:
        stage.path("evaluation.json").write_text(json.dumps(evaluation.to_dict(), indent=1), encoding="utf-8")
        stage.path("evaluation.html").write_bytes(page.encode("utf-8"))
        stage.commit()
    return replace(evaluation, kept=tuple(stage.notes))


def enhancer(model: Model) -> Enhance:
    """A model as a function from one channel to its speech (or vocals) stem."""
    stem = "vocals" if "vocals" in model.stems else model.stems[0]

    def enhance(samples: np.ndarray, rate: int) -> np.ndarray:
        return separate(model, np.ascontiguousarray(samples[:, None], dtype=np.float32), rate)[stem][:, 0]

    return enhance

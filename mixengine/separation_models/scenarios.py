"""Which model for which recording: the table of [Separation-Guide], and the first model of a row that is installed."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from mixengine.model.settings import SettingError, SettingName
from mixengine.separation_models import DENOISER, weights
from mixengine.separation_models import registry as models
from mixengine.separation_models.model import Model
from mixengine.system.errors import unknown


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row: ``models`` in order of preference, quality and speed of the first of them."""

    what: str
    models: tuple[str, ...]
    quality: str
    speed: str


SCENARIOS = {
    "speech-music": Scenario("speech and music", ("demucs", "spleeter", DENOISER), "excellent", "slow"),
    "speakers": Scenario("two people talking at once", ("asteroid",), "excellent", "medium"),
    "speech-tv": Scenario("speech over TV or radio", ("demucs", DENOISER), "excellent", "slow"),
    "music": Scenario("stems of music", ("openunmix", "demucs", "hpss"), "good", "medium"),
    "noise": Scenario("one speaker in noise", (DENOISER, "unet", "gtcrn", "rnnoise"), "good", "fast"),
    "none": Scenario("no models installed", ("mask",), "least", "fast"),
}
FALLBACK_MODEL = "mask"
DEFAULT_SCENARIO = "speech-music"


def select_model(
    model: str | None, scenario: str | None, model_dir: str | os.PathLike[str] | None = None
) -> tuple[Model, str]:
    """Load the model the user named, or the one for a scenario; and a note for the user, possibly empty."""
    check_choice(model, scenario)
    name, note = (model, "") if model else choose(scenario or DEFAULT_SCENARIO, model_dir)
    return models.open_model(name, model_dir), note


def check_choice(model: str | None, scenario: str | None) -> None:
    """Refuse a model that there is not, and a scenario besides a model. Nothing is loaded."""
    if model and scenario:
        raise SettingError(SettingName("model"), " and ", SettingName("scenario"), ": give one of them")
    if model:
        models.entry_of(model)


def listing(model_dir: str | os.PathLike[str] | None = None) -> list[dict[str, Any]]:
    """One entry per scenario, ready for JSON; ``here`` is the model that would be used now."""
    return [
        {
            "scenario": name,
            **asdict(row),
            "here": next((model for model in row.models if is_ready(model, model_dir)), ""),
        }
        for name, row in SCENARIOS.items()
    ]


def choose(scenario: str, model_dir: str | os.PathLike[str] | None = None) -> tuple[str, str]:
    """The first model of a row that is installed and has its weights.

    Returns
    -------
    model : str
    note : str
        Why it is not the recommended one; ``""`` when it is.

    Raises
    ------
    UserError
        There is no such scenario, or it needs a model for separating speakers and none is installed.
    """
    if scenario not in SCENARIOS:
        raise unknown("scenario", scenario, SCENARIOS)
    row = SCENARIOS[scenario]
    ready = next((name for name in row.models if is_ready(name, model_dir)), None)
    if ready is None and scenario == "speakers":  # neither a mask nor a filter can separate two voices
        models.open_model(row.models[0], model_dir)
    name = ready or FALLBACK_MODEL
    if name == row.models[0]:
        return name, ""
    return name, f"{row.what}: {row.models[0]} is recommended and not ready here (see separate --list); used {name}"


def is_ready(name: str, model_dir: str | os.PathLike[str] | None = None) -> bool:
    """Whether a model is installed and the weights of its default variant are present."""
    if models.MODELS[name].missing:
        return False
    present = models.variants(name, weights.models_folder(model_dir))
    return not present or next(iter(present.values()))

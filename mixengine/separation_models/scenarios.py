"""Which model for which recording: the guide's table, and the first of its row that can work here."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any

from mixengine.model.settings import SettingError, SettingName
from mixengine.separation_models import registry as models
from mixengine.separation_models import weights
from mixengine.separation_models.model import Model
from mixengine.system.errors import unknown


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row: ``models`` in order of preference, how good and how fast the first of them is."""

    what: str
    models: tuple[str, ...]
    quality: str
    speed: str


SCENARIOS = {
    "speech-music": Scenario("speech and music", ("demucs", "spleeter", "unet"), "excellent", "slow"),
    "speakers": Scenario("two people talking at once", ("asteroid",), "excellent", "medium"),
    "speech-tv": Scenario("speech over TV or radio", ("demucs", "unet"), "excellent", "slow"),
    "music": Scenario("stems of music", ("openunmix", "demucs", "hpss"), "good", "medium"),
    "noise": Scenario("one speaker in noise", ("unet", "gtcrn", "rnnoise"), "good", "fast"),
    "none": Scenario("no models installed", ("mask",), "least", "fast"),
}
LAST_RESORT = "mask"
USUAL = "speech-music"


def opened(
    model: str | None, scenario: str | None, model_dir: str | os.PathLike[str] | None = None
) -> tuple[Model, str]:
    """The model the user named, or the one for a scenario, ready to work; and a note, perhaps empty."""
    if model and scenario:
        raise SettingError(SettingName("model"), " and ", SettingName("scenario"), ": give one of them")
    name, note = (model, "") if model else choose(scenario or USUAL, model_dir)
    return models.open_model(name, model_dir), note


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
        There is no such scenario, or it wants talkers told apart and nothing here can do that.
    """
    if scenario not in SCENARIOS:
        raise unknown("scenario", scenario, SCENARIOS)
    row = SCENARIOS[scenario]
    ready = next((name for name in row.models if is_ready(name, model_dir)), None)
    if ready is None and scenario == "speakers":  # no mask and no filter can tell two voices apart
        models.open_model(row.models[0], model_dir)
    chosen = ready or LAST_RESORT
    if chosen == row.models[0]:
        return chosen, ""
    return chosen, f"{row.what}: {row.models[0]} is recommended and not ready here (see separate --list); used {chosen}"


def is_ready(name: str, model_dir: str | os.PathLike[str] | None = None) -> bool:
    """Whether a model is installed and its usual weights are there."""
    if models.MODELS[name].missing:
        return False
    known = models.variants(name, weights.models_folder(model_dir))
    return not known or next(iter(known.values()))

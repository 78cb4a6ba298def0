"""What a match found, as plain values for a plan's details."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixengine.jobs.match import features, material, render
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.match import Match
from mixengine.jobs.match.material import Material
from mixengine.jobs.match.reference import Reference
from mixengine.jobs.match.translate import Strip
from mixengine.jobs.match.width import WidthMeter
from mixengine.model import codec


def passages_compared(heard: Material) -> list[dict[str, float]]:
    """Where passages start in song and reference, and how long they are."""
    seconds = round(heard.frames / features.RATE, 3)
    return [
        {"song_s": round(song_s, 3), "reference_s": round(reference_s, 3), "length_s": seconds}
        for song_s, reference_s in zip(
            heard.passages.song_s, _repeated(heard.passages.reference_s, len(heard.passages.song_s)), strict=True
        )
    ]


def _repeated(values: Sequence[float], count: int) -> list[float]:
    return [values[index % len(values)] for index in range(count)]


def losses(matched: Match) -> dict[str, Any]:
    """Loss before, at the start, after; its weighted terms; and how far each feature is off in its own unit."""
    stages = {name: round(matched.loss(name), 6) for name in matched.terms}
    names = list(features.PUBLISHED)
    return {
        "before": stages["before"],
        "closed_form": stages.get("closed_form"),
        "controller": stages.get("controller"),
        "after": stages["after"],
        "terms": {name: {stage: round(terms[name], 8) for stage, terms in matched.terms.items()} for name in names},
        "residuals": {
            name: {
                stage: round(math.sqrt(terms[name] / features.PUBLISHED[name].weight), 6)
                for stage, terms in matched.terms.items()
            }
            for name in names
        },
        "steps": matched.steps,
        "published": _published(matched),
    }


def _published(matched: Match) -> dict[str, float]:
    """The published loss, over all bands, before and after."""
    wanted = matched.measured["reference"]
    return {
        stage: round(sum(material.terms(matched.measured[stage], wanted).values()), 6) for stage in ("before", "after")
    }


def curves(matched: Match, peak: render.Measured, reference: Reference) -> dict[str, Any]:
    """What the figures show: Bark spectra in dB, and loudness and width per second."""
    scale = 20.0 / math.log(10.0)
    shown = ("before", "after", "reference")
    return {
        "bark_db": {
            name: np.round(scale * np.asarray(matched.measured[name]["barkspectrum"]), 2).tolist() for name in shown
        },
        "stereo_width": {name: round(float(matched.measured[name]["stereo_width"]), 5) for name in shown},
        "loudness_lufs": {
            "before": peak.before_lufs,
            "after": peak.after_lufs,
            "reference": render.per_second(reference.audio, features.RATE),
        },
        "width_db": {
            "before": peak.before_width_db,
            "after": peak.after_width_db,
            "reference": _width_db(reference),
        },
    }


def _width_db(reference: Reference) -> list[float | None]:
    meter = WidthMeter(features.RATE)
    meter.add(reference.audio)
    return meter.per_second_db()


def plain_numbers(parameters: Mapping[str, np.ndarray]) -> dict[str, list[float]]:
    """Arrays by name as lists."""
    return {name: [float(value) for value in numbers] for name, numbers in parameters.items()}


def strip_row(strip: Strip) -> dict[str, Any]:
    """What a strip does."""
    return {
        "gain_db": strip.gain_db,
        "pan": strip.pan,
        "eq": [codec.encode(band) for band in strip.bands],
        "compressor": codec.encode(strip.compressor) if strip.compressor else None,
    }


def group_row(group: Group, strip: Strip, reason: str) -> dict[str, Any]:
    """What a group's strip does, and why."""
    return {
        "name": group.name,
        "file": group.file,
        "role": group.role,
        "bus": group.bus.id if group.bus else None,
        "members": [track.id for track in group.tracks],
        **strip_row(strip),
        "reason": reason,
    }

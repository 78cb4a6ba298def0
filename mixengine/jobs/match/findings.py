"""Results of a match as plain values for a plan's details."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from mixengine.jobs.match import features, material, render
from mixengine.jobs.match.details import Curves, GroupRow, Loss, MasterRow, Passage
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.match import Match
from mixengine.jobs.match.material import Material
from mixengine.jobs.match.reference import Reference
from mixengine.jobs.match.translate import Strip
from mixengine.jobs.match.width import WidthMeter


def passages_compared(compared: Material) -> tuple[Passage, ...]:
    """Start of the passages in song and reference, and their length."""
    seconds = round(compared.frames / features.RATE, 3)
    return tuple(
        Passage(round(song_s, 3), round(reference_s, 3), seconds)
        for song_s, reference_s in zip(
            compared.passages.song_s,
            _repeated(compared.passages.reference_s, len(compared.passages.song_s)),
            strict=True,
        )
    )


def _repeated(values: Sequence[float], count: int) -> list[float]:
    return [values[index % len(values)] for index in range(count)]


def losses(matched: Match) -> Loss:
    """Loss before, at the start, after; its weighted terms; and the error of each feature in its own unit."""
    stages = {name: round(matched.loss(name), 6) for name in matched.terms}
    names = list(features.PUBLISHED)
    return Loss(
        before=stages["before"],
        closed_form=stages.get("closed_form"),
        controller=stages.get("controller"),
        after=stages["after"],
        terms={name: {stage: round(terms[name], 8) for stage, terms in matched.terms.items()} for name in names},
        residuals={
            name: {
                stage: round(math.sqrt(terms[name] / features.PUBLISHED[name].weight), 6)
                for stage, terms in matched.terms.items()
            }
            for name in names
        },
        steps=matched.steps,
        published=_published(matched),
    )


def _published(matched: Match) -> dict[str, float]:
    """The published loss, over all bands, before and after."""
    target = matched.measured["reference"]
    return {
        stage: round(sum(material.terms(matched.measured[stage], target).values()), 6) for stage in ("before", "after")
    }


def curves(matched: Match, peak: render.Measured, reference: Reference) -> Curves:
    """Data of the figures: Bark spectra in dB, and loudness and width per second."""
    scale = 20.0 / math.log(10.0)
    stages = ("before", "after", "reference")
    return Curves(
        bark_db={
            name: tuple(
                tuple(row) for row in np.round(scale * np.asarray(matched.measured[name]["barkspectrum"]), 2).tolist()
            )
            for name in stages
        },
        stereo_width={name: round(float(matched.measured[name]["stereo_width"]), 5) for name in stages},
        loudness_lufs={
            "before": tuple(peak.before_lufs),
            "after": tuple(peak.after_lufs),
            "reference": tuple(render.per_second(reference.audio, features.RATE)),
        },
        width_db={
            "before": tuple(peak.before_width_db),
            "after": tuple(peak.after_width_db),
            "reference": tuple(_width_db(reference)),
        },
    )


def _width_db(reference: Reference) -> list[float | None]:
    meter = WidthMeter(features.RATE)
    meter.add(reference.audio)
    return meter.per_second_db()


def plain_numbers(parameters: Mapping[str, np.ndarray]) -> dict[str, tuple[float, ...]]:
    """Arrays by name as lists."""
    return {name: tuple(float(value) for value in numbers) for name, numbers in parameters.items()}


def group_row(group: Group, strip: Strip, reason: str) -> GroupRow:
    """What a group's strip does, and why."""
    return GroupRow(
        name=group.name,
        file=group.file,
        role=group.role,
        bus=group.bus.id if group.bus else None,
        members=tuple(track.id for track in group.tracks),
        gain_db=strip.gain_db,
        pan=strip.pan,
        eq=tuple(strip.bands),
        compressor=strip.compressor,
        reason=reason,
    )


def master_row(strip: Strip, trim_db: float, reason: str) -> MasterRow:
    """What the master's strip does, and why."""
    return MasterRow(strip.gain_db, strip.pan, tuple(strip.bands), strip.compressor, trim_db, reason)

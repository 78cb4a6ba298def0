"""What a match measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixengine.model.details import Details
from mixengine.model.session import CompressorSettings, EqBand

Curve = tuple[float | None, ...]
Stages = dict[str, float]
"""Stage of the match (``before``, ``after`` …) → a number."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What was compared: where it starts in song and reference."""

    song_s: float = 0.0
    reference_s: float = 0.0
    length_s: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What a group's strip does, and why."""

    name: str = ""
    file: str | None = None
    role: str = ""
    bus: str | None = None
    members: tuple[str, ...] = ()
    gain_db: float = 0.0
    pan: float = 0.0
    eq: tuple[EqBand, ...] = ()
    compressor: CompressorSettings | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MasterRow:
    """What the master's strip does, and why."""

    gain_db: float = 0.0
    pan: float = 0.0
    eq: tuple[EqBand, ...] = ()
    compressor: CompressorSettings | None = None
    trim_db: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Loss before, at the start, after; its weighted terms; how far each feature is off in its own unit."""

    before: float | None = None
    closed_form: float | None = None
    controller: float | None = None
    after: float | None = None
    terms: dict[str, Stages] = field(default_factory=dict)
    residuals: dict[str, Stages] = field(default_factory=dict)
    steps: int = 0
    published: Stages = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Curves:
    """What the figures show, by stage: Bark spectra in dB, and loudness and width per second."""

    bark_db: dict[str, tuple[Curve, ...]] = field(default_factory=dict)
    stereo_width: Stages = field(default_factory=dict)
    loudness_lufs: dict[str, Curve] = field(default_factory=dict)
    width_db: dict[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchDetails(Details):
    """What a match measured.

    Attributes
    ----------
    reference : str
        The file.
    reference_lufs, compared_at_lufs : float
    windows : tuple of Passage
    tracks : tuple of GroupRow
        One per group.
    master : MasterRow
    loss : Loss
    differences : tuple of str
        Before, in words.
    controller_parameters : dict of str to tuple of float
        A controller's numbers by file or group.
    controller_master : tuple of float
    curves : Curves
    roles : dict of str to str
        Track id → role.
    """

    reference: str = ""
    reference_lufs: float | None = None
    compared_at_lufs: float | None = None
    windows: tuple[Passage, ...] = ()
    tracks: tuple[GroupRow, ...] = ()
    master: MasterRow = field(default_factory=MasterRow)
    loss: Loss = field(default_factory=Loss)
    differences: tuple[str, ...] = ()
    controller_parameters: dict[str, tuple[float, ...]] = field(default_factory=dict)
    controller_master: tuple[float, ...] = ()
    curves: Curves = field(default_factory=Curves)
    roles: dict[str, str] = field(default_factory=dict)

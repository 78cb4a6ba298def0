"""Plug-ins of a session: those whose settings mixengine reads, and the names of all others. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.automation import EnvelopePoint

IN_PARALLEL = "running in parallel with the next plug-in"
"""Note of an effect: REAPER adds its sound to the next one's."""


@dataclass(frozen=True, slots=True)
class EqBand:
    """One band of an equaliser; ``kind`` as in `mixengine.hosts.rpp.reaeq.BAND_KINDS`, width in octaves.
    With ``points`` (linear amplitudes) its gain moves, and ``gain_db`` is what they reach at most.
    """

    kind: str
    frequency_hz: float
    gain_db: float = 0.0
    bandwidth_oct: float = 2.0
    enabled: bool = True
    points: tuple[EnvelopePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class CompressorSettings:
    """How a compressor is set, in ReaComp's terms.

    ``ratio`` is 4.0 for 4:1 (100.0 is the limiter at the knob's end), ``knee_db`` the width of the soft knee,
    ``makeup_db`` the gain of the compressed sound, ``lookahead_ms`` ReaComp's "pre-comp", ``rms_ms`` the window of its
    level detector (0 detects peaks). ``auto_makeup`` is its automatic make-up, ``dry_db`` the level of the sound beside
    the compressed one (-150: none).
    """

    threshold_db: float
    ratio: float
    attack_ms: float
    release_ms: float
    knee_db: float
    makeup_db: float = 0.0
    lookahead_ms: float = 0.0
    rms_ms: float = 0.0
    auto_makeup: bool = False
    dry_db: float = -150.0


@dataclass(frozen=True, slots=True)
class LimiterSettings:
    """How a limiter is set, in ReaLimit's terms: what passes the threshold is limited, and all is then raised by the
    distance from there to the ceiling.
    """

    threshold_db: float
    ceiling_db: float
    true_peak: bool = True


@dataclass(frozen=True, slots=True)
class UtilitySettings:
    """How a JS volume utility is set: ``pan`` from -1 to 1 with ``law_db`` at the centre, ``ceiling_db`` where
    it cuts off (``None``: nowhere).
    """

    volume_db: float
    pan: float = 0.0
    law_db: float = 0.0
    ceiling_db: float | None = None


@dataclass(frozen=True, slots=True)
class JsFilter:
    """A JS filter of REAPER's own set by its file, and its sliders in order."""

    file: str
    sliders: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MidiEvent:
    """A message to an instrument at a time of the session."""

    time_s: float
    message: bytes


@dataclass(frozen=True, slots=True)
class HostedPlugin:
    """A VST3 plug-in of the user's as the project holds it, read only where the user lets mixengine load plug-ins.

    ``class_id`` is its identifier (32 hexadecimal digits), ``file`` the file name as the project has it, ``component``
    and ``controller`` the two parts of its state. ``wet`` (0…1) is how much of its sound replaces the sound before it.
    ``midi`` is what an instrument plays, in order of time. ``problem`` says why it cannot be played, in words.
    """

    class_id: str
    file: str
    component: bytes = b""
    controller: bytes = b""
    is_instrument: bool = False
    wet: float = 1.0
    midi: tuple[MidiEvent, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """A plug-in of a chain.

    ``bands`` and ``gain_db``, its output gain, are filled for ReaEQ, ``compressor`` for ReaComp, ``utility`` for the JS
    volume utilities and ``js_filter`` for the JS filters, whose states mixengine reads, ``limiter`` for ReaLimit (only
    mixengine's own is played), ``plugin`` for VST3 plug-ins that the user lets mixengine load; others are only named.
    ``notes`` name what else such a state or its place in the chain asks for and mixengine does not play. ``inside`` are
    the labels of mixengine's own plug-ins in a container.
    """

    name: str
    label: str = ""
    bypassed: bool = False
    bands: tuple[EqBand, ...] = ()
    compressor: CompressorSettings | None = None
    gain_db: float = 0.0
    utility: UtilitySettings | None = None
    js_filter: JsFilter | None = None
    plugin: HostedPlugin | None = None
    notes: tuple[str, ...] = ()
    limiter: LimiterSettings | None = None
    inside: tuple[str, ...] = ()

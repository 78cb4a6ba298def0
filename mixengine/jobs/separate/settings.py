"""Settings of the separate job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.analysis.certainty import MIN_SURE
from mixengine.model.settings import Dialog, SettingError, SettingName, check, setting
from mixengine.repair.names import BREATH_DB, NAMES, NONE, SIBILANCE_DB, chosen

_REPAIR = f"Of a take: faults mended before: {', '.join(NAMES)}. Default: none."


_FOR_REPAIRS = (
    ("min_sure", MIN_SURE, NAMES),
    ("sibilance_db", SIBILANCE_DB, ("sibilance",)),
    ("breath_db", BREATH_DB, ("breaths",)),
)
"""Settings, what they usually are, and the repairs one of which they are for."""


@dataclass(frozen=True, slots=True)
class SeparateSettings:
    """Settings of the separate job.

    Attributes
    ----------
    model : str, optional
        A name of `mixengine.separation_models.registry.MODELS`, perhaps with a variant (``demucs:htdemucs_ft``).
    scenario : str, optional
        A name of `mixengine.separation_models.scenarios.SCENARIOS`, which chooses the model.
    stems : tuple of str
        Only these stems; empty: all.
    two_stems : str, optional
        This stem and everything else.
    residual : bool
        Also make the residual, which no stem holds, so that all parts sum to the original.
    model_dir : str, optional
        Folder with the weights.
    tracks : tuple of str
        In a session: all items of these tracks; empty: the selected items.
    take : bool
        In a session: not new tracks, but the speech alone as a new take of each item.
    blend : float
        Of a take: 1 is the part alone, 0 the item as it was.
    floor_db : float
        Of a take by a denoiser: nothing is lowered by more.
    keep_music : bool
        Of a take by a denoiser: passages of music and instruments are left as they are.
    voice : str
        Of a take by a denoiser: what a voice is; ``auto`` judges it from the sound.
    repair : tuple of str
        Of a take: faults that are mended before, names of `mixengine.repair.names.NAMES`; empty: none.
    min_sure : float
        Of a take: what is a fault less surely is left as it is.
    sibilance_db : float
        Of a take: level of sibilants above 4.5 kHz, against the voice around, to which louder ones are brought.
    breath_db : float
        Of a take: how far breaths are lowered, not below the room.
    """

    model: str | None = setting(None, help="NAME or NAME:VARIANT, see --list.")
    scenario: str | None = setting(
        None,
        help="Choose the model by the recording, see --list.",
        choices=("speech-music", "speakers", "speech-tv", "music", "noise", "none"),
        dialog=Dialog("scenario", "separate", place=80, default="speech-music"),
    )
    stems: tuple[str, ...] = setting((), option="--stems", metavar="A,B", comma=True, help="Write only these parts.")
    two_stems: str | None = setting(None, metavar="STEM", help="This part and everything else.")
    residual: bool = setting(True, option="--residual/--no-residual", help="Write what no part took.")
    model_dir: str | None = setting(None, file=True, help="Folder with the weights of models.")
    tracks: tuple[str, ...] = setting(
        (), metavar="TRACK", help="In a session: all items of this track; else selected ones."
    )
    take: bool = setting(False, help="In a session: the speech alone as a new take of each item.")
    blend: float = setting(1.0, help="Of a take: 0 as it was, 1 the part alone.", min=0.0, max=1.0, hidden=True)
    floor_db: float = setting(-24.0, help="Of a take: noise is lowered by no more.", unit="dB", min=-120.0, max=0.0)
    keep_music: bool = setting(
        True, option="--keep-music/--no-keep-music", help="Of a take: leave music and instruments as they are."
    )
    voice: str = setting(
        "auto", help="Of a take: what voices are; auto judges by the sound.", choices=("auto", "speech", "song")
    )
    repair: tuple[str, ...] = setting(
        (),
        option="--repair",
        metavar="A,B",
        comma=True,
        help=_REPAIR,
        choices=(*NAMES, NONE),
        dialog=Dialog(f"mend before {'/'.join(NAMES)} (empty: none)", "repair", place=98, button="Isolate"),
    )
    min_sure: float = setting(
        MIN_SURE, help="Of a take: what is a fault less surely than this is left and named.", min=0.0, max=1.0
    )
    sibilance_db: float = setting(
        SIBILANCE_DB,
        option="--sibilance-db",
        help="Of a take, repair sibilance: sibilants are brought down to this beside the voice.",
        unit="dB",
        min=-30.0,
        max=10.0,
    )
    breath_db: float = setting(
        BREATH_DB,
        option="--breath-db",
        help="Of a take, repair breaths: how far they are lowered.",
        unit="dB",
        min=-30.0,
        max=0.0,
    )

    def __post_init__(self) -> None:
        check(self)
        if NONE in self.repair and len(self.repair) > 1:
            others = ", ".join(name for name in self.repair if name != NONE)
            raise SettingError(SettingName("repair"), f" {NONE} and {others}: give {NONE}, or what is to be mended")
        for name, usual, needed in _FOR_REPAIRS:
            if getattr(self, name) != usual and not set(needed) & set(self.repairs):
                what = needed[0] if len(needed) == 1 else "NAME"
                words = (SettingName(name), " does nothing without ", SettingName("repair"), f" {what}")
                raise SettingError(*words)

    @property
    def repairs(self) -> tuple[str, ...]:
        """Names of the repairs, in order."""
        return chosen(self.repair)

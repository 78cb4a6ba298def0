"""Recordings without a project: one file, or all of a folder, with the noise taken out of the speech."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mixengine.hosts.folder_files import other_files, other_folders, sounds
from mixengine.jobs.separate.enhance_files import Enhanced
from mixengine.jobs.separate.enhance_files import enhance as enhance_file
from mixengine.jobs.separate.repaired import wish_of
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.model.inputs import InputFile
from mixengine.separation_models import DENOISER
from mixengine.separation_models.keeping import Guard
from mixengine.separation_models.registry import open_model
from mixengine.system import file_names
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

SUFFIX = "enhanced"
_SAME_KIND = {".wav", ".flac", ".aif", ".aiff"}


@dataclass
class EnhancedFiles:
    """What was written, in order, one line for each file that failed, and of a folder every file that was there."""

    files: list[Enhanced] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)


def enhance(
    source: Path,
    out: str | None,
    settings: SeparateSettings,
    *,
    failed: Callable[[str], None],
    progress: Callable[[], Progress],
) -> EnhancedFiles:
    """Enhance a file, or every file of a folder.

    Parameters
    ----------
    out : str, optional
        File or folder to write; default: beside the source under a new name.
    settings : SeparateSettings
        The model and its folder, the share of the original, what is kept, and what is mended before.
    failed : callable
        Called with a line for each file of a folder that fails; it does not stop the others.
    progress : callable
        Returns the progress function of one file.

    Raises
    ------
    UserError
        The file, the model or the folder is not usable.
    """
    opened = open_model(settings.model or DENOISER, settings.model_dir)
    how: dict[str, Any] = {
        "blend": settings.blend,
        "guard": Guard(settings.floor_db, settings.keep_music, settings.voice),
        "repairs": settings.repairs,
        "wish": wish_of(asdict(settings)),
    }
    result = EnhancedFiles()
    if not source.is_dir():
        result.files.append(enhance_file(str(source), _target(source, out), opened, progress=progress(), **how))
        return result
    targets, left_out = _targets(source, out)
    for path, place in targets:
        try:
            done = enhance_file(path, place, opened, progress=progress(), **how)
            result.files.append(done)
            result.inputs.append(_input(source, path, str(place), "; ".join(done.notes[:1])))
        except UserError as error:
            result.failures.append(str(error))
            result.inputs.append(_input(source, path, "", str(error).removeprefix(f"{path}: ")))
            failed(str(error))
    others = dict([*other_files(source), *other_folders(source), *left_out])
    result.inputs += [_input(source, str(path), "", why) for path, why in others.items()]
    return result


def _input(source: Path, path: str, used_as: str, reason: str) -> InputFile:
    return InputFile(Path(path).relative_to(source).as_posix(), used_as, reason)


def _target(source: Path, out: str | None) -> Path:
    """Where one file goes: ``out``, or into the folder that it names, or beside the file."""
    name = file_names.extended(source.stem, f"-{SUFFIX}{_kind(source)}")
    if out is None:
        return source.with_name(name)
    is_folder = out.endswith(("/", os.sep)) or Path(out).is_dir()
    return Path(out) / name if is_folder else Path(out)


def _targets(source: Path, out: str | None) -> tuple[list[tuple[str, Path]], list[tuple[Path, str]]]:
    """The files of a folder, each with its output path, and those that are left out, each with the reason."""
    named = source if source.name not in {"", ".."} else source.resolve()
    folder = Path(out) if out else named.with_name(file_names.extended(named.name, f"-{SUFFIX}"))
    if folder.resolve() == source.resolve():
        raise UserError(f"{folder}: is the input, which is never overwritten; give another folder with -o")
    names = sorted(str(path) for path in sounds(source))
    results = _below(folder, names) if source.resolve() in folder.resolve().parents else []
    names = [name for name in names if name not in results]
    if not names:
        raise UserError(f"{source}: no audio files in it" + f" besides those in {folder}" * bool(results))
    places = _places(source, folder, names)
    _check_apart(places)
    return places, [(Path(name), "in the folder of the results") for name in results]


def _below(folder: Path, names: list[str]) -> list[str]:
    return [name for name in names if folder.resolve() in Path(name).resolve().parents]


def _check_apart(places: list[tuple[str, Path]]) -> None:
    """No output stands where another recording of the folder is."""
    inputs = {Path(name).resolve() for name, _ in places}
    for _, place in places:
        if place.resolve() in inputs:
            raise UserError(f"{place}: is one of the recordings; choose another folder with -o")


def _places(root: Path, folder: Path, names: list[str]) -> list[tuple[str, Path]]:
    """Each file with its output path; a.mp3 beside a.wav becomes a.mp3.wav, so that no output replaces another."""
    places = {name: folder / Path(name).relative_to(root) for name in names}
    kept = {str(place).casefold() for place in places.values() if _kind(place) == place.suffix}
    for name, place in places.items():
        if _kind(place) != place.suffix:
            wav = place.with_suffix(_kind(place))
            places[name] = wav if str(wav).casefold() not in kept else place.with_name(f"{place.name}{_kind(place)}")
            kept.add(str(places[name]).casefold())
    return list(places.items())


def _kind(path: Path) -> str:
    """The input's format where it can be written, else WAV."""
    return path.suffix if path.suffix.lower() in _SAME_KIND else ".wav"

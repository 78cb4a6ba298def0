"""Finds the weights of models on disk; nothing is downloaded.

A file belongs into ``<models folder>/<model>/``. The models folder itself and torch's download cache are searched too,
so that files downloaded by other programs are found.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mixengine.system.errors import UserError
from mixengine.system.user_dirs import cache_folder

VARIABLE = "MIXENGINE_MODELS"
_HASH_IN_NAME = re.compile(r"[-_]([0-9a-f]{8,64})\.[a-z]+$")


@dataclass(frozen=True, slots=True)
class Weight:
    """A file that a model needs.

    Attributes
    ----------
    file : str
        Path below the model's folder. ``name-1a2b3c4d.ext`` carries the first digits of its own SHA-256.
    url : str
        Where its authors publish it.
    """

    file: str
    url: str

    @property
    def sha256(self) -> str:
        """The first digits of the checksum from the file name, or ``""``."""
        match = _HASH_IN_NAME.search(self.file)
        return match.group(1) if match else ""


def models_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """The folder given by the user, the one in ``MIXENGINE_MODELS``, or ``models`` in the cache folder."""
    folder = given or os.environ.get(VARIABLE)
    return Path(folder).expanduser() if folder else cache_folder() / "models"


def places(model: str, folder: Path) -> tuple[Path, ...]:
    """Folders that are searched for the weights of a model, the recommended one first."""
    torch_home = os.environ.get("TORCH_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "torch"
    )
    return folder / model, folder, Path(torch_home) / "hub" / "checkpoints"


def find_folder(weights: Iterable[Weight], model: str, folder: Path) -> Path | None:
    """The folder that holds all of these files; ``None`` when there is none."""
    names = [weight.file for weight in weights]
    return next((place for place in places(model, folder) if all((place / name).exists() for name in names)), None)


def require(weights: tuple[Weight, ...], model: str, folder: Path) -> Path:
    """The folder with these files, after comparing their checksums.

    Raises
    ------
    UserError
        A file is missing, or its checksum differs from the one in its name.
    """
    place = find_folder(weights, model, folder)
    if place is None:
        recommended = places(model, folder)[0]
        missing = [weight for weight in weights if not (recommended / weight.file).exists()]
        sources = " ".join(dict.fromkeys(weight.url for weight in missing))
        names = ", ".join(weight.file for weight in missing)
        raise UserError(f"{model}: weights are missing: download {sources} and put {names} into {recommended}")
    for weight in weights:
        check(place / weight.file, weight.sha256)
    return place


def find_file(file: str, model: str, folder: Path) -> Path | None:
    """A file given by the user: as a path, or relative to one of `places`; ``None`` when it does not exist."""
    candidates = (Path(file).expanduser(), *(place / file for place in places(model, folder)))
    return next((path for path in candidates if file and path.is_file()), None)


def check(path: Path, sha256: str) -> None:
    """Compare a file with the first digits of its SHA-256; without digits nothing is compared.

    Raises
    ------
    UserError
        They differ, or the file cannot be read.
    """
    if not sha256:
        return
    try:
        actual = _sha256(path)[: len(sha256)]
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    if actual != sha256:
        raise UserError(f"{path}: is damaged: its SHA-256 begins with {actual}, expected {sha256}; download it again")


def damaged(path: Path, error: Exception) -> UserError:
    """The error for weights that a library could not load; it states a file's checksum, to compare with its source."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    checksum = f", its SHA-256 begins with {_sha256(path)[:8]}" if path.is_file() else ""
    return UserError(f"{path}: damaged or not weights of this model ({reason[:120]}){checksum}; download it again")


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()

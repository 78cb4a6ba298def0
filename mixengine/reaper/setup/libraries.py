"""The shared library of a Python, which REAPER loads, and reasons why there may be none."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mixengine.reaper.setup import binaries
from mixengine.reaper.setup.places import System

_VARIABLES = ("LDLIBRARY", "INSTSONAME", "LIBDIR", "LIBPL", "MULTIARCH", "PYTHONFRAMEWORKPREFIX", "LDVERSION")


@dataclass(frozen=True)
class Build:
    """How a Python was built; tests pass other ones.

    Parameters
    ----------
    version : tuple[int, int]
        Major and minor.
    executable : Path
        The interpreter.
    prefix, base_prefix : Path
        Equal unless the interpreter belongs to a virtual environment.
    variables : Mapping[str, str]
        From `sysconfig`.
    """

    version: tuple[int, int] = (sys.version_info.major, sys.version_info.minor)
    executable: Path = field(default_factory=lambda: Path(sys.executable))
    prefix: Path = field(default_factory=lambda: Path(sys.prefix))
    base_prefix: Path = field(default_factory=lambda: Path(sys.base_prefix))
    variables: Mapping[str, str] = field(
        default_factory=lambda: {name: str(sysconfig.get_config_var(name) or "") for name in _VARIABLES}
    )

    @property
    def dotted(self) -> str:
        """As in ``3.12``."""
        return "{}.{}".format(*self.version)

    @property
    def in_environment(self) -> bool:
        """Whether it is a virtual environment's: the library is then the base's."""
        return self.prefix != self.base_prefix


@dataclass(frozen=True)
class LibrarySearch:
    """Result of `shared_library`.

    Parameters
    ----------
    path : Path or None
        The library.
    trouble : str
        Why there is none, or a warning about it; may be empty.
    """

    path: Path | None
    trouble: str = ""


def shared_library(build: Build | None = None, system: System | None = None) -> LibrarySearch:
    """Find the shared library that belongs to an interpreter."""
    build, system = build or Build(), system or System()
    for path in _CANDIDATES.get(system.platform, _unix)(build):
        binary = binaries.read(path)
        if binary is not None and binary.shared:
            return LibrarySearch(path, _warning(build))
    missing = f"Python {build.dotted} at {build.base_prefix} has no shared library, which REAPER needs"
    return LibrarySearch(None, f"{missing}; {_advice(build, system)}")


def _windows(build: Build) -> Iterator[Path]:
    yield build.base_prefix / "python{}{}.dll".format(*build.version)


def _mac(build: Build) -> Iterator[Path]:
    name = f"libpython{build.dotted}.dylib"
    framework = build.variables.get("PYTHONFRAMEWORKPREFIX")
    folders = [build.base_prefix / "lib", *_folders(build)]
    if framework:
        folders.append(Path(framework) / "Python.framework" / "Versions" / build.dotted / "lib")
    yield from (folder / name for folder in folders)
    if framework:
        # REAPER also loads the framework's own file, whatever its name
        yield Path(framework) / "Python.framework" / "Versions" / build.dotted / "Python"


def _unix(build: Build) -> Iterator[Path]:
    stem = f"libpython{build.variables.get('LDVERSION') or build.dotted}.so"
    built = [build.variables.get(name, "") for name in ("INSTSONAME", "LDLIBRARY")]
    names = dict.fromkeys([f"{stem}.1.0", stem, *(name for name in built if ".so" in name)])
    multi = build.variables.get("MULTIARCH") or ""
    folders = [build.base_prefix / "lib", build.base_prefix / "lib64", *_folders(build)]
    if multi:
        folders.append(build.base_prefix / "lib" / multi)
    yield from (folder / name for folder in folders for name in names)


def _folders(build: Build) -> list[Path]:
    return [Path(build.variables[name]) for name in ("LIBDIR", "LIBPL") if build.variables.get(name)]


_CANDIDATES: dict[str, Callable[[Build], Iterator[Path]]] = {"win32": _windows, "darwin": _mac, "linux": _unix}


def _kind(build: Build) -> str:
    """Distributor of this Python, which decides the advice."""
    place = PurePosixPath(str(build.base_prefix).replace("\\", "/").lower())
    return next((kind for kind, marks in _KINDS.items() if any(mark in str(place) for mark in marks)), "other")


_KINDS = {
    "store": ("windowsapps",),
    "uv": ("/uv/python", "python-build-standalone"),
    "pyenv": ("/.pyenv/", "/pyenv/", "pyenv-win"),
    "conda": ("conda", "mamba", "miniforge"),
    "system": ("/usr",),
}

_INSTALLER = "install Python from python.org, install mixengine with it, and run this again"
_ADVICE = {
    "pyenv": 'rebuild it: PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install --force {version}',
    "uv": _INSTALLER,
    "conda": "take another Python: " + _INSTALLER,
    "system": "install your system's package libpython{version} and run this again",
}


def _advice(build: Build, system: System) -> str:
    kind = _kind(build)
    # a package called libpython exists on Linux alone
    distributor = kind if kind != "system" or system.platform == "linux" else "other"
    return _ADVICE.get(distributor, _INSTALLER).format(version=build.dotted)


def _warning(build: Build) -> str:
    return _WARNINGS.get(_kind(build), "")


_WARNINGS = {
    "store": "this Python comes from the Microsoft Store, whose files other programs may not load; if REAPER reports "
    "no Python, " + _INSTALLER,
    "uv": "this Python comes from uv, whose library may not find its own files inside REAPER; if REAPER fails to start "
    "Python, " + _INSTALLER,
}

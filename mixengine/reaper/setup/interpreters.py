"""Which modules an interpreter can import, tested by running it in another process."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixengine.reaper.setup.places import System

_TIMEOUT_S = 60

# Imitates REAPER: reapy expects `obj` in the main module and REAPER's own module. Without them it would look for a
# running REAPER on the network, and might wait for ever.
_SCRIPT = """
import json, sys, types
answer = {"version": list(sys.version_info[:3])}
stand_in = types.ModuleType("reaper_python")
stand_in._ft = {}
stand_in.__getattr__ = lambda name: (lambda *arguments: "")
for name in ("RPR_GetResourcePath", "RPR_ShowConsoleMsg"):
    setattr(stand_in, name, lambda *arguments: "")
sys.modules["reaper_python"] = stand_in
obj = object()
sys.path[:0] = json.loads(sys.argv[1])
for name in json.loads(sys.argv[2]):
    try:
        __import__(name)
        answer[name] = ""
    except BaseException as error:
        answer[name] = type(error).__name__ + ": " + str(error).split("\\n")[0]
sys.stdout.write("\\n@@" + json.dumps(answer))
"""


@dataclass(frozen=True)
class Answer:
    """Result of running an interpreter.

    Parameters
    ----------
    version : str
        As in ``3.12.1``; empty when it failed.
    failures : dict[str, str]
        Module name to why it cannot be imported.
    trouble : str
        Why it failed.
    """

    version: str
    failures: dict[str, str]
    trouble: str = ""


def ask(python: Path, modules: Sequence[str], paths: Sequence[str] = ()) -> Answer:
    """Run an interpreter that imports modules as if inside REAPER, with ``paths`` in front of its own."""
    # no -I: the user's environment variables also apply inside REAPER
    command = [str(python), "-W", "ignore", "-c", _SCRIPT, json.dumps(list(paths)), json.dumps(list(modules))]
    try:
        process = subprocess.run(
            command, capture_output=True, timeout=_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
        answer = json.loads(process.stdout.decode("utf-8", "replace").rpartition("\n@@")[2])
    except (OSError, subprocess.SubprocessError) as error:
        return Answer("", {}, str(error))
    except ValueError:
        return Answer(
            "",
            {},
            process.stderr.decode("utf-8", "replace").strip().split("\n")[-1] or f"exit code {process.returncode}",
        )
    version = ".".join(map(str, answer.pop("version")))
    return Answer(version, {name: why for name, why in answer.items() if why})


def belonging_to(library: Path, system: System) -> Path | None:
    """Find the interpreter that belongs to a shared library."""
    return next((path for path in _candidates(library, system) if path.is_file()), None)


def _candidates(library: Path, system: System) -> Iterator[Path]:
    if system.platform == "win32":
        yield library.parent / "python.exe"
        return
    version = library_version(library)
    names = [f"python{version}"] if version else ["python3"]
    for place in (library, library.resolve()):
        for folder in list(place.parents)[:5]:
            yield from (folder / "bin" / name for name in names)


def library_version(library: Path) -> str:
    """The version in a library's name or, for a framework on macOS, in its path; empty when there is none."""
    match = re.search(r"python(\d)\.?(\d+)", library.name, re.IGNORECASE)
    if match:
        return f"{match[1]}.{match[2]}"
    match = re.search(r"/Versions/(\d+\.\d+)/", library.as_posix())
    return match[1] if match else ""

"""Checkpoints of [Diff-MST], as the training framework (Lightning) writes them.

A checkpoint is a pickle, and a pickle can contain code. Only tensors and plain values are read; a file with anything
else is refused before any code could run. Sizes are read from the tensors, the rest from `config`.
"""

from __future__ import annotations

import functools
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mixengine.jobs.match.console.parameters import ConsoleRanges
from mixengine.jobs.match.diffmst import config
from mixengine.system import extras
from mixengine.system.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mixengine.jobs.match.diffmst.controller import TransformerController
    from mixengine.jobs.match.diffmst.encoder import SpectrogramEncoder

MISSING = f"checkpoints need PyTorch: {extras.install_line('neural')}"
_MIN_TORCH = (2, 6)
_PARTS = ("track_encoder", "mix_encoder", "controller")
_Module = TypeVar("_Module", bound="nn.Module")


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded checkpoint, ready to predict.

    Attributes
    ----------
    track_encoder, mix_encoder : SpectrogramEncoder
    controller : TransformerController
    ranges : ConsoleRanges
        Ranges of its parameters.
    notes : tuple of str
        Notes for the user.
    """

    track_encoder: SpectrogramEncoder
    mix_encoder: SpectrogramEncoder
    controller: TransformerController
    ranges: ConsoleRanges
    notes: tuple[str, ...] = ()


def load(path: Path) -> Model:
    """Load a checkpoint and the configuration beside it or one folder up.

    Raises
    ------
    UserError
        The file is missing, damaged, no checkpoint, or contains code; a tensor is missing or its shape does not fit the
        others; PyTorch is not installed or older than 2.6, in which safe loading is not safe.
    """
    _check_torch()
    from mixengine.jobs.match.diffmst.controller import ControllerShape, TransformerController

    where = config.beside(path)
    settings = config.read(where) if where else config.Config()
    parts = _parts(path, _content(path))
    track_encoder, mix_encoder = (
        _module(path, name, parts[name], functools.partial(_encoder, hop_length=hop_length))
        for name, hop_length in (("track_encoder", settings.track_hop), ("mix_encoder", settings.mix_hop))
    )
    controller = _module(
        path,
        "controller",
        parts["controller"],
        lambda state: TransformerController(ControllerShape.of(state, settings.heads)),
    )
    for name, encoder in (("track_encoder", track_encoder), ("mix_encoder", mix_encoder)):
        if encoder.shape.embed_dim != controller.shape.embed_dim:
            raise UserError(
                f"{path}: model.{name} makes embeddings of {encoder.shape.embed_dim} numbers and model.controller"
                f" takes {controller.shape.embed_dim}; the parts belong to different models"
            )
    return Model(track_encoder, mix_encoder, controller, settings.ranges, settings.notes)


def _encoder(state: Mapping[str, Tensor], hop_length: int) -> SpectrogramEncoder:
    from mixengine.jobs.match.diffmst.encoder import EncoderShape, SpectrogramEncoder

    return SpectrogramEncoder(EncoderShape.of(state, hop_length))


def _check_torch() -> None:
    try:
        import torch
    except ImportError:
        raise UserError(MISSING) from None
    version = tuple(int(number) for number in re.findall(r"\d+", torch.__version__)[:2])
    if version < _MIN_TORCH:
        raise UserError(f"PyTorch {torch.__version__} cannot load checkpoints safely: pip install 'torch>=2.6'")


def _content(path: Path) -> Mapping[Any, Any]:
    """The dictionary in the file; its tensors are read when they are used."""
    import torch

    is_zip = _checked_zip(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles of other versions; errors are reported below
            # Mapped into memory: the optimiser's state, twice the model, is never read.
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=True if is_zip else None)
    except pickle.UnpicklingError as error:
        raise UserError(_refusal(path, str(error))) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:  # a damaged pickle may raise anything
        raise UserError(f"{path}: is damaged or no checkpoint ({_short(error)})") from None
    if not isinstance(content, dict) or not isinstance(content.get("state_dict"), dict):
        raise UserError(f'{path}: is no Diff-MST checkpoint: it holds no "state_dict"')
    return content


def _checked_zip(path: Path) -> bool:
    """Whether the file is an archive, as checkpoints are; checks the checksums of its parts."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
        if not head:
            raise UserError(f"{path}: is empty")
        if head != b"PK\x03\x04":
            return False
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            names = archive.namelist()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; give a Diff-MST checkpoint (.ckpt)") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:  # zipfile raises many things on damaged archives, zlib.error and struct.error among them
        raise UserError(f"{path}: is damaged or cut off ({_short(error)}); copy it again") from None
    if damaged is not None:
        raise UserError(f"{path}: is damaged ({damaged} has another checksum); copy it again")
    if not any(name.endswith("data.pkl") for name in names):
        raise UserError(f"{path}: is an archive, but no checkpoint of PyTorch")
    if any(name.endswith("constants.pkl") for name in names):
        raise UserError(f"{path}: refused: it is a TorchScript program; give a checkpoint that holds tensors only")
    return True


def _refusal(path: Path, problem: str) -> str:
    match = re.search(r"GLOBAL (\S+)", problem) or re.search(r"[Cc]an(?:not|'t) (\S.*)", problem)
    if match and "GLOBAL" in match.group():
        return (
            f"{path}: refused: it holds {match.group(1)} where only tensors and plain values are allowed; nothing in it"
            f" was run; ask for a file with nothing but the state_dict"
        )
    return f"{path}: is damaged or no checkpoint ({_short(problem)})"


def _short(problem: object) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return (lines[0] if lines else type(problem).__name__)[:120].rstrip(".")


def _parts(path: Path, content: Mapping[Any, Any]) -> dict[str, dict[str, Tensor]]:
    """Tensors of each part, without their prefix; other keys are ignored."""
    parts: dict[str, dict[str, Tensor]] = {name: {} for name in _PARTS}
    for key, value in content["state_dict"].items():
        words = key.split(".", 2) if isinstance(key, str) else []
        if len(words) == 3 and words[0] == "model" and words[1] in parts:
            parts[words[1]][words[2]] = _tensor(path, key, value)
    for name, state in parts.items():
        if not state:
            raise UserError(f"{path}: is no Diff-MST checkpoint: it holds nothing named model.{name}.…")
    return parts


def _tensor(path: Path, key: str, value: Any) -> Tensor:
    """A copy of a tensor, as float32 unless it holds integers."""
    import torch

    plain = isinstance(value, torch.Tensor) and value.layout == torch.strided and value.device.type == "cpu"
    if not plain or value.is_quantized or value.is_complex():
        raise UserError(f"{path}: {key} is no plain tensor")
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise UserError(f"{path}: {key} is larger than what the file holds of it")
    value = value.detach()
    value = value.to(torch.float32, copy=True) if value.is_floating_point() else value.clone()
    if not bool(torch.isfinite(value).all()):
        raise UserError(f"{path}: {key} holds numbers that are not finite; the training went wrong")
    return value


def _module(path: Path, name: str, state: dict[str, Tensor], build: Callable[[dict[str, Tensor]], _Module]) -> _Module:
    """A part of the model with its tensors, in evaluation mode."""
    import torch

    prefix = f"model.{name}."
    try:
        with torch.device("meta"):
            module = build(state)
    except KeyError as error:
        raise UserError(f"{path}: {prefix}{error.args[0]} is missing; the checkpoint is not complete") from None
    except ValueError as error:
        raise UserError(f"{path}: model.{name}: {error}") from None
    except (IndexError, TypeError, RuntimeError) as error:
        raise UserError(f"{path}: model.{name}: tensors that are no {name} ({_short(error)})") from None
    for key, expected in module.state_dict().items():
        if key not in state:
            raise UserError(f"{path}: {prefix}{key} is missing; the checkpoint is not complete")
        if state[key].shape != expected.shape:
            shapes = (state[key].shape, expected.shape)
            actual, needed = (" × ".join(map(str, shape)) or "one number" for shape in shapes)
            raise UserError(f"{path}: {prefix}{key} has shape {actual} in place of {needed}")
    module.load_state_dict(state, strict=False, assign=True)
    return module.eval().requires_grad_(False)

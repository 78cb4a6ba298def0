"""VST3 plug-ins of a project file: identifier, file and state, and the state's lines as REAPER writes them.

``<VST "VST3: Name (Maker)" "File.vst3" 0 label 1234567{32 hexadecimal digits}`` holds base64 in three runs
(`mixengine.hosts.rpp.vststate`): a header with the number, pins and sizes; the data, which is the component's state
with its size and a 1 before it and the controller's with its size and a 0; and the name of the preset.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

from mixengine.hosts.rpp import vststate
from mixengine.hosts.rpp.syntax import Block
from mixengine.model.effects import HostedPlugin

_MAGIC = 0xFEED5EEE
_IDENTIFIER = re.compile(r"(\d+)\{([0-9A-Fa-f]{32})")
_INSTRUMENT, _EFFECT = "VST3i:", "VST3:"
_PART = struct.Struct("<II")
_COMPONENT, _CONTROLLER = 1, 0
"""Second number before a part of the state."""
_STEREO = (1, 2)
_FLAGS = 0x00100000


def read(block: Block) -> HostedPlugin | None:
    """The plug-in of a block; ``None`` for all that are not VST3."""
    name = block.opening.text(1)
    identifier = _IDENTIFIER.match(block.opening.text(5))
    if block.name != "VST" or not name.startswith((_EFFECT, _INSTRUMENT)) or identifier is None:
        return None
    number, class_id = int(identifier[1]) & 0xFFFFFFFF, identifier[2].upper()
    plugin = HostedPlugin(class_id, block.opening.text(2), is_instrument=name.startswith(_INSTRUMENT))
    try:
        frame, data = vststate.decode([line.raw for line in block.lines], struct.pack("<II", number, _MAGIC))
        component, controller = _parts(data)
    except vststate.NotAState as error:
        return _with_problem(plugin, f"its state is not understood ({error})")
    problem = "" if _is_plain(frame.pins) else "its choice of channels is not modelled"
    return HostedPlugin(
        class_id, plugin.file, component, controller, is_instrument=plugin.is_instrument, problem=problem
    )


def _with_problem(plugin: HostedPlugin, problem: str) -> HostedPlugin:
    return HostedPlugin(plugin.class_id, plugin.file, is_instrument=plugin.is_instrument, problem=problem)


def _parts(data: bytes) -> tuple[bytes, bytes]:
    """States of component and controller."""
    parts = {_COMPONENT: b"", _CONTROLLER: b""}
    at = 0
    while at + _PART.size <= len(data):
        size, which = _PART.unpack_from(data, at)
        at += _PART.size
        if which not in parts or at + size > len(data):
            raise vststate.NotAState("parts of another kind")
        parts[which] = data[at : at + size]
        at += size
    return parts[_COMPONENT], parts[_CONTROLLER]


def _is_plain(pins: Sequence[tuple[int, ...]]) -> bool:
    """Whether the first inputs and outputs are channels 1 and 2 of the track; an instrument may have no inputs."""
    inputs, outputs = (tuple(side[:2]) for side in pins)
    return inputs in ((), _STEREO[:1], _STEREO) and outputs in (_STEREO[:1], _STEREO)


def _pins(count: int) -> bytes:
    return struct.pack(f"<I{count}Q", count, *(1 << channel for channel in range(count)))


def lines(
    number: int, component: bytes, controller: bytes = b"", *, inputs: int = 2, outputs: int = 2, preset: str = ""
) -> list[str]:
    """The base64 lines of a state, without indentation, as REAPER saves them.

    Parameters
    ----------
    number : int
        REAPER's number of the plug-in, the one before the identifier.
    component, controller : bytes
    inputs, outputs : int
        Channels that the plug-in has.
    preset : str
        Its name; empty: none.
    """
    header = struct.pack("<II", number, _MAGIC) + _pins(inputs) + _pins(outputs)
    data = _PART.pack(len(component), _COMPONENT) + component + _PART.pack(len(controller), _CONTROLLER) + controller
    footer = b"\0" + preset.encode("utf-8") + b"\0" + struct.pack("<I", 16)
    return vststate.Frame(header, (1, _FLAGS), footer).encode(data)

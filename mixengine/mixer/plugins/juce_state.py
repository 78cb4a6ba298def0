"""States of VST3 plug-ins as pedalboard's ``raw_state`` takes and gives them: XML with the parts in JUCE's base 64.

``VC2!``, the length, then ``<VST3PluginState>`` with ``<IComponent>SIZE.TEXT</IComponent>`` and, where there is one,
``<IEditController>`` alike. A letter holds six bits, the lowest first.

References
----------
JUCE: MemoryBlock::toBase64Encoding, AudioProcessor::copyXmlToBinary, VST3PluginInstance::getStateInformation.
"""

from __future__ import annotations

import re
import struct

import numpy as np

_LETTERS = b".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
_BITS = 6
_MAGIC = b"VC2!"
_COMPONENT, _CONTROLLER = "IComponent", "IEditController"
_LETTER_OF = np.frombuffer(_LETTERS, dtype=np.uint8)
_VALUE_OF = np.full(256, 255, dtype=np.uint8)
_VALUE_OF[_LETTER_OF] = np.arange(64, dtype=np.uint8)


def encode(data: bytes) -> str:
    """Bytes in JUCE's base 64, with their number before it."""
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    letters = np.concatenate([bits, np.zeros(-len(bits) % _BITS, dtype=np.uint8)]).reshape(-1, _BITS)
    values = np.packbits(letters, axis=1, bitorder="little").ravel()
    return f"{len(data)}.{_LETTER_OF[values].tobytes().decode()}"


def decode(text: str) -> bytes:
    """The reverse of `encode`; ``ValueError`` for anything else."""
    size, _, letters = text.partition(".")
    values = _VALUE_OF[np.frombuffer(letters.encode(), dtype=np.uint8)]
    if not size.isdecimal() or (values == 255).any() or len(letters) * _BITS < int(size) * 8:
        raise ValueError("not in JUCE's base 64")
    bits = np.unpackbits(values[:, None], axis=1, bitorder="little")[:, :_BITS].ravel()
    return np.packbits(bits, bitorder="little").tobytes()[: int(size)]


def raw_state(component: bytes, controller: bytes = b"") -> bytes:
    """The two parts of a state as pedalboard takes them."""
    parts = [(_COMPONENT, component)] + [(_CONTROLLER, controller)] * bool(controller)
    inside = "".join(f"<{name}>{encode(data)}</{name}>" for name, data in parts)
    text = f'<?xml version="1.0" encoding="UTF-8"?> <VST3PluginState>{inside}</VST3PluginState>'.encode()
    return _MAGIC + struct.pack("<I", len(text)) + text + b"\0"


def parts(state: bytes) -> tuple[bytes, bytes]:
    """States of component and controller from pedalboard's; ``ValueError`` for anything else."""
    if not state.startswith(_MAGIC):
        raise ValueError("not a state of JUCE's")
    text = state[len(_MAGIC) + 4 :].decode("utf-8")
    texts = {name: re.search(f"<{name}>([^<]*)</{name}>", text) for name in (_COMPONENT, _CONTROLLER)}
    component, controller = (decode(match[1]) if match else b"" for match in texts.values())
    return component, controller

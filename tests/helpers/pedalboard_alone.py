"""A script: load plug-ins with pedalboard, set them, play something through them, and say their states.

In, on standard input: ``jobs`` with ``path``, ``sound`` (a file, replaced by the result), ``rate``, and one of ``set``
(parameter → value from 0 to 1) and ``state`` (hexadecimal); for an instrument ``notes`` ([message, seconds]) and
``seconds``.
"""

from __future__ import annotations

import json
import os
import sys

import numpy as np


def main() -> None:
    import pedalboard

    pedalboard.VST3Plugin.__set_initial_parameter_values__ = lambda _plugin, _values: None  # thousands of controllers
    answers = []
    for job in json.load(sys.stdin)["jobs"]:
        plugin = pedalboard.VST3Plugin(job["path"])
        rate = job.get("rate", 48000)
        if "state" in job:
            pedalboard.VST3Plugin.raw_state.__set__(plugin, bytes.fromhex(job["state"]))
        for parameter in plugin._parameters:
            if parameter.name in job.get("set", {}):
                parameter.raw_value = job["set"][parameter.name]
        silence = np.zeros((2, 4800), dtype=np.float32)
        if plugin.is_instrument:  # what was set reaches the state with the next block
            plugin.process([], 0.1, rate, 2, 512, True)
            notes = [(bytes.fromhex(message), time_s) for message, time_s in job.get("notes", [])]
            out = plugin.process(notes, job["seconds"], rate, 2, 512, True) if notes else silence
        else:
            plugin.process(silence, rate, buffer_size=512, reset=True)
            sound = np.load(job["sound"])
            out = plugin.process(sound, rate, buffer_size=512, reset=True) if sound.size else sound
        np.save(job["sound"], out)
        values = {each.name: each.raw_value for each in plugin._parameters if not each.name.startswith("MIDI")}
        answers.append({"state": plugin.raw_state.hex(), "values": values})
    sys.__stdout__.write("\n" + json.dumps(answers) + "\n")
    sys.__stdout__.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

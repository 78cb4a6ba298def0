"""Draw what repairs do, from the demo's voice with faults planted in it.

    python tools/make_repair_picture.py

``docs/img/repair.png``: the voice with hum, clicks and a drop-out, the same repaired, and what was taken away.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import soundfile
from PIL import Image

from mixengine.repair.chain import Chain
from mixengine.repair.repair import Wish

ROOT = Path(__file__).resolve().parents[1]
CLICKS_S, GAP_S = (1.5, 4.6, 7.3), (3.2, 3.215)
SECONDS, TOP_HZ = 9.0, 4000.0


def broken(voice: np.ndarray, rate: int) -> np.ndarray:
    """The voice with a hum of eight lines, three clicks and a gap [shape=(frames, 1)]."""
    t = np.arange(len(voice)) / rate
    out = voice + sum(0.004 / k**0.5 * np.cos(2 * np.pi * 50.04 * k * t + k) for k in range(1, 9))
    out += 1e-4 * np.random.default_rng(0).standard_normal(len(t))
    for at_s in CLICKS_S:
        out[round(at_s * rate)] += 0.6
    out[round(GAP_S[0] * rate) : round(GAP_S[1] * rate)] = 0.0
    return out[:, None].astype(np.float32)


def main() -> None:
    """Write the picture."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    sound, rate = soundfile.read(ROOT / "mixengine/demo_audio/voice/voice over.ogg", always_2d=True)
    before = broken(sound[: round(SECONDS * rate), 0], rate)
    chain = Chain(("drop_outs", "clicks", "hum"), rate, 1, len(before), Wish())
    chain.find(lambda start, frames: before[start : start + frames])
    after = chain.over(lambda start, frames: before[start : start + frames])(0, len(before))
    for fault in chain.faults:
        print(fault)
    panels = {"as recorded": before, "repaired": after, "what was taken away": before - after}
    figure, axes = pyplot.subplots(len(panels), 1, figsize=(9.0, 7.0), sharex=True, layout="constrained")
    for axis, (title, samples) in zip(axes, panels.items(), strict=True):
        size = 2 ** int(np.log2(0.06 * rate))
        axis.specgram(
            samples[:, 0] + 1e-9, NFFT=size, Fs=rate, noverlap=size * 7 // 8, vmin=-140, vmax=-50, cmap="magma"
        )
        axis.set_ylim(0.0, TOP_HZ)
        axis.set_ylabel("Hz")
        axis.set_title(title, loc="left", fontsize=10)
    axes[-1].set_xlabel("s")
    place = ROOT / "docs/img/repair.png"
    figure.savefig(place, dpi=72)
    with Image.open(place) as picture:
        small = picture.convert("RGB").quantize(32)
    small.save(place, optimize=True)


if __name__ == "__main__":
    main()

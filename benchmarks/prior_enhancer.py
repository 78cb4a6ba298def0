"""[AudioSep-UNet] as published (docs/prior-work.md): what mixengine's network is compared with. No part of mixengine.

16 kHz, frames of 512 samples without overlap, 128 mel bands, pieces of 160 frames; U-Net of 32-64-128 channels and
256 at the bottom, 3 × 3 ReLU convolutions, max pooling, up-sampling, skip concatenation, sigmoid; the target is |S| /
max(|S|, |X|) in mel bands at 8 dB of speech to noise, mean squared error, Adam 3e-3. Its mask goes to bins through
the pseudo-inverse of the mel filters, is smoothed, set to 0 or 1 at 0.3 and multiplied with the mixture's spectrum.
Trained here for fewer steps than published (150 epochs of 6000 mixtures): ``--prior-steps``.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import librosa
import numpy as np
import soxr
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional

from mixengine.training.unet.mixtures import Mixer

RATE, SIZE, BANDS, FRAMES = 16000, 512, 128, 160
SECONDS = (FRAMES - 1) * SIZE / RATE
SNR_DB = 8.0
THRESHOLD = 0.3
WINDOW_FLOOR = 0.1
"""Kinder than a plain inverse transform, which divides by a window that is zero at the ends of every frame."""
MEL = librosa.filters.mel(sr=RATE, n_fft=SIZE, n_mels=BANDS)


class Net(nn.Module):
    """32-64-128, 256 at the bottom."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (32, 64, 128, 256)
        self.down = nn.ModuleList(block(a, b) for a, b in zip((1, *sizes), sizes, strict=False))
        self.up = nn.ModuleList(block(a + b, a) for a, b in pairwise(sizes))
        self.last = nn.Conv2d(sizes[0], 1, 1)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """Mask of the shape of ``mel``."""
        layer, skips = mel[:, None], []
        for number, down in enumerate(self.down):
            layer = down(functional.max_pool2d(layer, 2) if number else layer)
            skips.append(layer)
        skips.pop()
        for up in reversed(self.up):
            layer = up(torch.cat([skips.pop(), functional.interpolate(layer, scale_factor=2.0)], 1))
        return torch.sigmoid(self.last(layer))[:, 0]


def block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
    )


def mel_of(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mel magnitudes (128, frames) and the spectrum."""
    spectrum = librosa.stft(samples.astype(np.float32), n_fft=SIZE, hop_length=SIZE)
    return MEL @ np.abs(spectrum), spectrum


def joined(spectrum: np.ndarray, length: int) -> np.ndarray:
    """Frames without overlap, one after the other; divided by the window where it is not all but zero."""
    window = librosa.filters.get_window("hann", SIZE)
    frames = np.fft.irfft(spectrum, SIZE, axis=0) / np.maximum(window, WINDOW_FLOOR)[:, None]
    row = frames.T.ravel()[SIZE // 2 :].astype(np.float32)
    return np.pad(row, (0, max(length - len(row), 0)))[:length]


def scaled(mel: np.ndarray) -> np.ndarray:
    return librosa.amplitude_to_db(mel, ref=np.max, top_db=80.0).astype(np.float32) / 40.0 + 1.0


def trained(mixer: Mixer, steps: int, path: Path) -> Net:
    """A network of so many steps; kept at ``path`` and taken from there."""
    net = Net()
    if path.is_file():
        net.load_state_dict(torch.load(path, weights_only=True))
        return net.eval()
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    decay = torch.optim.lr_scheduler.StepLR(optimizer, max(steps // 15, 1), 0.5)
    for step in range(steps):
        pairs = [mixer.mixture(step * 16 + index) for index in range(16)]
        mels = [(mel_of(mixture)[0], mel_of(speech)[0]) for mixture, speech in pairs]
        inputs = torch.from_numpy(np.stack([scaled(x) for x, _ in mels]))
        targets = torch.from_numpy(np.stack([s / np.maximum(np.maximum(s, x), 1e-9) for x, s in mels]))
        loss = functional.mse_loss(net(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        if step % 25 == 0:
            print(f"AudioSep-UNet: step {step} of {steps}, error {loss.item():.4f}", flush=True)
    torch.set_num_threads(threads)
    torch.save(net.state_dict(), path)
    return net.eval()


def enhancer(net: Net, *, binary: bool):  # type: ignore[no-untyped-def]
    """The procedure as a function (samples, rate) → samples."""
    inverse = np.linalg.pinv(MEL)

    def enhance(samples: np.ndarray, rate: int) -> np.ndarray:
        resampled = soxr.resample(samples, rate, RATE) if rate != RATE else samples
        mel, spectrum = mel_of(resampled)
        masks = []
        for start in range(0, mel.shape[1], FRAMES):
            piece = np.zeros((BANDS, FRAMES), np.float32)
            part = mel[:, start : start + FRAMES]
            piece[:, : part.shape[1]] = part
            with torch.no_grad():
                masks.append(net(torch.from_numpy(scaled(piece))[None])[0].numpy()[:, : part.shape[1]])
        mask = ndimage.gaussian_filter(inverse @ np.concatenate(masks, axis=1), 1.0)
        mask = (mask / max(mask.max(), 1e-9) > THRESHOLD) if binary else np.clip(mask, 0, 1)
        out = joined(spectrum * mask, len(resampled))
        return soxr.resample(out, RATE, rate)[: len(samples)] if rate != RATE else out

    return enhance

"""The page about an evaluation: tables, and pictures of one mixture on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from mixengine.evaluation.evaluate import Enhance, Example, Score, band_magnitudes
from mixengine.report.html.document import document
from mixengine.report.html.elements import figure, paragraphs, section, table
from mixengine.report.html.theme import AFTER, BEFORE, CONTROL, SPEECH, legend, svg
from mixengine.separation_models.unet_model import frames_at

Scores = Mapping[str, Mapping[float, Score]]
_FIGURES = {
    "si_sdr_db": ("SI-SDR dB", 2),
    "gain_db": ("gain dB", 2),
    "sdr_db": ("SDR dB", 2),
    "stoi": ("STOI", 3),
    "pesq": ("PESQ", 2),
    "mask_mse": ("mask MSE", 4),
    "level_db": ("speech level dB", 2),
    "lowered_db": ("output lower by dB", 1),
    "times_real_time": ("× real time", 0),
}
_RANGE_DB = 70.0


def words_of(snr_db: float) -> str:
    """A condition in words."""
    if np.isposinf(snr_db):
        return "speech alone"
    return "noise alone" if np.isneginf(snr_db) else f"{snr_db:+g} dB"


def rows(scores: Scores) -> list[list[str]]:
    """Lines of the table: enhancer, condition, and a figure per column of `heads`."""
    return [
        [name, words_of(snr_db), *(shown(getattr(score, key), digits) for key, (_, digits) in _FIGURES.items())]
        for name, found in scores.items()
        for snr_db, score in found.items()
    ]


def heads() -> list[str]:
    """Heads of the table."""
    return ["model", "mixture", *(words for words, _ in _FIGURES.values())]


def shown(value: float, digits: int) -> str:
    """A figure, or a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def to_dict(scores: Scores) -> dict[str, Any]:
    """Ready for JSON: model → condition → figures, ``None`` where there is none."""
    return {
        name: {
            words_of(snr_db): {
                entry.name: None if np.isnan(value := getattr(score, entry.name)) else round(float(value), 4)
                for entry in fields(Score)
            }
            for snr_db, score in found.items()
        }
        for name, found in scores.items()
    }


def page(scores: Scores, example: Example, enhancers: Mapping[str, Enhance], facts: str) -> str:
    """The page as HTML; ``example`` is drawn as every enhancer leaves it."""
    mixture = example.mixture.astype(np.float32)
    heard = {"mixture": mixture, "speech alone": example.speech}
    heard |= {name: np.asarray(enhance(mixture, example.rate)) for name, enhance in enhancers.items()}
    body = "\n".join(
        [
            section(
                "gain", "What it brings", figure(_curves(scores), "Mean SI-SDR of the output less that of the input.")
            ),
            section(
                "figures",
                "Figures",
                table(
                    "scores",
                    "Means per model and ratio",
                    heads(),
                    rows(scores),
                    numbers=range(2, 2 + len(_FIGURES)),
                    sortable=True,
                ),
                paragraphs(["A dash: the figure means nothing there, or pystoi or pesq is not installed."]),
            ),
            section(
                "example",
                f"One mixture: {example.name}, {words_of(example.snr_db)}",
                figure(_spectrograms(heard, example.rate), "Spectrograms, 70 dB from light to dark."),
                figure(_waves(heard, example.rate), "Waveforms."),
                figure(_masks(example, heard), "Gain per band: what would be ideal, and what was used."),
            ),
        ]
    )
    return document(
        "Evaluation of speech enhancement", ", ".join(scores), facts, body, "SI-SDR, SDR, STOI and PESQ as published."
    )


def _curves(scores: Scores) -> str:
    colours = [AFTER, CONTROL, SPEECH, BEFORE]

    def draw(canvas: Any) -> None:
        axis = canvas.subplots()
        for number, (name, found) in enumerate(scores.items()):
            points = [(snr_db, score.gain_db) for snr_db, score in found.items() if np.isfinite(snr_db)]
            style = ("-", "--", ":")[number // len(colours) % 3]
            axis.plot(
                *zip(*points, strict=True),
                color=colours[number % len(colours)],
                linestyle=style,
                marker="o",
                label=name,
            )
        axis.axhline(0.0, color=BEFORE, linewidth=0.8)
        axis.set_xlabel("speech to noise in dB")
        axis.set_ylabel("gain in dB")
        legend(axis)

    return svg("gain", "Line chart: gain in SI-SDR over the ratio of speech to noise, one line per model", 3.0, draw)


def _spectrograms(heard: Mapping[str, np.ndarray], rate: int) -> str:
    levels = {name: _levels_db(samples, rate) for name, samples in heard.items()}
    top = float(levels["mixture"].max())

    def draw(canvas: Any) -> None:
        for axis, (name, level) in zip(
            np.atleast_1d(canvas.subplots(len(levels), 1, sharex=True)), levels.items(), strict=True
        ):
            _image(axis, level, top - _RANGE_DB, top, len(heard["mixture"]) / rate, rate / 2000)
            axis.set_title(name)
            axis.set_ylabel("kHz")
        axis.set_xlabel("s")

    return svg(
        "spectrograms", "Spectrograms of the mixture, the speech and what each model makes", 1.7 * len(levels), draw
    )


def _masks(example: Example, heard: Mapping[str, np.ndarray]) -> str:
    mixture = np.maximum(band_magnitudes(heard["mixture"], example.rate), 1e-9)
    masks = {"ideal": heard["speech alone"], **{n: s for n, s in heard.items() if n not in ("mixture", "speech alone")}}
    gains = {name: np.minimum(band_magnitudes(samples, example.rate) / mixture, 1.0) for name, samples in masks.items()}

    def draw(canvas: Any) -> None:
        for axis, (name, gain) in zip(
            np.atleast_1d(canvas.subplots(len(gains), 1, sharex=True)), gains.items(), strict=True
        ):
            _image(axis, gain, 0.0, 1.0, len(heard["mixture"]) / example.rate, gain.shape[1])
            axis.set_title(name)
            axis.set_ylabel("band")
        axis.set_xlabel("s")

    return svg("masks", "Gains per mel band over time: ideal, and of each model", 1.7 * len(gains), draw)


def _waves(heard: Mapping[str, np.ndarray], rate: int) -> str:
    def draw(canvas: Any) -> None:
        axes = np.atleast_1d(canvas.subplots(len(heard), 1, sharex=True, sharey=True))
        for axis, (name, samples) in zip(axes, heard.items(), strict=True):
            step = max(len(samples) // 1500, 1)
            cut = samples[: len(samples) // step * step].reshape(-1, step)
            axis.fill_between(
                np.arange(len(cut)) * step / rate, cut.min(axis=1), cut.max(axis=1), color=AFTER, linewidth=0
            )
            axis.set_title(name)
        axes[-1].set_xlabel("s")

    return svg("waves", "Waveforms of the mixture, the speech and what each model makes", 1.0 * len(heard) + 0.3, draw)


def _levels_db(samples: np.ndarray, rate: int) -> np.ndarray:
    spectra = frames_at(rate).forward(samples[:, None].astype(np.float32))[0]
    return 20.0 * np.log10(np.abs(spectra) + 1e-9)


def _image(axis: Any, values: np.ndarray, low: float, high: float, end_s: float, top: float) -> None:
    """Values [shape=(frames, rows)] as grey; drawn as an image, because a million rectangles make a slow page."""
    axis.imshow(
        values.T, origin="lower", aspect="auto", extent=(0, end_s, 0, top), vmin=low, vmax=high, cmap="Greys",
        interpolation="nearest",
    )  # fmt: skip
    axis.grid(False)

"""The report page of an evaluation: tables, and plots of one mixture before and after each model."""

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
_METRICS = {
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


def condition_name(snr_db: float) -> str:
    """The name of a condition."""
    if np.isposinf(snr_db):
        return "speech alone"
    return "noise alone" if np.isneginf(snr_db) else f"{snr_db:+g} dB"


def rows(scores: Scores) -> list[list[str]]:
    """Rows of the table: enhancer, condition, and one metric per column of `headers`."""
    return [
        [
            name,
            condition_name(snr_db),
            *(format_metric(getattr(score, key), digits) for key, (_, digits) in _METRICS.items()),
        ]
        for name, by_ratio in scores.items()
        for snr_db, score in by_ratio.items()
    ]


def headers() -> list[str]:
    """Column headers of the table."""
    return ["model", "mixture", *(label for label, _ in _METRICS.values())]


def format_metric(value: float, digits: int) -> str:
    """A formatted metric, or a dash where it is undefined."""
    return "–" if np.isnan(value) else f"{value:.{digits}f}"


def to_dict(scores: Scores) -> dict[str, Any]:
    """Ready for JSON: model → condition → metrics, ``None`` where one is undefined."""
    return {
        name: {
            condition_name(snr_db): {
                entry.name: None if np.isnan(value := getattr(score, entry.name)) else round(float(value), 4)
                for entry in fields(Score)
            }
            for snr_db, score in by_ratio.items()
        }
        for name, by_ratio in scores.items()
    }


def page(scores: Scores, example: Example, enhancers: Mapping[str, Enhance], facts: str) -> str:
    """The page as HTML; ``example`` is plotted before and after every enhancer."""
    mixture = example.mixture.astype(np.float32)
    signals = {"mixture": mixture, "speech alone": example.speech}
    signals |= {name: np.asarray(enhance(mixture, example.rate)) for name, enhance in enhancers.items()}
    body = "\n".join(
        [
            section(
                "gain", "Improvement", figure(_curves(scores), "Mean SI-SDR of the output less that of the input.")
            ),
            section(
                "figures",
                "Figures",
                table(
                    "scores",
                    "Means per model and ratio",
                    headers(),
                    rows(scores),
                    numbers=range(2, 2 + len(_METRICS)),
                    sortable=True,
                ),
                paragraphs(["A dash: the metric is undefined there, or pystoi or pesq is not installed."]),
            ),
            section(
                "example",
                f"One mixture: {example.name}, {condition_name(example.snr_db)}",
                figure(_spectrograms(signals, example.rate), "Spectrograms, 70 dB from light to dark."),
                figure(_waves(signals, example.rate), "Waveforms."),
                figure(_masks(example, signals), "Gain per band: the ideal one, and the one each model applied."),
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
        for index, (name, by_ratio) in enumerate(scores.items()):
            points = [(snr_db, score.gain_db) for snr_db, score in by_ratio.items() if np.isfinite(snr_db)]
            style = ("-", "--", ":")[index // len(colours) % 3]
            axis.plot(
                *zip(*points, strict=True),
                color=colours[index % len(colours)],
                linestyle=style,
                marker="o",
                label=name,
            )
        axis.axhline(0.0, color=BEFORE, linewidth=0.8)
        axis.set_xlabel("speech to noise in dB")
        axis.set_ylabel("gain in dB")
        legend(axis)

    return svg("gain", "Line chart: gain in SI-SDR over the ratio of speech to noise, one line per model", 3.0, draw)


def _spectrograms(signals: Mapping[str, np.ndarray], rate: int) -> str:
    levels = {name: _levels_db(samples, rate) for name, samples in signals.items()}
    top = float(levels["mixture"].max())

    def draw(canvas: Any) -> None:
        for axis, (name, level) in zip(
            np.atleast_1d(canvas.subplots(len(levels), 1, sharex=True)), levels.items(), strict=True
        ):
            _image(axis, level, top - _RANGE_DB, top, len(signals["mixture"]) / rate, rate / 2000)
            axis.set_title(name)
            axis.set_ylabel("kHz")
        axis.set_xlabel("s")

    return svg(
        "spectrograms", "Spectrograms of the mixture, the speech and the output of each model", 1.7 * len(levels), draw
    )


def _masks(example: Example, signals: Mapping[str, np.ndarray]) -> str:
    mixture = np.maximum(band_magnitudes(signals["mixture"], example.rate), 1e-9)
    masks = {
        "ideal": signals["speech alone"],
        **{n: s for n, s in signals.items() if n not in ("mixture", "speech alone")},
    }
    gains = {name: np.minimum(band_magnitudes(samples, example.rate) / mixture, 1.0) for name, samples in masks.items()}

    def draw(canvas: Any) -> None:
        for axis, (name, gain) in zip(
            np.atleast_1d(canvas.subplots(len(gains), 1, sharex=True)), gains.items(), strict=True
        ):
            _image(axis, gain, 0.0, 1.0, len(signals["mixture"]) / example.rate, gain.shape[1])
            axis.set_title(name)
            axis.set_ylabel("band")
        axis.set_xlabel("s")

    return svg("masks", "Gains per mel band over time: ideal, and of each model", 1.7 * len(gains), draw)


def _waves(signals: Mapping[str, np.ndarray], rate: int) -> str:
    def draw(canvas: Any) -> None:
        axes = np.atleast_1d(canvas.subplots(len(signals), 1, sharex=True, sharey=True))
        for axis, (name, samples) in zip(axes, signals.items(), strict=True):
            step = max(len(samples) // 1500, 1)
            columns = samples[: len(samples) // step * step].reshape(-1, step)
            axis.fill_between(
                np.arange(len(columns)) * step / rate,
                columns.min(axis=1),
                columns.max(axis=1),
                color=AFTER,
                linewidth=0,
            )
            axis.set_title(name)
        axes[-1].set_xlabel("s")

    return svg(
        "waves", "Waveforms of the mixture, the speech and the output of each model", 1.0 * len(signals) + 0.3, draw
    )


def _levels_db(samples: np.ndarray, rate: int) -> np.ndarray:
    spectra = frames_at(rate).forward(samples[:, None].astype(np.float32))[0]
    return 20.0 * np.log10(np.abs(spectra) + 1e-9)


def _image(axis: Any, values: np.ndarray, low: float, high: float, end_s: float, top: float) -> None:
    """Values [shape=(frames, rows)] in grey; drawn as one image, because a million rectangles make a slow page."""
    axis.imshow(
        values.T, origin="lower", aspect="auto", extent=(0, end_s, 0, top), vmin=low, vmax=high, cmap="Greys",
        interpolation="nearest",
    )  # fmt: skip
    axis.grid(False)

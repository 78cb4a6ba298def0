"""Two recordings from the first guess to their offset over time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mixengine.analysis.alignment import clocks, coarse, lags, lines
from mixengine.analysis.alignment.coarse import Fit, Print
from mixengine.analysis.alignment.lags import Spectra
from mixengine.analysis.alignment.lines import Line
from mixengine.analysis.alignment.stretches import MIN_STRETCH_S, Sound, Stretch, compare, length_of

RATE = 16000
"""Sound up to 8 kHz is compared: a hundredth of a millisecond by the place of the peak between samples."""
MIN_SCORE = 8.0
"""Deviations of a lag above the others, from which a stretch counts. Unrelated stretches stay below 6."""
MIN_AGREEING = 2
_SURE = 12.0
"""Where there is only one stretch, it must stand out by this."""
_CLOSE_S = 0.003
"""So much they differ by the way of one sound through a room; a line is looked for among those."""
_TIGHT_S = 0.0004
"""Stretches in which one source is heard by one way agree so closely."""
_BY_TURNS_S = 2.0 * clocks.WITHIN_S
"""Where one of two speaks for long, the line is that of the one: the other is late by the way there and back."""
_COARSE_WITHIN_S = 0.03
_JUMP_S = 1.0
"""A recorder that dropped samples is late by less than this from then on."""
_SEEDS = 3
_FEW, _MORE = 4, 12
"""Stretches that are measured to see whether a line is worth a closer look."""
_PASSES, _SAME_S = 3, 5e-5
_KEPT = 12


@dataclass(frozen=True)
class Following:
    """The offset of two sounds over time.

    Attributes
    ----------
    line : Line
    stretches : tuple of Stretch
        Those that count.
    spectra : list of Spectra
        Frames of some stretches.
    along : Line, optional
        The line along which those were compared: the last but one.
    """

    line: Line
    stretches: tuple[Stretch, ...]
    spectra: list[Spectra] = field(default_factory=list)
    along: Line | None = None

    @property
    def score(self) -> float:
        """How sure it is: the median of its stretches' scores."""
        return float(np.median([stretch.score for stretch in self.stretches])) if self.stretches else 0.0


def follow(
    first: Sound,
    second: Sound,
    *,
    max_offset_s: float = coarse.MAX_OFFSET_S,
    guesses_s: tuple[float, ...] = (0.0,),
    around_s: tuple[float, ...] = (),
    count: int = 40,
    rate: int = RATE,
) -> Following | None:
    """The offset of ``second`` against ``first`` over time; ``None`` when they have nothing in common.

    Parameters
    ----------
    guesses_s : tuple of float
        Offsets that are tried besides those that the fingerprints suggest.
    around_s : tuple of float
        Offsets around which the fingerprints are compared too, such as time stamps say.
    count : int
        Stretches to measure at most.
    rate : int
        Sample rate at which the sound is compared.
    """
    try:
        return _follow(first, second, max_offset_s, guesses_s, around_s, count, rate)
    finally:
        first.forget()
        second.forget()


def _follow(
    first: Sound,
    second: Sound,
    max_offset_s: float,
    guesses_s: tuple[float, ...],
    around_s: tuple[float, ...],
    count: int,
    rate: int,
) -> Following | None:
    best: Following | None = None
    coarsely = [_coarse(first, second, max_offset_s, around) for around in (0.0, *around_s)]
    matches = [fits[0] for windows in coarsely for fits in windows if fits]
    seeds = _seeds(matches)
    for line in (*seeds, *map(Line, guesses_s)):
        tried = _along(first, second, line, [], _FEW, rate)
        if tried is None and line in seeds:
            # fingerprints hear softer leaks than a few seconds do: other seconds may hold more
            tried = _along(first, second, line, [], _MORE, rate)
        if tried is not None and (best is None or tried.score > best.score):
            best = tried
            if tried.score > 3.0 * MIN_SCORE:
                break
    if best is None:
        return None
    result = _along(first, second, best.line, matches, count, rate, refine=True)
    if best.line.drift and (result is None or len(result.stretches) < clocks.MANY):
        # a few stretches of people who hear each other lean: now the one is late and now the other
        middle_s = float(np.mean([stretch.time_s for stretch in best.stretches]))
        flat = _along(first, second, Line(best.line.at(middle_s)), matches, count, rate, refine=True)
        if flat is not None and (result is None or len(flat.stretches) > len(result.stretches)):
            return flat
    return result or best


def _coarse(first: Sound, second: Sound, max_offset_s: float, around_s: float) -> list[list[Fit]]:
    shift = round(around_s / coarse.FRAME_S)
    moved = Print(second.print.first - shift, second.print.steps)
    matches = [
        coarse.fits(first.print, moved, at, max_offset_s) for at in coarse.windows(first.print, moved, max_offset_s)
    ]
    return [[replace(fit, offset_s=fit.offset_s + shift * coarse.FRAME_S) for fit in fits] for fits in matches]


def _seeds(matches: list[Fit]) -> list[Line]:
    """Lines to try: what most windows agree on, then what is left."""
    left = [fit for fit in matches if fit.score >= coarse.MIN_SCORE]
    seeds: list[Line] = []
    while left and len(seeds) < _SEEDS:
        times_s, offsets_s = np.array([fit.time_s for fit in left]), np.array([fit.offset_s for fit in left])
        line, _ = lines.consensus(times_s, offsets_s, np.array([fit.score for fit in left]), _COARSE_WITHIN_S)
        seeds.append(line)
        left = [fit for fit in left if abs(fit.offset_s - line.at(fit.time_s)) > _COARSE_WITHIN_S]
    return seeds


def _along(
    first: Sound, second: Sound, line: Line, matches: list[Fit], count: int, rate: int, *, refine: bool = False
) -> Following | None:
    """Measure stretches along a line; ``None`` where they do not agree on a line."""
    places = _places(first, second, line, count)
    measured = [_measure(first, second, time_s, _guesses(line, matches, time_s), line.drift, rate) for time_s in places]
    good = [stretch for stretch in measured if stretch is not None and stretch.score >= MIN_SCORE]
    agreed = _agreeing(good)
    if not agreed:
        return None
    if not refine:
        return Following(*agreed[-1])
    for better, counted in agreed:
        result = _refined(first, second, better, counted, rate)
        if result.along is not None and result.line.drift:
            break
    return result


def _refined(first: Sound, second: Sound, line: Line, stretches: tuple[Stretch, ...], rate: int) -> Following:
    """Stretches measured anew along the line that they give, until it stays."""
    better, counted = line, stretches
    for _ in range(_PASSES):
        again, kept = _again(first, second, better, counted, rate)
        if not again:
            return Following(better, counted)
        former, better, counted = better, _line(again), tuple(again)
        ends_s = (counted[0].time_s, counted[-1].time_s)
        if max(abs(better.at(time_s) - former.at(time_s)) for time_s in ends_s) < _SAME_S:
            break
    return Following(better, counted, kept, former)


def _again(
    first: Sound, second: Sound, line: Line, stretches: tuple[Stretch, ...], rate: int
) -> tuple[list[Stretch], list[Spectra]]:
    """Stretches measured once more along a better line, and the frames of some: a drift allowed for blurs nothing."""
    measured: list[Stretch] = []
    kept: list[Spectra] = []
    every = max(len(stretches) // _KEPT, 1)
    for number, stretch in enumerate(stretches):
        beside = abs(stretch.lag_s - line.at(stretch.time_s)) > _BY_TURNS_S
        guess = Line(stretch.lag_s - line.drift * stretch.time_s, line.drift) if beside else line
        spectra = compare(first, second, stretch.time_s, guess, rate)
        better = Stretch.of(spectra, stretch.time_s, guess) if spectra is not None else None
        if spectra is None or better is None or better.score < MIN_SCORE:
            continue
        measured.append(better)
        if number % every == 0 and not beside:
            kept.append(spectra)
    return measured, kept


def _agreeing(good: list[Stretch]) -> list[tuple[Line, tuple[Stretch, ...]]]:
    """The lines that stretches may agree on, each with all that may belong to the same pair.

    Lags that were not measured along a clock's line are blurred by its drift: where they tell no clock yet, its line
    comes first, to be measured along, and then the level one.
    """
    if not good or (len(good) < MIN_AGREEING and good[0].score < _SURE):
        return []
    near = _near(good)
    line = lines.robust(*_columns(near))
    tried = [(line, near)]
    if not clocks.believed(*_columns(near), line):
        level = clocks.level(*_columns(good), _scores(good), _TIGHT_S)
        tried.append((level, [s for s in good if abs(s.lag_s - level.at(s.time_s)) <= clocks.WITHIN_S]))
    return [
        (line, tuple(s for s in good if abs(s.lag_s - line.at(s.time_s)) <= _JUMP_S))
        for line, near in tried
        if _are_enough(near, good)
    ]


def _are_enough(near: list[Stretch], good: list[Stretch]) -> bool:
    if len(near) < MIN_AGREEING and max((stretch.score for stretch in near), default=0.0) < _SURE:
        return False
    return 2 * len(near) >= len(good) or len(near) >= 4


def _near(stretches: list[Stretch]) -> list[Stretch]:
    """Those that lie along the line that many lie close to."""
    line, _ = lines.consensus(*_columns(stretches), _scores(stretches), _CLOSE_S)
    return [s for s in stretches if abs(s.lag_s - line.at(s.time_s)) <= clocks.WITHIN_S]


def _line(stretches: list[Stretch]) -> Line:
    """The line of stretches that were measured along nearly the same one."""
    near = _near(stretches)
    return clocks.line(*_columns(near), _scores(near), _TIGHT_S)


def _scores(stretches: list[Stretch]) -> np.ndarray:
    return np.array([stretch.score for stretch in stretches])


def _columns(stretches: list[Stretch]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([s.time_s for s in stretches]), np.array([s.lag_s for s in stretches])


def _places(first: Sound, second: Sound, line: Line, count: int) -> list[float]:
    """Middles of stretches spread over the time in which both play, where most moves in the first of them."""
    (a0, a1), (b0, b1) = first.span_s, second.span_s
    begin_s = max(a0, (b0 - line.offset_s) / (1.0 + line.drift))
    end_s = min(a1, (b1 - line.offset_s) / (1.0 + line.drift))
    stretch_s = length_of(end_s - begin_s)
    if end_s - begin_s < MIN_STRETCH_S:
        return []
    places = max(int((end_s - begin_s) / stretch_s), 1)
    starts_s = np.linspace(begin_s, end_s - stretch_s, min(places, 6 * count))
    size = round(stretch_s / coarse.FRAME_S)
    both = [
        min(
            first.print.moving(round(at_s / coarse.FRAME_S), size),
            second.print.moving(round((at_s + line.at(at_s)) / coarse.FRAME_S), size),
        )
        for at_s in starts_s
    ]
    groups = np.array_split(np.arange(len(starts_s)), min(count, len(starts_s)))
    chosen = [group[int(np.argmax(np.array(both)[group]))] for group in groups]
    return [float(starts_s[at]) + stretch_s / 2.0 for at in chosen if both[at] > 0.0]


def _guesses(line: Line, matches: list[Fit], time_s: float) -> list[float]:
    """Offsets to try at a time: that of the line, and that of the nearest window where it says another."""
    guesses_s = [line.at(time_s)]
    near = [fit for fit in matches if fit.score >= coarse.MIN_SCORE and abs(fit.time_s - time_s) < 4 * coarse.WINDOW_S]
    for fit in sorted(near, key=lambda fit: abs(fit.time_s - time_s))[:1]:
        if lags.MAX_LAG_S * 0.5 < abs(fit.offset_s - guesses_s[0]) < _JUMP_S:
            guesses_s.append(fit.offset_s)
    return guesses_s


def _measure(
    first: Sound, second: Sound, time_s: float, guesses_s: list[float], drift: float, rate: int
) -> Stretch | None:
    """The best of what the guesses lead to."""
    best: Stretch | None = None
    for guess_s in guesses_s:
        line = Line(guess_s - drift * time_s, drift)
        spectra = compare(first, second, time_s, line, rate)
        stretch = Stretch.of(spectra, time_s, line) if spectra is not None else None
        if stretch is not None and (best is None or stretch.score > best.score):
            best = stretch
    return best

"""A denoiser that leaves alone what it was not made for: song, music, and what holds no noise.

The whole recording is judged before the first block (`mixengine.audio.passages`). What follows, per second:

- speech goes through the model; where the pauses lie 40 to 45 dB below the voice there is little to remove, and the
  noise is lowered by no more than the pauses explain (`noise_floor`);
- song is treated in that way always;
- music and single instruments are left as they are; where noise is heard between them, and no speech, they are treated
  as song is, so that the noise does not come and go with them;
- noise alone goes through the model, as far as its spectrum shows no tones. Noise out of which something rises, and
  noise between the lines of a song, is treated as a song's pauses are.

Where the judge says speech and what the model takes away does not look like noise (`doubt`), one of them errs: it
counts as song. Where it takes more of a voice than a steady noise explains, the voice counts as song too (`steady`).
Under everything lies a floor: nothing is lowered by more. From one treatment to the next there is a cross-fade.
Where the network's work was refused for such a reason, the passage says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mixengine.audio.passages import KINDS, STEP_S, Judgement, PassageMeter
from mixengine.separation_models import adapt, doubt, noise_floor, steady, tones
from mixengine.separation_models.model import Model

FLOOR_DB = -24.0
VOICES = ("speech", "song")
"""What the user may say that voices are."""

_SPEECH, _SONG, _MUSIC, _NOISE = range(len(KINDS))
_CLEAN_FROM_DB, _CLEAN_OVER_DB = 40.0, 5.0
"""Range from pauses to voice above which a recording counts as clean. Of 42 utterances with noise 15 dB below them, one
in twenty has more than 37 dB; of clean ones half have 45 dB, of sung stems three in four more than 60."""
_NOISE_RANGE_DB = 18.0
"""Noise alone rarely has a larger range: three in four of 80 recordings have less than 15 dB."""
_SONG_SHARE = 0.25
_NOISE_SHARE = 0.1
"""Share of a recording that is noise from which music is taken for played under that noise."""
_TONES_TO, _NOISE_FROM = 0.6, 0.75
"""Flatness of spectra: 27 of 28 noises have more than 0.75, chords, bells and violins less than 0.3."""
_LOW_NOISE_FROM = 0.7
"""The same below 1200 Hz. Wind howls there: of 78 noises 74 have more than 0.75, a storm 0.74, an alarm 0.68; most
basses have less than 0.6."""
_MARGIN_S = 1.5
"""What is seen in 10 s to either side is smoothed by so much."""
UNCLEAR = "unclear"
LIKE_THE_VOICE, TONES = "like the voice", "tones"
_REASONS = (LIKE_THE_VOICE, TONES)
_MIN_REFUSED = 0.005
_REFUSED_S = 10.0
"""What is refused comes and goes; a passage tells of the mean over so long."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What the user says about it.

    Attributes
    ----------
    floor_db : float <= 0
        Nothing is lowered by more.
    keep_music : bool
        Leave music as it is; otherwise it goes through the model.
    voice : str
        ``speech`` or ``song``: what a voice is, where the user knows better than the judge; else ``auto``.
    """

    floor_db: float = FLOOR_DB
    keep_music: bool = True
    voice: str = "auto"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one kind and what is done to it.

    Attributes
    ----------
    start_s, end_s : float
    kind : str
        ``speech``, ``song``, ``music``, ``noise``, or ``unclear``: too short to judge.
    sure : float
        Probability of the kind, 0 … 1.
    treatment : str
        ``model``, ``noise floor``: lowered as far as the pauses explain it, or ``kept``.
    refused_share : float
        How much of what the network was to do it was not let do, 0 … 1; known once the passage has gone through.
    refused_for : str
        Why: what it took out was ``like the voice``, or there are ``tones`` in it; ``""`` where it did all.
    """

    start_s: float
    end_s: float
    kind: str
    sure: float
    treatment: str
    refused_share: float = 0.0
    refused_for: str = ""


class Keeping(Model):
    """A denoiser with a judge before it and a floor under it.

    Parameters
    ----------
    model : Model
        A denoiser: one that makes one stem.
    guard : Guard
    """

    def __init__(self, model: Model, guard: Guard) -> None:
        super().__init__(model.variant, model.folder)
        self.name, self.stems, self.weight_files = model.name, model.stems, model.weight_files
        self.chunk_s, self.fade_s, self.remarks = model.chunk_s, model.fade_s, model.remarks
        self.context_s = max(model.context_s, noise_floor.REACH_S) + _MARGIN_S
        self._model, self._guard, self._floor = model, guard, 10.0 ** (guard.floor_db / 20.0)
        self._start = 0
        self._kinds, self._sure, self._shares = np.zeros(0, int), np.zeros(0), np.zeros((1, 3))
        self._refused, self._asked = np.zeros((0, len(_REASONS))), np.zeros(0)

    def hop_at(self, rate: int) -> int:
        """See `Model.hop_at`."""
        return adapt.grid(self._model, rate)

    def seek(self, start: int) -> None:
        """See `Model.seek`."""
        self._start = start

    def listen(self, blocks: Iterable[np.ndarray], rate: int) -> None:
        """See `Model.listen`."""
        middle, side = PassageMeter(rate), PassageMeter(rate)
        energies, stereo = np.zeros(2), False

        def passed() -> Iterator[np.ndarray]:
            nonlocal energies, stereo
            for block in blocks:
                stereo = block.shape[1] == 2
                with np.errstate(over="ignore", invalid="ignore"):
                    both = block.mean(axis=1), (block @ np.array([0.5, -0.5], np.float32) if stereo else block[:0, 0])
                    energies = energies + [float(np.square(each, dtype=np.float64).sum()) for each in both]
                middle.add(both[0])
                side.add(both[1])
                yield block

        stream = passed()
        self._model.listen(stream, rate)
        for _ in stream:  # what the model did not ask for
            pass
        louder = side if energies[1] > energies[0] else middle
        judgement = louder.finish()
        self._kinds, self._sure = self._judged(judgement), judgement.sure
        self._shares = self._decide(self._kinds, judgement)
        self._refused, self._asked = np.zeros((len(self._kinds), len(_REASONS))), np.zeros(len(self._kinds))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """What was heard, what is done to it, and, once it has gone through, how much of that was refused."""
        asked = self._asked[:, None]
        refused = np.divide(self._refused, asked, out=np.zeros_like(self._refused), where=asked > 0.0)
        return _passages(self._kinds, self._sure, self._shares, refused)

    def _note(self, asked: np.ndarray, refused: Sequence[np.ndarray], rate: int) -> None:
        """Add up by second what share of each frame the network was to have, and what of it was refused for what."""
        seconds = ((self._start + np.arange(len(asked))) / (rate * STEP_S)).astype(int).clip(max=len(self._asked) - 1)
        self._asked += np.bincount(seconds, asked, len(self._asked))
        for reason, each in enumerate(refused):
            self._refused[:, reason] += np.bincount(seconds, each, len(self._asked))

    def _judged(self, judgement: Judgement) -> np.ndarray:
        """The judge's kinds after what the user says, and after what the whole recording says."""
        kinds = judgement.kinds.copy()
        if self._guard.voice == "song":
            kinds[(kinds == _SPEECH) | (kinds < 0)] = _SONG
        if self._guard.voice == "speech":
            kinds[(kinds == _SONG) | (kinds < 0)] = _SPEECH
        sung, played = (kinds == _SONG).sum(), (kinds == _MUSIC).sum()
        if self._guard.voice == "song" or (sung and sung >= _SONG_SHARE * (sung + played)):
            kinds[kinds == _MUSIC] = _SONG  # a held note of a singer is like an instrument's
        return kinds

    def _decide(self, kinds: np.ndarray, judgement: Judgement) -> np.ndarray:
        """Share of the model for speech, of it for all else, and of the noise floor's gain [shape=(seconds, 3)].

        What is missing to 1 is kept as it is.
        """
        clean = np.clip((judgement.range_without_gaps_db - _CLEAN_FROM_DB) / _CLEAN_OVER_DB, 0.0, 1.0)
        of_song = (kinds == _SONG).sum() + (kinds == _MUSIC).sum() > (kinds == _SPEECH).sum()
        noise = 0.0 if of_song else (judgement.range_db < _NOISE_RANGE_DB).astype(float)
        speech = np.where(kinds == _SPEECH, 1.0 - clean, 0.0)
        model = np.where(kinds == _NOISE, noise, 0.0)
        model[kinds == _MUSIC] = 0.0 if self._guard.keep_music else 1.0
        under_noise = not (kinds == _SPEECH).any() and (kinds == _NOISE).mean() >= _NOISE_SHARE
        floor = np.where((kinds == _MUSIC) & ~np.bool_(under_noise), 0.0, 1.0 - speech - model)
        return np.stack([speech, model, floor], axis=1)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        [stem] = self.stems
        times_s = (self._start + np.arange(len(block))) / rate / STEP_S - 0.5
        seconds = np.arange(len(self._shares))
        speech, model, floor = (np.interp(times_s, seconds, each).astype(np.float32) for each in self._shares.T)
        out = block
        if speech.any() or model.any():
            made = adapt.run(self._model, block, rate)[stem]
            asked = speech + model
            if (self._shares[:, 1] > 0.0).any() and self._guard.keep_music:
                toneless = _tonelessness(block, rate, self._start)
                model, floor = model * toneless, floor + model * (1.0 - toneless)
            has_tones = asked - speech - model
            if self._guard.voice != "speech":
                explained = steady.share(block, made, rate, self._start)
                if speech.any():
                    doubts = np.maximum(explained, doubt.doubt(block, made, speech, rate, self._start))
                    speech, floor = speech * (1.0 - doubts), floor + speech * doubts
                model, floor = model * (1.0 - explained), floor + model * explained
            self._note(asked, (asked - has_tones - speech - model, has_tones), rate)
            made = np.float32(self._floor) * block + np.float32(1.0 - self._floor) * made
            out = out + (speech + model)[:, None] * (made - block)
        if floor.any():
            made = noise_floor.lowered(block, rate, self._floor, skip=self._start)
            out = out + floor[:, None] * (made - block)
        return {stem: out}


def _tonelessness(block: np.ndarray, rate: int, start: int) -> np.ndarray:
    """How far a sound is noise and no music, 0 … 1 [shape=(frames,)], from how flat its spectrum is within 10 s."""
    flatness, low_flatness = (each(block, rate, start) for each in (tones.flatness_around, tones.low_flatness_around))
    ranges = (flatness, _NOISE_FROM), (low_flatness, _LOW_NOISE_FROM)
    share: np.ndarray = np.minimum(*((each - _TONES_TO) / (noise_from - _TONES_TO) for each, noise_from in ranges))
    share = np.clip(share, 0.0, 1.0).astype(np.float32)
    return share


def guarded(model: Model, guard: Guard) -> Model:
    """The model with a judge before it if it is a denoiser; one that makes several stems was chosen to part music."""
    return Keeping(model, guard) if len(model.stems) == 1 else model


def _passages(kinds: np.ndarray, sure: np.ndarray, shares: np.ndarray, refused: np.ndarray) -> tuple[Passage, ...]:
    by_model = shares[:, 0] + shares[:, 1]
    refused = ndimage.uniform_filter1d(refused, max(round(_REFUSED_S / STEP_S), 1), axis=0, mode="nearest")
    is_refused = (by_model > 0.5) & (refused.sum(axis=1) > 0.5)
    treatments = np.select([(by_model > 0.5) & ~is_refused, is_refused | (shares[:, 2] > 0.0)], [0, 1], 2)
    keys = kinds * 6 + treatments * 2 + is_refused
    edges = np.flatnonzero(np.diff(keys)) + 1
    spans = zip(np.concatenate([[0], edges]), np.concatenate([edges, [len(keys)]]), strict=True)
    return tuple(
        Passage(
            float(first * STEP_S),
            float(last * STEP_S),
            KINDS[kinds[first]] if kinds[first] >= 0 else UNCLEAR,
            round(float(sure[first:last].mean()), 2),
            ("model", "noise floor", "kept")[treatments[first]],
            round(float(share := refused[first:last].sum(axis=1).mean()), 2),
            _REASONS[int(refused[first:last].sum(axis=0).argmax())] if share >= _MIN_REFUSED else "",
        )
        for first, last in spans
        if last > first
    )

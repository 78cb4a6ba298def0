"""Open-Unmix: one recurrent network per stem, and a multichannel Wiener filter over all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mixengine.audio import torchaudio_stand_in
from mixengine.separation_models import neural, weights
from mixengine.separation_models.model import Model
from mixengine.separation_models.weights import Weight
from mixengine.system.errors import unknown

_STEMS = ("vocals", "drums", "bass", "other")


def _files(record: str, *names: str) -> tuple[Weight, ...]:
    return tuple(Weight(f"{name}.pth", f"https://zenodo.org/records/{record}/files/{name}.pth") for name in names)


class OpenUnmix(Model):
    """The published networks, run by the library's own separator with one step of expectation maximisation.

    Blocks are long, because the filter works on windows of 300 frames (7 s). A variant is a published set
    (``umxhq``), or a folder in the library's own layout (``separator.json``, ``vocals.json``, ``vocals….pth``).

    References
    ----------
    F.-R. Stöter, S. Uhlich, A. Liutkus, Y. Mitsufuji, "Open-Unmix", JOSS 4(41), 2019.
    """

    name = "openunmix"
    chunk_s = 30.0
    context_s = 3.0
    fade_s = 1.0
    weight_files = {  # noqa: RUF012 - the base says Mapping
        "umxl": _files("5069601", "vocals-bccbd9aa", "drums-69e0ebd4", "bass-2ca1ce51", "other-c8c5b3e6"),
        "umxhq": _files("3370489", "vocals-b62c91ce", "drums-9619578f", "bass-8d85a5bd", "other-b52fbbf7"),
        "umx": _files("3370486", "vocals-c8df74a5", "drums-5a48008b", "bass-646024d3", "other-f8e132cc"),
        "umxse": _files("3786908", "speech_f5e0d9f9", "noise_04a6fc2d"),
    }

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant or next(iter(self.weight_files)), folder)
        torchaudio_stand_in.ensure()
        files = self.weight_files.get(self.variant)
        if files is not None:
            self._separator = _load_published(self.variant, weights.require(files, self.name, folder), files)
        else:
            self._separator = _load_local(self.variant, folder)
        self._device = neural.device()
        self._separator.to(self._device)
        self.stems = tuple(self._separator.target_models)
        self.rate = int(self._separator.sample_rate)
        self.channels = 1 if self._separator.complexnorm.mono else 2
        self.min_frames = int(self._separator.stft.n_fft)
        self.hop = int(self._separator.stft.n_hop)

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        stems = neural.call(self._separator, block, self._device)
        return {name: stem.T for name, stem in zip(self.stems, stems, strict=True)}


def _load_published(variant: str, place: Path, files: tuple[Weight, ...]) -> Any:
    """The library's separator of this name with its weights loaded from local files."""
    import openunmix
    import torch
    from openunmix.model import Separator

    networks = getattr(openunmix, f"{variant}_spec")(pretrained=False)
    for (stem, network), weight in zip(networks.items(), files, strict=True):
        path = place / weight.file
        assert weight.file.startswith(stem)
        try:
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=False)
        except MemoryError:
            raise
        except Exception as error:
            raise weights.damaged(path, error) from None
        network.eval()
    is_speech = variant == "umxse"
    separator = Separator(
        networks,
        niter=1,
        sample_rate=16000.0 if is_speech else 44100.0,
        n_fft=1024 if is_speech else 4096,
        n_hop=512 if is_speech else 1024,
        nb_channels=1 if is_speech else 2,
    )
    separator.freeze()
    return separator


def _load_local(variant: str, folder: Path) -> Any:
    """A separator trained by the user, from a folder in the library's layout."""
    from openunmix.utils import load_separator

    place = next(
        (
            place / variant
            for place in weights.places("openunmix", folder)
            if (place / variant / "separator.json").exists()
        ),
        None,
    )
    if place is None:
        raise unknown("variant of openunmix", variant, OpenUnmix.weight_files)
    stems = sorted((path.stem for path in place.glob("*.json") if path.stem != "separator"), key=_order)
    try:
        separator = load_separator(str(place), targets=stems)
    except MemoryError:
        raise
    except Exception as error:
        raise weights.damaged(place, error) from None
    separator.freeze()
    return separator


def _order(stem: str) -> tuple[int, str]:
    return (_STEMS.index(stem) if stem in _STEMS else len(_STEMS), stem)

"""Speech enhancement on speakers and noises that the shipped network was not trained with.

    python benchmarks/enhance.py [FOLDER] [--files N] [--prior-steps N] [--only NAME …] [-o DIR]

FOLDER holds ``speech/`` and ``noise/`` (default: ``../shared/data/audio``). Set aside in training, and used here:
every ninth speaker of ``librispeech_train_clean_100``, all of ``librispeech_test_other``, and the noises
``blanket_*`` and ``speechcmd_*``. What lies below 70 Hz in the clean recordings is rumble and no speech (in some as
strong as the speech itself, and taking it out must not count as an error): it is filtered out first, unless
``--rumble``. Printed per procedure and ratio of speech to noise: SI-SDR and its gain, SDR, STOI, PESQ, error of the
mask, level of the speech, and for noise alone how far it goes down; then times real time on one
core. Compared: nothing, the spectral masks, ``noisereduce``, RNNoise, DTLN, DeepFilterNet (the latter where
installed), [AudioSep-UNet] (trained here), ours (``unet``), the mean of ours and DTLN (``blend``), with DeepFilterNet
too (``blend:all``), and ``blend`` as the command ``enhance`` uses it, with its judge and its floor (``enhance``).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
from scipy import signal

from mixengine.audio.files import audio_files
from mixengine.evaluation.evaluate import SNRS_DB, evaluate, examples
from mixengine.evaluation.folders import enhancer
from mixengine.evaluation.page import headers, page, rows, to_dict
from mixengine.report.progress import TerminalProgress
from mixengine.separation_models import DENOISER
from mixengine.separation_models.keeping import Guard, guarded
from mixengine.separation_models.model import Model
from mixengine.separation_models.registry import open_model
from mixengine.system.errors import UserError
from mixengine.training.unet.run import HELD_OUT_EVERY

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "audio"
NOISES = ("blanket_", "speechcmd_")
SPEECH_FROM_HZ = 70.0


def set_aside(root: Path, place: Path, *, rumble: bool = False) -> tuple[Path, Path, list[Path], list[Path]]:
    """Folders of what was set aside, and what was trained with."""
    speakers = [Path(path) for path in audio_files(root / "speech" / "librispeech_train_clean_100")]
    others = [Path(path) for path in audio_files(root / "speech" / "librispeech_test_other")]
    noises = [Path(path) for path in audio_files(root / "noise")]
    held = [*speakers[::HELD_OUT_EVERY], *others]
    held_noises = [path for path in noises if path.name.startswith(NOISES)]
    for name, files in (("speech", held), ("noise", held_noises)):
        (place / name).mkdir()
        for path in files:
            if rumble or name == "noise":
                (place / name / path.name).symlink_to(path)
            else:
                _without_rumble(path, (place / name / path.name).with_suffix(".wav"))
    return (
        place / "speech",
        place / "noise",
        [path for path in speakers if path not in held],
        [path for path in noises if path not in held_noises],
    )


def _without_rumble(path: Path, to: Path) -> None:
    samples, rate = soundfile.read(path, always_2d=True)
    sections = signal.butter(4, SPEECH_FROM_HZ, "highpass", fs=rate, output="sos")
    soundfile.write(to, signal.sosfiltfilt(sections, samples, axis=0), rate, "FLOAT")


def procedures(names: list[str], prior_steps: int, speakers: list[Path], noises: list[Path], place: Path) -> dict:
    """Name → (samples, rate) → samples."""
    enhancers = {"nothing": lambda samples, _: samples}
    enhancers |= {name: enhancer(open_model(name)) for name in ("mask-faithful", "mask")}
    if importlib.util.find_spec("noisereduce"):
        import noisereduce

        enhancers["noisereduce"] = lambda samples, rate: noisereduce.reduce_noise(y=samples, sr=rate)
    if importlib.util.find_spec("pyrnnoise"):
        enhancers["rnnoise"] = enhancer(open_model("rnnoise"))
    if prior_steps:
        enhancers |= audiosep_unet(prior_steps, speakers, noises, place)
    enhancers |= {name: enhancer(open_model(name)) for name in ("dtln", "unet", DENOISER)}
    if deepfilter := installed("deepfilter"):
        enhancers |= {"deepfilter": enhancer(deepfilter), "blend:all": enhancer(open_model("blend:all"))}
    enhancers["enhance"] = enhancer(guarded(open_model(DENOISER), Guard()))
    return {name: enhance for name, enhance in enhancers.items() if not names or name in names}


def installed(name: str) -> Model | None:
    """A model whose library and weights are here."""
    try:
        return open_model(name)
    except UserError:
        return None


def audiosep_unet(steps: int, speakers: list[Path], noises: list[Path], place: Path) -> dict:
    """[AudioSep-UNet] on the same recordings, as published and with its mask left soft."""
    import prior_enhancer

    from mixengine.training.unet import corpus
    from mixengine.training.unet.mixtures import Mixer, Recipe
    from mixengine.training.unet.run import VALIDATION_RECIPE

    work = place / "prior"
    work.mkdir()
    keep = {*speakers, *noises}
    rows_of = [corpus.load([files[0].parent], work, keep=keep.__contains__) for files in (speakers, noises)]
    facts = {name: getattr(VALIDATION_RECIPE, name) for name in Recipe.__dataclass_fields__}
    recipe = Recipe(**facts | {"seconds": prior_enhancer.SECONDS, "snr_db": (prior_enhancer.SNR_DB,) * 2})
    kept = Path(tempfile.gettempdir()) / f"mixengine-prior-{steps}.pt"
    net = prior_enhancer.trained(Mixer(recipe, *rows_of, None, 0), steps, kept)
    return {
        "AudioSep-UNet": prior_enhancer.enhancer(net, binary=True),
        "same, soft mask": prior_enhancer.enhancer(net, binary=False),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--files", type=int, default=40, help="clean files, spread evenly; 0: all")
    parser.add_argument("--prior-steps", type=int, default=150, help="training of AudioSep-UNet; 0: leave it out")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rumble", action="store_true", help="leave the clean recordings as they are")
    parser.add_argument("-o", "--out", type=Path)
    options = parser.parse_args()
    if not (options.folder / "speech").is_dir():
        print(f"{options.folder}: no recordings there; give a folder with speech/ and noise/")
        return
    with tempfile.TemporaryDirectory() as place:
        speech, noise, speakers, noises = set_aside(options.folder.resolve(), Path(place), rumble=options.rumble)
        compared = procedures(options.only, options.prior_steps, speakers, noises, Path(place))
        total = min(options.files or 10**9, len(audio_files(speech))) * (len(SNRS_DB) + 1) + len(audio_files(noise))
        mixtures = examples(speech, noise, seed=options.seed, files=options.files)
        scores = evaluate(compared, mixtures, TerminalProgress(), total)
        if options.out:
            example = next(examples(speech, noise, [5.0], seed=options.seed, files=options.files))
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "enhance.html").write_text(page(scores, example, compared, "speakers and noises set aside"))
            (options.out / "enhance.json").write_text(json.dumps(to_dict(scores), indent=1))
    lines = [headers(), *rows(scores)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)))
    for name, results in scores.items():
        gains = [results[snr_db].gain_db for snr_db in SNRS_DB]
        stoi = (
            [results[snr_db].stoi - scores["nothing"][snr_db].stoi for snr_db in SNRS_DB] if "nothing" in scores else []
        )
        print(f"{name:20s} mean gain {np.mean(gains):6.2f} dB, STOI {np.mean(stoi) if stoi else float('nan'):+.3f}")


if __name__ == "__main__":
    main()

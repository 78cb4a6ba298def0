"""From a file to a folder: what adds up, what is kept, what is refused, what goes on after an interruption."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.jobs.separate import earlier, files, wav, work
from mixengine.separation_models import registry
from mixengine.system.errors import UserError
from tests.helpers.separation_songs import song
from tests.helpers.small_models import Halves
from tests.helpers.sounds import write

RATE = 8000


def total(folder: Path) -> np.ndarray:
    return sum(soundfile.read(path, always_2d=True)[0] for path in folder.glob("*.wav"))


def error_db(folder: Path, source: Path) -> float:
    audio, _ = soundfile.read(source, always_2d=True)
    return 20.0 * np.log10(np.abs(total(folder) - audio).max(initial=0.0) + 1e-12)


@pytest.mark.parametrize("name", ["mask", "hpss", "mask-faithful", "unet"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_the_files_of_the_folder_sum_to_the_input(tmp_path, name, subtype):
    source = write(tmp_path / "in.wav", song(RATE * 2, 2), RATE, subtype)
    done = files.separate(str(source), tmp_path / "out", registry.open_model(name))
    assert error_db(tmp_path / "out", source) < -120.0
    assert done.sum_error_dbfs is None or done.sum_error_dbfs < -120.0


@pytest.mark.parametrize(
    ("subtype", "becomes"), [("PCM_16", "PCM_24"), ("PCM_24", "PCM_24"), ("FLOAT", "FLOAT"), ("DOUBLE", "FLOAT")]
)
def test_the_format_is_kept(tmp_path, subtype, becomes):
    source = write(tmp_path / "in.wav", song(3000, 3), 48000, subtype)
    files.separate(str(source), tmp_path / "out", Halves())
    for name in ("low", "high", "residual"):
        info = soundfile.info(tmp_path / "out" / f"{name}.wav")
        assert (info.samplerate, info.channels, info.frames, info.subtype) == (48000, 3, 3000, becomes)


def test_nothing_is_clipped(tmp_path):
    class Loud(Halves):
        def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
            late = np.where(np.abs(block) > 0.4, np.float32(-3.0), np.float32(0.5))
            return {"low": block * late, "high": block * np.float32(0.25)}

    audio = song(12000, 1) * np.float32(0.5)
    audio[11000:] = 0.9  # loud only at the end, when much is written already
    source = write(tmp_path / "in.wav", audio, RATE, "PCM_24")
    done = files.separate(str(source), tmp_path / "out", Loud())
    assert done.subtype == "FLOAT"
    assert any("full scale" in note for note in done.notes)
    assert error_db(tmp_path / "out", source) < -120.0
    low, _ = soundfile.read(tmp_path / "out" / "low.wav", always_2d=True)
    np.testing.assert_allclose(low[:8000], audio[:8000] * 0.5, atol=1e-6)


def test_two_stems_are_one_and_all_the_rest(tmp_path):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    done = files.separate(str(source), tmp_path / "out", Halves(), two_stems="high")
    assert sorted(done.outputs) == ["high", "no_high"]
    assert sorted(path.name for path in (tmp_path / "out").glob("*.wav")) == ["high.wav", "no_high.wav"]
    assert error_db(tmp_path / "out", source) < -120.0


def test_chosen_stems_leave_the_others_to_the_residual(tmp_path):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    done = files.separate(str(source), tmp_path / "out", Halves(), stems=["high"])
    assert sorted(done.outputs) == ["high", "residual"]
    assert error_db(tmp_path / "out", source) < -120.0
    assert done.levels_db["residual"] == pytest.approx(-6.0, abs=0.1)


def test_the_residual_is_told_even_when_it_is_not_written(tmp_path):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    done = files.separate(str(source), tmp_path / "out", Halves(), residual=False)
    assert sorted(done.outputs) == ["high", "low"]
    assert done.levels_db["residual"] == pytest.approx(-12.0, abs=0.1)


def test_an_earlier_separation_in_the_same_folder_makes_room(tmp_path):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    write(tmp_path / "out" / "mine.wav", song(10, 1))
    files.separate(str(source), tmp_path / "out", Halves())
    files.separate(str(source), tmp_path / "out", Halves(), two_stems="high")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.wav")) == ["high.wav", "mine.wav", "no_high.wav"]


def test_a_stem_that_was_changed_since_is_the_users(tmp_path):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    files.separate(str(source), tmp_path / "out", Halves())
    low = write(tmp_path / "out" / "low.wav", song(20, 1), RATE)
    high = write(tmp_path / "out" / "high.wav", song(30, 1), RATE)
    changed = low.read_bytes(), high.read_bytes()
    done = files.separate(str(source), tmp_path / "out", Halves(), two_stems="high")
    (kept,) = (tmp_path / "out").glob("high-*.wav-bak")
    assert (low.read_bytes(), kept.read_bytes()) == changed
    said = " ".join(done.notes)
    assert "low.wav: is of an earlier separation and was changed since" in said and kept.name in said
    assert not (tmp_path / "out" / "residual.wav").exists()


def test_without_a_memory_no_stem_is_removed(tmp_path, monkeypatch):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    files.separate(str(source), tmp_path / "out", Halves())
    low = write(tmp_path / "out" / "low.wav", song(20, 1), RATE)
    edited = low.read_bytes()
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "another"))
    done = files.separate(str(source), tmp_path / "out", Halves(), two_stems="high")
    assert low.read_bytes() == edited and any("low.wav" in note and "it stays" in note for note in done.notes)


AUDIO = {
    "silence": (np.zeros((4000, 2)), RATE),
    "one sample": (np.full((1, 1), 0.5), RATE),
    "direct current": (np.full((9000, 1), 0.5), RATE),
    "clipped": (np.clip(song(9000, 2) * 20, -1, 1), RATE),
    "8 kHz": (song(9000, 1), 8000),
    "192 kHz": (song(19200, 2), 192000),
    "eight channels": (song(9000, 8), 44100),
    "over full scale": (song(9000, 1) * 10, RATE),
    "odd rate": (song(9000, 1), 44101),
}


@pytest.mark.parametrize("name", ["mask", "hpss", "unet", "stereo", "mono 16 kHz"])
@pytest.mark.parametrize("audio", AUDIO.values(), ids=AUDIO)
def test_odd_input_comes_back_whole(tmp_path, name, audio):
    samples, rate = audio
    made = {"stereo": Halves(channels=2, rate=44100), "mono 16 kHz": Halves(channels=1, rate=16000)}
    model = made.get(name) or registry.open_model(name)
    source = write(tmp_path / "ein gängiger name.wav", samples, rate)
    done = files.separate(str(source), tmp_path / "o ü t", model)
    assert (done.frames, done.channels, done.rate) == (*samples.shape, rate)
    assert error_db(tmp_path / "o ü t", source) < 20.0 * np.log10(max(np.abs(samples).max(), 1.0)) - 120.0
    assert json.loads((tmp_path / "o ü t" / earlier.REPORT).read_text())["frames"] == len(samples)


def test_samples_that_are_no_numbers_are_named(tmp_path):
    audio = song(9000, 1)
    audio[100], audio[200] = np.nan, np.inf
    source = write(tmp_path / "in.wav", audio, RATE)
    done = files.separate(str(source), tmp_path / "out", registry.open_model("mask"))
    assert any("2 samples are not numbers" in note for note in done.notes)
    assert np.isfinite(total(tmp_path / "out")).all()


def test_a_low_rate_model_is_named(tmp_path):
    source = write(tmp_path / "in.wav", song(9000, 1), 48000)
    done = files.separate(str(source), tmp_path / "out", Halves(rate=8000))
    assert done.notes == ["halves works at 8000 Hz: what is above 4000 Hz is not in its stems"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "is empty"), (b"RIFF nonsense", "in.wav: .*"), ("empty", "no audio")],
)
def test_what_cannot_be_read_is_one_line_and_leaves_nothing(tmp_path, content, said):
    source = tmp_path / "in.wav"
    if content == "empty":
        write(source, np.zeros((0, 1)), RATE)
    elif content is not None:
        source.write_bytes(content)
    with pytest.raises(UserError, match=said):
        files.separate(str(source), tmp_path / "out", Halves())
    assert not (tmp_path / "out").exists()


def test_a_wrong_stem_names_the_right_ones(tmp_path):
    source = write(tmp_path / "in.wav", song(100, 1), RATE)
    with pytest.raises(UserError, match=r"stem of halves 'hih' is unknown \(did you mean 'high'\?\)"):
        files.separate(str(source), tmp_path / "out", Halves(), two_stems="hih")
    with pytest.raises(UserError, match="stems and two_stems"):
        files.separate(str(source), tmp_path / "out", Halves(), two_stems="high", stems=["low"])


def test_the_input_is_never_overwritten(tmp_path):
    source = write(tmp_path / "low.wav", song(100, 1), RATE)
    before = source.read_bytes()
    with pytest.raises(UserError, match="is the input"):
        files.separate(str(source), tmp_path, Halves())
    assert source.read_bytes() == before


def test_a_part_of_an_earlier_separation_can_be_separated_where_it_is(tmp_path):
    source = write(tmp_path / "in.wav", song(3000, 1), RATE, "PCM_16")
    part = Path(files.separate(str(source), tmp_path, Halves()).outputs["residual"])
    before = part.read_bytes()
    files.separate(str(part), tmp_path, Halves(), residual=False)
    assert part.read_bytes() == before


def test_a_file_of_the_users_own_is_never_overwritten(tmp_path):
    source = write(tmp_path / "in.wav", song(100, 1), RATE)
    own = write(tmp_path / "low.wav", song(10, 1), RATE)
    before = own.read_bytes()
    with pytest.raises(UserError, match=r"low\.wav: stands there"):
        files.separate(str(source), tmp_path, Halves())
    assert own.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "low.wav"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights do not bind here")
def test_a_read_only_folder_is_one_line(tmp_path):
    source = write(tmp_path / "in.wav", song(100, 1), RATE)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(UserError, match="cannot write"):
        files.separate(str(source), locked / "out", Halves())


def test_a_file_in_the_way_is_one_line(tmp_path):
    source = write(tmp_path / "in.wav", song(100, 1), RATE)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match="cannot write"):
        files.separate(str(source), tmp_path / "out", Halves())


class Stopped(Halves):
    """Is interrupted in its n-th block."""

    def __init__(self, at: int, error: BaseException | None = None) -> None:
        super().__init__()
        self.at, self.error = at, error or KeyboardInterrupt()

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        if len(self.blocks) == self.at:
            raise self.error
        return super().process(block, rate)


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_an_interrupted_run_goes_on(tmp_path, subtype):
    source = write(tmp_path / "in.wav", song(RATE * 4, 2), RATE, subtype)
    with pytest.raises(KeyboardInterrupt):
        files.separate(str(source), tmp_path / "out", Stopped(at=5))
    assert not list((tmp_path / "out").glob("*.wav"))
    second = Halves()
    done = files.separate(str(source), tmp_path / "out", second)
    assert done.resumed_s == pytest.approx(2.5, abs=0.1)
    assert len(second.blocks) == 3
    whole = files.separate(str(source), tmp_path / "at once", Halves())
    for name, path in whole.outputs.items():
        assert Path(path).read_bytes() == Path(done.outputs[name]).read_bytes()
    assert done.levels_db == whole.levels_db
    assert not (tmp_path / "out" / work.NAME).exists()


def test_an_interrupt_before_anything_is_finished_leaves_nothing(tmp_path):
    source = write(tmp_path / "in.wav", song(RATE * 4, 1), RATE)
    with pytest.raises(KeyboardInterrupt):
        files.separate(str(source), tmp_path / "new" / "out", Stopped(at=0))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("change", ["input", "stems", "journal", "cut"])
def test_what_changed_starts_anew(tmp_path, change):
    source = write(tmp_path / "in.wav", song(RATE * 4, 1), RATE, "PCM_16")
    with pytest.raises(KeyboardInterrupt):
        files.separate(str(source), tmp_path / "out", Stopped(at=5))
    place = tmp_path / "out" / work.NAME
    wish = {}
    if change == "input":
        write(source, song(RATE * 4, 1, seed=5), RATE, "PCM_16")
    elif change == "stems":
        wish = {"stems": ["low"]}
    elif change == "journal":
        (place / "journal.json").write_text("{")
    else:
        os.truncate(place / "low.PCM_24.wav", 200)
    done = files.separate(str(source), tmp_path / "out", Halves(), **wish)
    assert done.resumed_s == 0.0
    assert error_db(tmp_path / "out", source) < -120.0


def test_a_full_disk_is_one_line_and_the_run_goes_on_later(tmp_path):
    source = write(tmp_path / "in.wav", song(RATE * 4, 1), RATE, "PCM_16")
    with pytest.raises(UserError, match="no space left; free some and run the same again"):
        files.separate(str(source), tmp_path / "out", Stopped(at=4, error=OSError(errno.ENOSPC, "No space left")))
    assert files.unfinished(tmp_path / "out")
    assert files.separate(str(source), tmp_path / "out", Halves()).resumed_s > 1.5


def test_two_at_once_do_not_mix(tmp_path):
    source = write(tmp_path / "in.wav", song(RATE * 4, 1), RATE)
    place = tmp_path / "out" / work.NAME
    place.mkdir(parents=True)
    (place / "process").write_text(str(os.getppid()))
    with pytest.raises(UserError, match="another separation is writing here"):
        files.separate(str(source), tmp_path / "out", Halves())


def test_short_memory_is_noted(tmp_path):
    class Starved(Halves):
        chunk_s = 16.0

        def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
            if len(block) > 50000:
                raise MemoryError
            return super().process(block, rate)

    source = write(tmp_path / "in.wav", song(RATE * 40, 1), RATE, "PCM_16")
    done = files.separate(str(source), tmp_path / "out", Starved())
    assert done.notes == ["memory was short: worked in blocks of 4.0 s"]
    assert error_db(tmp_path / "out", source) < -120.0


def test_progress_ends_at_the_end_and_tells_the_time_left(tmp_path):
    source = write(tmp_path / "in.wav", song(RATE * 4, 1), RATE)
    said: list[tuple[int, int, str]] = []
    files.separate(str(source), tmp_path / "out", Halves(), progress=lambda *told: said.append(told))
    assert said[0][:2] == (0, 4)
    assert said[-1][:2] == (4, 4)
    assert any("left" in what for _, _, what in said[1:-1])


@pytest.mark.parametrize("subtype", wav.SUBTYPES)
@pytest.mark.parametrize("channels", [1, 3])
def test_growing_files_read_back(tmp_path, subtype, channels):
    audio = song(1001, channels)
    file = wav.GrowingWav(tmp_path / "a.wav", 44100, channels, subtype)
    file.write(wav.quantised(audio[:300], subtype))
    file.write(wav.quantised(audio[300:700], subtype))
    file.flush()
    file.abandon()
    again = wav.GrowingWav(tmp_path / "a.wav", 44100, channels, subtype, frames=300)
    again.write(wav.quantised(audio[300:], subtype))
    again.close()
    result, rate = soundfile.read(tmp_path / "a.wav", always_2d=True)
    assert rate == 44100
    np.testing.assert_array_equal(result, wav.quantised(audio, subtype))


def test_more_than_four_gigabytes_have_a_header_of_their_own(tmp_path):
    file = wav.GrowingWav(tmp_path / "a.wav", 48000, 2, "FLOAT")
    file.write(song(10, 2))
    frames = 600_000_000
    file.frames = frames
    os.truncate(tmp_path / "a.wav", 92 + frames * 8)  # a sparse file
    file.close()
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.format, info.frames) == ("RF64", frames)

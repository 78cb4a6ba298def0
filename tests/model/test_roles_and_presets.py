"""Roles from names; presets read, checked, found."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.model import presets
from mixengine.model.roles import ROLE_WORDS, fused, role_of, role_of_sound
from mixengine.system.errors import UserError


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("05_KickIn.wav", "kick"),
        ("Kick 2", "kick"),
        ("BD", "kick"),
        ("SN top", "snare"),
        ("OH L", "cymbals"),
        ("Bajo", "bass"),
        ("Gtr L DI", "guitar"),
        ("BGVOX_HIGH", "backing_vocal"),
        ("VOX_LEAD", "lead_vocal"),
        ("Lead Vox", "lead_vocal"),
        ("Voice Over", "voice"),
        ("Sprecher 1", "voice"),
        ("Floete", "winds"),
        ("Violoncello", "strings"),
        ("Trompete", "brass"),
        ("Room tone", "ambience"),
        ("Schlagzeug", "drums"),
        ("xyz 12", None),
        ("", None),
    ],
)
def test_role_from_name(name: str, role: str | None) -> None:
    assert role_of(name) == role


def test_each_word_means_one_role() -> None:
    words = [word for text in ROLE_WORDS.values() for word in text.split()]
    assert len(words) == len(set(words))


def test_shipped_presets_load_and_have_titles() -> None:
    names = presets.available()
    assert {"equal-loudness", "voice-over-music"} <= set(names)
    for name in names:
        assert presets.load(name).title


def test_unknown_preset_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'equal-loudness'"):
        presets.load("equal-loudnes")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("offsets_lu = 3", "must be a table"),
        ("[offsets_lu]\nkik = 3", "unknown role 'kik' .did you mean 'kick'"),
        ("[offsets_lu]\nkick = 30", "kick = 30 is not a number of LU in"),
        ("[offsets_lu]\nkick = nan", "kick = nan is not a number"),
        ("[offsets_lu]\nkick = 'loud'", "kick = 'loud' is not a number"),
        ("titel = 'x'", "unknown key 'titel' .did you mean 'title'"),
        ("[[", "not valid TOML"),
    ],
)
def test_bad_preset_is_explained(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        presets.load(str(path))


def test_user_presets_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets, "user_folder", lambda: tmp_path)
    (tmp_path / "my-show.toml").write_text("title = 'Mine'\n[offsets_lu]\nvoice = 6\n")
    preset = presets.load("my-show")
    assert preset.offset_lu("voice") == 6.0
    assert preset.offset_lu("unknown") == 0.0


@pytest.mark.parametrize(
    ("centroid_hz", "peak_to_loudness_db", "role"),
    [(60.0, 17.0, "kick"), (70.0, 9.5, "bass"), (70.0, 12.0, None), (9000.0, 16.0, "hats"), (800.0, 18.0, None),
     (0.0, 20.0, None)],
)  # fmt: skip
def test_role_from_sound_only_where_it_is_clear(
    centroid_hz: float, peak_to_loudness_db: float, role: str | None
) -> None:
    assert role_of_sound(centroid_hz, peak_to_loudness_db) == role


@pytest.mark.parametrize(
    ("name", "folder", "sound", "role"),
    [
        ("Kick", "Strings", "hats", "kick"),
        ("Audio 3", "Strings", "hats", "strings"),
        ("Audio 3", "Drums", "hats", "hats"),
        ("Audio 3", "Drums", None, "drums"),
        ("Audio 3", "Takes", "bass", "bass"),
        ("Audio 3", None, None, None),
    ],
)
def test_name_wins_then_folder_then_sound(name: str, folder: str | None, sound: str | None, role: str | None) -> None:
    assert fused(name, folder, sound) == role

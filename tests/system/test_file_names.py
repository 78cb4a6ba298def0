"""Names of tracks as file names: short enough in bytes, no devices, once each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixengine.system import file_names

ANY = st.text(st.characters(), max_size=300)


@given(ANY)
def test_any_name_can_be_written(tmp_path_factory, name):
    safe = file_names.safe(name)
    assert safe and not safe.endswith((" ", ".")) and not safe.startswith(" ")
    assert len(safe.encode()) <= file_names.STEM_BYTES
    assert not set(safe) & set('<>:"/\\|?*\n\t\0')
    assert file_names.safe(safe) == safe
    place = tmp_path_factory.getbasetemp() / f"{safe} percussive 12345678.wav"
    place.write_bytes(b"")
    place.unlink()


@pytest.mark.parametrize("name", ["AUX", "con", "Nul.wav", "COM1", "lpt9.stem.x", "PRN ", "com¹", "AUX .x"])
def test_no_name_is_a_device(name):
    safe = file_names.safe(name)
    assert safe.split(".")[0].rstrip(" ").casefold() == name.split(".")[0].rstrip(" ").casefold() + "_"


@pytest.mark.parametrize("name", ["AUX 1", "console", "COM10", "my aux", "Kick In", "Vöx (2)"])
def test_other_names_stay(name):
    assert file_names.safe(name) == name


def test_names_are_cut_by_bytes_between_characters():
    long = "声" * 84
    assert len(long.encode()) == 252
    assert file_names.safe(long) == "声" * 59
    assert file_names.safe("x" * 400) == "x" * 179
    assert file_names.cut("aé", 2) == "a"


def test_an_ending_is_never_cut():
    assert file_names.extended("song", "-balanced.RPP") == "song-balanced.RPP"
    name = file_names.extended("声" * 83, "-balanced.RPP")
    assert name.startswith("声" * 70) and name.endswith("-balanced.RPP") and len(name.encode()) <= 255


def test_names_that_differ_at_the_end_only_stay_apart_when_they_are_cut():
    stems = [f"{'声' * 79} 第{number}回" for number in (1, 2)]
    names = [file_names.extended(stem, "-balanced.RPP").removesuffix("-balanced.RPP") for stem in stems]
    assert len(set(names)) == 2 and names == [
        file_names.extended(stem, "-balanced.RPP").removesuffix("-balanced.RPP") for stem in stems
    ]
    assert [[file_names.is_cut_from(name, stem) for stem in stems] for name in names] == [[True, False], [False, True]]
    assert all(map(file_names.looks_cut, names)) and not file_names.looks_cut("song~1")


def test_names_are_unique_whatever_the_case_and_composition():
    unique = file_names.Unique()
    names = ["Vox", "VOX", "vox (2)", "Cafe\u0301", "Caf\u00e9", "Vox"]
    given_names = [unique(name) for name in names]
    assert given_names == ["Vox", "VOX (2)", "vox (2) (2)", "Cafe\u0301", "Caf\u00e9 (2)", "Vox (3)"]

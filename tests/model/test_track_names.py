"""Names taken apart: words, numbers, microphones, what recorders and exports add."""

from __future__ import annotations

import pytest

from mixengine.model.track_names import taken_apart, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("01_KickInside.wav", ["kick", "inside"]),
        ("kickin", ["kick", "in"]),
        ("KIn", ["k", "in"]),
        ("SNtop", ["sn", "top"]),
        ("OHL", ["oh", "l"]),
        ("OHs", ["ohs"]),
        ("DrRmHH", ["dr", "rm", "hh"]),
        ("HGtr2-84", ["h", "gtr"]),
        ("Tom 2_03.R.wav", ["tom", "r"]),
        ("bassdi", ["bass", "di"]),
        ("Gesang (Straße) Ümlaut", ["gesang", "strasse", "umlaut"]),
        ("Cloud", ["cloud"]),
        ("digit", ["digit"]),
        ("D-50", ["d"]),
        ("", []),
    ],
)
def test_words(name: str, words: list[str]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize("name", ["Kick In", "kick_in", "KickIn", "KICK-IN", "02 Kick In", "Kick In_04.wav", "kick.in"])
def test_the_way_of_writing_does_not_matter(name: str) -> None:
    assert taken_apart(name).words == ("kick", "in")


@pytest.mark.parametrize(
    ("name", "words", "microphones"),
    [
        ("PAT VOC ELAM", ("pat", "voc"), ("elam",)),
        ("Back1SM58.09_01.wav", ("back", "1"), ("sm58",)),
        ("Gtr 57", ("gtr",), ("57",)),
        ("Kick D112", ("kick",), ("d112",)),
        ("Bass 421", ("bass",), ("421",)),
        ("Vox U 87", ("vox",), ("u87",)),
        ("Coles_07", (), ("coles",)),
        ("B3", ("b", "3"), ()),
        ("808", ("808",), ()),
    ],
)
def test_microphones_are_no_words(name: str, words: tuple[str, ...], microphones: tuple[str, ...]) -> None:
    apart = taken_apart(name)
    assert apart.words == words
    assert apart.microphones == microphones


def test_numbers_of_inputs_and_copies() -> None:
    assert taken_apart("07 Hat").input == 7
    assert taken_apart("SnBot_07.wav").input == 7
    assert taken_apart("Hat").input is None
    assert taken_apart("VOX 260.dup1").copied
    assert not taken_apart("VOX 260").copied

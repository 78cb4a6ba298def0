"""Targets of distributors: shipped, the user's own, and numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.model import delivery
from mixengine.system.errors import UserError


def test_every_shipped_target_says_where_it_comes_from() -> None:
    names = {"podcast", "streaming", "apple", "spotify", "youtube", "ebu-r128", "atsc-a85", "netflix", "acx"}
    targets = [delivery.load(name) for name in delivery.available()]
    assert names <= {target.name for target in targets}
    assert all(target.source and target.date for target in targets)


def test_a_number_and_a_ceiling() -> None:
    target = delivery.parse("-18", -2.0)
    assert (target.level, target.ceiling_dbtp, target.measure, target.title) == (-18.0, -2.0, "programme", "-18 LUFS")
    assert delivery.parse("podcast", -3.0).ceiling_dbtp == -3.0


@pytest.mark.parametrize("word", ["podcats", "3", "-90", "nowhere.toml"])
def test_what_is_no_target(word: str) -> None:
    with pytest.raises(UserError):
        delivery.parse(word)


def test_the_users_own_hides_a_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery" / "podcast.toml").write_text("level = -18.0\n")
    monkeypatch.setattr(delivery.presets, "user_folder", lambda: tmp_path)
    assert delivery.load("podcast").level == -18.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level = -18\nlufs = 1", "unknown key 'lufs'"),
        ("title = 'x'", "level is missing"),
        ("level = 'loud'", "no number"),
        ("level = -18\nmeasure = 'ear'", "measure = 'ear'"),
        ("level = -18\nceiling_dbtp = 3", "outside"),
        ("level = ", "not valid TOML"),
    ],
)
def test_a_file_that_does_not_fit(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=said):
        delivery.parse(str(path))

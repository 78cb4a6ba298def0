"""Fixtures: figures and sound as a user gets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mixengine.report.html import excerpts, theme

_PRINTED, _FORMATS = theme.printed, excerpts._FORMATS


@pytest.fixture(scope="module", autouse=True)
def as_mp3(sketched: None) -> Iterator[None]:
    """Sound in pages is MP3, elsewhere Vorbis."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(excerpts, "_FORMATS", _FORMATS)
        yield


@pytest.fixture(scope="module")
def drawn(sketched: None) -> Iterator[None]:
    """Elsewhere figures are not printed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theme, "printed", _PRINTED)
        yield


@pytest.fixture
def drawn_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for one test: half of a page's time goes into its figures."""
    monkeypatch.setattr(theme, "printed", _PRINTED)

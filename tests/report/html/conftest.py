"""Fixtures: figures as a user sees them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mixengine.report.html import theme

_PRINTED = theme.printed


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

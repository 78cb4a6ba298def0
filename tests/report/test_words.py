"""Sentences about numbers of things."""

from __future__ import annotations

from mixengine.report.words import not_drawn


def test_what_a_figure_leaves_out_is_counted() -> None:
    assert not_drawn(8, 8, "voice") == ""
    assert not_drawn(10, 8, "voice") == " The first 8 voices; 2 more are not drawn."

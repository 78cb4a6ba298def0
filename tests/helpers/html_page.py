"""Reads a report as a browser would, strictly."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Checks that elements nest, and keeps what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def check(text: str) -> Page:
    """What every report must hold."""
    result = Page(text)
    text.encode("utf-8")
    assert "://" not in text and "@import" not in text and not re.search(r"url\((?!#)", text)
    for tag, name, value in result.attributes:
        assert not name.startswith("on")
        if (tag, name) == ("audio", "src"):
            assert re.fullmatch(r"data:audio/(mpeg|ogg);base64,[A-Za-z0-9+/]+=*", value or "")
        elif name in ("href", "src", "xlink:href"):
            assert value and value.startswith("#")
    assert len(result.ids) == len(set(result.ids))
    for reference in re.findall(r'(?:url\(#|href="#)([^)"]+)', text):
        assert reference in result.ids
    assert result.tags.count("script") == 1 and result.tags.count("h1") == 1
    assert (
        result.tags.count("svg")
        == text.count('role="img"')
        == len(re.findall(r'aria-label="[^"]+"><', text)) - (result.tags.count("table"))
    )
    assert "nan" not in re.findall(r"[a-z]+", result.text.lower())
    return result

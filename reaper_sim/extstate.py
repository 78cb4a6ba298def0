"""Global extended state, kept in ``reaper-extstate.ini`` when asked to persist."""

from __future__ import annotations

from pathlib import Path


class ExtState:
    """Section and key → value; both without regard to case."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "reaper-extstate.ini"
        self._kept: dict[tuple[str, str], tuple[str, str, str]] = {}
        self.values: dict[tuple[str, str], str] = {}
        section = ""
        for line in self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []:
            key, equals, value = line.partition("=")
            if line.startswith("["):
                section = line[1:-1]
            elif equals:
                self.set(section, key, value, persist=False)
                self._kept[_key(section, key)] = (section, key, value)

    def get(self, section: str, key: str) -> str | None:
        return self.values.get(_key(section, key))

    def set(self, section: str, key: str, value: str, *, persist: bool) -> None:
        self.values[_key(section, key)] = value
        if persist:
            self._kept[_key(section, key)] = (section, key, value)
            self._write()

    def delete(self, section: str, key: str, *, persist: bool) -> None:
        self.values.pop(_key(section, key), None)
        if persist and self._kept.pop(_key(section, key), None):
            self._write()

    def _write(self) -> None:
        sections: dict[str, list[str]] = {}
        for section, key, value in self._kept.values():
            sections.setdefault(section, []).append(f"{key}={value}\n")
        text = "".join(f"[{section}]\n{''.join(lines)}\n" for section, lines in sections.items())
        self._file.write_text(text, encoding="utf-8")


def _key(section: str, key: str) -> tuple[str, str]:
    return section.lower(), key.lower()

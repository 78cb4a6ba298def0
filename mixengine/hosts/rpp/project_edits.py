"""A project file while a plan is applied to it: objects looked up by id, edits collected, the text written anew."""

from __future__ import annotations

from mixengine.hosts.rpp import extstate, project
from mixengine.hosts.rpp.syntax import Block


class Skip(Exception):
    """This change cannot be made; the message tells the user why."""


class Gone(Skip):
    """What it would change is not there any more, and with it what an earlier plan did to it."""


class ProjectEdits:
    """A project being changed. Structural changes rewrite the text at once; all others are collected as edits."""

    def __init__(self, source: project.Project) -> None:
        self.project = source
        self._touched: set[tuple[str, ...]] = set()
        self.spellings = extstate.spellings(source.root)

    def flush(self) -> None:
        """Write the edits so far into the text, so that what follows sees them."""
        document = self.project.document
        if document.edited:
            text = document.render()
            document.forget_edits()  # the first document belongs to the caller and stays unchanged
            self.project = project.Project(text, self.project.path)
        self._touched.clear()

    def claim(self, *key: str) -> None:
        """Write the edits so far when this object was changed before, so that its second change sees the first."""
        if key in self._touched:
            self.flush()
        self._touched.add(key)

    def track(self, track_id: str) -> Block:
        """The block of a track; `Gone` when it is not there."""
        block = self.project.tracks.get(track_id)
        if block is None:
            raise Gone(f"track {track_id} is not in the project any more")
        return block

    def item(self, track_id: str, item_id: str) -> Block:
        """The block of an item; `Gone` when it is not there."""
        block = self.project.items(self.track(track_id)).get(item_id)
        if block is None:
            raise Gone(f"item {item_id} is not on its track any more")
        return block

    def name(self, track_id: str) -> str:
        """What the user calls a track."""
        line = self.track(track_id).line("NAME")
        return line.text(1) if line else track_id

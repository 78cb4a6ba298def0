"""A small project for tests of the simulation itself."""

from __future__ import annotations

from tests.helpers.rpp_builders import chain, envelope, item, plugin, project, track


def song() -> bytes:
    """Three tracks: items and a plug-in, a volume envelope, a receive."""
    return project(
        track(1, chain(plugin()), item(11), item(12), name="drums", lines=("SEL 1",)),
        track(2, envelope("VOLENV2", "0 1 0", "4 0.5 0", lines=("VOLTYPE 1",)), name='"lead vox"'),
        track(3, lines=("AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''",)),
    )

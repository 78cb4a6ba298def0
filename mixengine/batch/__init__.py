"""Many sessions at once: jobs on every project and stem folder below a root, `run_album` for one command per song."""

from mixengine.batch.album import BatchOutcome, run_album, songs

__all__ = ["BatchOutcome", "run_album", "songs"]

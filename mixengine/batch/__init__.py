"""Many sessions at once: jobs on every project and stem folder below a root, and `album` for one command per song."""

from mixengine.batch.album import BatchOutcome, balance, songs

__all__ = ["BatchOutcome", "balance", "songs"]

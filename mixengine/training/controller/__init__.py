"""Trains a small controller in the format of [Diff-MST]: `songs` → `examples` → `fit`, `run_files`, run by `job`."""

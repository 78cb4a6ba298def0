"""Trains a small controller in the format of [Diff-MST]: `songs` → `examples` → `fit`, `keeping`, run by `job`."""

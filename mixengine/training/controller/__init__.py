"""Trains a small controller in the published format: `songs` → `examples` → `fit`, `keeping`, run by `job`."""

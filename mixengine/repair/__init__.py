"""Repairs of recordings: faults that are found first (`mixengine.analysis`), then mended where that is sure.

`repair` (the interface) → one file per repair, named in `registry` → `chain` (several on a file of any length).
"""

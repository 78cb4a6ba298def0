"""Separate sources: models behind one small interface, any length in fixed memory, stems that sum to the input.

`model` (the interface) → one adapter per model, named in `models` → `adapt` (rate and channels of a model) → `chunked`
(long audio in pieces) → `files` (from a file to a folder of stems) → `job` (items of a session).
"""

"""Errors, files that appear together or not at all, processes. Standard library only."""

"""REAPER project files: read, change, write."""

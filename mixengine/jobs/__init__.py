"""The jobs: each folder holds everything about one."""

"""How sure is sure, for all that change sound where they find something. Standard library only."""

from __future__ import annotations

MIN_SURE = 0.9
"""What is found less surely is left as it is, and named."""

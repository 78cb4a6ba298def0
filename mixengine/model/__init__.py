"""The nouns: sessions, plans, settings. Standard library only, so that REAPER's Python can load them."""

"""Look at a session and say what is wrong with it, before anybody mixes it."""

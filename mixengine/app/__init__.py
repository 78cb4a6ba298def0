"""From a session to written files: the road that every command takes."""

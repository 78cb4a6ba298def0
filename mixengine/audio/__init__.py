"""Sound: files, the timeline, filters, loudness, spectrum, pitch."""

"""A session as sound: strips, effects, folders and sends, block by block."""

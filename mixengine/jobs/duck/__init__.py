"""The ducking job: who talks when, what is music, and how the music steps back."""

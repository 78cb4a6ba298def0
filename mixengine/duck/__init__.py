"""The ducking job: who talks when, what is music, and how the music steps back."""

from mixengine import callable_room

callable_room(__name__)

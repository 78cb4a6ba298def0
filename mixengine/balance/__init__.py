"""The balance job: measure, decide, explain."""

from mixengine import callable_room

callable_room(__name__)

"""Audio that mixengine writes."""

from mixengine import callable_room

callable_room(__name__)

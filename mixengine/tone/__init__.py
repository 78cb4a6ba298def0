"""The tone job: equalise tracks so that the ones that matter are heard through the others."""

from mixengine import callable_room

callable_room(__name__)

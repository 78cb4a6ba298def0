"""Audio that mixengine writes."""

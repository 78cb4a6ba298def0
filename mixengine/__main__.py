"""``python -m mixengine``."""

from mixengine.cli import main

main()

"""``python -m mixengine``."""

import signal
import sys
from pathlib import Path


def start() -> None:
    """Run the command line, or at once the job that a button in REAPER starts: importing all commands takes longest."""
    words = sys.argv[1:]
    if len(words) == 2 and words[0] == "job" and not words[1].startswith("-"):
        from mixengine.reaper import backend

        signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing half-written is left
        sys.exit(backend.run(Path(words[1])))
    from mixengine.cli import main

    main()


start()

"""How names of mixengine's own plug-ins and markers begin. Imported by the registry of jobs, so it imports nothing."""

OWN_LABEL = "mixengine"
"""Labels of mixengine's own plug-ins begin so."""
OWN_MARKER = "mixengine: "
"""Names of mixengine's own markers begin so."""

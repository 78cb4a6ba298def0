"""Training of networks and thresholds on the user's own recordings."""

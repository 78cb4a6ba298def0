"""Networks and thresholds from your own recordings."""

"""The balance job: measure, decide, explain."""

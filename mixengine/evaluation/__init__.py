"""Evaluation of speech enhancement: mixtures, metrics and a report page."""

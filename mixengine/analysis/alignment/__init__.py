"""How recordings fit together: fingerprints → coarse offsets → fine lags → a line over time → what they share."""

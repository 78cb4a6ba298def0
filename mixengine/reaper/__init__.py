"""REAPER's buttons, the process behind them, and their set-up."""

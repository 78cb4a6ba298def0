"""Models that separate or clean audio, behind one small interface."""

"""Covering problems and their proofs. Knows demand rows and candidates, no maps, no files, no radio."""

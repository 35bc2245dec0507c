"""Builds the example study from data/: real outlines, names and settlements, synthetic people and sites."""

"""Policies: targets, scorecards (which targets are met), gap lists (what lacks service, and why), inspections."""

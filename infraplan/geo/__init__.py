"""Positions: grids, zones on them, terrain, datums. No file is opened here."""

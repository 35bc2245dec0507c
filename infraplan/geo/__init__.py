"""Where things are: grids, zones on them, terrain, datums. No file is opened here."""

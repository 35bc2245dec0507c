"""Reading and writing of files. No package below this one opens a file."""

from infraplan.io.reading import read_corridors, read_hosts, read_places, read_register, read_sites, read_villages
from infraplan.io.reading_zones import read_zones

__all__ = ["read_corridors", "read_hosts", "read_places", "read_register", "read_sites", "read_villages", "read_zones"]

"""From sectors to served people: footprints, the best-server map, reach, population, places."""

"""One package for each twin, unaware of one another."""

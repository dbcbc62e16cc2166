"""Arrays in, arrays out, no medicine."""

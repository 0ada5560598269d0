"""One draw, told."""

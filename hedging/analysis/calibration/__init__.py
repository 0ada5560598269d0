"""From prior to posterior: hold worlds against what is on record, and find the numbers that meet it."""

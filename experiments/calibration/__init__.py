"""The calibration: what is run, in parts that can be taken up again, and what is written of it."""

"""Explain one draw: what happened in a quarter, and why, in words, numbers and a figure."""

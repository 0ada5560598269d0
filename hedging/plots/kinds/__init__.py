"""The kinds of figures that ship: a file dropped here, with a function of its name, is a kind."""

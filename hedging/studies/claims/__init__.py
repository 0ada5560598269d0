"""The kinds of claims, found by their place: every class of a module here that is one, by its name."""

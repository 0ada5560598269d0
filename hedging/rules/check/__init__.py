"""How `check_rule` proves a rule: who is tried, in which worlds, how it is asked, what it may answer."""

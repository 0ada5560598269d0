"""What is asked: axes, arms, formulas, claims."""

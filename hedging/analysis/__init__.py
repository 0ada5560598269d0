"""What is learnt from many worlds."""

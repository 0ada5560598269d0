"""From YAML to checked values."""

"""The phases of a quarter, each a pure function of arrays; every phase sees only what stands above it."""

"""File formats of a compressed model, and the ways to count its bytes."""

"""Encoders and teachers: their shapes, where they come from, and loading them."""

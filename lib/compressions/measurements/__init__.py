"""Bytes, milliseconds and training speed of models."""

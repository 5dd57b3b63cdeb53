"""Frames to embeddings: one new 96-vector per hop."""

"""Tensors in, tensors out: one file or folder per provider."""

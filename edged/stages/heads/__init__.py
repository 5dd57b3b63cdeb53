"""Embeddings to scores, scores to activations."""

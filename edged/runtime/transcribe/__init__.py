"""Recordings of any length to text: read as they are recognized, never held whole."""

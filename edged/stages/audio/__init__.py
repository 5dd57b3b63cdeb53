"""Recordings and streams to frames of 80 ms, and the ring that remembers them."""

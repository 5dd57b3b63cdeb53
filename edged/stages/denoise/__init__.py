"""Noise suppression: a branch of the sound, cleaned; the ring keeps what came from the microphone."""

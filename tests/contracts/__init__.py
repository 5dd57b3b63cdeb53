"""Suites that any implementation of a protocol must pass."""

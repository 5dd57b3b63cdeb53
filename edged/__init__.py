"""The ear of an RK3588 board: wake word in, text out. Read `edged.stages` for the signal path."""

__version__ = "0.1.0"

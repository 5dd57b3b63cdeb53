"""Wyoming on one port: wake words as wyoming-openwakeword has them, recognition with its own endpoint."""

"""FunASR's websocket: offline, online and 2pass, as its clients of all generations speak it."""

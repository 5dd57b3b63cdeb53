"""The board as a voice satellite: a wake word here, and the command's sound for the server that owns it."""

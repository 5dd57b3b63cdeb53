"""After the wake word: is somebody speaking, and when did the command end."""

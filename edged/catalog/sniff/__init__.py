"""What a file or folder is, told from its contents: never from its name, never by running or unpacking it."""

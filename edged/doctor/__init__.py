"""What is wrong with this machine, and the remedy: one check per file."""

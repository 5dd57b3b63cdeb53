"""What a running daemon does when something breaks: played against the real program, timed from outside."""

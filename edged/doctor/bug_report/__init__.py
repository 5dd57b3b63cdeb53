"""One file that tells a stranger what is wrong here, and nothing about who lives here."""

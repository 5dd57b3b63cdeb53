"""Why it woke, and why not: the sound, the scores and the rules of each decision, kept for a while."""

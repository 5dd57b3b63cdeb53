"""edged-bench: numbers that were measured, and nothing else."""

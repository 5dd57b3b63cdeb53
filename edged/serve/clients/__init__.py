"""Clients of every front end, as people's are: what `edged-bench clients` loads a daemon with."""

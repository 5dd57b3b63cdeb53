"""`python -m edged.bench` is `edged-bench`."""

from edged.bench import main

main()

"""What is wrong with this machine, and the remedy: one check per file.

A check has a NAME and takes a `Case`, what all checks know; it yields `Finding`s. `examine` runs them all.
"""

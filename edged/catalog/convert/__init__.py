"""Models made ready for an accelerator, by a compiler that lives in an environment of its own."""

"""Models on disk: their manifests, where they are found, how they are pulled and verified."""

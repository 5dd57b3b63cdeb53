"""Mel and embedding through OpenCL: kernels of our own, written from the graph for one device."""

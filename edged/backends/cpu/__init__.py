"""onnxruntime on the CPU: always there, the reference for every other provider."""

"""sherpa-onnx's websockets: streaming, and whole files on a port of their own."""

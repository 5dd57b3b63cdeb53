"""ONNX surgery: the graphs that backends run, made from the files that people download."""

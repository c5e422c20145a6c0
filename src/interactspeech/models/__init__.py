"""Models of others and their weights: the store, ONNX sessions, activity, speakers, recognition."""

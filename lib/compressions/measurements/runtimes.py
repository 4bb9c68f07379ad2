"""How rows of `results/latency.json` name what was not run by ONNX Runtime."""

PEER = "OpenVINO int8"  # an fp32 model that OpenVINO's own tool quantized
OURS = "QAT in OpenVINO"  # this project's model in OpenVINO's format

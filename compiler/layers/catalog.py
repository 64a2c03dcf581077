"""Every layer's word and where its class is, in the order of the documents."""

from __future__ import annotations

from ..language.vocabulary import Entry

_OPS = "netc.compiler.layers"

LAYERS: tuple[Entry, ...] = (
    Entry("layer", "input", f"{_OPS}.source", "Input"),
    Entry("layer", "id", f"{_OPS}.source", "Identity"),
    Entry("layer", "expect", f"{_OPS}.source", "Expect"),
    Entry("layer", "dense", f"{_OPS}.dense", "Dense"),
    Entry("layer", "poly", f"{_OPS}.dense", "Poly"),
    Entry("layer", "embed", f"{_OPS}.dense", "Embed"),
    Entry("layer", "conv", f"{_OPS}.conv", "Conv"),
    Entry("layer", "deconv", f"{_OPS}.deconv", "Deconv"),
    Entry("layer", "depthwise", f"{_OPS}.conv", "Depthwise"),
    Entry("layer", "maxpool", f"{_OPS}.pool", "MaxPool"),
    Entry("layer", "avgpool", f"{_OPS}.pool", "AvgPool"),
    Entry("layer", "gap", f"{_OPS}.pool", "GlobalAveragePool"),
    Entry("layer", "flatten", f"{_OPS}.arrange", "Flatten"),
    Entry("layer", "reshape", f"{_OPS}.arrange", "Reshape"),
    Entry("layer", "pad", f"{_OPS}.arrange", "Pad"),
    Entry("layer", "crop", f"{_OPS}.arrange", "Crop"),
    Entry("layer", "upsample", f"{_OPS}.arrange", "Upsample"),
    Entry("layer", "bn", f"{_OPS}.norm", "BatchNorm"),
    Entry("layer", "ln", f"{_OPS}.norm", "LayerNorm"),
    Entry("layer", "gn", f"{_OPS}.norm", "GroupNorm"),
    Entry("layer", "lrn", f"{_OPS}.norm", "LocalResponseNorm"),
    Entry("layer", "dropout", f"{_OPS}.noise", "Dropout"),
    Entry("layer", "gaussian_dropout", f"{_OPS}.noise", "GaussianDropout"),
    Entry("layer", "gaussian_noise", f"{_OPS}.noise", "GaussianNoise"),
    Entry("layer", "add", f"{_OPS}.merge", "Add"),
    Entry("layer", "mul", f"{_OPS}.merge", "Multiply"),
    Entry("layer", "max", f"{_OPS}.merge", "Maximum"),
    Entry("layer", "avg", f"{_OPS}.merge", "Average"),
    Entry("layer", "concat", f"{_OPS}.merge", "Concat"),
    Entry("layer", "relu", f"{_OPS}.relu", "Relu"),
    Entry("layer", "leaky", f"{_OPS}.relu", "Leaky"),
    Entry("layer", "elu", f"{_OPS}.relu", "Elu"),
    Entry("layer", "prelu", f"{_OPS}.relu", "Prelu"),
    Entry("layer", "selu", f"{_OPS}.relu", "Selu"),
    Entry("layer", "gelu", f"{_OPS}.sigmoid", "Gelu"),
    Entry("layer", "silu", f"{_OPS}.sigmoid", "Silu"),
    Entry("layer", "tanh", f"{_OPS}.sigmoid", "Tanh"),
    Entry("layer", "sigmoid", f"{_OPS}.sigmoid", "Sigmoid"),
    Entry("layer", "hardsigmoid", f"{_OPS}.sigmoid", "HardSigmoid"),
    Entry("layer", "hardswish", f"{_OPS}.sigmoid", "HardSwish"),
    Entry("layer", "softplus", f"{_OPS}.sigmoid", "Softplus"),
    Entry("layer", "softmax", f"{_OPS}.softmax", "Softmax"),
    Entry("layer", "sign", f"{_OPS}.sign", "Sign"),
    Entry("layer", "step", f"{_OPS}.sign", "UnitStep"),
)

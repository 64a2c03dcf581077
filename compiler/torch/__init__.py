"""A network as PyTorch source, which needs nothing but torch. Text only: torch is not imported.

    source = torch_source(model, graph, name="lenet5")     # source.py
    source.text                       # a class for the network, one for each block
    source.inputs, source.outputs     # what `forward` takes and returns, in order
    source.weights                    # netc's names, keys of the state_dict, and how axes turn

`netc.runtime.torch` builds the module in memory and moves weights both ways:

    module = build_module(source)
    load_weights(module, source, weights)       # netc's arrays, by netc's names
    read_weights_of(module, source)             # back, to the bit

**Layout.** Tensors are channels first, batch included: images [N, C, H, W], sequences [N, C, L],
vectors [N, F], tokens [N, L] as int64 where the input is only looked up (`TorchInput.tokens`).
Shapes in `TorchInput` and `TorchOutput` are those of the spec, channels last.

**What `forward` returns.** One tensor, or a tuple: first what each loss reads, in the order of the
losses and each tensor once, then the other outputs, then targets that are computed. Where a loss
includes the activation before it (`ce` the softmax, `bce` the sigmoid), it is the logits, and
`TorchOutput.activation` is the node of that activation; `predict` of the module gives the outputs
of the spec.

**Words.** `layer.torch_layer` has a row for each class of layers, `words/` by family.
"""

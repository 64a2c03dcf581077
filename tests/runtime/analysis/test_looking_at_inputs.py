"""What `netc inspect` finds about the inputs of a network."""

from __future__ import annotations

import netc
import numpy as np
import pytest
from inspecting import inspection_of
from netc.runtime.analysis.inspection.layers import find_layer, shown_layers
from netc.runtime.analysis.inspection.looking import InspectionRequest, look


def test_the_search_for_an_input_begins_where_a_relu_is_0() -> None:
    # a bias so low that no sample makes a unit anything else than 0
    model = netc.compile(
        "data digits; input 64 -> dense 3 relu -> dense 10 softmax; loss ce; opt adam lr=0.01; "
        "train epochs=1 seed=1 precision=f64"
    ).fit()
    found = inspection_of(model)
    found.loaded.state.weights["dense1.b"][...] = -50
    wanted = InspectionRequest(
        frozenset(["optimum"]),
        layer=find_layer(shown_layers(found.graph), found.graph, "dense1"),
        names_layer=True,
    )
    optimum = look(found, wanted).inputs[0].optimum
    assert optimum is not None
    weights = model.weights["dense1.w"]
    for item in optimum.inputs:
        response = item.pixels.ravel() @ weights[:, item.unit] - 50
        assert item.response == pytest.approx(response, rel=1e-9)
        assert (
            response > (np.asarray(found.read.x).reshape(-1, 64) @ weights[:, item.unit]).max() - 50
        )

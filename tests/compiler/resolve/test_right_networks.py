"""Networks of many kinds that are right, and must pass without a word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Check = Callable[..., None]

GOOD = {
    "densely connected": """
block layer(k=12) = concat [bn relu -> conv $k 3x3 pad=1 bias=false | id]
block transition(c) = bn relu -> conv $c 1x1 bias=false -> avgpool 2x2
input 32x32x3 -> conv 24 3x3 pad=1 bias=false
  -> repeat 6 [layer]
  -> transition 48 -> repeat 6 [layer] -> transition 60 -> repeat 6 [layer 12]
  -> bn relu -> gap -> dense 10 softmax
loss ce
""",
    "inverted residuals": """
block inverted(expand, c, stride=1) = conv $expand 1x1 bias=false bn relu
  -> depthwise 3x3 stride=$stride pad=1 bias=false bn relu -> conv $c 1x1 bias=false bn
block stay(expand, c) = add [inverted $expand $c | id]
input 32x32x3 -> conv 16 3x3 pad=1 bias=false bn relu
  -> inverted 96 24 stride=2 -> stay 144 24 -> gap -> dense 10 softmax
""",
    "u-shaped": """
input 64x64x1 -> conv 8 3x3 pad=1 relu -> @d1
  -> maxpool 2x2 -> conv 16 3x3 pad=1 relu -> @d2 -> maxpool 2x2
  -> conv 32 3x3 pad=1 relu -> deconv 16 2x2 stride=2 -> concat @d2 -> conv 16 3x3 pad=1 relu
  -> deconv 8 2x2 stride=2 -> concat @d1 -> conv 8 3x3 pad=1 relu -> conv 1 1x1 sigmoid -> @mask
loss bce on=@mask
""",
    "squeeze and excitation": """
block se(c, h, w, r=4) = mul [id | avgpool ($h, $w)
  -> conv ($c//$r) 1x1 relu -> conv $c 1x1 sigmoid -> upsample ($h, $w)]
input 8x8x16 -> se 16 8 8 -> flatten -> dense 10 softmax
""",
    "siamese": """
input 28x28x1 name=left -> conv 8 3x3 -> @w -> relu -> flatten -> @l
input 28x28x1 name=right -> conv 8 3x3 share=@w relu -> flatten -> @r
concat @l @r -> dense 1 sigmoid
loss bce
""",
    "two towers": """
input 100 name=user -> dense 32 relu -> dense 16 -> @u
input 300 name=item -> dense 64 relu -> dense 16 -> @i
mul @u @i -> dense 1
loss mse
""",
    "sequences": """
input 100 -> embed 1000 64
  -> concat [conv 32 3 pad=1 | conv 32 5 pad=2 | conv 32 7 pad=3] -> relu -> gap -> dense 2 softmax
""",
    "loops in loops": """
input 32x32x3
  -> each c=(16, 32) n=(1, 2) [each k=(3x3, 5x5) p=(1, 2) [
    repeat $n [conv $c $k pad=$p bias=false bn relu]] -> maxpool 2x2] -> gap -> dense 10 softmax
""",
    "blocks with labels": """
block gated(n) = dense $n -> @in -> dense $n -> mul @in
block twice(n) = gated $n -> gated $n
input 16 -> twice 8 -> repeat 2 [twice 8 -> @h -> dense 8 -> add @h] -> dense 3 softmax
""",
    "an autoencoder with a tap": """
input 784 -> @x -> dense 256 relu
  -> dense 32 relu -> @code -> dense 256 relu -> dense 784 sigmoid
loss bce target=@x
opt adam
""",
    "several scales": """
input 32x32x3 -> @in -> conv 8 3x3 pad=1 relu -> @fine
  -> maxpool 2x2 -> conv 8 3x3 pad=1 -> upsample 2x2 -> @coarse
concat @fine @coarse @in -> conv 10 1x1 -> gap -> softmax
""",
    "no rounds at all": """
input 32x32x3 -> repeat 0 [conv 8 3x3] -> each c=() [conv $c 3x3] -> flatten -> dense 10 softmax
""",
    "activations as parameters": """
block net(act, n=2) = repeat $n [dense 32 $act] -> dense 10
input 784 -> net act=gelu -> net n=3 act=silu -> softmax
""",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_right_network_passes_without_a_word(name: str, check_document: Check) -> None:
    check_document(GOOD[name])

"""Specs that state their own errors. One cause gives one error; independent ones all show."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Check = Callable[..., None]

DOCUMENTS = {
    "independent mistakes show together": """
input 784 -> dens 10 relu                       # error: E0201
input 29x29x1 -> conv 3 3x3 relu stride=2       # error: E0219
los ce                                          # error: E0201
loss cee                                        # error: E0203
opt adm                                         # error: E0203
@nowhere -> dense 3                             # error: E0205
dense 3 -> relu                                 # error: E0221
input 3 -> dense $width                         # error: E0206
""",
    "a failed layer silences what follows from it": """
input 784 -> dense 0 -> conv 3 3x3 -> @x        # error: E0235
@x -> add [dense 3 | id] -> maxpool 2x2         # warning: W0309
concat @x @x -> flatten -> dense 10 softmax -> @y
loss ce on=@y
""",
    "a failed shape silences what follows from it": """
input 784 -> conv 8 3x3 -> maxpool 2x2 -> @x    # error: E0302
@x -> dense 10 softmax
@x -> conv 3 3x3 -> conv 3 3x3
""",
    "what comes out of a dense layer does not depend on what flows in": """
input 784 -> conv 8 3x3 -> maxpool 2x2 -> @x    # error: E0302
@x -> dense 10 -> conv 3 3x3                    # error: E0302
""",
    "mistakes behind a failed layer that do not follow from it": """
input 784 -> dense 0 -> dens 3 -> dense 0       # error: E0235 E0201 E0235
""",
    "a broken block is not unknown too": """
block cb(c = conv $c 3x3                        # error: E0120
input 28x28x1 -> cb 8 -> relu
""",
    "a broken let is not unknown too": """
let width=64=3                                  # error: E0146
input 784 -> dense $width
""",
    "a broken pipe still writes its labels": """
input 784 -> dense (3 -> @x                     # error: E0120
@x -> dense 10
""",
    "an unknown block leaves the rest of the pipe alone": """
input 784 -> cbb 3 relu -> dense 10 softmax     # error: E0201
loss ce
""",
    "an unknown label stays one error in a merge": """
input 784 -> dense 10 -> add @skp -> relu       # error: E0205
""",
    "a wrong constant is one error however often it is read": """
let c=(1/0)                                     # error: E0402
input 784 -> dense $c -> dense $c -> dense (2*$c)
""",
    "an error in a block shows once for all calls": """
block cb(c) = conv $c 3x3 strid=2 relu          # error: E0230
input 28x28x1 -> cb 8 -> cb 8 -> repeat 3 [cb 8]
""",
    "a wrong argument silences the parameter": """
block cb(c) = dense $c -> dense (2*$c)
input 784 -> cb $nothing                        # error: E0206
""",
    "a missing argument is said at the call alone": """
block cb(c, k) = conv $c $k -> conv (2*$c) $k
input 28x28x1 -> cb 8                           # error: E0215
""",
    "a misspelt argument is not missing too": """
block cb(chan) = dense $chan
input 784 -> cb chen=3                          # error: E0216
""",
    "words that belong to statements": """
input 784 -> adam -> dense 10 -> ce             # error: E0202 E0202
opt ce                                          # error: E0202
metric relu                                     # error: E0202
adam lr=0.1                                     # error: E0202
""",
    "statements in pipes and layers as statements": """
input 784 -> dense 10 softmax -> loss ce        # error: E0220
relu                                            # error: E0221
""",
    "one statement twice names both": """
input 784 -> dense 10 softmax
loss ce
opt adam
opt sgd lr=0.1                                  # error: E0209
train epochs=3
train batch=5                                   # error: E0209
""",
    "a label, a block, a let and a parameter twice": """
block a = relu
block a = tanh                                  # error: E0207
block b(x, x) = dense $x                        # error: E0207
let w=1
let w=2                                         # error: E0207
input 784 -> a -> b 3 -> dense $w -> @x
input 784 -> dense 3 -> @x                      # error: E0207
""",
    "names of the language stay what they are": """
block relu = tanh                               # error: E0208
block loss = tanh                               # error: E0208
block repeat = tanh                             # error: E0208
block id = tanh                                 # error: E0208
input 784 -> relu
""",
    "layer names": """
input 784 -> dense 10 name=a -> dense 10 name=a # error: E0207
""",
    "loops": """
input 784 -> repeat [relu]                      # error: E0407
input 784 -> repeat 2                           # error: E0223
input 784 -> repeat 2 [relu | tanh]             # error: E0223
input 784 -> repeat -1 [relu]                   # error: E0407
input 784 -> repeat 1.5 [relu]                  # error: E0407
input 784 -> repeat 2ep [relu]                  # error: E0407
input 784 -> repeat 2 3 [relu]                  # error: E0218
input 784 -> each [relu]                        # error: E0406
input 784 -> each 3 [relu]                      # error: E0406
input 784 -> each c=3 [dense $c]                # error: E0406
input 784 -> each c=(1, 2) n=(1, 2, 3) [relu]   # error: E0405
input 784 -> each c=(1, 2) c=(1, 2) [dense $c]  # error: E0217
""",
    "merges": """
input 8x8x3 -> @x -> add [conv 3 1x1]           # error: E0224
@x -> add                                       # error: E0224
add                                             # error: E0224
@x -> add [id | id] [id | id]                   # error: E0223
@x -> conv 3 1x1 [id]                           # error: E0223
""",
    "heads": """
input 8 -> input 8                              # error: E0222
input 8 -> @x
repeat 2 [@x -> dense 8]                        # error: E0222
dense @x 8                                      # error: E0225
id -> dense 3                                   # error: E0221
""",
    "circles of blocks": """
block a = b -> relu                             # error: E0409
block b = dense 3 c
block c = repeat 2 [a]
block own = own                                 # error: E0409
input 8 -> a -> own -> dense 3
""",
    "circles of constants": """
let a=(1+$b) b=$c                               # error: E0410
let c=$a d=$d                                   # error: E0410
input 8 -> dense $a -> dense $d
""",
    "circles of labels": """
input 8 -> @x
add @x @b -> dense 8 -> @a                      # error: E0411
@a -> dense 8 -> @b
@c -> @d                                        # error: E0411
@d -> @c
""",
    "arithmetic": """
let a=(1/0) b=(3x3*2) c=(1//0) d=(relu+1)       # error: E0402 E0401 E0402 E0401
let e=(5ep*5ep) f=(5ep+1) g=(1e300*1e300)       # error: E0404 E0404 E0403
let h=(9000000000000*9000000000)                # error: E0403
let j=(4/5ep)                                   # error: E0404
input 8 -> dense 3
""",
    "expectations, weights and searches": """
let lr=0.1 n=3
input 8 -> dense $n
expect 8                                        # error: E0413
expect                                          # error: E0413
expect params=relu                              # error: E0413
init he                                         # error: E0416
opt sgd lr=$lr
tune random lr=3 n=log(0, 1) x=(1, 2)           # error: E0414 E0414 E0211
""",
    "comparisons": """
input 8 -> dense 3 -> dropout p>=0.5            # error: E0415
train epochs>=3                                 # error: E0415
""",
    "choices": """
input 8 -> dense 3
loss                                            # error: E0204
opt lr=3                                        # error: E0204
prep                                            # error: E0204
stop on=val_loss                                # error: E0204
metric acc accu                                 # error: E0203
prep scal                                       # error: E0203
prep pad=2 scal                                 # error: E0203
""",
    "weights that cannot be shared": """
input 8 -> dense 8 -> @a -> relu -> @r
@r -> dense 8 share=@a -> dense 8 share=@r      # error: E0228
@r -> dense 9 share=@a                          # error: E0228
@r -> dense 8 share=@t -> @s                    # error: E0228
@r -> dense 8 share=@s -> @t                    # error: E0228
""",
    "unused": """
let a=1 b=(2*$c) c=2                            # warning: W0301
block k(x) = dense $x                           # warning: W0302
input 4 -> dense $b -> @tap -> dense 4 -> @out
""",
    "labels that nothing reads": """
block skip(n) = dense $n -> @in -> add [dense $n -> @wide | id] -> @after
input 4 -> @x -> skip 4 -> @tap -> repeat 2 [dense 4 -> @round] -> @y
@y -> @second                                   # warning: W0303
@y -> dense 3 -> @out
@x -> dense 3
""",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_the_errors_that_it_states(name: str, check_document: Check) -> None:
    check_document(DOCUMENTS[name])


@pytest.mark.parametrize("text", ["", "# a comment alone", "\n\n", "loss mse"])
def test_a_spec_without_a_network(text: str, check_document: Check) -> None:
    with pytest.raises(AssertionError, match="E0227"):
        check_document(text)


@pytest.mark.parametrize(
    "text", ["let a=1", "block b(c) = dense $c", "netc 1\nblock b = relu\nlet a=1"]
)
def test_a_library_needs_no_network(text: str, check_document: Check) -> None:
    check_document(text)

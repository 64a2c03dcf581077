"""One mistake of a person is one error, whatever follows from it, and its fix makes a spec."""

from __future__ import annotations

import pytest
from netc.cli.specs.fixing import apply_fixes
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.grammar.problem import Problem

END = " softmax\nloss ce\n"


def errors(text: str) -> list[Problem]:
    found = check(source_of(text), BUILTIN, read_source).problems
    return [problem for problem in found if problem.is_error]


ONE = [
    ("input 784 -> dense 10 {units=3, act=relu}", "E0101", "options are written without braces"),
    (
        "input 784 -> dense 10 softmax\nopt sgd {lr: 0.1}",
        "E0101",
        "options are written without braces",
    ),
    ("input 784 -> repeat 2 {dense 10 -> relu} -> dense 10", "E0101", "go in `[ ]`"),
    ("input 784 -> add {dense 784 | id}", "E0101", "go in `[ ]`"),
    ("input 10px -> dense 3", "E0110", "number in full"),
    ("input 784 -> dense 10px relu", "E0110", "number in full"),
    ("input 784 -> dense 10\ntrain epochs=10px", "E0110", "number in full"),
    ("input 784 -> dense 128rel", "E0109", "`128 relu`"),
    ("input 3 x 3 x 1 -> gap", "E0114", "`3x3x1`"),
    ("input 28 x 28x1 -> gap", "E0114", "`28x28x1`"),
    ("input 784 -> dense 10\nloss mse\nstop when loss=0.1", "E0230", "`val_loss<=0.1`"),
    ("input 784 -> dense 10 softmax\nloss ce\nstop when acc=99%", "E0230", "`val_acc>=99%`"),
    ("input 784 -> dense 128 relu, dense 10", "E0135", "`->`"),
    ("input 784 -> concat dense 10 dense 5", "E0224", "`concat [dense 10 | dense 5]`"),
    ("input 784 -> add dense 784 id", "E0224", "`add [dense 784 | id]`"),
    ("input 784 -> inner 4 tanh 5 6", "E0201", "`block inner"),
    ("block inner(a) = dense $a\ninput 784 -> inner 4 tanh 5 6", "E0219", "remove `5 6`"),
    ("input 784 -> dense 4 tanh 5", "E0219", "remove `5`"),
    ("use blocks.net\ninput 4 -> dense 3", "E0117", '`"blocks.net"`'),
    ("input 784 -> dense 10 softmax\nloss = ce", "E0146", "`loss ce`"),
    ("input 784 -> dense 10\nloss mse\nopt = adam lr=0.1", "E0146", "`opt adam lr=0.1`"),
    ("input 784 -> dense 10\nepochs = 10", "E0146", "`train epochs=10`"),
    ("input 784 -> dense 10\nbatch_size = 32", "E0146", "`train batch=32`"),
    ("input 784 -> dense 10\nwidth = 64", "E0146", "`let width=64`"),
    ("input 784 -> dense 10\nloss mse\nopt=(adam, 3)", "E0146", "after a space"),
    ("input 784 -> dense 10\nloss mse\nopt=(adam)", "E0146", "`opt adam`"),
    ("input 784 -> dense relu $w", "E0206", "`let w=...`"),
    ("let w=4\ninput 784 -> dense relu $w", "E0219", "move `$w` before `relu`"),
    ("let w=4\ninput 784 -> dense 9 relu dense $w", "E0219", "write `-> dense $w`"),
    (
        "input 8x8x2 -> bn relu conv 4 3x3 pad=1 bias=false",
        "E0219",
        "write `-> conv 4 3x3 pad=1 bias=false`",
    ),
    ("input 8x8x2 -> conv 4 1x1 relu maxpool 2x2 stride=2", "E0219", "`-> maxpool 2x2 stride=2`"),
    (
        "block pre(c) = conv $c 3x3 pad=1\nblock b(c) = add [bn relu pre $c | id]\n"
        "input 8x8x2 -> b 2",
        "E0219",
        "write `-> pre $c`",
    ),
    ("input 4 -> dense 4 relu concat [dense 3 | dense 2]", "E0219", "write `-> concat [...]`"),
    (
        "input 4 -> dense 4 relu -> @a -> dense 4 share=@a -> dense 3",
        "E0228",
        "`dense 4 -> @shared -> relu`",
    ),
    # the orders of other libraries
    ("input 8x8x3 -> conv 3 64 3x3 -> gap", "E0233", "write `conv 64 3x3`"),
    ("input 8x8x3 -> conv 3 64 3 -> gap", "E0233", "write `conv 64 3`"),
    ("input 8x8x3 -> conv 8 3 5 -> gap", "E0233", "write `3x5`"),
    ("input 8x8x3 -> depthwise 3 3 -> gap", "E0233", "write `3x3`"),
    ("input 8x8x3 -> depthwise 64 3 -> gap", "E0233", "write `depthwise 3`"),
    ("input 784 -> dense 784 128", "E0233", "write `dense 128`"),
    ("input 8x8x3 -> conv 8 3x3 1 1 -> gap", "E0233", "write `stride=1 pad=1`"),
    ("input 8x8x3 -> maxpool 3 2 1 -> gap", "E0233", "write `stride=2 pad=1`"),
    ("input 8x8x3 -> maxpool 2 2 -> gap", "E0233", "write `2x2`"),
    ("input 8x8x3 -> bn 3 -> gap", "E0233", "write `bn`"),
    ("input 100x8 -> conv 8 3 pad=causal -> gap", "E0234", "`-> pad 2 after=0`"),
    ("input 8x8x3 -> relu inplace=true -> gap", "E0230", "omit it"),
    ("input 8x8x3 -> bn axis=-1 -> gap", "E0230", "omit it"),
    ("input 8x8x3 -> upsample 2 mode=bilinear -> gap", "E0230", "repeats positions"),
    ("input 8x8x3 -> deconv 8 3x3 stride=2 pad=same -> gap", "E0234", "a window of 4"),
    ("input 8x8x3 -> add [conv 3 3x3 pad=1, id] -> gap", "E0135", "write `|`"),
    ("input 8x8x3 -> add [conv 3, 3x3 pad=1 | id] -> gap", "E0135", "remove the comma"),
    ("input 8 -> concat [dense 3, relu, dense 4, relu]", "E0135", "and `->` between layers"),
    ("input 53x8 -> maxpool 54 -> gap", "E0311", "`maxpool 53` gives 1x8"),
    # what does not fit together
    ("input 784 -> dense 1 sigmoid\nloss ce", "E0420", "with `sigmoid` and `loss bce`"),
    ("input 784 -> dense 1\nloss ce", "E0420", "with `sigmoid` and `loss bce`"),
    ("input 8x8x3 -> conv 1 1x1\nloss ce", "E0420", "with `sigmoid` and `loss bce`"),
    ("input 1024 -> reshape 4x4x128 -> gap", "E0307", "`reshape 4x4x64`"),
    ("input 8x8x4 -> add [conv 8 1x1 | id]", "E0304", "`-> conv 8 1x1` after `8x8x4`"),
    ("input 8x8x4 -> @a -> conv 4 2x2 -> concat @a", "E0305", "`-> crop 0 after=1` after `8x8x4`"),
    ("input 4 -> dense 4 relu repeat 2 [dense 3]", "E0219", "write `-> repeat 2 [...]`"),
    ("let w=tanh\ninput 784 -> dense relu $w", "E0232", "`dense 10`"),
    ("input 784 -> dense 3×10^2", "E0112", "write `3e2`"),
    ("input 784 -> dense 3x10^2", "E0112", "write `3e2`"),
    ("input 784 -> dense 3.5×10^(2) relu -> dense 2", "E0112", "write `3.5e2`"),
    ("input 784 -> dense 10\nloss mse\nopt adam lr=3×10^-5", "E0112", "write `3e-5`"),
    ("input 784 -> LeakyReLU", "E0107", "`leaky`"),
    ("input 784 -> dense 10 softmax\nmetric acc acc", "E0209", "keep one of them"),
    ("input 784 -> dense 10 softmax\nmetric acc\nmetric top5 acc", "E0209", "keep one of them"),
    ("input 1x28x28 -> conv 8 3x3 -> gap", "E0311", "write `input 28x28x1`"),
    ("input 28x28x1 -> conv 3x3 8 -> gap", "E0234", "write `conv 8 3x3`"),
    ("input 28x28x1 -> conv 3x3 -> gap", "E0232", "`conv 10 3x3`"),
    ("input 28x28x1 -> conv 8 3 3 -> gap", "E0233", "write `3x3`"),
    ("input 28 28 1 -> gap", "E0233", "write `28x28x1`"),
    ("input 784 -> bn 3", "E0233", "write `bn`"),
    ("input 784 -> dropout 1", "E0235", "for example `0.5`"),
    ("input 784 -> dropout 50", "E0235", "`50%`"),
    ("input 784 -> dense 10\nopt adam(0.1)", "E0204", "write `opt adam lr=0.1`"),
    ("input 784 -> dense 10\nopt lr=0.1 beta2=0.9", "E0204", "write `opt sgd lr=0.1 beta2=0.9`"),
    ("input 784 -> dense 10\nopt sgd lr 0.1", "E0233", "write `lr=0.1`"),
    ("input 784 -> dense 10\nopt sgd 0.1", "E0233", "write `lr=0.1`"),
    ("input 784 -> dense 10\ntrain 5", "E0233", "write `epochs=5`"),
    ("input 784 -> dense 10\nreg l2=1e-4", "E0204", "write `reg l2 1e-4`"),
    ("input 784 -> dense 10\nreg 1e-4", "E0204", "write `reg l2 1e-4`"),
    ("input 784 -> dense 10\nopt adam; lr 0.1", "E0202", "existing statement: `opt adam lr=0.1`"),
    ("input 784 -> dense 10\nopt adam; lr=0.1", "E0146", "write `opt adam lr=0.1`"),
    ("input 784 -> dense 10\nlr 0.1", "E0202", "write `opt sgd lr=0.1`"),
    (
        "input 784 -> dense 10\ntrain batch=8 epochs=3\nbatch 32",
        "E0202",
        "`train epochs=3 batch=32`",
    ),
    (
        "input 784 -> dense 10" + END + "stop patience 5\n",
        "E0233",
        "write `patience=5ep`",
    ),
    ("input 784 -> dense 10" + END + "stop when val_los=3\n", "E0238", "did you mean `val_loss`?"),
    ("input 784 -> dense 10" + END + "stop when foo=3\n", "E0238", ""),
    (
        "input 784 -> dense 10" + END + "stop when quantity=val_acc bound=3\n",
        "E0232",
        "`operator` is",
    ),
    (
        "import torch.nn as nn\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fc = nn.Linear(784, 10)\n",
        "E0148",
        "a network is a pipe",
    ),
    (
        "model = nn.Sequential(\n    nn.Linear(784, 128),\n    nn.ReLU(),\n)\nmodel.fit(x, y)\n",
        "E0148",
        "a network is a pipe",
    ),
    ('{"layers": [{"type": "dense", "units": 10}]}', "E0148", "a network is a pipe"),
    ('layer {\n  name: "conv1"\n  type: "Convolution"\n}', "E0148", "a network is a pipe"),
    ("input 5 -> dense 3\nmodel.fit(3)", "E0107", "a name looks like"),
    ("import torch\ninput 5 -> dense 3", "E0201", '`use "blocks.net"`'),
    ("block f(c) = dense $c\ndef g(c) = dense $c", "E0146", "`block g(c) = ...`"),
    ("input 28x28 -> conv 8 3x3 -> gap", "E0303", "write `input 28x28x1`"),
    ("input 784 -> dense 10 softmax loss ce", "E0220", "on its own line"),
    ('input 784 -> dense 10 softmax\nloss "ce"', "E0204", "write `loss ce`"),
    ("input 784 -> dense 10 softmax\nloss ce\nexpect acc 98%", "E0413", "`expect acc>=98%`"),
    ("input 784 -> dense 10\nlearning_rate 0.1", "E0202", "write `opt sgd lr=0.1`"),
    ("input 784 -> dense 10\nbatch size 32", "E0202", "write `train batch=32`"),
    ("input 784 -> dense 10\nbatch size=32", "E0202", "write `train batch=32`"),
    ("input 784 -> dense 10\nbatch some size", "E0202", "write `train batch=...`"),
    ("input 784 -> dense 10\nadversarial eps=0.1", "E0202", "write `train adversarial=0.1`"),
    ("input 784 -> dense 10\nprecision f64", "E0202", "write `train precision=f64`"),
    ("input 784 -> dense 10\nprecision", "E0202", "write `metric precision`"),
    ("input 784 -> dense 10\nlr (0.1, 0.2)", "E0202", "write `opt sgd lr=(0.1, 0.2)`"),
    ("input 784 -> dense 10\nopt sgd lr=10^-3", "E0101", "write `1e-3`"),
    ("input 784 -> dense 10 activation relu", "E0201", "an activation is a layer of its own"),
    ("input 784 -> 2x dense 128 relu", "E0114", "`repeat 2 [dense 64 relu]`"),
    ("input 784 -> dense 10 relu + tanh + dense 3", "E0125", "layers are joined by `->`"),
    ("input 5 -> @a -> dense 5 -> + @a", "E0100", "`add @a`"),
    ("input 5 -> @a -> dense 5 -> @a -> relu", "E0207", "write `add @a`"),
    ("input 5\n- dense 5", "E0100", "without dashes"),
    ("data mnist train=80%\ninput 784 -> dense 10", "E0230", "`split=(80%, 10%, 10%)`"),
    ("input 784 -> dense 10 leaky(0.1)", "E0233", "write `-> leaky 0.1`"),
    ("input 784 -> dense 10 leakyrelu 0.1", "E0201", "`leakyrelu` is called `leaky` here"),
    ("input 784 -> dense 10 as", "E0201", "`-> @x`"),
    ("input 784 -> each c=[64, 32] [dense $c]", "E0100", "`(64, 128)`"),
    ("x = input 784 -> dense 10", "E0146", "`-> @x`"),
    ("let a=1\ninput 784 -> dense 10\nopt sgd lr=@a", "E0205", "write `$a`"),
    ("input 5 -> @a -> dense 5 -> add $a", "E0206", "write `@a`"),
    ('input 784 -> dense 10\nsave "a.net"', "E0201", "`netc run --save FILE`"),
]


@pytest.mark.parametrize(("text", "code", "advice"), ONE, ids=[row[0] for row in ONE])
def test_one_mistake_is_one_error(text: str, code: str, advice: str) -> None:
    (problem,) = errors(text)
    assert problem.code == code
    assert advice in " ".join(problem.help())


FIXED = [
    ("input 784 -> hidden 128", "input 784 -> dense 128"),
    ("input 28x28x1 -> conv 8 k=3 s=1 p=1", "input 28x28x1 -> conv 8 kernel=3 stride=1 pad=1"),
    ("input 28x28x1 -> maxpool size=2", "input 28x28x1 -> maxpool kernel=2"),
    ("input 5 -> dropout .1e-2", "input 5 -> dropout 0.1e-2"),
    ("input 28x28x1 -> conv 3x3 8 -> gap", "input 28x28x1 -> conv 8 3x3 -> gap"),
    ("input 5 -> @a -> dense 5 -> add a relu", "input 5 -> @a -> dense 5 -> add @a relu"),
    ("input 3 x 3 x 1 -> gap", "input 3x3x1 -> gap"),
    ("input 784 -> dense 128 relu, dense 10", "input 784 -> dense 128 relu -> dense 10"),
    ("input 784 -> dense 10" + END + "stop when acc=99%\n",
     "input 784 -> dense 10" + END + "stop when val_acc>=99%\n"),
    ("input 784 -> dense 10 softmax\nloss = ce\n", "input 784 -> dense 10" + END),
    ("input 784 -> concat dense 10 dense 5", "input 784 -> concat [dense 10 | dense 5]"),
    ("input 8 -> concat [dense 3, dense 4, dense 5]",
     "input 8 -> concat [dense 3 | dense 4 | dense 5]"),
    ("input 8 -> concat [id, dense 3 -> relu, id]",
     "input 8 -> concat [id | dense 3 -> relu | id]"),
    ("input 8 -> concat [relu, tanh, id]", "input 8 -> concat [relu | tanh | id]"),
    ("input 8 -> concat [dense 3,dense 4, ]", "input 8 -> concat [dense 3 | dense 4 ]"),
    ("input 8 -> add [id, concat [dense 3, dense 5]]",
     "input 8 -> add [id | concat [dense 3 | dense 5]]"),
    ("block b(c) = add [dense $c, id]\ninput 8 -> b 8",
     "block b(c) = add [dense $c | id]\ninput 8 -> b 8"),
    ("input 8 -> @a -> dense 3 -> concat [@a, id]", "input 8 -> @a -> dense 3 -> concat [@a | id]"),
    ("input 8 -> @a -> relu -> concat @a [dense 3, dense 4]",
     "input 8 -> @a -> relu -> concat @a [dense 3 | dense 4]"),
    ("input 8 -> concat [dense 3, bias=false | id]", "input 8 -> concat [dense 3 bias=false | id]"),
    ("input 8 -> repeat 2 [dense 8, dense 8]", "input 8 -> repeat 2 [dense 8 -> dense 8]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FIXED)
def test_its_fix_makes_a_right_spec(text: str, expected: str) -> None:
    source = source_of(text)
    found = check(source, BUILTIN, read_source).problems
    texts, applied, *_ = apply_fixes(found, [source], unsafe=True)
    assert applied
    assert texts[source.name] == expected
    assert errors(expected) == []


@pytest.mark.parametrize(
    "text",
    [
        "input 8 -> dense 3 softmax\nloss ce\nmetric [acc, f1]",
        'data csv "a.csv" target [a, b]\ninput 8 -> dense 3',
        "let n=2\ninput 8 -> repeat n [dense 8, relu]",
        "input 8 -> add [dense 8 bias=true, bias=true]",
    ],
)
def test_a_comma_in_other_brackets_is_not_between_branches(text: str) -> None:
    (problem,) = [problem for problem in errors(text) if problem.code == "E0135"]
    assert "remove the comma" in problem.help()


def test_a_gate_of_channels_is_told_how_to_spread() -> None:
    """Squeeze-and-excitation: the help, as it stands in the message, makes the network right."""
    text = "input 8x6x4 -> mul [id | gap -> dense 4 sigmoid] -> flatten -> dense 3"
    (problem,) = errors(text)
    advice = problem.help()[0]
    assert advice == "`-> reshape 1x1x4 -> upsample 8x6` after `4` gives 8x6x4"
    assert errors(text.replace("sigmoid]", f"sigmoid {advice.split('`')[1]}]")) == []


UNCLOSED = [
    ("input 784 -> repeat 3 [dense 3 -> dens 3 -> relu\nloss cee", ["E0120", "E0201", "E0203"]),
    ("input 784 -> dense (3*4 -> dnse 3 -> conv 3", ["E0120", "E0201", "E0232"]),
    ("input 784 -> dense(3 -> dnse 3 -> dense 2", ["E0120", "E0201"]),
    ("input 784 -> dense(3, bias=false -> add[dense(3 | dense 2", ["E0120", "E0120", "E0120"]),
    ("dense(3 -> dense 2; loss mse", ["E0120"]),
    ("input 7 -> relu -> maxpool r[x -> relu", ["E0201", "E0120", "E0223", "E0201"]),
    ("input 784 -> repeat 3 [dense 3 padding=2 -> dense = 3 -> relu", ["E0120", "E0146"]),
    ("input 784 -> repeat 3 [dense 3 padding=2 -> relu", ["E0120", "E0230"]),
    # What depends on where the bracket ends is not said.
    ("input 28x28x1 -> repeat 2 [conv 8 3x3 -> flatten -> dense 10 softmax\nloss ce", ["E0120"]),
    ("input 784 -> dense (3 relu -> dnse 3", ["E0120"]),
    ("opt adam lr=log(1e-3\ndata csv \"x\" target=(1\ninput 3 -> dense 1", ["E0120", "E0120"]),
    ("block cb(c = conv $c 3x3\ninput 28x28x1 -> cb 8 -> relu", ["E0120"]),
    ("input 784 -> repeat 2 [dense 3 -> @x\n@x -> dense 10", ["E0120"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "codes"), UNCLOSED)
def test_mistakes_in_a_statement_with_an_unclosed_bracket_show(text: str, codes: list[str]) -> None:
    assert [problem.code for problem in errors(text)] == codes

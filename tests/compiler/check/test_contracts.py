"""What fits together and what does not, as whole specs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from netc.compiler.training.monitors import measure
from netc.grammar.problem import Problem

Check = Callable[[str], tuple[Problem, ...]]

CODES = [
    # losses and last activations: every combination that matters
    ("input 4 -> dense 3 softmax; loss ce", ""),
    ("input 4 -> dense 3 softmax; loss nll", ""),
    ("input 4 -> dense 3 softmax; loss kl", ""),
    ("input 4 -> dense 3; loss ce", "E0420"),
    ("input 4 -> dense 3 relu; loss ce", "E0420"),
    ("input 4 -> dense 3 sigmoid; loss nll", "E0420"),
    ("input 4 -> dense 3 sigmoid; loss kl", "E0420"),
    ("input 4 -> dense 1 sigmoid; loss bce", ""),
    ("input 4 -> dense 3 sigmoid; loss bce", ""),
    ("input 4 -> dense 1; loss bce", "E0420"),
    ("input 4 -> dense 2 softmax; loss bce", "E0420"),
    ("input 4 -> dense 1; loss hinge", ""),
    ("input 4 -> dense 3; loss hinge", ""),
    ("input 4 -> dense 3; loss perceptron", ""),
    ("input 4 -> dense 1 sigmoid; loss perceptron", "E0420"),
    ("input 4 -> dense 1 tanh; loss hinge", "E0420"),
    ("input 4 -> dense 1 sigmoid; loss logistic", "E0420"),
    ("input 4 -> dense 1; loss logistic", ""),
    ("input 4 -> dense 2; loss logistic", "E0427"),
    ("input 4 -> dense 2; loss mse", ""),
    ("input 4 -> dense 2 tanh; loss mae", ""),
    ("input 4 -> dense 2 sigmoid; loss huber delta=2", ""),
    ("input 4 -> dense 2 softmax; loss mse", "E0421"),
    ("input 4 -> dense 2 softmax; loss mae", "E0421"),
    ("input 4 -> dense 2 softmax; loss huber", "E0421"),
    ("input 4 -> dense 1 softmax; loss ce", "E0423"),
    ("input 4 -> dense 1 softmax", "E0423"),
    ("input 4 -> dense 3 softmax -> expect 3; loss ce", ""),
    # metrics as losses
    ("input 4 -> dense 3 softmax; loss error", "E0422"),
    ("input 4 -> dense 3 softmax; loss acc", "E0422"),
    ("input 4 -> dense 3; loss rmse", "E0422"),
    # steps
    ("input 4 -> dense 1 sign; loss perceptron", "E0426"),
    ("input 4 -> dense 1 step; loss mse", "E0426"),
    ("input 4 -> sign -> dense 1; loss mse", ""),
    ("input 4 -> dense 1 sign", ""),
    ("input 4 -> dense 4 -> add [sign | id] -> dense 1; loss mse", ""),
    ("input 4 -> add [dense 4 sign | id] -> dense 1; loss mse", "E0426"),
    ("input 4 -> dense 4 freeze=true -> sign -> dense 1; loss mse", ""),
    ("input 4 -> dense 4 lr=0 -> sign -> dense 1; loss mse", ""),
    ("input 4 -> dense 4 -> dense 4 freeze=true -> sign -> dense 1; loss mse", "E0426"),
    # data
    ("data iris; input 4 -> dense 3 softmax; loss ce", ""),
    ("data iris; input 4 -> dense 4 softmax; loss ce", "E0505"),
    ("data iris; input 5 -> dense 3 softmax; loss ce", "E0504"),
    ("data mnist; input 784 -> dense 10 softmax; loss ce", ""),
    ("data mnist; input 28x28 -> flatten -> dense 10 softmax; loss ce", ""),
    ("data mnist; input 1024 -> dense 10 softmax; loss ce", "E0504"),
    ("data mnist; prep pad=2; input 1024 -> dense 10 softmax; loss ce", ""),
    ("data mnist; prep pad=2; input 784 -> dense 10 softmax; loss ce", "E0504"),
    ("data iris; prep pad=2; input 4 -> dense 3 softmax; loss ce", "E0510"),
    ("data moons; input 2 -> dense 1 sigmoid; loss bce", ""),
    ("data moons; input 2 -> dense 2 softmax; loss ce", ""),
    ("data moons; input 2 -> dense 1; loss logistic", ""),
    ("data blobs; input 2 -> dense 1; loss logistic", "E0505"),
    ("data blobs; input 2 -> dense 1 sigmoid; loss bce", "E0505"),
    ("data sine; input 1 -> dense 1; loss mse", ""),
    ("data sine; input 1 -> dense 2; loss mse", "E0505"),
    ("data sine; input 1 -> dense 2 softmax; loss ce", "E0506"),
    ("data sine; input 1 -> dense 1 sigmoid; loss bce", "E0506"),
    ("data digits; input 64 -> dense 10; loss mse", ""),
    ("data cifar10; input 3x32x32 -> flatten -> dense 10 softmax; loss ce", "E0504"),
    ("data cifar10; input 3072 -> dense 10 softmax; loss ce", ""),
    ("data mnist; input 1x28x28 -> flatten -> dense 10 softmax; loss ce", ""),
    ("data mnist; input 14x56 -> flatten -> dense 10 softmax; loss ce", ""),
    # tokens
    ("input 6 -> embed 9 4 -> gap -> dense 2 softmax; loss ce", ""),
    ("input 2x3 -> flatten -> @x -> embed 9 4 -> gap -> dense 2 softmax; loss ce", ""),
    ("input 6 -> dropout 0.1 -> embed 9 4 -> gap -> dense 2 softmax; loss ce", "E0435"),
    ("input 6 -> embed 9 4 -> gap -> dense 2 softmax; loss ce; prep standardize", "E0435"),
    ("input 6 -> id name=x -> embed 9 4 -> gap -> dense 2 softmax; loss ce; prep scale", "E0435"),
    ("input 2x3x1 -> flatten -> embed 9 4 -> gap -> dense 2 softmax; loss ce; prep pad 1", ""),
    ("input 6 -> dense 5 -> reshape 5 -> embed 9 4 -> gap -> dense 2 softmax; loss ce", "E0435"),
    ("data digits; input 8x8x1 -> conv 10 1x1 softmax; loss ce", "E0428"),
    ('data csv "f.csv" target=kind; input 7 -> dense 5 softmax; loss ce', ""),
    # targets
    ("input 4 -> @x -> dense 2 -> dense 4; loss mse target=@x", ""),
    ("input 4 -> @x -> dense 2 -> dense 3; loss mse target=@x", "E0425"),
    ("input 4 -> softmax -> @x -> dense 4 softmax; loss kl target=@x", ""),
    ("input 4 -> softmax -> @x -> dense 4 softmax; loss nll target=@x", "E0429"),
    ("data mnist; input 784 -> @x -> dense 9 -> dense 784; loss mse target=@x", ""),
    # several outputs
    ("input 4 -> @t; @t -> dense 3; @t -> dense 2; loss mse", "E0424"),
    ("input 4 -> @t; @t -> dense 3 -> @a; @t -> dense 2 -> @b; loss mse on=@a; loss mse on=@b", ""),
    # columns of a table
    ('data csv "f" target=y features=(a, b); input 2 -> dense 1; loss mse', ""),
    ('data csv "f" target=y features=(a, y); input 2 -> dense 1; loss mse', "E0566"),
    ('data csv "f" target=(y, a) features=(a, b); input 2 -> dense 2; loss mse', "E0566"),
    ('data csv "f" target=y ignore=(y,); input 2 -> dense 1; loss mse', "E0566"),
    ('data csv "f" target=y weights=y; input 2 -> dense 1; loss mse', "E0566"),
    ('data csv "f" target=y groups=y; input 2 -> dense 1; loss mse', "E0566"),
    ('data csv "f" features=(a, b) ignore=(b,); input 2 -> dense 1; loss mse', "E0566"),
    ('data csv "f" features=(a, a); input 2 -> dense 1; loss mse', "E0566"),
    ('data csv "f" target=(y, y); input 2 -> dense 2; loss mse', "E0566"),
    ('data csv "f" groups=a weights=b ignore=(b, c); input 2 -> dense 1; loss mse', ""),
    # metrics
    ("input 4 -> dense 3 softmax; loss ce; metric acc error f1 precision recall confusion", ""),
    ("input 4 -> dense 9 softmax; loss ce; metric top5", ""),
    ("input 4 -> dense 5 softmax; loss ce; metric top5", "E0433"),
    ("input 4 -> dense 1 sigmoid; loss bce; metric auc", ""),
    ("input 4 -> dense 3 softmax; loss ce; metric auc", ""),
    ("input 4 -> dense 3 softmax; loss ce; metric subset_acc", "E0433"),
    ("input 4 -> dense 1 sigmoid; loss bce; metric subset_acc", "E0433"),
    ("input 4 -> dense 1 sigmoid; loss bce; metric mae", ""),  # of probabilities
    ("data moons; input 2 -> dense 1 sigmoid; loss bce; metric mae", "E0433"),
    ("data iris split=(80%, 20%, 0%); input 4 -> dense 3 softmax; loss ce; expect acc>=0", "E0601"),
    ('data csv "f" target=(a, b); input 4 -> dense 3; loss mse', "E0505"),
    ('data csv "f" target=(a, b); input 4 -> dense 2; loss mse; metric acc', "E0433"),
    ('data csv "f"; input 4 -> dense 6 -> reshape 2x3 softmax; loss ce', "E0428"),
    ('data images "f" masks="m"; input 4 -> dense 3 softmax; loss ce', "E0428"),
    ("input 4 -> dense 3 sigmoid; loss bce; metric subset_acc auc report", ""),
    ("data iris; input 4 -> dense 3 sigmoid; loss bce; metric subset_acc", "E0433"),
    ("data iris; input 4 -> dense 3 sigmoid; loss bce; metric mae", "E0433"),
    ("data iris; input 4 -> dense 3 sigmoid; loss bce; metric auc report confusion", ""),
    ("input 4 -> dense 3; loss mse; metric f1 average=micro report", ""),
    ("input 4 -> dense 3 softmax; loss ce; metric rmse", "E0433"),
    ("data sine; input 1 -> dense 1; loss mse; metric rmse mae r2", ""),
    ("data sine; input 1 -> dense 1; loss mse; metric acc", "E0433"),
    ("data digits; input 64 -> dense 10; loss mse; metric acc", ""),
    ("input 4 -> @x -> dense 4; loss mse target=@x; metric acc", "E0433"),
    ("data sine; input 1 -> dense 1; loss mse; expect acc>=90%", "E0433"),
    ("data sine; input 1 -> dense 1; loss mse; stop patience=5ep on=val_acc", "E0433"),
    # expectations
    ("input 4 -> dense 3; expect params=15", ""),
    ("input 4 -> dense 3; expect params=16", "E0430"),
    ("input 4 -> dense 3; expect params<=15", ""),
    ("input 4 -> dense 3; expect params<15", "E0430"),
    ("input 4 -> dense 3; expect macs=12", ""),
    ("input 4 -> dense 3; expect macs>12", "E0430"),
    ("input 4 -> dense 3; expect flops=12", "E0431"),
    ("input 4 -> dense 3 softmax; loss ce; expect val_acc>=0.9", ""),
    ("input 4 -> dense 3 softmax; loss ce; expect acc>=90", "E0432"),
    ("input 4 -> dense 3 softmax; loss ce; expect loss<=90", ""),
    ("input 4 -> dense 3 softmax; loss ce; stop when val_acc>=99%", ""),
    ("input 4 -> dense 3 softmax; loss ce; stop when val_acc>=99", "E0432"),
    ("input 4 -> dense 3 softmax; loss ce; stop when val_acc>=-1", "E0432"),
    # the exact solution
    ("data linear; input 1 -> dense 1; loss mse; opt exact", ""),
    ("data sine; input 1 -> poly 3 -> dense 1; loss mse; opt exact; reg l2 1e-3", ""),
    ("data linear; input 1 -> dense 1; loss mae; opt exact", "E0434"),
    ("data linear; input 1 -> dense 1 tanh; loss mse; opt exact", "E0434"),
    ("data linear; input 1 -> dense 4 relu -> dense 1; loss mse; opt exact", "E0434"),
    ("data linear; input 1 -> dropout 0.5 -> dense 1; loss mse; opt exact", "E0434"),
    ("data linear; input 1 -> dense 1; loss mse; opt exact; reg l1 0.1", "E0434"),
    ("data linear; input 1 -> dense 1; loss mse; opt exact; schedule cosine", "E0434"),
    # parts of the data
    ("data iris split=(80%, 10%, 10%); input 4 -> dense 3 softmax; loss ce", ""),
    ("data iris split=(80%, 20%, 10%); input 4 -> dense 3 softmax; loss ce", "E0507"),
    ("data iris split=(0%, 50%, 50%); input 4 -> dense 3 softmax; loss ce", "E0507"),
    ("data iris val=20%; kfold 5; input 4 -> dense 3 softmax; loss ce", "E0602"),
    ("data iris; kfold 5; input 4 -> dense 3 softmax; loss ce", ""),
    ("data iris; kfold 5; input 4 -> dense 3 softmax; loss ce; expect acc>=90%", "E0601"),
    ("data iris; kfold 5; input 4 -> dense 3 softmax; loss ce; expect val_acc>=90%", ""),
    ("data mnist; kfold 5; input 784 -> dense 10 softmax; loss ce; expect acc>=90%", ""),
    ('data csv "t.csv"; kfold 5; input 4 -> dense 3 softmax; loss ce; expect acc>=90%', ""),
    ("data iris limit=4; kfold 5; input 4 -> dense 3 softmax; loss ce", "E0608"),
    ('data csv "t.csv" limit=4; kfold 5; input 4 -> dense 3 softmax; loss ce', "E0608"),
    ("data iris val=0%; input 4 -> dense 3 softmax; loss ce; stop patience=5ep", "E0601"),
    (
        "data iris val=0%; input 4 -> dense 3 softmax; loss ce; schedule plateau patience=3ep",
        "E0601",
    ),
    (
        "data iris val=0%; input 4 -> dense 3 softmax; loss ce;"
        " schedule plateau on=train_loss patience=3ep",
        "",
    ),
    ("data iris val=0%; input 4 -> dense 3 softmax; loss ce; expect val_acc>=90%", "E0601"),
    ("data iris val=0%; input 4 -> dense 3 softmax; loss ce; expect acc>=90%", ""),
    # augmentation
    ("data mnist; augment shift=2 flip=h; input 784 -> dense 10 softmax; loss ce", ""),
    ("data mnist; augment pad=2 crop=28x28; input 784 -> dense 10 softmax; loss ce", ""),
    ("data mnist; augment pad=2 crop=28; input 784 -> dense 10 softmax; loss ce", ""),
    ("data mnist; augment crop=24x24; input 784 -> dense 10 softmax; loss ce", "E0604"),
    ("data mnist; augment pad=1 crop=32x32; input 784 -> dense 10 softmax; loss ce", "E0605"),
    ("data iris; augment rotate=10; input 4 -> dense 3 softmax; loss ce", "E0603"),
    ("data iris; augment rotate=0; input 4 -> dense 3 softmax; loss ce", ""),
    ("data mnist; augment mixup=0; input 784 -> dense 10; loss hinge", ""),
    ("data iris; augment noise=0.1; input 4 -> dense 3 softmax; loss ce", ""),
    ('data csv "f.csv"; augment shift=1; input 4 -> dense 3 softmax; loss ce', "E0603"),
    (
        "data mnist; augment pad=2 crop=32x32; prep pad=2; input 32x32x1 -> flatten "
        "-> dense 10 softmax; loss ce",
        "",
    ),
    ("data mnist; augment mixup=0.2; input 784 -> dense 10; loss hinge", "E0609"),
    ("data iris; augment mixup=0.2; input 4 -> dense 3; loss mse", ""),
    (
        'augment noise=0.1; data npz "t.npz"; input 20 -> embed 50 4 -> gap -> dense 2 softmax; '
        "loss ce",
        "E0435",
    ),
    ("data mnist; augment scale; input 784 -> dense 10 softmax; loss ce", "E0606"),
    ("data mnist; prep flip=h; input 784 -> dense 10 softmax; loss ce", "E0606"),
    ("data mnist; prep scale rotate=10; input 784 -> dense 10 softmax; loss ce", "E0606"),
    ("data mnist; prep cutout; input 784 -> dense 10 softmax; loss ce", "E0606"),
    # tuning
    ("let w=4; input 4 -> dense $w; tune grid w=(4, 8)", ""),
    ("let w=4; input 4 -> dropout $w; tune random w=linear(0, 1)", "E0235"),
    ("let r=0.1; input 4 -> dropout $r; tune grid r=linear(0, 1)", "E0607"),
    ("let r=0.1; input 4 -> dropout $r; tune tpe r=linear(0, 1)", ""),
]


@pytest.mark.parametrize(("text", "code"), CODES, ids=[row[0] for row in CODES])
def test_a_contract(text: str, code: str, problems_of: Check) -> None:
    assert [problem.code for problem in problems_of(text)] == ([code] if code else [])


def test_both_numbers_of_a_broken_expectation_are_named(problems_of: Check) -> None:
    text = "input 784 -> dense 64 relu -> dense 10\nexpect params=50000\n"
    (problem,) = problems_of(text)
    assert problem.message() == "expected 50,000 parameters, got 50,890"
    assert problem.label() == "890 too many"
    assert problem.help() == (
        "largest: `dense 64` 50,240, `dense 10` 650",
        "if the network is correct, write `params=50890`",
    )


def test_loss_and_output_are_both_shown(problems_of: Check) -> None:
    (problem,) = problems_of("input 4 -> dense 3\nloss ce\n")
    assert problem.at.text == "loss ce"
    assert [(label.span.text, label.text) for label in problem.labels()] == [
        ("dense 3", "the output comes from here")
    ]
    assert problem.help() == (
        "add `softmax`: `dense 3 softmax`",
        "or keep a linear output and use `loss mse` or `loss hinge`",
    )


@pytest.mark.parametrize("last", ["dropout 0.5", "gaussian_noise 0.1", "ln"])
def test_what_follows_the_needed_activation_is_moved_before_it(
    last: str, problems_of: Check
) -> None:
    (problem,) = problems_of(f"input 4 -> dense 3 softmax -> {last}\nloss ce\n")
    assert problem.code == "E0420"
    word = last.split(maxsplit=1)[0]
    wanted = f"`loss ce` needs `softmax` as the last layer, but `{word}` follows it"
    assert problem.message() == wanted
    assert problem.help() == (f"move `{last}` before `softmax`, or remove it",)
    assert problem.fixes() == ()


def test_a_layer_that_failed_silences_only_what_follows_from_it(problems_of: Check) -> None:
    text = """
        data mnist
        input 28x28x1 -> conv 8 3x3 relu -> dense 10
        loss ce
        metric top5 subset_acc
        expect params=7
    """
    assert [problem.code for problem in problems_of(text)] == ["E0301", "E0420", "E0433"]


def test_a_statement_that_failed_does_not_hide_the_others(problems_of: Check) -> None:
    text = """
        data digits
        prep pad=x
        input 144 -> dense 10
        loss ce
        train epochs=0
        expect parms=7
    """
    found = [problem.code for problem in problems_of(text)]
    assert found == ["E0234", "E0420", "E0235", "E0431"]


@pytest.mark.parametrize(
    ("name", "part", "bare"),
    [
        ("params", "static", "params"),
        ("macs", "static", "macs"),
        ("acc", "test", "acc"),
        ("loss", "test", "loss"),
        ("val_loss", "val", "loss"),
        ("train_r2", "train", "r2"),
    ],
)
def test_what_quantities_stand_for(name: str, part: str, bare: str) -> None:
    known = measure(name)
    assert known is not None
    assert (known.part, known.name) == (part, bare)


@pytest.mark.parametrize("name", ["val_params", "confusion", "val_", "val_val_acc", "accuracy"])
def test_what_is_no_quantity(name: str) -> None:
    assert measure(name) is None

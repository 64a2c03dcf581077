"""Words of other frameworks, and what they are called here.

Nothing here is ever accepted: one spelling for each thing. The table is read when a word is
unknown, so that whoever comes from PyTorch, Keras or Caffe is told the word that they look for.
Words are compared in lower case and without `_`, so one entry covers `MaxPool2d` and
`max_pool_2d`.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cache
from typing import NamedTuple

from ...grammar.problem import Edit, Fix
from ...grammar.source import Span
from ..language.values import Text, UnknownValue, WordValue, WrittenValue
from .foreign_layers import LAYERS


class Foreign(NamedTuple):
    """Words of one place that mean the same."""

    place: str
    """What they are met as: "layer", "statement", "option", "option of train", "value", or the
    category that a statement chooses from: "loss"."""
    words: str
    here: str
    """The word of netc that means this, or empty."""
    advice: str = ""
    """What to do where writing that word in its place is not all there is to do."""


class Translation(NamedTuple):
    """What is known of a foreign word."""

    here: str | None
    """The word to write in its place, when that is all there is to do."""
    note: str
    """A sentence: "`padding` is called `pad` here"."""
    about: str = ""
    """The word that the advice is about: `rate` for `keep_prob`."""


WRITE_RATE = "`rate` is the share that is dropped: 1 - keep"

FOREIGN: tuple[Foreign, ...] = (
    *(Foreign("layer", *row) for row in LAYERS),
    Foreign("statement", "optimizer optimiser optim solver", "opt"),
    Foreign("statement", "dataset datasets", "data"),
    Foreign("statement", "metrics measure", "metric"),
    Foreign("statement", "criterion objective lossfunction lossfn", "loss"),
    Foreign("statement", "scheduler lrscheduler lrschedule lrpolicy", "schedule"),
    Foreign("statement", "augmentation augmentations", "augment"),
    Foreign("statement", "preprocess preprocessing transform transforms", "prep"),
    Foreign("statement", "regularizer regularization regularisation regularize", "reg"),
    Foreign("statement", "fit training trainer", "train"),
    Foreign("statement", "assert require", "expect"),
    Foreign("statement", "crossvalidation crossval cv", "kfold"),
    Foreign("statement", "import include from", "",
            "to import another file, write `use \"blocks.net\"`"),
    Foreign("statement", "const var def define param", "let"),
    Foreign("statement", "function func module macro", "block"),
    Foreign("statement", "for while", "",
            "to repeat layers, write `repeat 2 [p]` or `each c=(64, 128) [p]` in a pipe"),
    Foreign("statement", "save checkpoint", "", "`netc run --save FILE` saves the weights"),
    Foreign("statement", "earlystopping earlystop", "", "write `stop patience=5ep`"),
    Foreign("statement", "model network net", "",
            "a network is a pipe: `input 784 -> dense 10 softmax`"),
    Foreign("loss", "crossentropy categoricalcrossentropy sparsecategoricalcrossentropy xent "
            "crossentropyloss categoricalcrossentropyloss softmaxcrossentropy softmaxwithloss "
            "celoss", "ce"),
    Foreign("loss", "binarycrossentropy binarycrossentropyloss bceloss bcewithlogits "
            "bcewithlogitsloss sigmoidcrossentropy", "bce"),
    Foreign("loss", "meansquarederror mseloss squarederror quadratic", "mse"),
    Foreign("loss", "meanabsoluteerror maeloss l1loss absoluteerror", "mae"),
    Foreign("loss", "huberloss smoothl1 smoothl1loss", "huber"),
    Foreign("loss", "kldiv kldivloss kldivergence kullbackleibler kullbackleiblerdivergence",
            "kl"),
    Foreign("loss", "nllloss negativeloglikelihood", "nll"),
    Foreign("loss", "hingeloss svm", "hinge"),
    Foreign("loss", "softmarginloss logisticloss", "logistic"),
    Foreign("optimizer", "gd gradientdescent stochasticgradientdescent", "sgd"),
    Foreign("optimizer", "momentum", "", "write `opt sgd momentum=0.9`"),
    Foreign("optimizer", "nesterov nag", "", "write `opt sgd momentum=0.9 nesterov=true`"),
    Foreign("optimizer", "adamax amsgrad radam adabelief adafactor lamb ftrl lbfgs", "",
            "netc does not have it; `adam` and `adamw` are the usual choices"),
    Foreign("optimizer", "normalequation leastsquares lstsq ols", "exact"),
    Foreign("metric", "accuracy categoricalaccuracy sparsecategoricalaccuracy binaryaccuracy",
            "acc"),
    Foreign("metric", "top5accuracy top5acc topk topkcategoricalaccuracy", "top5"),
    Foreign("metric", "errorrate", "error"),
    Foreign("metric", "f1score fscore", "f1"),
    Foreign("metric", "jaccard jaccardindex jaccardscore miou meaniou", "iou"),
    Foreign("metric", "aucroc rocauc", "auc"),
    Foreign("metric", "confusionmatrix", "confusion"),
    Foreign("metric", "meanabsoluteerror", "mae"),
    Foreign("metric", "rootmeansquarederror", "rmse"),
    Foreign("metric", "r2score rsquared", "r2"),
    Foreign("quantity", "parameters numparams nparams parametercount", "params"),
    Foreign("quantity", "multadds madds multiplyadds", "macs"),
    Foreign("quantity", "flops", "", "`macs` counts multiply-adds; each is two FLOPs"),
    Foreign("schedule", "exponential exponentiallr exponentialdecay", "exp"),
    Foreign("schedule", "steplr stepdecay", "step"),
    Foreign("schedule", "multisteplr piecewise piecewiseconstant", "multistep"),
    Foreign("schedule", "cosineannealing cosineannealinglr cosinedecay cosinelr", "cosine"),
    Foreign("schedule", "reducelronplateau reduceonplateau", "plateau"),
    Foreign("schedule", "polynomial polynomiallr polynomialdecay polylr", "poly"),
    Foreign("schedule", "onecyclelr onecyclepolicy", "onecycle"),
    Foreign("schedule", "fixed constantlr", "constant"),
    Foreign("schedule", "warmup", "", "write `schedule constant warmup=5ep`"),
    Foreign("regularizer", "weightdecay ridge", "l2"),
    Foreign("regularizer", "lasso", "l1"),
    Foreign("regularizer", "elasticnet l1l2", "", "write `reg l1 1e-5` and `reg l2 1e-4`"),
    Foreign("data", "fashionmnist fmnist", "fashion_mnist"),
    Foreign("data", "cifar", "cifar10"),
    Foreign("data", "twomoons makemoons", "moons"),
    Foreign("data", "makecircles", "circles"),
    Foreign("data", "makeblobs", "blobs"),
    Foreign("data", "twospirals", "spirals"),
    Foreign("data", "imagefolder folder imagedir", "images"),
    Foreign("data", "cifar100 imagenet svhn emnist kmnist", "",
            "netc does not have it; `data images \"folder\"` reads one folder per class"),
    Foreign("prep", "rescale", "scale"),
    Foreign("prep", "zscore standardscaler", "standardize"),
    Foreign("prep", "meansubtraction", "center"),
    Foreign("prep", "padding", "pad"),
    Foreign("prep", "normalize normalise normalization", "",
            "`standardize` gives mean 0 and deviation 1; `scale` gives 0 to 1"),
    Foreign("prep", "zca", "", "write `prep whiten zca`"),
    Foreign("prep", "pca", "", "write `prep whiten pca`"),
    Foreign("stop", "early earlystopping", "", "write `stop patience=5ep`"),
    Foreign("tuner", "bayes bayesian optuna", "tpe"),
    Foreign("tuner", "randomsearch", "random"),
    Foreign("tuner", "gridsearch", "grid"),
    Foreign("option", "padding pads bordermode p", "pad"),
    Foreign("option", "kernelsize ksize filtersize kernelshape poolsize window windowsize k size",
            "kernel"),
    Foreign("option", "strides subsample s", "stride"),
    Foreign("option", "dilationrate dilations atrous", "dilation"),
    Foreign("option", "group numgroups ngroups", "groups"),
    Foreign("option", "ceilmode", "round", "write `round=ceil`"),
    Foreign("option", "inplace", "", "omit it: netc plans its memory by itself"),
    Foreign("option", "paddingmode", "", "netc pads with zeros"),
    Foreign("option", "usebias biasterm hasbias", "bias"),
    Foreign("option", "outchannels numoutput numfilters nfilters nbfilter channels features "
            "outplanes", "filters"),
    Foreign("option", "outfeatures numoutput numunits neurons nodes hidden size width", "units"),
    Foreign("option", "vocabsize numembeddings inputdim vocab", "tokens"),
    Foreign("option", "embeddingdim embeddim embeddingsize outputdim dim", "width"),
    Foreign("option", "depthmultiplier", "multiplier"),
    Foreign("option", "outputpadding", "output_pad"),
    Foreign("option", "scalefactor", "factor"),
    Foreign("option", "kernelinitializer weightinit weightfiller initializer initialization",
            "init"),
    Foreign("option", "frozen", "freeze"),
    Foreign("option", "trainable requiresgrad", "freeze",
            "write `freeze=true` to keep a layer's weights fixed"),
    Foreign("option", "epsilon", "eps"),
    Foreign("option", "p prob dropprob dropoutrate droprate dropoutratio dropratio", "rate"),
    Foreign("option", "keepprob keep", "rate", WRITE_RATE),
    Foreign("option", "stddev sigma", "std"),
    Foreign("option", "negativeslope alpha leakiness", "slope"),
    Foreign("option", "inchannels infeatures inputshape inputsize inputchannels", "",
            "the input size is known: omit it"),
    Foreign("option", "kernelregularizer weightregularizer regularizer",
        "l2",
            "write `l2=1e-4` or `l1=1e-5`"),
    Foreign("option", "learningrate lrate baselr eta", "lr"),
    Foreign("option", "wd decayweight", "weight_decay"),
    Foreign("option", "l2 l2reg l2regularization",
        "weight_decay",
            "write `reg l2 5e-4` on a line of its own, or `weight_decay=5e-4`"),
    Foreign("option", "l1", "weight_decay", "write `reg l1 1e-5` on a line of its own"),
    Foreign("option", "lrdecay decayrate lrpolicy scheduler schedule",
        "lr",
            "write a `schedule` on a line of its own, such as `schedule exp gamma=0.95`"),
    Foreign("option", "clipnorm gradclip gradientclip gradclipnorm maxgradnorm globalclipnorm",
            "clip"),
    Foreign("option", "beta1 b1", "beta1"),
    Foreign("option", "beta2 b2", "beta2"),
    Foreign("option", "betas", "beta1", "write `beta1=0.9 beta2=0.999`"),
    Foreign("option", "usenesterov", "nesterov"),
    Foreign("option", "labelsmoothing", "smoothing"),
    Foreign("option", "classweight", "weight"),
    Foreign("option", "ignoreindex", "ignore"),
    Foreign("option", "nepochs numepochs nbepoch maxepochs maxepoch epoch nepoch", "epochs"),
    Foreign("option", "batchsize bs minibatch minibatchsize", "batch"),
    Foreign("option", "randomstate randomseed rng", "seed"),
    Foreign("option", "dtype", "precision"),
    Foreign("option", "valsplit validationsplit validation valid valsize", "val"),
    Foreign("option", "testsize testsplit trainsize trainsplit train test", "split",
            "write `split=(80%, 10%, 10%)` for training, validation and test"),
    Foreign("option", "nsamples numsamples samples", "n"),
    Foreign("option", "maxsamples subset", "limit"),
    Foreign("option", "label y labelcolumn targetcolumn", "target"),
    Foreign("option", "file filename root", "path"),
    Foreign("option", "monitor", "on"),
    Foreign("option", "stepsize period", "every"),
    Foreign("option", "gamma", "factor"),
    Foreign("option", "milestones boundaries", "at"),
    Foreign("option", "warmupepochs warmupsteps", "warmup"),
    Foreign("option", "horizontalflip hflip randomhorizontalflip", "flip", "write `flip=h`"),
    Foreign("option", "verticalflip vflip randomverticalflip", "flip", "write `flip=v`"),
    Foreign("option", "rotation rotationrange degrees", "rotate"),
    Foreign("option", "translate", "shift"),
    Foreign("option", "randomcrop", "crop"),
    Foreign("option", "randomerasing erasing", "cutout"),
    Foreign("option", "nsplits numfolds nfolds", "folds"),
    Foreign("option", "ntrials maxtrials niter", "trials"),
    Foreign("option of bn", "axis", "", "channels are the last axis: omit it"),
    Foreign("option of ln", "axis", "", "channels are the last axis: omit it"),
    Foreign("option of concat", "axis dim", "", "channels are the last axis: omit it"),
    Foreign("option of upsample", "mode interpolation", "",
            "`upsample` repeats positions; a `deconv` can learn to interpolate"),
    Foreign("option of train", "lr learningrate optimizer opt momentum weightdecay", "",
            "this belongs to the optimizer: `opt sgd lr=0.1 momentum=0.9`"),
    Foreign("option of train", "patience earlystopping", "", "write `stop patience=5ep`"),
    Foreign("option of train", "loss criterion", "", "write `loss ce` on a line of its own"),
    Foreign("option of train", "metrics metric", "", "write `metric acc` on a line of its own"),
    Foreign("option of train", "valsplit validationsplit val", "",
            "the validation share is an option of the data: `data mnist val=10%`"),
    Foreign("value", "float32 fp32 single float", "f32"),
    Foreign("value", "float64 fp64 double", "f64"),
    Foreign("value", "yes on", "true"),
    Foreign("value", "no off", "false"),
    Foreign("value", "horizontal", "h"),
    Foreign("value", "vertical", "v"),
    Foreign("value", "both", "hv"),
    Foreign("value of init", "henormal kaiming kaimingnormal msra", "", "write `he`"),
    Foreign("value of init", "glorotuniform xavieruniform", "", "write `glorot`"),
    Foreign(
        "value of init", "heuniform kaiminguniform", "",
        "`he` has the same variance, in a normal distribution",
    ),
    Foreign(
        "value of init", "glorotnormal xaviernormal", "",
        "`glorot` has the same variance, in a uniform distribution",
    ),
    Foreign("value of init", "lecunnormal", "", "write `lecun`"),
    Foreign("value of init", "zero constant", "", "write `zeros`"),
    Foreign("value of init", "gaussian truncatednormal randn", "", "write `normal(0.01)`"),
    Foreign("value of init", "randomuniform rand", "", "write `uniform(0.05)`"),
    Foreign("value of pad", "valid none", "", "write `0`, or omit `pad`"),
    Foreign("value of pad", "same", "",
            "a `deconv` takes numbers: stride 2, a window of 4 and `pad=1` double the size"),
    Foreign("value of pad", "causal", "",
            "for a causal convolution, put zeros before its input: `-> pad 2 after=0`"),
    Foreign("value of pad", "reflect replicate circular symmetric", "", "netc pads with zeros"),
)  # fmt: skip


def translate(place: str, word: str, known: Container[str]) -> Translation | None:
    """What a word is called here, if that is one of the known ones, or what there is instead."""
    for row in _index().get((place, word.lower().replace("_", "")), ()):
        if row.here and (row.here not in known or row.here == word):
            continue
        if row.advice:
            return Translation(None, row.advice, row.here)
        if row.here:
            return Translation(row.here, f"`{word}` is called `{row.here}` here")
    return None


def translate_anywhere(word: str, known: Container[str]) -> Translation | None:
    """The same for a word that stands alone, so that it may be of any place; layers come first."""
    places = dict.fromkeys(row.place for row in FOREIGN)
    return next(filter(None, (translate(place, word, known) for place in places)), None)


def translate_quantity(name: str, known: Container[str]) -> Translation | None:
    """The same for a measured quantity, which may name its part: `val_accuracy`."""
    part, _, bare = name.partition("_")
    if part not in ("val", "train"):
        part, bare = "", name
    for place in ("metric", "quantity"):
        for row in _index().get((place, bare.lower().replace("_", "")), ()):
            here = f"{part}_{row.here}" if part else row.here
            if row.advice:
                return Translation(None, row.advice)
            if here in known:
                return Translation(here, f"`{name}` is called `{here}` here")
    return None


ACTIVATION = ("activation", "act", "nonlinearity", "activation_fn", "activation_function")
NO_ACTIVATION = ("linear", "none", "null", "identity")


def activation_after(key: WordValue, value: WrittenValue | UnknownValue, call: Span) -> Fix | None:
    """For `dense 10 activation=relu`: the same with `relu` after the call, which is a word of its
    own here. None for any other option."""
    if key.text not in ACTIVATION or not isinstance(value, WordValue | Text):
        return None
    option = key.span.to(value.span)
    if not call.start < option.start or option.end > call.end:
        return None
    text = call.source.text
    start = option.start - (text[option.start - 1] == " ")
    removal = Edit(Span(call.source, start, option.end), "")
    name = value.text.lower()
    if name in NO_ACTIVATION:
        return Fix("omit it: a layer without an activation is linear", (removal,), safe=True)
    title = f"write `{name}` after the layer"
    if option.end == call.end:
        return Fix(title, (Edit(option, name),), safe=True)
    return Fix(title, (Edit(call.after, f" {name}"), removal), safe=True)


@cache
def _index() -> dict[tuple[str, str], list[Foreign]]:
    """The rows by place and word."""
    index: dict[tuple[str, str], list[Foreign]] = {}
    for row in FOREIGN:
        for word in row.words.split():
            index.setdefault((row.place, word), []).append(row)
    return index

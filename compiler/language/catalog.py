"""Every built-in word that is not a layer."""

from __future__ import annotations

from .options import Category
from .vocabulary import Entry


def _entries(category: Category, module: str, names: dict[str, str]) -> tuple[Entry, ...]:
    path = f"netc.compiler.{module}"
    return tuple(Entry(category, word, path, name) for word, name in names.items())


WORDS: tuple[Entry, ...] = (
    *_entries("loss", "losses.cross_entropy", {"ce": "CrossEntropy", "bce": "BinaryCrossEntropy"}),
    *_entries(
        "loss",
        "losses.regression",
        {"mse": "MeanSquaredError", "mae": "MeanAbsoluteError", "huber": "Huber"},
    ),
    *_entries(
        "loss",
        "losses.margin",
        {"hinge": "Hinge", "perceptron": "Perceptron", "logistic": "Logistic"},
    ),
    *_entries(
        "loss", "losses.cross_entropy", {"kl": "KullbackLeibler", "nll": "NegativeLogLikelihood"}
    ),
    *_entries("optimizer", "optimizers.sgd", {"sgd": "Sgd"}),
    *_entries("optimizer", "optimizers.adam", {"adam": "Adam", "adamw": "AdamW"}),
    *_entries("optimizer", "optimizers.rmsprop", {"rmsprop": "RmsProp"}),
    *_entries("optimizer", "optimizers.adagrad", {"adagrad": "AdaGrad", "adadelta": "AdaDelta"}),
    *_entries("optimizer", "optimizers.adam", {"nadam": "NAdam"}),
    *_entries("optimizer", "optimizers.lion", {"lion": "Lion"}),
    *_entries("optimizer", "optimizers.exact", {"exact": "Exact"}),
    *_entries(
        "schedule",
        "training.schedules",
        {
            "constant": "Constant",
            "exp": "Exponential",
            "step": "StepDecay",
            "multistep": "MultiStep",
            "plateau": "Plateau",
            "cosine": "Cosine",
            "poly": "Polynomial",
            "onecycle": "OneCycle",
        },
    ),
    *_entries("stop", "training.stops", {"patience": "Patience", "when": "When", "after": "After"}),
    *_entries("regularizer", "training.regularizers", {"l1": "L1", "l2": "L2"}),
    *_entries(
        "metric",
        "training.metrics",
        {
            "acc": "Accuracy",
            "subset_acc": "SubsetAccuracy",
            "top5": "TopFive",
            "error": "ErrorRate",
            "precision": "Precision",
            "recall": "Recall",
            "f1": "FOne",
            "iou": "IntersectionOverUnion",
            "auc": "AreaUnderCurve",
            "confusion": "Confusion",
            "report": "LabelReport",
            "mae": "MeanAbsolute",
            "rmse": "RootMeanSquare",
            "r2": "Determination",
        },
    ),
    *_entries(
        "data",
        "data.source",
        {
            "mnist": "Mnist",
            "fashion_mnist": "FashionMnist",
            "cifar10": "Cifar10",
            "digits": "Digits",
            "iris": "Iris",
        },
    ),
    *_entries("data", "data.tables", {"csv": "Csv", "parquet": "Parquet", "excel": "Excel"}),
    *_entries(
        "data",
        "data.files",
        {"npz": "Npz", "npy": "Npy", "idx": "Idx", "images": "Images"},
    ),
    *_entries(
        "data",
        "data.synthetic",
        {
            "xor": "Xor",
            "spirals": "Spirals",
            "moons": "Moons",
            "circles": "Circles",
            "blobs": "Blobs",
            "linear": "Linear",
            "sine": "Sine",
        },
    ),
    *_entries(
        "prep",
        "data.preparations",
        {
            "scale": "Scale",
            "standardize": "Standardize",
            "log": "Log",
            "center": "Center",
            "whiten": "Whiten",
            "pad": "PadPictures",
            "impute": "Impute",
            "onehot": "OneHot",
        },
    ),
    *_entries(
        "tuner",
        "training.tuners",
        {"grid": "Grid", "random": "Random", "tpe": "Tpe", "coarse_to_fine": "CoarseToFine"},
    ),
    *_entries(
        "directive",
        "training.directives",
        {"train": "Train", "augment": "Augment", "kfold": "KFold"},
    ),
)

"""Writes experiments.md and its pictures from the results that benchmarks/experiments.py kept.

    python docs/make_experiments.py

Nothing is trained. A test compares the page with what `document` gives, so that no figure in it
is typed by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median, pstdev
from typing import TYPE_CHECKING, Any

from netc.runtime.plots.curves import Curve, draw_curves
from netc.runtime.plots.picture import Picture
from netc.runtime.plots.style import COLOURS, draw, set_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HERE = Path(__file__).parent
FOLDER = HERE / "experiments"
RESULTS = FOLDER / "results.json"
SPECS = "../specs/course/experiments"

PRINTED = {"128-64": "0.9898", "512-64": "0.9906", "512-128": "0.990", "512-256": "0.991"}
"""The accuracy that the course states, by the widths of the hidden layers."""

SWEEPS = {
    "depth": (
        "Depth",
        "One, two or three hidden layers: 784-64-10, 784-128-64-10, 784-256-128-64-10.",
    ),
    "widths": ("Widths", "Six pairs of widths of the two hidden layers."),
    "learning_rates": ("Learning rate", "The course finds 0.3 best, and 0.6 unstable."),
    "batch_sizes": ("Batch size", "The course compares 32, 64, 128 and 256."),
    "decay": (
        "Decay",
        "The factor of the learning rate after each epoch; the course finds 0.93 to 0.95 best.",
    ),
}
"""The title of each sweep, and what the course says of it."""

COLOUR_OF = [colour for colour in COLOURS if colour != "#F0E442"]
"""Of thin lines: without the yellow."""

Results = dict[str, Any]
Rows = Sequence[Results]

PAGE = """\
# Experiments on MNIST

The experiments of a first course on neural networks, which trains perceptrons of several layers
with plain NumPy: first with the settings of the course, beside a class as courses write it, then
with what the rest of the course teaches. `make experiments` repeats them and writes this page.

The 60,000 training images are divided by the seed into 54,000 for training and 6,000 for
validation, with the same share of each digit. The 10,000 test images are used once per run, at its
end. Where a figure has a deviation, it is the mean over several seeds. Measured on
{machine}.

## The settings of the course

ReLU, softmax with cross-entropy, He's initialisation, batches of 64, a learning rate of 0.1 that is
multiplied by 0.95 after each epoch. Training ends after 51 epochs, when the validation accuracy has
not improved for ten epochs, or at 0.99; the weights of the best epoch are tested. The spec is
[widths.net](../specs/course/experiments/widths.net), the class is that of
[textbook.py](../runtime/compare/textbook.py): double precision, a new array for every result. Both
train on the same images, one epoch of each in turn, on one core.

{textbook}

`epochs` are those of netc and of the class, on average. The last column compares the times of an
epoch with its validation: the median over the epochs, and then over the seeds. Other programs ran
on the machine and slowed both sides, so that only ratios are given.

The course does not say which images its figures were measured on. With its settings, neither netc
nor the class reaches them on images that were not trained on; the next section does.

![Validation accuracy by epoch, netc and the textbook's class](experiments/textbook.svg)

## More from the same layers

The same layers with augmentation (shift, rotation and scale), batch normalisation, and Adam with
one cycle of the learning rate; and a convolutional network in the manner of LeNet. No setting was
chosen by test images: the weights after the last epoch are tested, once.

{better}

![Validation accuracy by epoch of the better specs](experiments/better.svg)

## One setting at a time

Each spec varies one setting of 784-128-64-10, or its layers, with one `tune grid` statement, and
keeps the others as the course has them: `netc tune SPEC --plots FOLDER` trains every value and
draws what came of them. Each is trained with seed 1, and judged by its best validation accuracy.
Two deviations of that over the seeds above are {noise}; smaller differences say little.

{sweeps}
## Again

`make experiments` trains everything on this page, which takes an hour or two on two idle cores.
MNIST is downloaded, or read from the folder in `NETC_DATA_DIR`. The figures are kept in
[results.json](experiments/results.json), and `python docs/make_experiments.py` writes the page and
its pictures from them.
"""


def kept() -> Results:
    found: Results = json.loads(RESULTS.read_text())
    return found


def document(results: Results) -> str:
    """The whole page."""
    return PAGE.format(
        machine=results["machine"],
        textbook=table(
            "layers", "the course states", "netc, test", "textbook, test", "netc, validation",
            "textbook, validation", "seeds", "epochs", "netc is faster by",
            rows=[textbook_row(name, rows) for name, rows in results["textbook"].items()],
        ),
        better=table(
            "layers", "spec", "the course states", "test accuracy", "wrong of 10,000", "seeds",
            rows=[better_row(name, rows) for name, rows in results["better"].items()],
        ),
        noise=noise(results["textbook"]["128-64"]),
        sweeps="\n".join(sweep_section(name, results["sweeps"].get(name, [])) for name in SWEEPS),
    )  # fmt: skip


def table(*head: str, rows: Sequence[Sequence[str]]) -> str:
    rule = "---|" * len(head)
    return "\n".join(
        [f"| {' | '.join(head)} |", f"|{rule}", *(f"| {' | '.join(r)} |" for r in rows)]
    )


def textbook_row(name: str, rows: Rows) -> tuple[str, ...]:
    sides = ("netc", "textbook")
    tests = [spread([row[side]["test"] for row in rows]) for side in sides]
    held = [spread([max(row[side]["val"]) for row in rows]) for side in sides]
    epochs = [mean(len(row[side]["val"]) for row in rows) for side in sides]
    return (
        layers(name), PRINTED[name], *tests, *held, str(len(rows)),
        f"{epochs[0]:.0f}, {epochs[1]:.0f}", f"{median(row['ratio'] for row in rows):.1f}",
    )  # fmt: skip


def better_row(name: str, rows: Rows) -> tuple[str, ...]:
    tests = [row["test"] for row in rows]
    return (
        title(name), f"[{name}.net]({SPECS}/{name}.net)", PRINTED.get(widths(name), ""),
        spread(tests), f"{10_000 * (1 - mean(tests)):.0f}", str(len(rows)),
    )  # fmt: skip


def noise(rows: Rows) -> str:
    """Two deviations of the best validation accuracy over the seeds."""
    return f"{2 * deviation(rows):.4f}"


def deviation(rows: Rows) -> float:
    """Of netc's best validation accuracy over the seeds."""
    return pstdev([max(row["netc"]["val"]) for row in rows])


def sweep_section(name: str, rows: Rows) -> str:
    heading, sentence = SWEEPS[name]
    lines = [f"### {heading}", "", f"{sentence} [{name}.net]({SPECS}/{name}.net)", ""]
    if rows:
        best = max(rows, key=lambda row: row["best"] or 0)
        cells = [
            (*row["setting"].values(), mark(row["best"], row is best), str(len(row["val"])))
            for row in rows
        ]
        names = (f"`{let}`" for let in rows[0]["setting"])
        lines += [table(*names, "best", "epochs", rows=cells), ""]
        lines += [f"![Validation accuracy by epoch, and the best](experiments/{name}.svg)", ""]
    return "\n".join(lines)


def mark(value: float | None, best: bool) -> str:
    if value is None:
        return "diverged"
    return f"**{value:.4f}**" if best else f"{value:.4f}"


def widths(name: str) -> str:
    """`128-64` of `mlp_128_64`."""
    return name.removeprefix("mlp_").replace("_", "-")


def title(name: str) -> str:
    return layers(widths(name)) if widths(name) in PRINTED else "in the manner of LeNet"


def layers(name: str) -> str:
    return f"784-{name}-10"


def spread(values: Sequence[float]) -> str:
    """Mean and deviation, or the only value."""
    several = f" ± {pstdev(values):.4f}" if len(values) > 1 else ""
    return f"{mean(values):.4f}{several}"


def pictures(results: Results) -> Iterator[Picture]:
    yield textbook_picture(results["textbook"])
    yield better_picture(results["better"])
    for name, rows in results["sweeps"].items():
        yield sweep_picture(name, rows, deviation(results["textbook"]["128-64"]))


def textbook_picture(found: Results) -> Picture:
    """One panel for each network, one line for each seed of each side."""
    sides = {"netc": (COLOURS[0], "solid"), "textbook": (COLOURS[5], "dashed")}
    down, across = (len(found) + 1) // 2, min(len(found), 2)

    def fill(figure: Figure) -> None:
        figure.set_size_inches(7.6, 0.5 + 2.7 * down)
        panels = figure.subplots(down, across, squeeze=False).flat
        for axis, (name, rows) in zip(panels, found.items(), strict=False):
            curves = [
                Curve("" if at else side, *epochs(row[side]), colour=colour, style=style, width=0.9)
                for side, (colour, style) in sides.items()
                for at, row in enumerate(rows)
            ]
            draw_curves(axis, curves, label="validation accuracy")
            axis.set_ylim(0.95, 0.99)
            axis.set_title(layers(name), loc="left")
        set_title(figure, "The settings of the course, one line per seed")

    columns = {
        f"{name} {side} {row['seed']}": row[side]["val"]
        for name, rows in found.items()
        for side in sides
        for row in rows
    }
    return Picture("textbook", fill, columns)


def better_picture(found: Results) -> Picture:
    def fill(figure: Figure) -> None:
        figure.set_size_inches(7.6, 3.6)
        axis = figure.subplots()
        curves = [
            Curve("" if at else title(name), *epochs(row), colour=colour)
            for (name, rows), colour in zip(found.items(), COLOURS, strict=False)
            for at, row in enumerate(rows)
        ]
        draw_curves(axis, curves, label="validation accuracy")
        axis.set_ylim(0.95, 1)
        set_title(figure, "With augmentation, batch normalisation and Adam, one line per seed")

    columns = {f"{name} {row['seed']}": row["val"] for name, rows in found.items() for row in rows}
    return Picture("better", fill, columns)


def sweep_picture(name: str, rows: Rows, deviation: float) -> Picture:
    """The curves of the settings, and the best of each beside them, with the deviation that comes
    of the seed."""
    labels = [", ".join(row["setting"].values()) for row in rows]
    lets = ", ".join(rows[0]["setting"])

    def fill(figure: Figure) -> None:
        figure.set_size_inches(7.6, 3.2)
        left, right = figure.subplots(1, 2)
        curves = [
            Curve(label, *epochs(row), colour=colour)
            for label, row, colour in zip(labels, rows, COLOUR_OF, strict=False)
        ]
        draw_curves(left, curves, label="validation accuracy")
        left.set_ylim(bottom=0.94)
        left.legend(title=lets, title_fontsize=8, fontsize=8, frameon=False, loc="lower right")
        valued = [(at, row["best"]) for at, row in enumerate(rows) if row["best"] is not None]
        for at, value in valued:
            right.errorbar(at, value, deviation, fmt="o", capsize=3, color=COLOUR_OF[at])
        right.set_xticks(range(len(rows)), labels)
        right.set_xlabel(lets)
        right.set_ylabel("best validation accuracy")
        right.grid(axis="y", color="#e6eaee", linewidth=0.6)
        right.set_title("± the deviation over seeds", loc="left")
        set_title(figure, SWEEPS[name][0])

    return Picture(name, fill, {label: row["val"] for label, row in zip(labels, rows, strict=True)})


def epochs(row: Results) -> tuple[list[int], list[float]]:
    """The epochs, and the validation accuracy after each."""
    return list(range(1, len(row["val"]) + 1)), row["val"]


def main() -> None:
    results = kept()
    (HERE / "experiments.md").write_text(document(results), encoding="utf-8")
    for picture in pictures(results):
        (FOLDER / f"{picture.name}.svg").write_bytes(draw(picture.fill, ".svg"))


if __name__ == "__main__":
    main()

"""Every layer word in pipes of many shapes and options: the table that several tests walk.

The input of a row is made by an embedding in front of it, `embed` of one number for each token,
with all tokens different. So the embedding's weights are the input, and their gradient is the
gradient that the layer gives to what is before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

BATCH = 3


@dataclass(frozen=True)
class Row:
    """A pipe and the shape that flows into it."""

    pipe: str
    shape: str
    tokens: int = 0
    """More than 0: whole numbers below it flow in, and no embedding is in front."""
    batch: int = BATCH
    loss: str = "mse"

    def __str__(self) -> str:
        return f"{self.shape} -> {self.pipe}" + (f" x{self.batch}" if self.batch != BATCH else "")

    def text(self, precision: str) -> str:
        """The row as a spec."""
        end = f"; loss {self.loss}; opt sgd lr=0.01; train precision={precision}"
        if self.tokens:
            return f"input {self.shape} name=tokens -> {self.pipe}{end}"
        count = self.count()
        return (
            f"input {count} name=tokens -> embed {self.batch * count} 1 name=x "
            f"-> reshape {self.shape} -> {self.pipe}{end}"
        )

    def count(self) -> int:
        """How many numbers a sample has."""
        return prod(int(size) for size in self.shape.split("x"))


def rows(shape: str, *pipes: str, batch: int = BATCH) -> list[Row]:
    return [Row(pipe, shape, batch=batch) for pipe in pipes]


IMAGE, SEQUENCE, VECTOR = "7x8x4", "11x4", "6"

TABLE: tuple[Row, ...] = (
    *rows(
        VECTOR,
        "dense 5", "dense 5 bias=false", "dense 1", "dense 5 init=he l1=0.1 l2=0.1",
        "dense 5 init=orthogonal", "dense 4 lr=0.1 -> dense 3 freeze=true -> dense 2",
        "dense 6 -> @h -> dense 6 share=@h -> tanh -> dense 6 share=@h",
        "poly 1", "poly 2", "poly 4 -> dense 2",
        "expect 6 -> dense 3", "flatten -> dense 2", "reshape 2x3 -> conv 2 2", "reshape 1x2x3",
        "bn", "bn momentum=0.3 eps=0.01 -> dense 2", "bn freeze=true -> dense 2", "ln",
        "ln eps=0.1", "gn 1", "gn 2", "gn 6 eps=0.1",
        "relu", "relu max=0.7", "leaky", "leaky 0.3", "leaky 0", "leaky 2", "elu", "elu 0.5",
        "prelu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus", "softmax -> dense 3",
        "hardsigmoid", "dense 9 init=normal(3) hardsigmoid", "hardswish",
        "dense 9 init=normal(3) hardswish",
        "concat [sign | id]", "concat [step | id]",
        "dropout 0", "gaussian_dropout 0", "gaussian_noise 0",
        "@a -> dense 6 -> @b -> concat @a -> dense 2",
        "add [dense 5 | dense 5]", "mul [dense 5 | dense 5 tanh]", "max [id | dense 6]",
        "avg [id | dense 6 | id]", "concat [dense 2 | id | dense 3 relu]",
    ),
    *rows("1", "dense 4", "bn", "dense 1"),
    *rows(
        IMAGE,
        "conv 5 1x1", "conv 5 3x3", "conv 1 3x3", "conv 5 3x3 bias=false", "conv 5 7x8",
        "conv 5 2x3", "conv 5 3x3 pad=1", "conv 5 3x3 pad=2x0", "conv 5 5x5 pad=2",
        "conv 5 3x3 pad=4", "conv 5 3x3 stride=2 pad=1", "conv 5 3x3 stride=2x1",
        "conv 5 2x2 stride=1x2 pad=1x0", "conv 5 1x1 stride=2", "conv 5 1x1 stride=3 pad=1",
        "conv 5 3x3 stride=3 round=floor", "conv 5 3x3 stride=3 round=ceil",
        "conv 5 2x2 stride=3 pad=1 round=ceil", "conv 5 3x3 pad=same", "conv 5 2x4 pad=same",
        "conv 5 2x2 stride=2 pad=same", "conv 5 4x4 stride=3 pad=same", "conv 5 1x1 pad=1",
        "conv 5 3x3 dilation=2", "conv 5 3x3 dilation=2x3 pad=2x3", "conv 5 2x2 dilation=3",
        "conv 5 3x3 dilation=2 stride=2 pad=2 round=floor", "conv 5 2x3 dilation=2 pad=same",
        "conv 6 3x3 groups=2", "conv 8 3x3 groups=4 stride=2 pad=1", "conv 4 1x1 groups=4",
        "conv 6 3x3 groups=2 dilation=2 pad=1 bias=false", "conv 6 1x1 groups=2",
        "conv 4 3x3 pad=1 relu -> conv 3 3x3", "conv 4 3x3 bn relu -> conv 2 1x1",
        "conv 5 3x3 bias=false bn", "conv 5 3x3 relu -> maxpool 2x2 round=floor",
        "conv 5 3x3 -> maxpool 2x2 stride=1 pad=1", "depthwise 3x3 bn relu -> conv 2 1x1",
        "conv 4 3x3 pad=1 -> @h -> conv 4 3x3 pad=1 share=@h",
        "depthwise 3x3", "depthwise 3x3 pad=1", "depthwise 3x3 multiplier=3",
        "depthwise 2x3 stride=2x1 pad=1 round=floor", "depthwise 3x3 pad=same stride=2",
        "depthwise 3x3 dilation=2 multiplier=2 bias=false", "depthwise 3x3 stride=3 round=ceil",
        "depthwise 1x1",
        "deconv 3 3x3", "deconv 3 2x2 stride=2", "deconv 3 3x3 stride=2 pad=1",
        "deconv 3 3x3 stride=2 pad=1 output_pad=1", "deconv 3 3x3 stride=2 output_pad=1",
        "deconv 3 4x4 stride=2 pad=1 bias=false", "deconv 3 3x2 stride=3x2 pad=1x0 output_pad=2x1",
        "deconv 3 3x3 dilation=2", "deconv 3 3x3 stride=2 dilation=2x1 pad=2x0",
        "deconv 4 3x3 groups=2", "deconv 8 3x3 groups=4 stride=2 pad=1", "deconv 3 1x1",
        "deconv 3 1x1 stride=2", "deconv 3 1x1 stride=2 output_pad=1", "deconv 3 3x3 pad=2",
        "maxpool 2x2 stride=1", "maxpool 3x3 stride=2 round=floor", "maxpool 3x4 round=floor",
        "maxpool 3x3 stride=2 round=ceil", "maxpool 3x3 stride=1 pad=1", "maxpool 7x8",
        "maxpool 3x3 stride=2 pad=1", "maxpool 3x3 stride=2 pad=2 round=ceil",
        "maxpool 2x2 pad=same", "maxpool 3x3 stride=3 pad=same", "maxpool 2x2 round=ceil",
        "maxpool 2x2 stride=3 round=floor", "maxpool 1x1 stride=2", "relu -> maxpool 2x2 stride=1",
        "avgpool 2x2 stride=1", "avgpool 3x3 stride=2 round=floor", "avgpool 2x2 round=ceil",
        "avgpool 3x3 stride=2 round=ceil pad=1", "avgpool 3x3 stride=1 pad=1",
        "avgpool 3x3 stride=2 round=ceil", "avgpool 2x3 stride=2x1 pad=1x2 round=floor",
        "avgpool 3x3 pad=same stride=2", "avgpool 2x2 pad=same stride=1", "avgpool 7x8",
        "gap", "flatten", "reshape 8x7x4 -> conv 2 3x3", "reshape ?x2 -> conv 2 3", "reshape 224",
        "upsample 2", "upsample 3x1", "upsample 2x3 -> conv 2 3x3", "pad 2", "pad 1x2",
        "pad 0 after=1", "pad 1x0 after=0x3 -> conv 2 3x3", "crop 2", "crop 1x3", "crop 0 after=2",
        "crop 1x0 after=2x1 -> pad 1 after=3",
        "bn", "bn momentum=1", "bn sync=false", "bn freeze=true -> conv 3 1x1",
        "ln", "gn 1", "gn 2", "gn 4",
        "lrn 1", "lrn 3 alpha=0.3", "lrn 5 alpha=0.1 beta=0.5 k=1", "lrn 2 alpha=0.2 beta=1",
        "lrn 4 alpha=0.2", "lrn 9 alpha=0.1 beta=2", "lrn 7 alpha=0",
        "relu", "prelu", "softmax -> conv 3 1x1", "gelu", "tanh -> avgpool 7x8",
        "add [conv 4 3x3 pad=1 relu | id] -> relu", "add [id | conv 4 1x1 | conv 4 1x1 bias=false]",
        "mul [conv 4 3x3 pad=1 | id]", "mul [conv 4 1x1 | id | conv 4 1x1]",
        "max [relu | relu]", "max [id | conv 4 1x1]", "max [conv 4 3x3 pad=1 | id | conv 4 1x1]",
        "avg [conv 4 3x3 pad=1 | id]", "avg [id | conv 4 1x1 | prelu]",
        "concat [conv 2 3x3 pad=1 | id]", "concat [conv 2 1x1 | id | conv 3 3x3 pad=1 relu]",
        # Instructions that differ in nothing but a size that only their results show.
        "add [conv 3 1x1 -> gap | maxpool 7x4 -> conv 3 1x1 -> gap]",
        "add [crop 3x0 -> upsample 7x1 | crop 0 after=6x0 -> upsample 7x1]",
        "add [maxpool 7x2 -> upsample 7x2 | maxpool 7x4 -> upsample 7x4]",
        "@a -> pad 1 after=0 -> conv 2 8x9 -> @p; @a -> pad 1 after=3 -> conv 2 11x12 -> add @p",
    ),
    *rows(
        SEQUENCE,
        "conv 5 1", "conv 5 3", "conv 5 3 stride=2 pad=1", "conv 5 4 pad=same", "conv 5 11",
        "conv 5 3 stride=3 round=ceil", "conv 5 3 dilation=4", "conv 6 3 groups=2 bias=false",
        "conv 5 2 stride=4 pad=1 round=floor", "conv 5 3 bn relu -> maxpool 3",
        "depthwise 3 pad=1 multiplier=2", "depthwise 4 stride=2 pad=same",
        "deconv 3 3 stride=2 pad=1 output_pad=1", "deconv 4 4 stride=3 groups=2 pad=2",
        "maxpool 2 round=ceil", "maxpool 3 stride=2 pad=1", "maxpool 4 pad=same stride=3",
        "avgpool 3 stride=2 pad=1", "avgpool 2 round=ceil", "avgpool 4 pad=same stride=3",
        "gap", "flatten -> dense 2", "upsample 3", "pad 2 after=1", "crop 3 after=0",
        "bn", "ln", "gn 2", "lrn 3 alpha=0.2", "prelu", "softmax -> conv 2 1",
        "concat [conv 2 3 pad=1 | id]",
    ),
    # Windows with more taps than a byte counts, on images and sequences.
    *rows("17x17x2", "maxpool 17x17", "maxpool 16x17 stride=1"),
    *rows("300x2", "maxpool 300", "maxpool 290 stride=5"),
    # More data than is handled at a time: bands of rows, and parts of a batch.
    *rows("40x48x8", "conv 4 5x5 pad=2", batch=2),
    *rows("80x96x16", "conv 4 5x5 stride=2 pad=2 groups=2", batch=1),
    *rows("40x48x4", "deconv 8 5x5 stride=2 pad=2", "depthwise 2x2 pad=1 multiplier=18", batch=2),
    *rows("12x12x8", "conv 4 5x5 pad=2", "conv 4 5x5 pad=2 -> deconv 8 5x5", batch=13),
    *rows("24x24x8", "depthwise 2x2 pad=same multiplier=4", batch=15),
    # Winograd's algorithm, with whole tiles and with some that are cut.
    *rows("9x10x8", "conv 9 3x3 pad=1", "conv 8 5x5 pad=2", "conv 9 5x5 bias=false", batch=13),
    # One sample, one position, one channel.
    *rows("5x5x1", "conv 1 5x5", "conv 3 3x3 pad=1 -> conv 1 1x1", "gn 1", "lrn 5", batch=1),
    *rows("1x1x3", "conv 2 1x1", "conv 2 3x3 pad=1", "deconv 2 3x3 stride=2", "ln", batch=2),
    Row("embed 11 3 -> conv 4 3 relu -> flatten -> dense 2", "7", tokens=11),
    Row("embed 5 1 -> flatten -> dense 2", "9", tokens=5),
    Row("embed 4 3 l2=0.1 init=uniform(0.5)", "6", tokens=4),
)  # fmt: skip


def words(rows: tuple[Row, ...] = TABLE) -> set[str]:
    """Everything in the rows that could be the word of a layer."""
    return {word for row in rows for word in re.findall(r"\w+", row.text("f64"))}

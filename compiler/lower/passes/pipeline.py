"""All passes, in the order in which they run. There is no other way to run one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..context import Context
from ..network import Network
from ..program import Program
from .choose_layouts import choose_layouts
from .fold_batchnorm import fold_batchnorm
from .fuse_addition import fuse_addition
from .fuse_bias import fuse_bias
from .fuse_losses import fuse_losses
from .fuse_moments import fuse_moments
from .fuse_norm import fuse_norm
from .fuse_products import fuse_products
from .mask_again import mask_again
from .merge_common import merge_common
from .pack_weights import pack_weights
from .pool_first import pool_first
from .prepare_weights import prepare_weights
from .recompute import recompute
from .remove_dead_code import remove_dead_code
from .share_softmax import share_softmax
from .spread_again import spread_again

Subject = TypeVar("Subject", Network, Program)

NETWORK = ("network",)
EVALUATION = ("evaluate",)
TRAINING = ("train", "gradients")
EVERY = (*EVALUATION, *TRAINING)


@dataclass(frozen=True, slots=True)
class Pass:
    """One rewrite."""

    rewrite: Callable[[Any, Context], Any]
    """From a network or program and its context to the rewritten one."""
    works_on: tuple[str, ...]
    """`network`, or the names of the programs that it rewrites."""
    why: str
    needs: str
    ensures: str
    native: bool = False
    """Whether it only runs for plans of the native engine."""

    @property
    def name(self) -> str:
        return self.rewrite.__name__


PASSES = (
    Pass(
        fuse_losses,
        NETWORK,
        why="softmax and sigmoid overflow, and the loss of their logits does not",
        needs="every loss names its prediction",
        ensures="cross-entropies after their own activation read the logits",
    ),
    Pass(
        pool_first,
        NETWORK,
        why="after a pooling there is a fraction of the data left to work on",
        needs="nothing else reads the values between convolution and pooling",
        ensures="a bias and a ReLU follow the max-pooling; every bias moved is a node",
    ),
    Pass(
        choose_layouts,
        NETWORK,
        why="windows of few channels are copied in long runs where the samples are innermost",
        needs="a bias that was moved is a node",
        ensures="batch-innermost nodes work on either layout, and neither a loss nor the caller "
        "reads them",
    ),
    Pass(
        fold_batchnorm,
        EVALUATION,
        why="scaling the weights once saves a pass over the data of every batch",
        needs="nothing else reads the values between, and no reshape regroups the channels",
        ensures="the same function, rounded differently",
    ),
    Pass(
        prepare_weights,
        EVALUATION,
        why="what depends on parameters alone need not be computed for every batch",
        needs="values made once",
        ensures="`evaluate` has only instructions that depend on its feeds, besides random ones",
    ),
    Pass(
        merge_common,
        EVERY,
        why="layers that read one value emit equal instructions",
        needs="values made once",
        ensures="no two instructions are equal, unless random or reading memory that changes",
    ),
    Pass(
        share_softmax,
        EVERY,
        why="a cross-entropy of logits computes the softmax that is an output too",
        needs="loss and softmax read the same logits",
        ensures="the output is the loss's second result",
    ),
    Pass(
        fuse_bias,
        EVERY,
        why="a slice is clipped while it is still in the cache",
        needs="nothing but the ReLU reads the sum, and both see the same channels",
        ensures="the same numbers; the gradient of a ReLU reads its output, so nothing is lost",
    ),
    Pass(
        fuse_norm,
        EVERY,
        why="a normalised slice is clipped while it is still in the cache",
        needs="nothing but the ReLU reads the normalised values, and nothing but the "
        "normalisation's gradient reads the ReLU's",
        ensures="the same numbers",
    ),
    Pass(
        remove_dead_code,
        EVERY,
        why="nobody reads the gradient of the first layer's input, or what fused values replaced",
        needs="a program whose outputs are named",
        ensures="every instruction is read, is an output, leaves the arena or changes an operand",
    ),
    Pass(
        spread_again,
        TRAINING,
        why="to map the input of a convolution a second time costs less than to keep it, where "
        "tiles stay in the cache",
        needs="no dead code, which would count as a reader",
        ensures="no mapped input outlives its instruction",
        native=True,
    ),
    Pass(
        fuse_moments,
        TRAINING,
        why="one loop over a batch gives both of its moments",
        needs="nothing but the mean reads the sum, as it is where shards do not add theirs",
        ensures="the same numbers",
        native=True,
    ),
    Pass(
        fuse_addition,
        EVERY,
        why="a sum is clipped, and what is added to it normalised, while they are in registers",
        needs="nothing else reads the sum or the normalised values, and nothing reads what the "
        "normalisation divided by before the ReLU",
        ensures="the same numbers",
        native=True,
    ),
    Pass(
        mask_again,
        TRAINING,
        why="the sign of a normalised number costs two operations, and to store what it masks "
        "costs a pass over memory",
        needs="nothing but the normalisation's gradient reads the masked gradient",
        ensures="the same numbers, where forward and backward pass round alike",
        native=True,
    ),
    Pass(
        fuse_products,
        EVERY,
        why="the bias is added, and the sum clipped, while the product is in registers",
        needs="nothing but the bias reads the product, and both see the same channels",
        ensures="the same numbers",
        native=True,
    ),
    Pass(
        pack_weights,
        EVALUATION,
        why="weights are copied into the order in which products read them once, not each time",
        needs="no later pass looks for the rows of products",
        ensures="the same numbers",
        native=True,
    ),
    Pass(
        recompute,
        TRAINING,
        why="`train memory=low` trades time for memory",
        needs="instructions that no later pass rewrites",
        ensures="the same bits; nothing random, shared or changing an operand runs twice",
    ),
)
"""In this order."""

NAMES = frozenset(row.name for row in PASSES)
NETWORK_PASSES = frozenset(row.name for row in PASSES if row.works_on == NETWORK)


def run_passes(subject: Subject, works_on: str, context: Context) -> Subject:
    """A network or a program after all of its passes.

    Raises ValueError where the choices leave out a pass that there is not.
    """
    choices = context.choices
    if unknown := choices.without - NAMES:
        raise ValueError(f"no such pass: {', '.join(sorted(unknown))}")
    if choices.inspect is not None:
        choices.inspect("", subject)
    for row in PASSES:
        runs = row.name not in choices.without and (choices.native or not row.native)
        if runs and works_on in row.works_on:
            subject = row.rewrite(subject, context)
            if choices.inspect is not None:
                choices.inspect(row.name, subject)
    return subject

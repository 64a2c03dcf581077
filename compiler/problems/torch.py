"""E0773 to E0778: the torch engine, which computes with PyTorch."""

from __future__ import annotations

from ...grammar.problem import Problem

OTHER_ENGINE = "or use the engine `numpy`, which needs nothing else"


class TorchMissing(Problem):
    """The torch engine computes with PyTorch, which is not installed or cannot be imported.

    PyTorch is in the extra `torch`. For a GPU, install the build of PyTorch for its driver
    first, as pytorch.org says; the extra then takes what is there.

    ```text
    $ pip install 'netc[torch]'
    ```
    """

    code = "E0773"
    title = "no PyTorch"
    message_text = "the torch engine cannot be used: {reason}"
    help_texts = ("install it: `{command}`", OTHER_ENGINE)
    reason: str
    command: str


class TorchHasNoCounterpart(Problem):
    """A layer, loss or optimizer of the spec is not written for PyTorch.

    All words of the language are; those that a program adds need a row of their own.

    ```text
    error[E0774]: the torch engine cannot compute `swish1`
    ```
    """

    code = "E0774"
    title = "no counterpart in PyTorch"
    message_text = "the torch engine cannot compute `{layer}`: {reason}"
    layer: str
    reason: str
    advice: str

    def help(self) -> tuple[str, ...]:
        return (self.advice, OTHER_ENGINE)


class DeviceMissing(Problem):
    """The device that the torch engine is to use is not there.

    `--device cuda` needs an NVIDIA or AMD GPU with its driver and a build of PyTorch for it;
    `--device mps` needs a Mac with an Apple chip. `netc doctor` says what PyTorch finds.

    ```text
    error[E0775]: PyTorch finds no device `cuda`: this PyTorch is built without it
    ```
    """

    code = "E0775"
    title = "no such device"
    message_text = "PyTorch finds no device `{device}`: {reason}"
    help_texts = ("`--device cpu` computes on the processor", "`netc doctor` says what is there")
    device: str
    reason: str


class PrecisionUnsupported(Problem):
    """The device computes nothing in this precision.

    Apple's GPUs have no double precision. `--precision f32` or `precision=f32` in `train` works
    on every device.

    ```text
    error[E0776]: `mps` computes nothing in f64
    ```
    """

    code = "E0776"
    title = "no such precision"
    message_text = "`{device}` computes nothing in {precision}"
    help_texts = ("use `--precision f32`", "or `--device cpu`")
    device: str
    precision: str


class ProcessLost(Problem):
    """One of the processes that train together was killed or failed, or cannot be reached.

    The others cannot go on without it. The first process keeps the state of the last step that all
    have taken, and the run goes on from there with `netc run --resume`, also with another number of
    processes. What has happened is in the output of the process that is gone.

    ```text
    error[E0777]: another process of this training is gone
    ```
    """

    code = "E0777"
    title = "process lost"
    message_text = "another process of this training is gone"
    help_texts = ("its own output says why; often its machine ran out of memory",)
    said: str

    def label(self) -> str:
        return self.said


class TorchCannotCompile(Problem):
    """`torch.compile` cannot make a program of the network.

    With `--compile`, PyTorch writes C++ for a processor and Triton for a GPU, and needs a compiler
    of it: g++ or clang++ on the path or in the variable `CXX`, and the package `triton`, which
    PyTorch for Linux and NVIDIA or AMD brings along. Some versions of PyTorch compile nothing on
    the newest Python.

    ```text
    error[E0778]: torch.compile fails: InvalidCxxCompiler: No working C++ compiler found
    ```
    """

    code = "E0778"
    title = "torch.compile fails"
    message_text = "torch.compile fails: {reason}"
    help_texts = (
        "leave out `--compile`: the numbers are the same, to rounding",
        "or install what it needs: a C++ compiler (`CXX` names it), on a GPU the package `triton`",
    )
    reason: str

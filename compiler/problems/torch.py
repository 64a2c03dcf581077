"""E0773 to E0778: the torch engine, which computes with PyTorch."""

from __future__ import annotations

from ...grammar.problem import Problem

OTHER_ENGINE = "or use the engine `numpy`, which needs no other package"


class TorchMissing(Problem):
    """The torch engine computes with PyTorch, which is not installed or cannot be imported.

    PyTorch is in the extra `torch`. For a GPU, install the build of PyTorch for its driver
    first, as pytorch.org says; the extra then uses it.

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
    """A layer, loss or optimizer of the spec has no implementation for PyTorch.

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
    """The device for the torch engine is not available.

    `--device cuda` needs an NVIDIA or AMD GPU with its driver and a build of PyTorch for it;
    `--device mps` needs a Mac with an Apple chip. `netc doctor` says what PyTorch finds.

    ```text
    error[E0775]: PyTorch finds no device `cuda`: this PyTorch is built without it
    ```
    """

    code = "E0775"
    title = "no such device"
    message_text = "PyTorch finds no device `{device}`: {reason}"
    help_texts = ("`--device cpu` computes on the CPU", "`netc doctor` lists the devices")
    device: str
    reason: str


class PrecisionUnsupported(Problem):
    """The device does not support this precision.

    Apple's GPUs have no double precision. `--precision f32` or `precision=f32` in `train` works
    on every device.

    ```text
    error[E0776]: `mps` does not support f64
    ```
    """

    code = "E0776"
    title = "no such precision"
    message_text = "`{device}` does not support {precision}"
    help_texts = ("use `--precision f32`", "or `--device cpu`")
    device: str
    precision: str


class ProcessLost(Problem):
    """One of the processes that train together was killed or failed, or cannot be reached.

    The others cannot continue without it. The first process saves the state of the last step that
    all have completed, and `netc run --resume` continues from there, with any number of processes.
    The output of the lost process says what happened.

    ```text
    error[E0777]: another process of this training was lost
    ```
    """

    code = "E0777"
    title = "process lost"
    message_text = "another process of this training was lost"
    help_texts = ("its own output says why; often its machine ran out of memory",)
    said: str

    def label(self) -> str:
        return self.said


class TorchCannotCompile(Problem):
    """`torch.compile` cannot compile the network.

    With `--compile`, PyTorch generates C++ for a CPU and Triton code for a GPU, and needs a
    compiler for it: g++ or clang++ on the path or in the variable `CXX`, or the package `triton`,
    which comes with PyTorch for NVIDIA and AMD GPUs on Linux. Some versions of PyTorch do not
    support `torch.compile` on the newest Python.

    ```text
    error[E0778]: torch.compile fails: InvalidCxxCompiler: No working C++ compiler found
    ```
    """

    code = "E0778"
    title = "torch.compile fails"
    message_text = "torch.compile fails: {reason}"
    help_texts = (
        "omit `--compile`: the results are the same, up to rounding",
        "or install what it needs: a C++ compiler (see `CXX`), or for a GPU the package `triton`",
    )
    reason: str

"""E0768 to E0772: the native engine, which compiles C code for a network. W0612: it has compiled
with something else before."""

from __future__ import annotations

from ...grammar.problem import Problem

INSTALL = "install gcc or clang, or `pip install 'netc[native]'`"
ANOTHER = "name another compiler in NETC_CC"
OTHER_ENGINE = "or use the engine `numpy`, which needs no compiler"


class CompilerMissing(Problem):
    """The native engine needs a C compiler, and none is installed.

    It looks for the one that NETC_CC names, then for `cc`, `clang` and `gcc` on the path, then for
    the Python package `ziglang`. `netc doctor` says which one it finds.

    ```text
    $ pip install 'netc[native]'
    ```
    """

    code = "E0768"
    title = "no C compiler"
    help_texts = (INSTALL, OTHER_ENGINE)
    unusable: tuple[tuple[str, str], ...] = ()
    """Compilers that are installed, and why they cannot be used."""

    def message(self) -> str:
        if not self.unusable:
            return "the native engine needs a C compiler, and none is installed"
        listed = "; ".join(f"`{command}`: {reason}" for command, reason in self.unusable)
        return f"the native engine needs a C compiler, and none can be used ({listed})"


class CompilerUnusable(Problem):
    """NETC_CC does not name a C compiler that the native engine can use.

    It holds the name or path of gcc, clang or zig, with arguments if need be; words with spaces are
    quoted. Without the variable, netc looks for a compiler itself.

    ```text
    $ NETC_CC="ccache gcc-14" netc doctor
    ```
    """

    code = "E0769"
    title = "unusable C compiler"
    message_text = "NETC_CC names `{command}`, which cannot be used as a C compiler: {reason}"
    help_texts = (
        "name gcc, clang or `zig cc` in NETC_CC, or unset it",
        OTHER_ENGINE,
    )
    command: str
    reason: str


class CompilationFailed(Problem):
    """The C compiler does not accept the code that netc has generated.

    Either the compiler is too old or incomplete, such as one without the headers of its C library,
    or this is a mistake in netc: please report it with the compiler's output.

    ```text
    error[E0770]: `/usr/bin/gcc` ended with status 1
    ```
    """

    code = "E0770"
    title = "compilation failed"
    message_text = "`{compiler}` {outcome}"
    compiler: str
    outcome: str
    """`ended with status 1`."""
    said: tuple[str, ...] = ()
    """The first lines that it wrote."""

    def label(self) -> str:
        return self.said[0] if self.said else ""

    def help(self) -> tuple[str, ...]:
        doctor = "`netc doctor` says whether it compiles a small file"
        said = (f"it says: {line}" for line in self.said[1:])
        return (*said, doctor, ANOTHER, OTHER_ENGINE)


class CompilationTimedOut(Problem):
    """The C compiler takes too long for the code of this network.

    ```text
    error[E0771]: `/usr/bin/gcc` took more than 300 seconds
    ```
    """

    code = "E0771"
    title = "compilation timed out"
    message_text = "`{compiler}` took more than {seconds} seconds"
    help_texts = (ANOTHER, OTHER_ENGINE)
    compiler: str
    seconds: str


class LibraryUnusable(Problem):
    """The library with the compiled network cannot be written or loaded.

    The usual reasons are a full disk and a folder that does not allow execution (`noexec`);
    NETC_CACHE_DIR sets another one.

    ```text
    $ NETC_CACHE_DIR=/home/me/netc-cache netc run digits.net
    ```
    """

    code = "E0772"
    title = "library unusable"
    message_text = "the compiled network cannot be used: {reason}"
    help_texts = ("name a folder on another disk in NETC_CACHE_DIR", OTHER_ENGINE)
    reason: str


class CompilerDiffers(Problem):
    """A run continues with a different compiler or processor than it began with.

    The last bits of what the native engine computes depend on both, so the result differs slightly
    from that of an uninterrupted run, but is no worse.

    ```text
    NETC_CC=clang netc run --resume latest      # of a run that gcc has compiled
    ```
    """

    code = "W0612"
    title = "another compiler"
    help_texts = ("the run continues, but not to the last bit as an uninterrupted run would",)
    before: str
    now: str

    def message(self) -> str:
        before, now = self.before.split("; "), self.now.split("; ")
        old = [part for part in before if part not in now]
        new = [part for part in now if part not in before]
        return f"the run began with {_listed(old)}, and continues with {_listed(new)}"


def _listed(parts: list[str]) -> str:
    return ", ".join(f"`{part}`" for part in parts) or "less"

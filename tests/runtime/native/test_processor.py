"""How wide the vectors are, and what the compiler is asked for."""

from __future__ import annotations

import pytest
from netc.runtime.native.flags import choose_flags, library_suffix
from netc.runtime.native.processor import (
    classify,
    find_processor,
    narrow,
    parse_cpuinfo,
    parse_sysctl,
)
from netc.runtime.native.toolchain import CompilerFamily, Toolchain

SKYLAKE = "fpu sse2 avx avx2 fma avx512f avx512dq avx512cd avx512bw avx512vl"
HASWELL = "fpu sse2 avx avx2 fma"


@pytest.mark.parametrize(
    ("machine", "features", "width", "registers"),
    [
        ("x86_64", SKYLAKE, 64, 32),
        ("AMD64", HASWELL, 32, 16),
        ("x86_64", HASWELL.replace(" fma", ""), 16, 16),  # AVX2 without fused multiply-add
        ("x86_64", HASWELL + " avx512f avx512cd", 32, 16),  # Knights Landing
        ("x86_64", "", 16, 16),
        ("aarch64", "fp asimd", 16, 32),
        ("arm64", "", 16, 32),
        ("riscv64", "", 16, 16),
    ],
)
def test_the_vectors_of_a_processor(
    machine: str, features: str, width: int, registers: int
) -> None:
    found = classify(machine, features, frozenset(features.split()))
    assert (found.width, found.registers) == (width, registers)


CPU_INFO = """\
processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
cpu MHz\t\t: {mhz}
flags\t\t: {flags}

processor\t: 1
flags\t\t: other
"""


def test_the_identity_is_that_of_the_code_and_not_of_the_moment() -> None:
    def identity(mhz: str, flags: str) -> str:
        return classify("x86_64", *parse_cpuinfo(CPU_INFO.format(mhz=mhz, flags=flags))).identity

    here = identity("2000.1", SKYLAKE)
    assert here == identity("3100.7", SKYLAKE)
    assert here != identity("2000.1", f"{SKYLAKE} amx_tile")
    assert here.startswith("x86-64 512 bits ")


def test_macos_writes_features_in_capitals() -> None:
    described = "Intel(R) Core(TM)\nFPU SSE2 FMA AVX1.0\nAVX2 AVX512F AVX512DQ AVX512BW AVX512VL\n"
    assert classify("x86_64", *parse_sysctl(described)).width == 64


@pytest.mark.parametrize(
    ("asked", "width", "march"),
    [
        ("", 64, "native"),
        ("64", 64, "native"),
        ("32", 32, "haswell"),
        (" 16 ", 16, "x86-64"),
        ("128", 64, "native"),
        ("-32", 64, "native"),
        ("wide", 64, "native"),
    ],
)
def test_vectors_can_be_narrowed(asked: str, width: int, march: str) -> None:
    own = classify("x86_64", "", frozenset(SKYLAKE.split()))
    found = narrow(own, {"NETC_NATIVE_VECTOR": asked})
    assert (found.width, found.march) == (width, march)
    assert found.is_narrowed == (found.identity != own.identity) == (width < 64)


def test_vectors_are_not_widened() -> None:
    own = classify("x86_64", "", frozenset(HASWELL.split()))
    assert narrow(own, {"NETC_NATIVE_VECTOR": "64"}) == own


def test_the_processor_of_this_machine_is_described() -> None:
    found = find_processor({})
    assert found == find_processor({})
    assert found.width in (16, 32, 64)
    assert find_processor({"NETC_NATIVE_VECTOR": "16"}).width == 16


def flags_of(
    family: CompilerFamily, machine: str, system: str = "linux", asked: str = ""
) -> list[str]:
    processor = classify(machine, "", frozenset(SKYLAKE.split()))
    narrowed = narrow(processor, {"NETC_NATIVE_VECTOR": asked})
    found = choose_flags(Toolchain(("x",), family, ""), narrowed, system=system)
    return [*found.compile, *found.link]


def test_the_flags_of_families_and_systems() -> None:
    assert {"-march=native", "-mprefer-vector-width=512"} < set(flags_of("gcc", "x86_64"))
    assert {"-march=haswell", "-mprefer-vector-width=256"} < set(
        flags_of("clang", "x86_64", asked="32")
    )
    assert "-march=x86_64" in flags_of("zig", "x86_64", asked="16")
    assert "-fno-semantic-interposition" in flags_of("gcc", "x86_64")
    assert "-fno-semantic-interposition" not in flags_of("clang", "x86_64")
    arm = flags_of("clang", "arm64", "darwin")
    assert "-mcpu=native" in arm
    assert not [flag for flag in arm if flag.startswith(("-march", "-mprefer"))]
    assert not [flag for flag in flags_of("gcc", "riscv64") if flag.startswith("-m")]
    windows = flags_of("zig", "amd64", "win32")
    assert not {"-fPIC", "-lm"} & set(windows)
    assert {"-fPIC", "-lm"} < set(flags_of("zig", "x86_64"))
    assert [library_suffix(name) for name in ("linux", "darwin", "win32")] == [
        ".so",
        ".dylib",
        ".dll",
    ]


@pytest.mark.parametrize("family", ["gcc", "clang", "zig"])
def test_no_flag_changes_the_order_of_operations(family: CompilerFamily) -> None:
    loose = {"-ffast-math", "-Ofast", "-fassociative-math", "-funsafe-math-optimizations"}
    for machine in ("x86_64", "arm64"):
        assert not loose & set(flags_of(family, machine))

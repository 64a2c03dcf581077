"""What C text is written for."""

from __future__ import annotations

from dataclasses import dataclass

from ..lower.plan import ITEM_BYTES

C_TYPES = {
    "f": "real",
    "f32": "float",
    "f64": "double",
    "i64": "int64_t",
    "u8": "uint8_t",
    "bool": "uint8_t",
}
"""The C type of the elements of a buffer; `real` is the precision of the plan."""


@dataclass(frozen=True, slots=True)
class CTarget:
    """The processor and the precision that a text is for. Nothing in the text names a processor:
    vectors are those of the compiler, in this width."""

    precision: str
    vector_bytes: int = 16
    """64 for AVX-512, 32 for AVX2, 16 for NEON and SSE2."""
    registers: int = 16
    """Vector registers: 32 for AVX-512 and NEON, 16 for AVX2 and SSE2."""

    @property
    def lanes(self) -> int:
        """Numbers of the plan's precision in a vector."""
        return self.vector_bytes // ITEM_BYTES[self.precision]

    def number(self, value: float) -> str:
        """A number as an exact literal of the plan's precision."""
        if value != value:
            return "((real)NAN)"
        if value in (float("inf"), float("-inf")):
            return "((real)INFINITY)" if value > 0 else "(-(real)INFINITY)"
        suffix = "f" if self.precision == "f32" else ""
        text = f"{float(value).hex()}{suffix}"
        return f"({text})" if value < 0 else text

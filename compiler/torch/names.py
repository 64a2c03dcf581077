"""Python names for those of the spec."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

_OF_MODULES = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda
    double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter
    get_submodule half ipu load_state_dict modules mtia named_buffers named_children
    named_modules named_parameters parameters predict register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
    set_submodule share_memory state_dict to to_empty train training type xpu zero_grad"""

MODULE_NAMES = frozenset(_OF_MODULES.split())
"""What attributes of a module must not be called: those of `nn.Module`, and methods of ours."""

FILE_NAMES = frozenset(("F", "math", "nn", "torch"))
"""What the file imports."""

VARIABLE_NAMES = frozenset(
    ("abs", "bool", "float", "i", "int", "len", "max", "min", "range", "self", "sum", "super",
     "tuple", "zip", *FILE_NAMES)
)  # fmt: skip
"""What variables must not hide."""


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with `_` behind a keyword and a number behind what is taken."""
    used = set(taken)
    base, number = name, 2
    if keyword.iskeyword(name):
        name = base = f"{name}_"
    while name in used:
        name, number = f"{base}{number}", number + 1
    return name


def attribute_name(name: str) -> str:
    """The attribute for a layer or a block. Names of one scope differ, so its own do."""
    return f"{name}_" if keyword.iskeyword(name) or name in MODULE_NAMES else name


def class_name(name: str) -> str:
    """`dense_layer` as `DenseLayer`. What no name can hold is left out."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name).split()
    found = "".join(word[0].upper() + word[1:] for word in words).lstrip("0123456789")
    return found[:1].upper() + found[1:] if found else "Net"

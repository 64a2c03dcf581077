"""The base of every Pydantic model of the compiler: options, and the parts of the IR.

Pydantic validates on every way in: a spec, JSON, a Python program. A model is built when the first
of its class is made (`defer_build`), so a check pays only for the words of its spec.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
"""Nothing is converted, no field is added, and every number is finite."""


class Frozen(BaseModel):
    """A model that does not change. It is made with keywords only."""

    model_config = ConfigDict(**STRICT, frozen=True, defer_build=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Pydantic evaluates the annotations of class variables again for each subclass. It needs
        them no more, and without them a check is about 20 ms shorter."""
        own = cls.__annotations__
        for name in [name for name, text in own.items() if str(text).startswith("ClassVar")]:
            del own[name]


M = TypeVar("M", bound=Frozen)


def change(model: M, **changes: Any) -> M:
    """A copy of a model with other values in some fields, validated again."""
    return type(model)(**{**vars(model), **changes})

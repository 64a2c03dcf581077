"""Where a network flows in its picture."""

from typing import Literal

Direction = Literal["down", "right"]

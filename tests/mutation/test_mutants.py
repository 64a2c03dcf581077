"""What the mutation tests change, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants import mutants


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("x < 1", {"x <= 1", "x > 1", "x < 2", "x < 0"}),
        ("a + b - c", {"a - b - c", "a + b + c"}),
        ("a and b", {"a or b"}),
        ("x = not c", {"x = c"}),
        ("x in y is None", {"x not in y is None", "x in y is not None"}),
        ("y = min(x)", {"y = max(x)"}),
        ("y = 0.5", {"y = 1.0"}),
        ("y = 0.0", {"y = 1.0"}),
        ("y = True", {"y = False"}),
        ("f(x)", {"pass"}),
        ("x += y", {"pass", "x -= y"}),
        ("if x:\n    f = y", {"if not x:\n    f = y"}),
        ("y = [x for x in z if x]", {"y = [x for x in z if not x]"}),
        ("for x in y:\n    break", {"for x in y:\n    continue"}),
        ("def f():\n    return x", {"def f():\n    return None"}),
        ("def f():\n    yield x", {"def f():\n    pass"}),
        # types are left alone, but for the bounds of an option
        ("x: Literal[1] = y", set()),
        ("x: A[float, Field(gt=0)]", {"x: A[float, Field(gt=1)]", "x: A[float, Field(gt=-1)]"}),
        ("@f(1)\ndef g():\n    'text 1'", set()),
        ("if TYPE_CHECKING:\n    import x", set()),
    ],
)
def test_one_place_is_changed_at_a_time(source: str, changed: set[str], tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(source)
    found = [change()[1] for _, change in mutants(tmp_path / "one.py")]
    assert sorted(found) == sorted(changed)


def test_each_change_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("class A:\n    def f(self):\n        return self.x * 3\n")
    found = [(scope, change()[0]) for scope, change in mutants(tmp_path / "one.py")]
    assert ("A.f", "'self.x * 3' -> 'self.x * 4'") in found
    assert {scope for scope, _ in found} == {"A.f"}


def test_the_c_in_texts_is_changed_on_request(tmp_path: Path) -> None:
    source = 'def f():\n    "1 + 1"\n    return {"a + b": f"{p} -= 2 * {g};"}'
    (tmp_path / "one.py").write_text(source)
    assert [change()[1] for _, change in mutants(tmp_path / "one.py")] == [
        'def f():\n    """1 + 1"""\n    return None'
    ]
    found = {change()[1].split("return ")[1] for _, change in mutants(tmp_path / "one.py", True)}
    texts = ("{p} += 2 * {g};", "{p} -= 3 * {g};", "{p} -= 2 / {g};")
    assert found == {"None", *(f"{{'a + b': f'{text}'}}" for text in texts)}

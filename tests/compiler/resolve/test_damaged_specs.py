"""Whatever happens to a spec, its check ends with diagnostics, and so do its repairs."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from netc.cli.specs.fixing import apply_fixes
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.grammar.source import Source

SPECS = {
    path.name: path.read_text()
    for path in sorted((Path(__file__).parents[3] / "specs").rglob("*.net"))
    if path.stat().st_size < 2500
}
PIECES = (
    *"()[]{}->=,|;\n$@\"1x", "", "->(", "a(", "dense(", "log(", "3x3", "@b", "let x=", "block f(",
    "repeat 2 [", "x[", "0,5", ".5", "- >", "/*", "{c}", "==", ": ", " 4 ", " bias=false ",
)  # fmt: skip
DAMAGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 5), st.sampled_from(PIECES)), min_size=1, max_size=3
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(sorted(SPECS)), damages=DAMAGES)
@example(name="lenet5.net", damages=[(0.62, 1, "x[")])
def test_a_damaged_spec_is_checked_to_the_end(
    name: str, damages: list[tuple[float, int, str]]
) -> None:
    text = SPECS[name]
    for place, size, new in damages:
        at = int(place * len(text))
        text = text[:at] + new + text[at + size :]
    checked = check(Source("<spec>", text), BUILTIN, lambda _: None)
    for problem in checked.problems:
        assert 0 <= problem.at.start <= problem.at.end <= len(text)
        assert problem.message()
        assert all(problem.help())
    assert is_repaired(text)


def is_repaired(text: str) -> bool:
    """Whether safe fixes come to an end."""
    for _ in range(9):
        source = Source("<spec>", text)
        problems = check(source, BUILTIN, lambda _: None).problems
        done = apply_fixes(problems, [source], unsafe=False)
        if not done.problems:
            return True
        text = done.texts[source.name]
    return False

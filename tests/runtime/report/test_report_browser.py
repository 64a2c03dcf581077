"""Pages in a browser: nothing is asked for, nothing fails, nothing is wider than the window."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from netc.runtime.report.render import render
from report_examples import example
from reporting import FACTS

pytest.importorskip("jinja2", reason="pages are made with it")

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name)) is not None
    ),
    None,
)
MEASURE = """
<script>
var root = document.documentElement;
parent.postMessage(root.scrollWidth + " of " + root.clientWidth, "*");
</script>
"""
FRAME = """\
<!doctype html><html><body><script>
addEventListener("message", function (event) {
  document.documentElement.dataset.wide = event.data;
});
</script><iframe src="report.html" width="%d" height="900" style="border: 0"></iframe></body></html>
"""
"""A window of a browser is at least 500 pixels wide, and a frame may be narrower."""


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Opens a page in a browser without a window."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium to open the page in")
    profile = page.parent / "profile"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    try:
        return subprocess.run(
            [*command, "--enable-logging=stderr", f"--user-data-dir={profile}", *options,
             page.as_uri()],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(profile, ignore_errors=True)


def messages(done: subprocess.CompletedProcess[str]) -> list[str]:
    return re.findall(r".*CONSOLE.*", done.stderr)


@pytest.mark.parametrize("name", ["pictures", "regression", "binary"])
@pytest.mark.parametrize(("width", "dark"), [(390, 1), (1280, 0)])
def test_a_page_fits_and_makes_no_errors(name: str, width: int, dark: int, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    text = render(example(name, tmp_path))
    page.write_text(text, encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={1 - dark}"
    shot = tmp_path / "page.png"
    done = browse(page, scheme, f"--window-size={width},2000", f"--screenshot={shot}")
    assert shot.exists(), done.stderr
    assert messages(done) == []
    # the policy of the page lets no other script in: one that measures comes without it
    policy = re.compile(r"<meta http-equiv=[^>]*>")
    page.write_text(policy.sub("", text).replace("</body>", f"{MEASURE}</body>"), encoding="utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME % width)
    measured = browse(frame, scheme, "--dump-dom", "--window-size=1600,1000")
    found = re.search(r'data-wide="(\d+) of (\d+)"', measured.stdout)
    assert found is not None, measured.stderr
    needed, window = map(int, found.groups())
    assert window == width
    assert needed <= window


def test_scripts_in_names_do_not_run(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(example("binary", tmp_path)), encoding="utf-8")
    done = browse(page, "--dump-dom")
    assert messages(done) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done.stdout
    assert done.stdout.count("<script") == 1


HOVER = """
<script>
var band = document.querySelectorAll(".band")[1];
band.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: 300, clientY: 300}));
document.documentElement.dataset.said = document.getElementById("tip").textContent;
document.body.dispatchEvent(new PointerEvent("pointermove", {bubbles: true}));
document.documentElement.dataset.hidden = document.getElementById("tip").hidden;
dispatchEvent(new Event("beforeprint"));
document.documentElement.dataset.open = document.querySelectorAll("details[open]").length;
dispatchEvent(new Event("afterprint"));
document.documentElement.dataset.closed = document.querySelectorAll("details[open]").length;
</script>
"""


def test_what_is_below_the_pointer_says_its_values(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    facts = replace(FACTS, files=(("block.net", "block a = relu\n"),))
    text = render(example("pictures", tmp_path, facts))
    text = re.sub(r"<meta http-equiv=[^>]*>", "", text)
    page.write_text(text.replace("</body>", f"{HOVER}</body>"), encoding="utf-8")
    done = browse(page, "--dump-dom")
    assert messages(done) == []
    root = re.search(r"<html[^>]*>", done.stdout)
    assert root is not None
    assert re.search(r'data-said="epoch 2\ntraining [\d.]+\nvalidation [\d.]+"', root.group(0))
    assert 'data-hidden="true"' in root.group(0)
    # the files that a spec uses are folded, and open on paper
    assert 'data-open="1"' in root.group(0)
    assert 'data-closed="0"' in root.group(0)


def test_it_can_be_printed(tmp_path: Path) -> None:
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(render(example("regression", tmp_path)), encoding="utf-8")
    done = browse(page, "--no-pdf-header-footer", f"--print-to-pdf={paper}")
    assert messages(done) == []
    assert paper.read_bytes().startswith(b"%PDF")

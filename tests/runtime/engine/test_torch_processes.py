"""Several processes that train together, each a command of its own as `torchrun` would start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from netc.runtime.engine.slices import divide
from netc.runtime.engine.torch.launched import ALONE, Launched, launched
from safetensors.numpy import load_file
from torch_processes import SECONDS, Group, start_python

pytest.importorskip("torch", reason="the processes are PyTorch's")

MLP = (
    "data digits; input 8x8x1 -> flatten -> dense 16 relu -> dense 10 softmax; loss ce; "
    "opt adam lr=0.01; train epochs=2 batch=100 precision=f64"
)
NORM = MLP.replace("dense 16 relu", "dense 16 bn relu").replace("batch=100", "batch=718")
"""Its last batch has a single sample: one process has none."""
KEEPS_ALL = (
    "from netc.runtime.runs import keeping\n"
    "keeping.AFTER_EPOCH = keeping.WITHIN_EPOCH = 0.0\n"
    "keeping.SHARE = 0\n"
)
"""Every state is kept."""


def start(folder: Path, arguments: Sequence[str], world: int, *, nodes: int = 1) -> Group:
    """Starts `netc run` in so many processes, on so many nodes, which are this machine."""
    code = f"{KEEPS_ALL}import sys\nfrom netc.cli.main import main\nsys.exit(main())"
    return start_python(folder, ["-c", code, "run", *arguments], world, nodes=nodes)


def losses(run: Path) -> list[float]:
    """Those of all steps and epochs."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [value for line in lines for name, value in json.loads(line).items() if "loss" in name]


def train(folder: Path, text: str, world: int, *more: str, nodes: int = 1) -> Path:
    """A run of so many processes; gives its folder."""
    run = folder / f"run{world}{nodes}{''.join(more)}"
    ended = start(
        folder,
        ["--engine", "torch", "-e", text, "--out", str(run), "--log-steps", "1", *more],
        world,
        nodes=nodes,
    )
    for rank, (status, said, wrong) in enumerate(ended.end()):
        assert status == 0, wrong
        assert bool(said) == (rank == 0), said
    return run


def test_the_place_of_a_process_is_in_its_environment() -> None:
    assert launched({}) == ALONE
    found = launched({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"})
    assert found == Launched(5, 8, 1)
    assert not found.leads
    assert launched({"RANK": "8", "WORLD_SIZE": "8"}) == ALONE
    assert launched({"RANK": "x", "WORLD_SIZE": "8"}) == ALONE


def test_every_sample_of_a_batch_is_in_one_share() -> None:
    for batch, world in ((8, 4), (7, 4), (3, 4)):
        shares = divide(batch, world)
        assert np.concatenate([np.arange(batch)[share] for share in shares]).tolist() == list(
            range(batch)
        )


TELLS = """
import json
import torch
from netc.runtime.engine.torch.launched import launched
from netc.runtime.engine.torch.processes import Processes

place = launched()
together = Processes(place, torch.device("cpu"))
first = torch.full((2,), float(place.rank))
together.copy_of_first(first)
said = {
    "sum": together.sum(torch.tensor([1.0, place.rank])).tolist(),
    "first": first.tolist(),
    "most": together.most(10 - place.rank),
    "of first": together.of_first({"rank": place.rank}),
}
for batch in (7, 2):
    samples = torch.arange(10.0, 10 + batch)
    said[f"of {batch}"] = together.gather(samples[together.rows(batch)], batch).tolist()
    said[f"share of {batch}"] = samples[together.share(batch)].tolist()
together.leave()
said["alone"] = together.sum(torch.tensor([1.0])).tolist(), together.world, together.most(3)
together.close()
print(json.dumps(said))
"""


def test_processes_learn_what_the_others_have(tmp_path: Path) -> None:
    said = []
    for status, out, wrong in start_python(tmp_path, ["-c", TELLS], 3).end():
        assert status == 0, wrong
        said.append(json.loads(out))
    # of two samples the third process has none, and computes one that counts nowhere
    assert [one.pop("share of 7") for one in said] == [[10, 11, 12], [13, 14], [15, 16]]
    assert [one.pop("share of 2") for one in said] == [[10], [11], [10]]
    assert said == 3 * [
        {
            "sum": [3, 3],
            "first": [0, 0],
            "most": 10,
            "of first": {"rank": 0},
            "of 7": [10, 11, 12, 13, 14, 15, 16],
            "of 2": [10, 11],
            "alone": [[1], 1, 3],
        }
    ]


LOSES = """
import sys
import torch
from netc.runtime.engine.together import ProcessLostError
from netc.runtime.engine.torch.launched import launched
from netc.runtime.engine.torch.processes import Processes

together = Processes(launched(), torch.device("cpu"))
together.sum(torch.ones(1))
if together.rank == 1:
    sys.exit()
for ask in (
    lambda: together.sum(torch.ones(1)),
    lambda: together.guard(lambda: torch.distributed.barrier()),
):
    try:
        ask()
    except ProcessLostError as error:
        print(error)
try:
    together.guard(lambda: torch.ones(2) @ torch.ones(3))
except RuntimeError as error:
    print(type(error).__name__)
"""


def test_a_process_that_is_gone_is_told_from_a_mistake(tmp_path: Path) -> None:
    (status, out, wrong), _ = start_python(tmp_path, ["-c", LOSES], 2).end()
    assert status == 0, wrong
    lost, guarded, mistake = out.splitlines()
    assert lost.startswith("process 0 of 2 (master 127.0.0.1): ")
    assert guarded.startswith("process 0 of 2 (master 127.0.0.1): ")
    assert mistake == "RuntimeError"


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("text", "digits"),
    # Batch normalisation of the last batch, one sample, divides what rounding leaves of its
    # deviation by the root of 1e-5.
    [pytest.param(MLP, 1e-12, id="mlp"), pytest.param(NORM, 1e-9, id="bn")],
)
def test_processes_and_nodes_give_the_losses_of_one_process(
    tmp_path: Path, text: str, digits: float
) -> None:
    one = losses(train(tmp_path, text, 1))
    assert len(one) > 4
    for world, nodes in ((2, 1), (2, 2), (3, 1)):
        assert losses(train(tmp_path, text, world, nodes=nodes)) == pytest.approx(one, rel=digits)


def wait_for_steps(run: Path, group: Group, steps: int) -> None:
    """Until so many steps were logged."""
    file = run / "metrics.jsonl"
    while not file.exists() or len(file.read_text().splitlines()) < steps:
        assert group.processes[0].poll() is None, group.end()
        sleep(0.01)


@pytest.mark.heavy
@pytest.mark.parametrize("killed", [(0, 1), (1,)], ids=["all", "the second"])
def test_a_run_whose_processes_are_killed_goes_on(tmp_path: Path, killed: tuple[int, ...]) -> None:
    text = MLP.replace("relu", "relu -> dropout 0.2").replace("epochs=2", "epochs=6")
    whole = train(tmp_path, text, 2)
    run = tmp_path / "killed"
    group = start(
        tmp_path, ["--engine", "torch", "-e", text, "--out", str(run), "--log-steps", "1"], 2
    )
    wait_for_steps(run, group, 20)
    group.kill(*killed)
    first, *_ = group.end()
    if 0 not in killed:
        assert first[0] == 3, first
        assert "E0777" in first[2]
        assert f"netc run --resume {run}" in first[1]
        assert json.loads((run / "run.json").read_text())["steps"] >= 19
    for status, _, wrong in start(tmp_path, ["--resume", str(run)], 2).end():
        assert status == 0, wrong
    for name in ("best", "last"):
        one, other = (load_file(f"{path}/checkpoints/{name}.safetensors") for path in (whole, run))
        for key, value in one.items():
            assert np.array_equal(other[key], value), key


@pytest.mark.heavy
def test_ctrl_c_of_one_process_ends_all_after_the_same_step(tmp_path: Path) -> None:
    run = tmp_path / "left"
    text = MLP.replace("epochs=2", "epochs=200")
    group = start(
        tmp_path, ["--engine", "torch", "-e", text, "--out", str(run), "--log-steps", "1"], 2
    )
    wait_for_steps(run, group, 10)
    group.processes[1].send_signal(signal.SIGTERM)
    ends = group.end()
    assert [status for status, *_ in ends] == [130, 130], ends
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"


THREADS = """
import atexit, sys
from pathlib import Path
from netc.cli.main import main

def say():
    print("threads", *(path.read_text() for path in Path("/proc/self/task").glob("*/comm")))

atexit.register(say)
sys.exit(main())
"""


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="lists threads by /proc")
@pytest.mark.parametrize("more", [[], ["--compile"]], ids=["plain", "compiled"])
def test_no_connection_is_left_when_python_ends(tmp_path: Path, more: list[str]) -> None:
    """The threads of a connection may abort a process that ends when another one leaves."""
    arguments = ["-c", THREADS, "run", "--engine", "torch", "-e", MLP, "--fast", *more]
    for status, said, wrong in start_python(tmp_path, arguments, 2).end():
        assert status == 0, wrong
        threads = said.partition("threads ")[2]
        assert threads
        assert "gloo" not in threads
        assert "tcpstore" not in threads


@pytest.mark.heavy
def test_torchrun_starts_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "netc", "run", "-e", MLP, "--engine", "torch", "--out", str(run),
    ]  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 processes") == 1
    assert json.loads((run / "run.json").read_text())["engine"]["name"] == "torch"


@pytest.mark.heavy
def test_several_processes_need_the_torch_engine(tmp_path: Path) -> None:
    environment = os.environ | {"RANK": "0", "WORLD_SIZE": "2"}
    command = [sys.executable, "-m", "netc", "run", "-e", MLP]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=environment,
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--engine torch" in done.stderr


LOCAL = NORM.replace("bn relu", "-> bn sync=false -> relu")


@pytest.mark.heavy
def test_local_batch_normalisation_is_that_of_distributed_data_parallel(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "support" / "local_norm_twin.py"
    for status, said, wrong in start_python(tmp_path, [str(script)], 2).end():
        assert status == 0, wrong
        assert float(said) < 1e-12


@pytest.mark.heavy
def test_local_batch_normalisation_differs_between_processes_only(tmp_path: Path) -> None:
    one = losses(train(tmp_path, LOCAL, 1))
    assert losses(train(tmp_path, LOCAL, 2)) != pytest.approx(one, rel=1e-3)


@pytest.mark.heavy
def test_compiled_processes_give_the_losses_of_one_process(tmp_path: Path) -> None:
    one = losses(train(tmp_path, NORM, 1))
    assert losses(train(tmp_path, NORM, 2, "--compile")) == pytest.approx(one, rel=1e-9)


@pytest.mark.heavy
def test_processes_that_decode_their_own_pictures_give_the_losses_of_one(tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image", reason="writes the pictures")
    random = np.random.default_rng(0)
    for number in range(30):
        folder = tmp_path / "photos" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        images.fromarray(pixels).save(folder / f"{number}.png")
    text = (
        'data images "photos" load=batches; augment flip=h; prep scale; input 6x6x3 -> '
        "conv 3 3x3 relu -> flatten -> dense 2 softmax; loss ce; opt adam lr=0.01; "
        "train epochs=2 batch=7 precision=f64; metric acc"
    )
    one = losses(train(tmp_path, text, 1))
    assert len(one) > 6
    assert losses(train(tmp_path, text, 2)) == pytest.approx(one, rel=1e-12)
    assert losses(train(tmp_path, text, 3)) == pytest.approx(one, rel=1e-12)

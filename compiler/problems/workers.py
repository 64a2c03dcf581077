"""W0613: a network is trained by fewer workers than were asked for."""

from __future__ import annotations

from ...grammar.problem import Problem


class FewerWorkers(Problem):
    """The system has started fewer worker processes or threads than were asked for.

    A limit on processes (`ulimit -u`, or that of a container) or too little memory is the usual
    reason. The result is the same to the last bit: the run only takes longer.

    ```text
    ulimit -u 50
    netc run digits.net --workers 4
    ```
    """

    code = "W0613"
    title = "fewer workers"
    message_text = "{workers} of {asked} workers could be started: {reason}"
    help_texts = ("the results are the same to the last bit, but take longer",)
    workers: int
    asked: int
    reason: str

"""What keeps `netc tune` from searching."""

from __future__ import annotations

from ...grammar.problem import Problem


class TuneMissing(Problem):
    """A spec without `tune` does not say what to search.

    Every searched name must be a `let` constant.

    ```text
    let lr=0.01
    data digits
    input 64 -> dense 10 softmax
    loss ce; opt adam lr=$lr
    ```

    Instead:

    ```text
    let lr=0.01
    data digits
    input 64 -> dense 10 softmax
    loss ce; opt adam lr=$lr
    tune random trials=20 lr=log(1e-4, 1e-1)
    ```
    """

    code = "E0670"
    title = "nothing to search"
    message_text = "no `tune`: the spec does not say what to search"
    lets: tuple[str, ...]
    """The constants that could be searched."""

    def help(self) -> tuple[str, ...]:
        if not self.lets:
            return (
                "name a value: `let lr=0.01`, use it: `$lr`, and add `tune grid lr=(0.1, 0.01)`",
            )
        return (f"add a line: `tune grid {self.lets[0]}=(...)` with the values to try",)


class NoValidation(Problem):
    """Trials are compared on the validation part, and there is none.

    Comparing them on the training part would favour settings that memorise it, and the test part
    must stay unseen until the end.

    ```text
    let width=32
    data digits val=0%
    input 64 -> dense $width relu -> dense 10 softmax
    loss ce; opt adam
    tune grid width=(8, 32)
    ```

    Instead:

    ```text
    let width=32
    data digits val=10%
    input 64 -> dense $width relu -> dense 10 softmax
    loss ce; opt adam
    tune grid width=(8, 32)
    ```
    """

    code = "E0671"
    title = "no validation part"
    message_text = "trials are compared on the validation part, which is empty"
    help_texts = ("keep some samples for it: `val=10%` in `data`, or `kfold 5`",)


class SettingWrong(Problem):
    """A combination of the values of `tune grid` is a spec with an error.

    All combinations are checked before the first one is trained.

    ```text
    let k=3
    data digits
    input 8x8x1 -> conv 8 $k relu -> flatten -> dense 10 softmax
    loss ce; opt adam
    tune grid k=(3, 5, 9)       # no 9x9 window fits into 8x8
    ```

    Instead:

    ```text
    let k=3
    data digits
    input 8x8x1 -> conv 8 $k relu -> flatten -> dense 10 softmax
    loss ce; opt adam
    tune grid k=(3, 5, 7)
    ```
    """

    code = "E0672"
    title = "setting with an error"
    message_text = "with `{setting}` the spec has an error: {reason} ({wrong})"
    help_texts = ("remove the value from `tune`; `netc check --set` shows where the error is",)
    setting: str
    wrong: str
    """The code of the error."""
    reason: str


class StudyDiffers(Problem):
    """The study that was found belongs to another spec.

    Its trials were trained with other settings than those of the spec, so they cannot be compared
    with new ones. Only the number of trials may change, and the values of the searched names in
    `let`.

    ```text
    netc tune digits.net                # begins the study `digits` in digits.journal
    netc tune digits.net --epochs 20    # the trials there were trained for 10 epochs
    ```

    Instead:

    ```text
    netc tune digits.net
    netc tune digits.net --epochs 20 --study longer
    ```
    """

    code = "E0673"
    title = "another study"
    message_text = "the study `{study}` in `{where}` belongs to another spec: {reason}"
    help_texts = ("`--study NAME` starts a separate study in the same place",)
    study: str
    where: str
    reason: str


class StudyUnusable(Problem):
    """The place where a study is kept cannot be used.

    A study is kept in a journal, a file that several processes of one machine may share, or in a
    database of PostgreSQL or MySQL, which many machines may share. SQLite is for one process: it
    locks the whole file for each writer, and its locks fail on network drives.

    ```text
    netc tune digits.net --workers 2 --storage sqlite:///digits.db
    ```

    Instead:

    ```text
    netc tune digits.net --workers 2
    netc tune digits.net --workers 2 --storage postgresql://user:password@server/studies
    ```
    """

    code = "E0674"
    title = "no place for the study"
    message_text = "cannot use `{where}`: {reason}"
    help_texts = (
        "`--storage FILE` keeps the study in a journal, "
        "`--storage postgresql://USER:PASSWORD@HOST/NAME` in a database",
    )
    where: str
    reason: str

"""Methods of a machine or kind are named if they raise, or return or take other types."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.machine import Limits, Piece, Poll, State, Task, unwatched
from pi_tui.worker.board import Board
from pi_tui.worker.job import Cadence, Job
from pi_tui.worker.snapshot import State as Word
from pi_tui.worker.worker import Worker
from tests.tiny import Walk, Walks
from tests.worker.odd_walks import TASK, WHOLE, Odd, finishes, raising, run, saved_steps

OF_MACHINE = ("to_state", "work", "check", "verifying_work", "notes", "done", "figures", "close")
OF_KIND = ("new", "from_state", "limits", "length", "accepts", "verify", "title", "share")
KEPT = ("nothing is saved", "what was saved is kept", "saved step 112")
PROPERTIES = ("verifying_work", "notes", "done")


def kind_with(name: str, method: Callable[..., Any]) -> Walks:
    """Return walks of which one method, of the machine or the kind, is replaced."""
    of = Walks if name in OF_KIND else Walk
    changed = property(method) if name in PROPERTIES else method
    bad = type("Bad", (of,), {name: changed})
    return bad() if of is Walks else made_of(bad)


def method(name: str, body: str) -> Callable[..., Any]:
    """Return a method with this line as its body, as if a user had written it in a file."""
    found: dict[str, Any] = {}
    exec(compile(f"def {name}(this, *_, **__):\n    {body}", "<user>", "exec"), found)
    written: Callable[..., Any] = found[name]
    return written


def made_of(bad: type[Walk]) -> Walks:
    class Made(Walks):
        def new(self, task: Task) -> Walk:
            return bad(task)

    return Made()


def begin(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Save a run at step 20."""
    run(Odd(raising(SystemExit())), database)
    assert saved_steps(database) == 20
    capsys.readouterr()


def told_by(kind: Walks, database: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a kind that must fail with exit code 1 and resume once mended; return its messages."""
    assert carry_on(kind, TASK, str(database), again="again") == (1, b"")
    told = capsys.readouterr().err
    assert "a bug of ours" not in told
    assert finishes(database)
    assert "was cut off" not in capsys.readouterr().err
    return told


@pytest.mark.parametrize("name", [*OF_MACHINE, *OF_KIND])
def test_method_that_raises_is_named_with_only_its_own_traceback(
    name: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "from_state":
        begin(database, capsys)
    told = told_by(kind_with(name, method(name, "return 1 / 0")), database, capsys).splitlines()
    assert told[0] == "Traceback (most recent call last):"
    assert told[1].endswith(f"in {name}"), "no frames of ours before it"
    assert told[-1].startswith(f"walk: {name}() raised ZeroDivisionError(")
    assert told[-1].partition("; ")[2] in KEPT


class Unsavable(Walk):
    def to_state(self) -> State:
        raise TypeError("no bytes")


def test_to_state_that_raises_is_named_in_the_error(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert carry_on(made_of(Unsavable), TASK, str(database), again="again")[0] == 1
    told = capsys.readouterr().err
    assert told.endswith("walk: to_state() raised TypeError('no bytes'); nothing is saved\n")
    assert "loop.py" not in told


SHOULD = {
    "to_state": "a State",
    "work": "a Work",
    "verifying_work": "a number",
    "notes": "a tuple of texts",
    "new": "a Machine",
    "from_state": "a Machine",
    "limits": "Limits",
    "length": "an int or None",
    "share": "a number or None",
    "verify": "a bool",
}
WRONG = [
    (name, wrong)
    for name in SHOULD
    for wrong in (None, b"12")
    if wrong or "or None" not in SHOULD[name]
]


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_method_that_returns_another_type_is_named_with_what_it_should_return(
    name: str, wrong: bytes | None, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "from_state":
        begin(database, capsys)
    told = told_by(kind_with(name, lambda *_, **__: wrong), database, capsys)
    was = "None" if wrong is None else "bytes"
    assert told.startswith(f"walk: {name}() returned {was}, not {SHOULD[name]}; ")
    assert told.count("\n") == 1, "the text says all"


@pytest.mark.parametrize("wrong", [(), (1,), (1, 2, 3), ("1", "2"), (1, None)])
def test_work_that_is_no_pair_of_numbers_is_named(
    wrong: Any, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_by(kind_with("work", lambda _: wrong), database, capsys)
    assert told.startswith(f"walk: work() returned {wrong}, not a Work; ")


@pytest.mark.parametrize("wrong", [Limits(output=None), Limits(steps="9")])  # type: ignore[arg-type]
def test_limit_that_is_no_number_is_named(
    wrong: Limits, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_by(kind_with("limits", lambda *_: wrong), database, capsys)
    assert told.startswith(f"walk: limits() returned {wrong}, and each must be a number; ")


@pytest.mark.parametrize("good", ["None", "7.0"])
def test_verify_that_raises_wrong_output_with_a_good_length_that_is_no_int_is_named(
    good: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raises = method("verify", f"raise __import__('pi_tui').WrongOutput('wrong', {good})")
    told = told_by(kind_with("verify", raises), database, capsys).splitlines()
    assert told[-1].startswith("walk: verify() raised TypeError(")


def with_piece(name: str, piece: Piece) -> State:
    """Return a state that got the piece after it was made."""
    state = State.of(b"")
    state.pieces = {name: piece}
    return state


def divide() -> bytes:
    return bytes(1 // 0)


def cancel() -> bytes:
    raise asyncio.CancelledError


def look() -> bytes:
    return Path("items.txt.gone").read_bytes()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: State({"a": Piece("x")}), "raised TypeError('a Piece takes bytes, "),  # type: ignore[arg-type]
        (lambda: State({"a": b"x"}), "raised TypeError('the piece a is of type bytes"),  # type: ignore[dict-item]
        (lambda: State({"a b": Piece(b"x")}), 'raised ValueError("a piece has a short'),
        (lambda: with_piece("a b", Piece(b"x")), "names without spaces, not ['a b']"),
        (lambda: State({"a": Piece(lambda: "x")}), "the function of the piece a returned str, "),  # type: ignore[arg-type,return-value]
        (lambda: State({"a": Piece(divide)}), "the function of the piece a raised ZeroDivisionErr"),
        (lambda: State({"a": Piece(look)}), "the function of the piece a raised FileNotFoundError"),
        (lambda: State({"a": Piece(cancel)}), "the function of the piece a raised CancelledError"),
    ],
    ids=["text", "no Piece", "name", "late name", "function", "raises", "no input", "cancelled"],
)
def test_state_with_an_unusable_piece_is_named_as_the_fault_of_the_machine(
    make: Callable[[], State], said: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = told_by(kind_with("to_state", lambda _: make()), database, capsys)
    assert said in told.splitlines()[-1]
    assert "in _bytes_of" not in told, "no frames of ours"


@pytest.mark.parametrize("name", ["new", "from_state", "to_state"])
def test_base_exception_raised_by_a_method_is_reported_with_the_name_of_the_method(
    name: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "from_state":
        begin(database, capsys)
    raises = method(name, "raise __import__('asyncio').CancelledError")
    told = told_by(kind_with(name, raises), database, capsys).splitlines()
    assert told[-1].startswith(f"walk: {name}() raised CancelledError(); ")


@pytest.mark.parametrize("number", [Decimal, Fraction, lambda steps: steps * 10**400])
@pytest.mark.parametrize("name", ["work", "verifying_work", "share"])
def test_work_in_numbers_that_are_no_floats_does_not_end_the_run(
    name: str, number: Callable[[int], Any], database: Path
) -> None:
    def found(machine: Walk, *_: object) -> Any:
        return (number(machine.steps), number(112)) if name == "work" else number(1)

    worker = Worker(Job(kind_with(name, found), TASK, str(database), verify=False))
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.state is Word.COMPLETE, worker.snapshot.error


def test_notes_that_are_no_texts_are_shown_as_texts(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = kind_with("notes", lambda walk: (5, None)[: walk.steps])
    assert carry_on(kind, TASK, str(database)) == (0, WHOLE)
    assert capsys.readouterr().err.splitlines() == ["note: 5", "note: None"]


class FewerArguments(Walks):
    def from_state(self, task: Task, state: State) -> Walk:  # type: ignore[override]
        raise AssertionError


def test_method_that_takes_other_arguments_is_named_and_the_call_is_shown(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(database, capsys)
    told = told_by(FewerArguments(), database, capsys)
    assert "kind.from_state(task, state, output)" in told
    assert told.endswith(
        "walk: FewerArguments.from_state() takes 3 positional arguments but 4 were given; "
        "what was saved is kept\n"
    )


class SavesInItsStep(Walk):
    """A walk that is saved within its tenth step, where its `to_state` fails."""

    worker: Worker

    def step(self, poll: Poll = unwatched) -> None:
        if self.steps == 9:
            self.worker.save_now()
        super().step(poll)

    def to_state(self) -> State:
        raise KeyError("lost")


def test_method_that_raises_in_a_poll_is_named_and_not_the_step(database: Path) -> None:
    worker = Worker(Job(made_of(SavesInItsStep), TASK, str(database), cadence=Cadence()))
    SavesInItsStep.worker = worker
    worker.start()
    assert worker.join(60)
    assert worker.snapshot.error == "to_state() raised KeyError('lost'); nothing is saved"
    trace = worker.crash and worker.crash.__traceback__
    assert trace
    assert trace.tb_frame.f_code is SavesInItsStep.to_state.__code__


def called_in_a_step() -> bool:
    frame = inspect.currentframe()
    while frame:
        if frame.f_code is Walk.step.__code__:
            return True
        frame = frame.f_back
    return False


def test_bug_of_pi_tui_itself_in_a_poll_is_not_blamed_on_the_machine(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_board: Board) -> bool:
        if called_in_a_step():
            raise RuntimeError("ours")
        return False

    monkeypatch.setattr(Board, "is_stale", property(breaks))
    worker = run(Walks(), database)
    assert worker.snapshot.error == "a bug of ours, please report it: RuntimeError('ours')"


@pytest.mark.parametrize(
    "error",
    [
        'open("items.txt.gone")',
        'b"\\xff".decode()',
        '__import__("sqlite3").connect(":memory:").execute("SELECT * FROM prices")',
    ],
)
@pytest.mark.parametrize("name", ["new", "from_state", "limits", "length", "to_state", "work"])
def test_failure_of_a_method_on_its_own_file_text_or_database_is_not_blamed_on_ours(
    name: str, error: str, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "from_state":
        begin(database, capsys)
    told = told_by(kind_with(name, method(name, f"return {error}")), database, capsys).splitlines()
    assert told[-1].startswith(f"walk: {name}() raised ")
    assert "cannot be used" not in told[-1]

"""What a board's compiler says: to the firmware, hardware included, and to the gate's rules of syntax."""

from __future__ import annotations

from tests.gate import firmware
from tests.gate.syntax import SYNTAX
from tests.vm.interpreters import Interpreter

# These compile and fail when they are executed.
TAKEN = {"class A(B, flag=1): pass", "class A(metaclass=M): pass", "with (a, b): pass", "f\"{f'{a}'}\""}


def test_every_file_of_the_firmware(board_vm: Interpreter) -> None:
    outcomes = board_vm.run([("compile file", str(path)) for path in firmware()])
    assert len(outcomes) > 20
    assert outcomes == [("ok", None)] * len(outcomes)


def test_what_the_gate_refuses_and_lets_pass_as_syntax(board_vm: Interpreter) -> None:
    refused = [snippet for rule in SYNTAX for snippet in rule.refused if snippet not in TAKEN]
    accepted = [snippet for rule in SYNTAX for snippet in rule.accepted]
    outcomes = board_vm.run([("compile", snippet) for snippet in refused + accepted])
    kinds = {"SyntaxError", "NotImplementedError"}
    assert [s for s, (kind, _) in zip(refused, outcomes, strict=False) if kind not in kinds] == []
    taken = outcomes[len(refused) :]
    assert [s for s, (kind, _) in zip(accepted, taken, strict=True) if kind != "ok"] == []

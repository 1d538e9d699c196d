"""The verdict control: makes the exit code of a plain `chaos run` true.

List it in every experiment, at experiment level; its arguments are the fields of `chaos.order.Order`.
Chaos Toolkit swallows what a control raises unless it is InterruptExecution; so this one raises nothing else
before the experiment, and after it sets `state["status"] = "failed"`, which makes `chaos run` exit 1.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import typer
from chaoslib.exceptions import InterruptExecution, InvalidActivity

from seatrial.chaos.dry import Rehearsed, rehearse, strategy_of
from seatrial.chaos.experiment import begin_experiment, drop_experiment
from seatrial.chaos.order import Order
from seatrial.errors import BadInput, suggestion
from seatrial.model.verdict import CheckResult, Outcome
from seatrial.settings import settings_from

__all__ = ["after_experiment_control", "before_experiment_control", "validate_control"]

logger = logging.getLogger("chaostoolkit")

_failure: BaseException | None = None


def validate_control(control: Mapping[str, Any]) -> None:
    """Refuse arguments that the control does not have, or that ask for no evidence, at validation."""
    arguments = control.get("provider", {}).get("arguments", {})
    if not isinstance(arguments, Mapping):
        raise InvalidActivity(f"control {control.get('name')!r}: its arguments are no mapping")
    if wrong := [*_unknown(arguments), *_order(arguments).faults()]:
        raise InvalidActivity(f"control {control.get('name')!r}: {'; '.join(wrong)}")


def _unknown(arguments: Mapping[str, Any]) -> Iterator[str]:
    known = list(Order.__dataclass_fields__)
    for name in arguments:
        if name not in known:
            yield f"there is no argument {name!r}. {suggestion(name, known)}"


def before_experiment_control(context: MutableMapping[str, Any], **arguments: Any) -> None:
    """Open the system and send traffic; where that is not possible, or is not meant, end before any fault."""
    global _failure  # noqa: PLW0603 - a control module is all the state that Chaos Toolkit gives
    _failure = None
    try:
        order = _order(arguments)
        if wrong := [*_unknown(arguments), *order.faults()]:
            raise BadInput("; ".join(wrong), where="arguments of the verdict control")
        if strategy := strategy_of(context):
            raise rehearse(context, strategy, settings_from({}), order)
        begin_experiment(order, str(context.get("title", "")), context)
    except BaseException as error:
        _failure = error
        raise InterruptExecution(str(error)) from error


def after_experiment_control(
    context: Mapping[str, Any],  # noqa: ARG001 - Chaos Toolkit passes them by name
    state: MutableMapping[str, Any],
    **arguments: Any,  # noqa: ARG001
) -> None:
    """Judge the experiment and make the journal's status true."""
    outcome = Outcome.ERROR  # of an experiment that was never begun
    try:
        experiment = drop_experiment()
        if experiment is not None:
            results = experiment.end(state, _failure)
            outcome = Outcome.worst(result.verdict.outcome for result in results)
            for result in results:
                _say(result)
            typer.echo(f"  run      {experiment.run.directory}")
        elif _failure is not None and not isinstance(_failure, Rehearsed):
            logger.error(str(_failure))
    finally:
        if outcome is not Outcome.PASSED:
            if state.get("status") in (None, "completed"):
                state["status"] = "failed"
            state["deviated"] = state.get("deviated") or outcome is Outcome.FAILED


def _order(arguments: Mapping[str, Any]) -> Order:
    known = Order.__dataclass_fields__
    return Order(**{name: value for name, value in arguments.items() if name in known})


def _say(result: CheckResult) -> None:
    typer.echo(result.verdict.told(result.check, result.subject, result.requirement))

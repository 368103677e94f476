"""The make command fails: certainly, or nobody knows; and what the machine itself reports (SPEC §7.5, §11)."""

from __future__ import annotations

import time

import pytest

from tests.functions.serving import Json, refusing_port
from tests.functions.stand import MILK_FOAM, REPORT_TOKEN, Stand, answered
from tests.functions.texts import refusal, told


def _settle(stand: Stand) -> tuple[str, Json]:
    """A paid order that was notified of: its id and its document."""
    order_id, payment_id = stand.paid()
    answer = stand.notify(payment_id)
    assert answer.status_code == 200, "a failed make command is no reason to deliver the payment again"
    return order_id, stand.document(order_id)


def _assert_failed_for_certain(stand: Stand, document: Json, tries: int) -> None:
    assert (document["status"], document["reason"], document["needs_attention"]) == (
        "make_failed",
        "make_failed",
        False,
    )
    assert (document["make"]["outcome"], document["make"]["tries"]) == ("refused", tries)
    (refund,) = stand.refunds()
    assert (refund["status"], refund["amount"]["value"]) == ("succeeded", "150.00")


def test_a_refused_connection_is_tried_three_times_and_the_money_goes_back_once(stand: Stand, impatient: None) -> None:
    order_id, payment_id = stand.paid()
    with refusing_port() as host:
        stand.configure(TMETR_BASE_URL=f"http://{host}")
        assert stand.notify(payment_id).status_code == 200
        assert stand.notify(payment_id).status_code == 200
    _assert_failed_for_certain(stand, stand.document(order_id), tries=3)


@pytest.mark.parametrize("fault", ["http_500", "http_503", "html_502", "http_429"])
def test_an_answer_that_may_change_is_tried_again_and_then_the_money_goes_back(
    stand: Stand, impatient: None, fault: str
) -> None:
    stand.tmetr.fail("make", fault)
    order_id, document = _settle(stand)
    _assert_failed_for_certain(stand, document, tries=3)
    bodies = [call["body"] for call in stand.tmetr.calls("make")]
    assert len(bodies) == 3 and all(body == bodies[0] for body in bodies)
    assert bodies[0][0]["orderUuid"] == order_id


@pytest.mark.parametrize("fault", ["http_500", "http_429", "html_502"])
def test_a_tmetr_that_recovers_makes_the_drink(stand: Stand, impatient: None, fault: str) -> None:
    stand.tmetr.fail("make", fault, times=2)
    order_id, document = _settle(stand)
    assert (document["status"], document["make"]["tries"]) == ("make_pending", 3)
    assert (len(stand.commands(order_id)), stand.refunds()) == (1, [])


@pytest.mark.parametrize("fault", ["http_400", "http_401", "html_403", "http_404", "http_422"])
def test_a_refusal_of_tmetr_is_final(stand: Stand, fault: str) -> None:
    stand.tmetr.fail("make", fault)
    _, document = _settle(stand)
    _assert_failed_for_certain(stand, document, tries=1)


def test_the_number_of_tries_is_a_setting(stand: Stand, impatient: None) -> None:
    stand.configure(MAKE_ATTEMPTS="1")
    stand.tmetr.fail("make", "http_500")
    _, document = _settle(stand)
    _assert_failed_for_certain(stand, document, tries=1)


@pytest.mark.parametrize("fault", ["not_json", "empty"])
def test_any_accepting_answer_is_one_whatever_its_body(stand: Stand, fault: str) -> None:
    stand.tmetr.fail("make", fault, after_effect=True)
    order_id, document = _settle(stand)
    assert (document["status"], len(stand.commands(order_id))) == ("make_pending", 1)


@pytest.mark.parametrize("fault", ["hang", "drop"])
@pytest.mark.parametrize("arrived", [True, False], ids=["the command arrived", "it did not"])
def test_an_answer_that_never_came_leaves_the_outcome_unknown(
    stand: Stand, impatient: None, fault: str, arrived: bool
) -> None:
    stand.tmetr.fail("make", fault, seconds=2, after_effect=arrived)
    order_id, document = _settle(stand)
    assert (document["status"], document["reason"]) == ("make_failed", "make_unknown")
    assert (document["needs_attention"], document["attention_reason"]) == (True, "make_unknown")
    assert (document["make"]["outcome"], document["make"]["tries"]) == ("unknown", 1)
    assert stand.refunds() == []
    assert stand.logged(severity="ERROR", event="needs_attention", order_id=order_id)


def test_yookassa_is_answered_within_twelve_seconds_though_everything_is_slow(stand: Stand) -> None:
    """The production time limits: a slow look-up, then a machine that never answers."""
    order_id, payment_id = stand.paid()
    body = stand.notification(payment_id)
    stand.yookassa.fail("get_payment", "slow", seconds=1.5)
    stand.tmetr.fail("make", "hang", seconds=20)
    begun = time.monotonic()
    assert stand.deliver(body).status_code == 200
    assert time.monotonic() - begun < 12
    assert stand.document(order_id)["reason"] == "make_unknown"
    assert len(stand.tmetr.calls("make")) <= 1


def test_a_failed_command_is_an_error_line_with_its_parameters(stand: Stand) -> None:
    stand.tmetr.fail("make", "http_400")
    order_id, _ = _settle(stand)
    (line,) = stand.logged(event="make_failed", severity="ERROR")
    assert line["message"].startswith(f"Failed to send make command for order {order_id}: HTTP 400")
    parameters = {"device_id": "test", "order_uuid": order_id, "drink_uuid": MILK_FOAM}
    assert (parameters | {"size": "medium", "price": 15000}).items() <= line.items()


def test_the_machines_own_failure_gives_the_money_back(stand: Stand) -> None:
    order_id = stand.brewing()
    assert answered(stand.report(order_id, "failed")) == {"order_id": order_id, "status": "make_failed"}
    document = stand.document(order_id)
    assert (document["reason"], document["needs_attention"]) == ("machine_failed", False)
    (refund,) = stand.refunds()
    assert refund["status"] == "succeeded"
    assert answered(stand.report(order_id, "failed"))["status"] == "make_failed"
    assert len(stand.refunds()) == 1


def test_a_drink_that_was_made_after_all_clears_the_unknown_outcome(stand: Stand) -> None:
    stand.tmetr.fail("make", "drop", after_effect=True)
    order_id, _ = _settle(stand)
    assert answered(stand.report(order_id, "success"))["status"] == "successful"
    assert (stand.document(order_id)["needs_attention"], stand.refunds()) == (False, [])


@pytest.mark.parametrize("message", ["ы" * 5000, 17, {"text": "нет воды"}, ["нет воды"], None])
def test_no_remark_costs_the_report_of_a_failed_drink(stand: Stand, message: object) -> None:
    order_id = stand.brewing()
    body = {"orderUuid": order_id, "status": "failed", "message": message}
    answer = stand.post("webhook", "/tmetr", body, headers={"Authorization": f"Bearer {REPORT_TOKEN}"})
    assert answered(answer)["status"] == "make_failed"
    assert len(stand.document(order_id)["make"]["report_message"] or "") <= 4096


def test_a_failure_reported_after_an_unknown_outcome_makes_it_certain(stand: Stand) -> None:
    stand.tmetr.fail("make", "drop", after_effect=True)
    order_id, _ = _settle(stand)
    assert answered(stand.report(order_id, "failed"))["status"] == "make_failed"
    assert len(stand.refunds()) == 1


def test_a_success_reported_after_the_refund_does_not_make_the_order_successful(stand: Stand) -> None:
    stand.tmetr.fail("make", "http_400")
    order_id, _ = _settle(stand)
    assert answered(stand.report(order_id, "success"))["status"] == "make_failed"


@pytest.mark.parametrize("status", ["success", "failed"])
def test_a_report_on_an_order_that_was_never_commanded_changes_nothing(stand: Stand, status: str) -> None:
    order_id = stand.order()
    stand.start(order_id)
    before = stand.document(order_id)
    assert answered(stand.report(order_id, status))["status"] == "pending"
    assert (stand.document(order_id), stand.refunds()) == (before, [])


@pytest.mark.parametrize("token", ["", "wrong", "machine-reports-secre", "machine-reports-secret "])
def test_a_report_without_the_right_token_is_refused(stand: Stand, token: str) -> None:
    order_id = stand.brewing()
    assert told(stand.report(order_id, "success", token=token)) == refusal("FORBIDDEN")
    headers = {"Authorization": "Basic machine-reports-secret"}
    body = {"orderUuid": order_id, "status": "success"}
    assert told(stand.post("webhook", "/tmetr", body, headers=headers)) == refusal("FORBIDDEN")
    assert told(stand.post("webhook", "/tmetr", body)) == refusal("FORBIDDEN")
    assert stand.status(order_id) == "make_pending"


@pytest.mark.parametrize("token", ["", "None", "machine-reports-secret"])
def test_without_a_configured_token_every_report_is_refused(stand: Stand, token: str) -> None:
    order_id = stand.brewing()
    stand.configure(TMETR_WEBHOOK_TOKEN="")
    assert told(stand.report(order_id, "success", token=token)) == refusal("FORBIDDEN")
    assert stand.status(order_id) == "make_pending"


@pytest.mark.parametrize("status", ["done", "SUCCESS", ""])
def test_a_report_of_an_unknown_status_is_refused(stand: Stand, status: str) -> None:
    assert told(stand.report("20250317110122659ba6d7-9ace-cndn", status)) == refusal("INVALID_REQUEST", "status")


def test_a_report_on_an_unknown_order_is_not_found(stand: Stand) -> None:
    assert told(stand.report("20250317110122659ba6d7-9ace-none", "success")) == refusal("ORDER_NOT_FOUND")

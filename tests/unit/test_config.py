"""Configuration is checked at start: every problem by name, no secret ever shown."""

from __future__ import annotations

import pytest

from shared.config import ConfigError, load_settings, warnings
from shared.domain.refunds import AutoRefund

SECRETS = {
    "YOOKASSA_SHOP_ID": "100500",
    "YOOKASSA_SECRET_KEY": "live_topsecret1",
    "TBANK_TERMINAL_KEY": "terminal",
    "TBANK_PASSWORD": "topsecret2",
    "TMETR_TOKEN": "topsecret3",
    "TMETR_WEBHOOK_TOKEN": "topsecret4",
    "TELEGRAM_BOT_TOKEN": "topsecret5",
    "TELEGRAM_CHAT_ID": "-100",
    "MERCHANT_CREDENTIALS": (
        '{"owner": {"yookassa": {"shop_id": 7, "secret_key": "topsecret6"},'
        ' "tbank": {"terminal_key": "t7", "password": "topsecret8"}}}'
    ),
}


def problems(environment: dict[str, str], *required: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(environment, *required)
    return caught.value.problems


def test_an_empty_environment_has_the_defaults_of_the_specification() -> None:
    settings = load_settings({})
    assert settings.order_lifetime.total_seconds() == 15 * 60
    assert settings.payment_window.total_seconds() == 10 * 60
    assert settings.online_threshold.total_seconds() == 15 * 60
    assert settings.make_attempts == 3
    assert settings.retention.days == 90
    assert settings.policy.auto_refund is AutoRefund.DEFINITE
    assert not settings.policy.allow_test_payments
    assert not settings.recurring_enabled
    assert settings.yookassa_ip_check
    assert settings.trusted_proxy_hops == 0
    assert settings.yookassa_api_url == "https://api.yookassa.ru/v3"
    assert settings.log_format == "json"


def test_all_problems_are_reported_at_once_by_name() -> None:
    found = problems(
        {
            "AUTO_REFUND": "sometimes",
            "MAKE_ATTEMPTS": "many",
            "STATUS_PAGE_URL": "page.example",
            "YOOKASSA_IP_CHECK": "maybe",
            "LOG_FORMAT": "xml",
            "LOG_LEVEL": "LOUD",
            "YOOKASSA_SHOP_ID": "1",
            "TELEGRAM_CHAT_ID": "5",
        },
        "TMETR_TOKEN",
    )
    named = " | ".join(found)
    for name in (
        *("AUTO_REFUND", "MAKE_ATTEMPTS", "STATUS_PAGE_URL", "YOOKASSA_IP_CHECK", "LOG_FORMAT", "LOG_LEVEL"),
        *("YOOKASSA_SECRET_KEY", "TELEGRAM_BOT_TOKEN", "TMETR_TOKEN"),
    ):
        assert name in named
    assert len(found) == 9


@pytest.mark.parametrize("value", ["-1", "1.5", "0", "abc", "99999", "²"])
def test_numbers_out_of_range_are_problems(value: str) -> None:
    assert problems({"ORDER_EXPIRATION_MINUTES": value}) == [
        "ORDER_EXPIRATION_MINUTES must be a whole number from 1 to 1440"
    ]


@pytest.mark.parametrize(
    "value",
    [
        "{",
        "[]",
        '{"owner": 5}',
        '{"owner": {"paypal": {}}}',
        '{"owner": {"yookassa": {"shop_id": "1", "secret_key": ""}}}',
        '{"owner": {"yookassa": {"secret_key": "topsecret"}}}',
        '{"owner": {"tbank": {"terminal_key": "t", "password": null}}}',
        '{"owner": {"yookassa": {"shop_id": "1", "secret_key": "topsecret"}}, "owner": {}}',
        '{"owner":' * 100_000,
    ],
)
def test_bad_merchant_credentials_are_named_without_their_values(value: str) -> None:
    (problem,) = problems({"MERCHANT_CREDENTIALS": value})
    assert problem.startswith("MERCHANT_CREDENTIALS ")
    assert "topsecret" not in problem


def test_every_wrong_merchant_and_section_is_named_at_once() -> None:
    wrong = '{"a": {"yookassa": {"shop_id": "1"}, "tbank": {"password": "topsecret"}}, "b": 5, "c": {}}'
    (problem,) = problems({"MERCHANT_CREDENTIALS": wrong})
    assert all(named in problem for named in ("merchant a yookassa", "merchant a tbank", "merchant b"))
    assert "merchant c" not in problem and "topsecret" not in problem


@pytest.mark.parametrize("name", ["TMETR_TOKEN", "TMETR_WEBHOOK_TOKEN"])
@pytest.mark.parametrize("value", ["токен", "a\nb", "a b", "a\x7f"])
def test_a_token_that_no_header_can_carry_is_a_problem(name: str, value: str) -> None:
    assert problems({name: value}) == [f"{name} must be printable ASCII without spaces"]


def test_a_function_that_no_page_may_ask_is_warned_of() -> None:
    (warning,) = warnings(load_settings({}))
    assert "STATUS_PAGE_URL" in warning
    assert warnings(load_settings({"ALLOWED_ORIGINS": "https://pay.example"})) == []


def test_no_secret_is_shown_by_the_settings() -> None:
    shown = repr(load_settings(SECRETS))
    assert "topsecret" not in shown


def test_a_merchant_uses_its_own_accounts_and_never_falls_back_on_somebody_elses() -> None:
    only_tbank = '{"owner": {"tbank": {"terminal_key": "t7", "password": "p"}}}'
    credentials = load_settings({**SECRETS, "MERCHANT_CREDENTIALS": only_tbank}).credentials
    assert credentials.shop("owner") is None
    terminal = credentials.terminal("owner")
    assert terminal is not None
    assert terminal.terminal_key == "t7"
    other = credentials.shop("another")
    assert other is not None
    assert other.shop_id == "100500"


def test_origins_come_from_the_page_and_the_list() -> None:
    settings = load_settings(
        {
            "STATUS_PAGE_URL": "https://storage.example:443/bucket/index.html",
            "ALLOWED_ORIGINS": "http://127.0.0.1:8080/, https://pay.example",
        }
    )
    assert settings.allowed_origins == {
        "https://storage.example",
        "http://127.0.0.1:8080",
        "https://pay.example",
    }


def test_keys_that_look_wrong_are_named_without_being_shown() -> None:
    environment = {"YOOKASSA_SHOP_ID": "shop", "YOOKASSA_SECRET_KEY": "test_<your key>"}
    found = load_settings(environment).credentials.warnings(test_keys_are_wrong=True)
    assert len(found) == 3
    assert not any("<your key>" in warning for warning in found)


def test_good_keys_raise_no_warning() -> None:
    assert load_settings(SECRETS).credentials.warnings(test_keys_are_wrong=True) == []

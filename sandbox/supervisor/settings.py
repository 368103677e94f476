"""What runs in the sandbox and with which settings: the commands, and the environment of SPEC §12."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.supervisor.seeds import DEVICES

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("create_order", "webhook", "order_status", "reconcile")
STAND_INS = ("yookassa", "tbank", "tmetr", "page")

# Credentials of the stand-ins; they open nothing outside this machine.
SHOP_ID, SHOP_SECRET = "100500", "live_8Kd2mPq0vT7sandbox"
TERMINAL_KEY, TERMINAL_PASSWORD = "1700000000001DEMO", "t4bank-sandbox-pass"
TMETR_TOKEN, TMETR_WEBHOOK_TOKEN = "tmetr-sandbox-4f1c", "machine-report-9b27"

# A variable of the shell must not change what runs here, so these come from this file only.
_OWN_PREFIXES = ("FIRESTORE_", "FUNCTION_", "TBANK_", "TELEGRAM_", "TMETR_", "YOOKASSA_")
_OWN_VARIABLES = frozenset(
    (
        *("GOOGLE_CLOUD_PROJECT", "STATUS_PAGE_URL", "WEBHOOK_URL", "ALLOWED_ORIGINS", "TRUSTED_PROXY_HOPS"),
        *("MERCHANT_CREDENTIALS", "BILLING_RECURRING_ENABLED", "ALLOW_TEST_PAYMENTS", "AUTO_REFUND"),
        *("ORDER_EXPIRATION_MINUTES", "PAYMENT_WINDOW_MINUTES", "DEVICE_ONLINE_THRESHOLD_MINUTES"),
        *("MAKE_ATTEMPTS", "ORDER_RETENTION_DAYS", "LOG_FORMAT", "LOG_LEVEL"),
        # Read by functions-framework, by Cloud Run's libraries and by Python itself.
        *("HOST", "PORT", "DEBUG", "K_SERVICE", "PYTHONDONTWRITEBYTECODE"),
    )
)


def base_environment() -> dict[str, str]:
    """What every process gets: the shell's environment less our own variables."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _OWN_VARIABLES and not name.startswith(_OWN_PREFIXES)
    }
    # All traffic is on loopback, where a proxy of the shell would only be in the way.
    local = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    # Else gRPC tells of every connection that ends, which at the end of the sandbox all do.
    quiet = {"GRPC_VERBOSITY": "ERROR"}
    python = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    return inherited | local | quiet | python


def function_environment(urls: Mapping[str, str], firestore_host: str, project: str) -> dict[str, str]:
    """The four functions' variables, pointing at this sandbox's stand-ins."""
    return {
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": firestore_host,
        "STATUS_PAGE_URL": f"{urls['page']}/",
        "WEBHOOK_URL": urls["webhook"],
        "TMETR_BASE_URL": urls["tmetr"],
        "TMETR_TOKEN": TMETR_TOKEN,
        "TMETR_WEBHOOK_TOKEN": TMETR_WEBHOOK_TOKEN,
        "YOOKASSA_SHOP_ID": SHOP_ID,
        "YOOKASSA_SECRET_KEY": SHOP_SECRET,
        "YOOKASSA_API_URL": f"{urls['yookassa']}/v3",
        # The stand-in names one of YooKassa's addresses in X-Forwarded-For, as the cloud's front end would.
        "YOOKASSA_IP_CHECK": "on",
        "TRUSTED_PROXY_HOPS": "0",
        "TBANK_TERMINAL_KEY": TERMINAL_KEY,
        "TBANK_PASSWORD": TERMINAL_PASSWORD,
        "TBANK_API_URL": f"{urls['tbank']}/v2/",
        "LOG_FORMAT": "text",
    }


def function_command(name: str, port: int, functions: Path) -> list[str]:
    """As in the cloud, but on loopback only."""
    framework = str(Path(sys.executable).with_name("functions-framework"))
    source = str(functions / name / "main.py")
    return [framework, "--source", source, "--target", name, "--host", "127.0.0.1", "--port", str(port)]


def stand_in_command(name: str, port: int, urls: Mapping[str, str], brew_seconds: float) -> list[str]:
    options: dict[str, list[str]] = {
        "yookassa": [
            "--notify-url", f"{urls['webhook']}/yookassa", "--shop", f"{SHOP_ID}:{SHOP_SECRET}",
        ],
        "tbank": ["--terminal", f"{TERMINAL_KEY}:{TERMINAL_PASSWORD}"],
        "tmetr": [
            "--create-order-url", urls["create_order"], "--report-url", f"{urls['webhook']}/tmetr",
            "--brew-seconds", str(brew_seconds),
            *(part for device, label in DEVICES.items() for part in ("--device", f"{device}:{label}")),
        ],
        "page": [
            "--create-order-url", urls["create_order"], "--order-status-url", urls["order_status"],
            "--webhook-url", urls["webhook"],
        ],
    }  # fmt: skip
    return module_command(f"sandbox.{name}", port) + options[name]


def module_command(module: str, port: int) -> list[str]:
    return [sys.executable, "-m", module, "--port", str(port)]


def firestore_command(choice: str, port: int, counts_port: int) -> list[str]:
    """Raises RuntimeError when Google's emulator is asked for and not installed."""
    if choice == "embedded":
        return module_command("sandbox.firestore", port) + ["--http-port", str(counts_port)]
    from sandbox.firestore.google import GoogleFirestore  # brings gRPC along: see seeds.connect

    jar = GoogleFirestore.find()
    if jar is None:
        raise RuntimeError("Google's Firestore emulator is not installed, or Java is missing")
    # Started here and not by GoogleFirestore: Java itself must hang on the supervisor's leash.
    emulator = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
    return ["java", "-cp", str(jar), emulator, "--host=127.0.0.1", f"--port={port}"]

"""`make check-devices`: read all device and merchant documents and say, in Russian, what is wrong with them.

Exit status 1 when something stops sales. Nothing is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.config import ConfigError, load_settings
from shared.credentials import Credentials
from shared.operations import store
from shared.operations.device_check import Checked, Finding, Weight, check_documents

_MARKS = {Weight.STOPS_SALES: "НЕ ПРОДАЁТ", Weight.WARNING: "Исправьте", Weight.NOTE: "Заметка"}
_LONGEST_VALUE = 60
_CREDENTIALS = ("YOOKASSA_SECRET_KEY", "TBANK_PASSWORD", "MERCHANT_CREDENTIALS")


def main() -> int:
    environment = store.settings()
    with store.opened(environment) as client:
        devices, merchants = store.documents(client, "devices"), store.documents(client, "merchants")
    against = Checked(now=datetime.now(UTC), credentials=known_credentials(environment))
    findings = check_documents(devices, merchants, against)
    print(f"Кофемашин: {len(devices)}, владельцев: {len(merchants)}, замечаний: {len(findings)}.")
    if against.credentials is None:
        print("Ключи платёжных систем не проверены: их нет в .env на этом компьютере.")
    print(as_text(findings), end="")
    return 1 if any(finding.weight is Weight.STOPS_SALES for finding in findings) else 0


def known_credentials(environment: Mapping[str, str]) -> Credentials | None:
    """The payment accounts, if this computer knows them; a broken setting is deploy.sh's to complain of."""
    if not any(environment.get(name) for name in _CREDENTIALS):
        return None
    try:
        return load_settings(environment).credentials
    except ConfigError:
        return None


def as_text(findings: Sequence[Finding]) -> str:
    return "".join(f"\n{_line(finding)}\n  {finding.remedy}\n" for finding in findings)


def _line(finding: Finding) -> str:
    problem = finding.problem
    written = repr(problem.value)
    value = written if len(written) <= _LONGEST_VALUE else f"{written[:_LONGEST_VALUE]}…"
    shown = "нет" if problem.value is None else value
    field = f", поле {problem.field}: {shown}" if problem.field else ""
    return f"[{_MARKS[finding.weight]}] {problem.document}{field}"


if __name__ == "__main__":
    sys.exit(main())

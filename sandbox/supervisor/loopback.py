"""HTTP calls that stay on this machine."""

from __future__ import annotations

from typing import Any

import requests


def call(method: str, url: str, *, timeout: float = 10.0, **options: Any) -> requests.Response:
    """One call on a connection of its own, past any proxy of the shell; redirects are not followed.

    Raises requests.RequestException.
    """
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=timeout, allow_redirects=False, **options)

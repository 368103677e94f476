"""A message to the operators' Telegram chat (Bot API, `sendMessage`): read sooner than any dashboard."""

from __future__ import annotations

import logging

from shared.adapters import wire
from shared.config import TelegramChat

log = logging.getLogger(__name__)

SECONDS = 1.0  # a provider may be waiting for our answer


class Telegram:
    """Implements ports.Operator; a failure is logged without the address, which holds the bot's token."""

    def __init__(self, chat: TelegramChat) -> None:
        self._url = f"{chat.api_url}/bot{chat.bot_token}/sendMessage"
        self._chat_id = chat.chat_id
        self._session = wire.new_session(pool=2)

    def tell(self, text: str) -> None:
        message = {"chat_id": self._chat_id, "text": text}
        try:
            reply = wire.call(self._session, "POST", self._url, seconds=SECONDS, connect=SECONDS, body=message)
        except (wire.NotSent, wire.NoAnswer) as error:
            log.warning("Telegram was not reached: %s", error, extra={"event": "telegram_failed"})
            return
        if reply.status != 200:
            log.warning("Telegram answered HTTP %s", reply.status, extra={"event": "telegram_failed"})


class Nobody:
    """No chat is configured: alert policies on the log remain. Implements ports.Operator."""

    def tell(self, text: str) -> None:
        log.debug("No operator chat is configured")

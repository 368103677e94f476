"""The bodies that callers send us, checked before anything else happens (SPEC §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from shared.domain.fields import document_id
from shared.domain.order import ORDER_ID
from shared.domain.qr import Scan, Size
from shared.errors import Refusal

LONGEST_REMARK = 4096

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"

OrderId = Annotated[str, Field(pattern=f"^{ORDER_ID.pattern}$")]
DeviceId = Annotated[str, AfterValidator(document_id)]
Word = Annotated[str, Field(min_length=1, max_length=128, pattern=_PRINTABLE)]
Storable = Annotated[int, Field(ge=-(2**63), lt=2**63)]  # Firestore's integers
Carried = Annotated[str, Field(max_length=256)] | Storable | None
CustomerKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,128}$")]


def _size(value: object) -> object:
    """A size as the QR code has it (a string) or as JSON may (an integer)."""
    sizes = {"0": 0, "1": 1, "2": 2}
    if isinstance(value, str):
        return sizes.get(value, value)
    if type(value) is not int:
        raise ValueError("0, 1 or 2 is expected")
    return value


def _kept_part(message: object) -> str | None:
    """A remark for the operator: whatever it is, it must not cost the report of a failed drink."""
    return message[:LONGEST_REMARK] if isinstance(message, str) else None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class ScanBody(_Body):
    """`POST /` of create_order: the parameters of the QR code."""

    deviceUuid: DeviceId
    drinkNo: Word
    drinkName: Annotated[str, Field(min_length=1, max_length=256, pattern=_PRINTABLE)]
    size: Annotated[Literal[0, 1, 2], BeforeValidator(_size)]
    uuid: OrderId
    random: Carried = None
    ts: Carried = None
    salt: Carried = None
    customer_key: CustomerKey | None = None

    def scan(self) -> Scan:
        carried = {"random": self.random, "ts": self.ts, "salt": self.salt}
        return Scan(
            order_id=self.uuid,
            device_uuid=self.deviceUuid,
            drink_no=self.drinkNo,
            drink_name=self.drinkName,
            size=Size(self.size),
            carried={name: value for name, value in carried.items() if value is not None},
        )


class PayBody(_Body):
    """`POST /pay` of create_order."""

    order_id: OrderId
    email: str | None = None
    save_card: StrictBool | None = None
    customer_key: CustomerKey | None = None
    use_saved_card: StrictBool | None = None


class ForgetCardBody(_Body):
    """`POST /forget-card` of create_order."""

    order_id: OrderId
    customer_key: CustomerKey


class CheckBody(_Body):
    """`POST /check` of webhook."""

    order_id: OrderId


class ReportBody(_Body):
    """`POST /tmetr` of webhook: the machine's report."""

    orderUuid: OrderId
    status: Literal["success", "failed"]
    message: Annotated[str | None, BeforeValidator(_kept_part)] = None


B = TypeVar("B", bound=_Body)


def parse(kind: type[B], body: Mapping[str, Any]) -> B:
    """The body as `kind`. Raises Refusal INVALID_REQUEST naming the first bad parameter."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        where = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        raise Refusal("INVALID_REQUEST", parameter=str(where[0])) from None

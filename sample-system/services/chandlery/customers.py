"""Names of customers: those who may order and hold an account."""

import re
from typing import Any

from chandlery.errors import Refused

CUSTOMER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RESERVED = frozenset({"bank", "chandlery"})  # accounts of the house


def customer_of(body: dict[str, Any], field: str) -> str:
    """Raises Refused 422 unless `field` names somebody who may have an account."""
    customer = body.get(field)
    if not isinstance(customer, str) or not CUSTOMER.fullmatch(customer) or customer in RESERVED:
        raise Refused(422, f"{field} must be 1 to 64 of A-Z a-z 0-9 . _ - and no account of the house")
    return customer

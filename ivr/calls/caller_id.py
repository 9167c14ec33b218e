"""Which number the people of a transfer see: the caller's own, or the house's where that cannot be passed on."""

from __future__ import annotations

from customers.phone import caller_address, dialable, is_bare_number
from flows.company.company import Company


def caller_id(company: Company, sent_from: str, sent_to: str) -> str:
    """The number to show in the caller's place; empty where the carrier can pass on the caller's own.

    Carriers refuse to ring a number for a SIP, WhatsApp or withheld caller without one (Twilio error 13214). It is the number
    called, or else the first of the company's.
    """
    if is_bare_number(sent_from, company.home_country):
        return ""
    candidates = (caller_address(sent_to, company.home_country), company.number_of(sent_to), *company.numbers)
    return next((number for each in candidates if (number := dialable(each)) is not None), "")

"""Translates exceptions into answers: `{"error": …, "detail": a sentence with the remedy}`."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException

from api.auth.access import NotAllowed, NotANumber, NotFound, NotSignedIn, UnknownField
from api.known_names import UnknownName
from callbacks.board import WrongCursor
from callbacks.callback import CallbackError, IllegalStep, NotTheHolder, StaleNonce, TooLate, UnknownCallback
from customers.directory import UnknownPlace
from ivr.erasure import ErasureRefused
from ivr.merging import MergeRefused
from ivr.published_flows import NothingPublished

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Register all exception handlers of the JSON interface."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(NotANumber, _not_a_number)
    app.add_exception_handler(ErasureRefused, _erasure_refused)
    app.add_exception_handler(CallbackError, _callback_refused)
    app.add_exception_handler(WrongCursor, _wrong_cursor)
    app.add_exception_handler(UnknownPlace, _wrong_cursor)
    app.add_exception_handler(MergeRefused, _merge_refused)
    app.add_exception_handler(UnknownName, _unknown_name)
    app.add_exception_handler(UnknownField, _unknown_field)
    app.add_exception_handler(SQLAlchemyError, _sql_away)
    app.add_exception_handler(NothingPublished, _nothing_published)
    app.add_exception_handler(RequestValidationError, _bad_form)
    app.add_exception_handler(HTTPException, _http)


def problem(status: int, error: str, detail: str, **more: str | None) -> JSONResponse:
    return JSONResponse({"error": error, "detail": detail, **more}, status_code=status)


def _not_signed_in(_request: Request, _error: Exception) -> Response:
    return not_signed_in()


def not_signed_in() -> JSONResponse:
    """The answer to a request without a valid token."""
    detail = "Send a token: Authorization: Bearer rb_… (`ringback users token NAME` prints one)."
    return JSONResponse(
        {"error": "not_signed_in", "detail": detail}, status_code=401, headers={"WWW-Authenticate": "Bearer"}
    )


def _not_allowed(_request: Request, _error: Exception) -> Response:
    return problem(403, "not_allowed", "Your role does not include this; ask an administrator.")


def _not_found(_request: Request, error: Exception) -> Response:
    return problem(404, "not_found", f"{str(error)[0].upper()}{str(error)[1:]}.")


def _not_a_number(_request: Request, _error: Exception) -> Response:
    return problem(
        422, "not_a_number", "This cannot be a telephone number; write it with its country, such as +37120000001."
    )


def _callback_refused(_request: Request, error: Exception) -> Response:
    match error:
        case UnknownCallback():
            return problem(404, "not_found", "There is no such callback.")
        case StaleNonce():
            return problem(409, "stale_nonce", str(error), holder=error.holder, state=error.state)
        case NotTheHolder():
            return problem(409, "not_the_holder", str(error), holder=error.holder, state=error.state)
        case TooLate():
            return problem(409, "too_late", str(error))
        case IllegalStep():
            return problem(409, "illegal_step", str(error), holder=error.holder, state=error.state)
        case _:
            return problem(422, "not_possible", str(error))


def _wrong_cursor(_request: Request, error: Exception) -> Response:
    return problem(422, "bad_request", str(error))


def _unknown_name(_request: Request, error: Exception) -> Response:
    return problem(422, "unknown_name", str(error))


def _unknown_field(_request: Request, error: Exception) -> Response:
    return problem(422, "unknown_field", str(error))


def _erasure_refused(_request: Request, error: Exception) -> Response:
    return problem(409, "not_now", str(error))


def _merge_refused(_request: Request, error: Exception) -> Response:
    return problem(409, "not_now", str(error))


def _sql_away(request: Request, error: Exception) -> Response:
    if isinstance(error, DataError):
        return problem(422, "bad_request", "The request holds a character or a number that cannot be stored.")
    log.error("sql.away", path=request.url.path, reason=str(error)[:200])
    return problem(503, "sql_away", "The database does not answer now. Nothing was changed; try again in a moment.")


def _nothing_published(_request: Request, error: Exception) -> Response:
    return problem(503, "nothing_published", str(error))


def _bad_form(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    return problem(422, "bad_request", "; ".join(faults)[:1000])


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"error": "http", "detail": str(error.detail)}, status_code=error.status_code, headers=error.headers
    )

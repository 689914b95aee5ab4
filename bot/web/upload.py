"""The page on which a document is handed in: opened by a signed link from the chat, for one file, once.

The token in the address is all that is needed and all that counts: there are no cookies, so no other site can act for
anybody, and what a browser says was sent by another site's page is refused. The token is checked before a byte of the
body is read. Nothing that was handed in is ever served from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from bot.filestore import FileStore
from bot.filetypes import DOCUMENT_BYTES, DOCUMENT_KINDS, document_kind, shown_name
from bot.logs import get_logger, new_trace_id, scrub
from bot.metadata import without_metadata
from handlers import summary, wording
from models import signed_links
from models.amendments import Effective
from models.campaign.definition import Campaign
from models.clock import Clock
from models.duties import states
from models.errors import UserError
from models.people import Org
from models.session import Database
from models.signed_links import BadLinkError, SignedLink

AROUND = 64 * 1024  # bytes of a form around its file
FIELD = "file"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
STATUS = {
    "bad": HTTPStatus.NOT_FOUND,
    "revoked": HTTPStatus.FORBIDDEN,
    "used": HTTPStatus.GONE,
    "expired": HTTPStatus.GONE,
    "closed": HTTPStatus.GONE,
    "file-too-big": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "file-empty": HTTPStatus.BAD_REQUEST,
    "file-none": HTTPStatus.BAD_REQUEST,
}

log = get_logger(__name__)


@dataclass(frozen=True)
class UploadDesk:
    """What the page works with."""

    db: Database
    effective: Effective
    clock: Clock
    wall: Clock
    store: FileStore

    @property
    def campaign(self) -> Campaign:
        """Return the campaign of the file: names and words. What is due when is effective's."""
        return self.effective.base


def blueprint(desk: UploadDesk) -> Blueprint:
    """Make the routes."""
    routes = Blueprint(
        "upload",
        __name__,
        url_prefix="/upload",
        template_folder="templates",
        static_folder="static/upload",
        static_url_path="/static",
    )

    @routes.get("/<token>")
    def show(token: str) -> Response:
        link, refusal = _open(desk, token)
        return _form(desk, link) if link and not refusal else _refused(desk, link, refusal)

    @routes.post("/<token>")
    def take(token: str) -> Response:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            abort(403)  # sent by the page of another site
        link, refusal = _open(desk, token)
        if link is None or refusal:
            return _refused(desk, link, refusal)
        request.max_content_length = DOCUMENT_BYTES + AROUND
        request.max_form_parts = 8
        try:
            return _take(desk, link)
        except RequestEntityTooLarge:
            return _form(desk, link, UserError("file-too-big"))
        except UserError as error:
            return _form(desk, link, error)

    @routes.errorhandler(DBAPIError)
    @routes.errorhandler(PoolTimeout)
    @routes.errorhandler(OSError)
    def busy(error: Exception) -> Response:
        log.error("upload-not-taken", problem=scrub(str(getattr(error, "orig", error))))
        return _page("refused", HTTPStatus.SERVICE_UNAVAILABLE, **wording.page_busy())

    @routes.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> Response:
        return _page("refused", error.code or 500, **wording.page_refused("bad", ""))

    @routes.after_request
    def allow(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return routes


def _open(desk: UploadDesk, token: str) -> tuple[SignedLink | None, str]:
    """Read the token and look whether it is still good. Writes nothing: chat programs look at links by themselves."""
    with desk.db.read() as session:
        try:
            link = signed_links.read(session, token, summary.PURPOSE)
        except BadLinkError:
            return None, "bad"
        return link, summary.refuse_link(
            session, desk.effective.campaign(session), link, desk.clock.now(), desk.wall.now()
        )


def _take(desk: UploadDesk, link: SignedLink) -> Response:
    sent = request.files.get(FIELD)
    if sent is None or not (sent.filename or ""):
        raise UserError("file-none")
    content = sent.stream.read(DOCUMENT_BYTES + 1)
    given = sent.filename or ""
    kind = document_kind(content, given)
    name = shown_name(given, kind)
    content = without_metadata(content)
    file = summary.NewFile(desk.store.keep(content), name, kind, len(content))
    now, trace_id = desk.clock.now(), new_trace_id()
    with desk.db.begin() as session:
        refusal = summary.refuse_link(session, desk.effective.campaign(session), link, now, desk.wall.now())
        found = None
        if not refusal:
            campaign = desk.effective.campaign(session)
            found = summary.take_document(session, campaign, link, file, now, desk.wall.now(), trace_id)
            refusal = "" if found else "used"
    if found is None:
        return _refused(desk, link, refusal)
    log.info("document-taken", report=found.report_id, size=found.size, kind=kind, trace_id=trace_id)
    told = wording.page_done(_org(desk, link), desk.campaign.duties[link.duty], found.report_id, name, found.version)
    return _page("done", HTTPStatus.OK, **told)


def _form(desk: UploadDesk, link: SignedLink, error: UserError | None = None) -> Response:
    with desk.db.read() as session:
        now = desk.clock.now()
        due = states(session, desk.effective.campaign(session), now, org_ids=[link.org_id], duties=[link.duty])
        org = session.get_one(Org, link.org_id).name
    duty = desk.campaign.duties[link.duty]
    minutes = max(1, int((link.expires_at - desk.wall.now()).total_seconds() // 60))
    told = wording.page_form(desk.campaign, org, duty, due[0].due_at if due else None, now, minutes)
    problem = wording.user_error(desk.campaign, error.code, error.fields) if error else ""
    status = STATUS.get(error.code, HTTPStatus.UNSUPPORTED_MEDIA_TYPE) if error else HTTPStatus.OK
    accept = ",".join(f".{kind}" for kind in (*DOCUMENT_KINDS, "jpeg"))
    return _page("form", status, problem=problem, accept=accept, limit=DOCUMENT_BYTES, **told)


def _refused(desk: UploadDesk, link: SignedLink | None, refusal: str) -> Response:
    done = ""
    if link and refusal == "used":
        with desk.db.read() as session:
            found = summary.used_by(session, link)
            done = wording.page_used(found.report_id, found.name) if found else ""
    return _page("refused", STATUS[refusal], **wording.page_refused(refusal, done))


def _org(desk: UploadDesk, link: SignedLink) -> str:
    with desk.db.read() as session:
        return session.get_one(Org, link.org_id).name


def _page(state: str, status: int, **values: object) -> Response:
    return make_response(render_template("upload.html", state=state, **values), status)

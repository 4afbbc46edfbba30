"""What schemathesis cannot read from the OpenAPI document: how to log in, and which refusals depend on more than the request."""

import os
import subprocess
import uuid

import requests
import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

URL = os.environ["KITE_URL"]
PASSWORD = "a password that no example uses"
# Writes an account into the running kite: its arguments are an e-mail address and --admin.
CREATE_USER = os.environ["KITE_CREATE_USER"].split("\n")

# 400, 413, 415, 416 and 422 that follow from the state of the server or from content that no schema can describe.
DEPENDS = {
    f"urn:kite:problem:{name}"
    for name in [
        "weak-password",
        "invalid-reset-token",
        "invalid-invite",
        "invalid-email-proof",
        "invalid-cursor",
        "invalid-upload",
        "unsupported-file",
        "idempotency-key-reused",
        "quota-exceeded",
        "upload-too-large",
        "range-not-satisfiable",
    ]
}


# The documents that uploads of this run created. Half of the requests for a document go to the newest.
documents = []


@schemathesis.hook
def after_call(context, case, response):
    if case.operation.path == "/api/documents" and response.status_code == 201:
        documents.append(response.json()["id"])


@schemathesis.hook
def map_case(context, case):
    """Valid requests become ones that succeed: with documents that exist, the admin's login, and passwords that are hard to guess."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    path = case.operation.path
    if path.startswith("/api/documents/{id}") and documents and uuid.UUID(case.path_parameters["id"]).int % 2 == 0:
        case.path_parameters["id"] = documents[-1]
    if path == "/api/auth/login":
        case.body = {"email": Admin.email, "password": PASSWORD}
    elif isinstance(case.body, dict):
        if path == "/api/auth/register":
            case.body.pop("invite", None)
        for name in ("password", "newPassword"):
            if len(case.body.get(name, "")) in range(1, 92):
                case.body[name] += str(uuid.uuid4())
    return case


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A valid request may be refused for these reasons, and never as `invalid-request`."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    content_type = response.headers.get("content-type", [""])[0]
    return content_type != "application/problem+json" or response.json()["type"] not in DEPENDS


def log_in(email):
    body = {"email": email, "password": PASSWORD}
    return requests.post(f"{URL}/api/auth/login", json=body, timeout=20)


@schemathesis.auth()
class Admin:
    """An admin. The run may end its sessions, change its password, demote it: then it goes on as another one."""

    email = None

    def get(self, case, context):
        answer = log_in(Admin.email) if Admin.email else None
        if answer is None or answer.status_code != 200:
            Admin.email = f"{uuid.uuid4()}@example.org"
            subprocess.run([*CREATE_USER, Admin.email, "--admin"], input=PASSWORD, text=True, check=True)
            answer = log_in(Admin.email)
        cookies = {name: value for name, value in answer.cookies.items() if "refresh" in name}
        return answer.json()["accessToken"], cookies

    def set(self, case, data, context):
        token, cookies = data
        case.headers["Authorization"] = f"Bearer {token}"
        if case.operation.path in ("/api/auth/login", "/api/auth/refresh", "/api/auth/logout"):
            case.cookies.update(cookies)
            case.headers["Origin"] = URL

import os
import time

import httpx

kite = os.environ["KITE"]
account = {"email": os.environ["EMAIL"], "password": os.environ["PASSWORD"]}
with open(os.environ["FILE"], "rb") as file:
    content = file.read()

with httpx.Client(base_url=kite, timeout=60, headers={"Origin": kite}) as client:

    def call(method, path, **options):
        return client.request(method, path, **options).raise_for_status()

    def authorize(login):
        client.headers["Authorization"] = "Bearer " + login.json()["accessToken"]

    call("POST", "/api/auth/register", json=account)
    authorize(call("POST", "/api/auth/login", json=account))
    document = call("POST", "/api/documents", files={"file": ("report.pdf", content)}).json()
    while document["status"] in ("pending", "processing"):
        time.sleep(0.5)
        document = call("GET", "/api/documents/" + document["id"]).json()
    assert document["status"] == "ready", document["failure"]
    assert call("GET", "/api/documents", params={"q": "kestrel"}).json()["items"][0]["id"] == document["id"]
    copy = call("GET", f"/api/documents/{document['id']}/content").content
    assert copy == content
    with open("copy.pdf", "wb") as out:
        out.write(copy)
    authorize(call("POST", "/api/auth/refresh"))
    call("GET", "/api/auth/me")
    call("POST", "/api/auth/logout")

import asyncio
import os

import aiohttp

kite = os.environ["KITE"]
account = {"email": os.environ["EMAIL"], "password": os.environ["PASSWORD"]}
with open(os.environ["FILE"], "rb") as file:
    content = file.read()


async def day():
    # Without `unsafe`, aiohttp keeps no cookies of IP addresses.
    jar = aiohttp.CookieJar(unsafe=True)
    options = {"headers": {"Origin": kite}, "cookie_jar": jar, "raise_for_status": True}
    async with aiohttp.ClientSession(kite, **options) as session:

        async def call(method, path, **options):
            async with session.request(method, path, **options) as response:
                return await (response.json() if response.content_type == "application/json" else response.read())

        def authorize(login):
            session.headers["Authorization"] = "Bearer " + login["accessToken"]

        await call("POST", "/api/auth/register", json=account)
        authorize(await call("POST", "/api/auth/login", json=account))
        form = aiohttp.FormData()
        form.add_field("file", content, filename="report.pdf")
        document = await call("POST", "/api/documents", data=form)
        while document["status"] in ("pending", "processing"):
            await asyncio.sleep(0.5)
            document = await call("GET", "/api/documents/" + document["id"])
        assert document["status"] == "ready", document["failure"]
        found = await call("GET", "/api/documents", params={"q": "kestrel"})
        assert found["items"][0]["id"] == document["id"]
        copy = await call("GET", f"/api/documents/{document['id']}/content")
        assert copy == content
        with open("copy.pdf", "wb") as out:
            out.write(copy)
        authorize(await call("POST", "/api/auth/refresh"))
        await call("GET", "/api/auth/me")
        await call("POST", "/api/auth/logout")


asyncio.run(day())

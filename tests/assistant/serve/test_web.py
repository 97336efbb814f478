"""The door of the web page, knocked at with a real client over a real socket."""

from __future__ import annotations

import asyncio
import shlex
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from assistant.serve.web import HOST, Web

APP = """
from textual.app import App
from textual.widgets import Input
class Small(App):
    def compose(self):
        yield Input(placeholder="type-here")
Small().run()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    serving = Web(shlex.join([sys.executable, "-c", APP]), free_port())
    runner = web.AppRunner(await serving._make_app())
    await runner.setup()
    await web.TCPSite(runner, HOST, serving.port).start()
    yield serving
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    # Cookies of addresses, which browsers keep too.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def url(server: Web, path: str = "/") -> str:
    return f"http://{HOST}:{server.port}{path}"


def own(server: Web) -> dict[str, str]:
    return {"Origin": f"http://{HOST}:{server.port}"}


async def status(client: aiohttp.ClientSession, where: str, **headers: str) -> int:
    async with client.get(where, headers=headers) as response:
        return response.status


PATHS = ("/", "/ws", "/static/js/textual.js", "/static/", "/download/x", "/nothing", "/login")


@pytest.mark.parametrize("path", PATHS)
async def test_without_the_token_there_is_no_page(
    server: Web, client: aiohttp.ClientSession, path: str
) -> None:
    assert await status(client, url(server, path)) == 403
    assert await status(client, url(server, f"{path}?token=wrong")) == 403
    assert await status(client, url(server, path), Cookie="lifelore=wrong") == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await client.ws_connect(url(server, "/ws"), headers=own(server))


async def test_the_token_lets_one_browser_in_once(
    server: Web, client: aiohttp.ClientSession
) -> None:
    login = server.login_url
    async with client.get(login) as page:
        assert page.status == 200
        assert page.url.path == "/"
        assert "token" not in str(page.url)
        assert "Lifelore" in await page.text()
        policy = page.headers["Content-Security-Policy"]
    assert "googleapis" not in policy, "the page's fonts would be asked for elsewhere"
    assert policy.startswith("default-src 'self'")
    assert await status(client, url(server, "/static/js/textual.js")) == 200
    async with aiohttp.ClientSession() as second:
        assert await status(second, login) == 403
        assert await status(second, url(server)) == 403


async def test_other_hosts_and_origins_are_refused(
    server: Web, client: aiohttp.ClientSession
) -> None:
    login, port = server.login_url, server.port
    for headers in (
        {"Host": "evil.example"},
        {"Host": f"localhost:{port}"},
        {"Host": f"evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{port}"},
    ):
        assert await status(client, login, **headers) == 403
    assert await status(client, login) == 200
    for headers in ({"Host": f"evil.example:{port}"}, {"Origin": "http://evil.example"}):
        assert await status(client, url(server), **headers) == 403
    for headers in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect(url(server, "/ws"), headers=headers)
        assert refused.value.status == 403


async def test_whoever_is_in_types_into_the_app(server: Web, client: aiohttp.ClientSession) -> None:
    async with client.get(server.login_url) as page:
        assert page.status == 200
    drawn = b""
    async with asyncio.timeout(60):
        async with client.ws_connect(url(server, "/ws"), headers=own(server)) as app:
            typed = False
            async for message in app:
                if message.type is aiohttp.WSMsgType.BINARY:
                    drawn += message.data
                if b"type-here" in drawn and not typed:
                    await app.send_json(["stdin", "q"])
                    typed, drawn = True, b""
                if typed and b"q" in drawn:
                    break
    assert typed


async def test_nothing_else_listens(server: Web) -> None:
    others = {
        found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    } - {HOST}
    for address in (*others, "127.0.0.2"):
        with socket.socket() as knock:
            knock.settimeout(2)
            assert knock.connect_ex((address, server.port)) != 0

"""The web page in a real browser, where there is one."""

from __future__ import annotations

import asyncio
import shlex
import sys
from pathlib import Path

import pytest
from aiohttp import web

from assistant.serve.web import HOST, Web
from tests.assistant.serve.browser import CHROMIUM, browser
from tests.assistant.serve.test_web import free_port

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")

APP = """
import sys
from pathlib import Path
from textual.app import App
from textual.widgets import Input
class Small(App):
    def compose(self):
        yield Input(placeholder="type-here")
    def on_app_focus(self):
        Path(sys.argv[1] + ".focus").touch()
    def on_input_submitted(self, event):
        Path(sys.argv[1]).write_text(event.value)
Small().run()
"""


async def test_a_browser_with_the_token_types_into_the_app_and_no_other_does(
    tmp_path: Path,
) -> None:
    told = tmp_path / "told"
    serving = Web(shlex.join([sys.executable, "-c", APP, str(told)]), free_port())
    runner = web.AppRunner(await serving._make_app())
    await runner.setup()
    await web.TCPSite(runner, HOST, serving.port).start()
    try:
        async with browser() as opened:
            stranger = await opened.page()
            await stranger.open(f"http://{HOST}:{serving.port}/")
            assert "Open the address" in await stranger.value("document.body.innerText")

            login = serving.login_url
            page = await opened.page()
            await page.open(login)
            assert await page.value("location.pathname + location.search") == "/"
            await page.until("document.body.classList.contains('-first-byte')")
            await page.until("document.activeElement.className == 'xterm-helper-textarea'")
            await page.type("Hello from a browser")
            await page.enter()
            async with asyncio.timeout(60):
                while not told.exists() or not told.read_text():
                    await asyncio.sleep(0.1)
            assert told.read_text() == "Hello from a browser"
            assert told.with_suffix(".focus").exists(), "the app believes that nobody is there"

            await stranger.open(login)
            assert "void" in await stranger.value("document.body.innerText")

            # A page of another origin in the very browser that has the cookie.
            await page.open("data:text/html,other")
            assert (
                await page.value(
                    "new Promise(done => {"
                    f"const s = new WebSocket('ws://{HOST}:{serving.port}/ws');"
                    "s.onopen = () => done('in'); s.onerror = () => done('refused'); })"
                )
                == "refused"
            )
            assert (
                await page.value(
                    f"fetch('http://{HOST}:{serving.port}/').then(() => 'read', () => 'refused')"
                )
                == "refused"
            )
    finally:
        await runner.cleanup()

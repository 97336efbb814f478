"""The terminal UI in a browser on this machine, for whoever has the token printed at the start.

textual-serve runs the app and draws it; what it lacks is a door. Here nothing is answered without
the token or the cookie it was changed for, nor to another host name (DNS rebinding) or origin.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web
from textual_serve.server import Server

HOST = "127.0.0.1"
_COOKIE = "lifelore"
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Styles are set by the terminal's script as it draws.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self' ws://{host}; frame-ancestors 'none'; form-action 'none'",
}
_LOGIN = "/login"
_FOCUS = """<script>
const waiting = setInterval(() => {
  const field = document.querySelector(".xterm-helper-textarea");
  if (field && document.body.classList.contains("-first-byte")) {
    field.focus();
    clearInterval(waiting);
  }
}, 50);
</script>
</body>"""
"""The page of textual-serve takes no key before it was clicked. The app must be there, too: it is
told of the focus, without which it shows no keys at the bottom."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Web(Server):  # type: ignore[misc]  # the package has no types
    """Serves what `command` runs, on the loopback interface alone."""

    def __init__(self, command: str, port: int) -> None:
        super().__init__(command, host=HOST, port=port, title="Lifelore")
        self._address = f"{HOST}:{port}"
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)

    @property
    def login_url(self) -> str:
        """The address that lets one browser in, once."""
        return f"http://{self._address}{_LOGIN}?token={self._token or ''}"

    def initialize_logging(self) -> None:
        """Quiet: a line for each request would hold the token."""
        logging.basicConfig(level=logging.WARNING)

    async def _make_app(self) -> web.Application:
        app: web.Application = await super()._make_app()
        app.router.add_get(_LOGIN, self._login)
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Who started it tells the address."""

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whoever has no cookie, and every other host and origin; the login needs none."""
        own = f"http://{self._address}"
        origin = request.headers.get("Origin")
        upgrades = "Upgrade" in request.headers
        foreign = origin != own if upgrades else origin not in (None, own)
        if request.host != self._address or foreign:
            return self._refusal("This address serves its own pages only.")
        cookie = request.cookies.get(_COOKIE, "")
        if request.path != _LOGIN and not hmac.compare_digest(
            cookie.encode(), self._cookie.encode()
        ):
            return self._refusal("Open the address that `lifelore serve --web` has printed.")
        response = await handler(request)
        if not response.prepared:
            if isinstance(response, web.Response) and response.content_type == "text/html":
                response.text = (response.text or "").replace("</body>", _FOCUS)
            self._protect(response)
        return response

    async def _login(self, request: web.Request) -> web.StreamResponse:
        """Change the token, which is void from then on, for a cookie."""
        given = request.query.get("token", "")
        if self._token is None or not hmac.compare_digest(given.encode(), self._token.encode()):
            return self._refusal("This token is void; start `lifelore serve --web` anew.")
        self._token = None
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(_COOKIE, self._cookie, httponly=True, samesite="Strict")
        return response

    def _refusal(self, reason: str) -> web.Response:
        response = web.Response(status=403, text=f"{reason}\n")
        self._protect(response)
        return response

    def _protect(self, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers[name] = value.format(host=self._address)

"""A small OpenID Connect provider on this machine: discovery, sign-in page, code with PKCE, signed tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.browser.server import free_port

CLIENT, CLIENT_SECRET = "dashboard", "only-the-provider-knows"


class IdentityProvider:
    """Knows ``people``: what the sign-in page calls them, and their claims."""

    def __init__(self, issuer: str, people: Mapping[str, Mapping[str, Any]]) -> None:
        self.issuer, self._people = issuer, people
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, dict[str, str]] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/keys", self._keys),
            Route("/authorize", self._sign_in_page),
            Route("/chosen", self._chosen),
            Route("/token", self._token, methods=["POST"]),
        ]

    def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    def _sign_in_page(self, request: Request) -> Response:
        asked = dict(request.query_params)
        links = (f'<a href="/chosen?{urlencode({**asked, "who": who})}">{who}</a>' for who in self._people)
        return HTMLResponse(f"<link rel='icon' href='data:,'><h1>Who are you?</h1>{' '.join(links)}")

    def _chosen(self, request: Request) -> Response:
        asked = dict(request.query_params)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return RedirectResponse(
            f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        )

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        asked = self._codes.pop(str(form["code"]))
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        wanted = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        if (
            request.headers["authorization"] != f"Basic {wanted}"
            or asked["code_challenge"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        ):
            return JSONResponse({"error": "invalid_client"}, 401)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": asked["who"],
            "iat": now,
            "exp": now + 600,
            "nonce": asked["nonce"],
            **self._people[asked["who"]],
        }
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": signed})


@contextmanager
def identity_provider(people: Mapping[str, Mapping[str, Any]]) -> Iterator[IdentityProvider]:
    """Run it on a free port for the time of the block."""
    port = free_port()
    provider = IdentityProvider(f"http://127.0.0.1:{port}", people)
    app = Starlette(routes=provider.routes())
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)

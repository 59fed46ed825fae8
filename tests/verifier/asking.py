"""The HTTP application in this process, and a way to ask it that checks what holds for every answer."""

from base64 import b32encode

from starlette.testclient import TestClient

from host_verify import apikeys
from host_verify.apikeys import Scope
from host_verify.web.app import make_app
from host_verify.web.limits import Rates
from host_verify.web.parts import Settings

from .parts import NOON, POLICY, SECRET, account, open_store

TOKEN = account()


class Web:
    """The application over one store, with a clock that the test sets and a client for each scope."""

    def __init__(self, place, rates=Rates(user=0)):  # noqa: B008
        self.place = place
        self.utc = NOON
        self.store = open_store(place)
        self.keys = {scope: apikeys.add(self.store, str(scope), scope, NOON)[1] for scope in Scope}
        settings = Settings(lambda _: open_store(place), lambda: self.utc, POLICY, rates)
        self.client = TestClient(make_app(settings), raise_server_exceptions=False)

    def ask(self, method, path, scope=Scope.VERIFY, status=200, **more):
        headers = {"Authorization": f"Bearer {self.keys[scope]}"} if scope else {}
        response = self.client.request(method, path, headers=headers | more.pop("headers", {}), **more)
        assert response.status_code == status, response.text
        for secret in (SECRET.decode(), b32encode(SECRET).decode(), *self.keys.values()):
            assert secret not in response.text
        if status >= 400:
            assert set(response.json()) == {"error"}
            assert set(response.json()["error"]) == {"kind", "message"}
        return response

    def verify(self, user, code, scope=Scope.VERIFY):
        return self.ask("POST", "/v1/verify", scope, json={"user": user, "code": code}).json()

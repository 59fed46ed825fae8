"""schemathesis: the service answers as its own OpenAPI page says, whatever is sent to it."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from host_verify.apikeys import Scope
from host_verify.database import file_place
from host_verify.keys import SoftwareMaster
from host_verify.service import add_token
from host_verify.store import create
from host_verify.web.app import make_app
from host_verify.web.limits import Rates
from host_verify.web.parts import Settings

from .parts import MASTER, NOON, POLICY, account, open_store
from .serving import Serving


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    place = file_place(tmp_path_factory.mktemp("openapi") / "verifier.db")
    create(place, SoftwareMaster(MASTER), NOON)
    with open_store(place) as store:
        add_token(store, "anna", None, account(), NOON)
    with Serving(place, "--rate-key", "0", "--rate-all", "0") as serving:
        yield serving


# What an otpauth URI, a name, a PIN or a code must be, and that an end is still to come.
MORE_THAN_A_SCHEMA_SAYS = {
    "POST /v1/tokens", "POST /v1/tokens/{token_id}/lost", "PUT /v1/tokens/{token_id}/user", "POST /v1/users",
    "PUT /v1/users/{name}/pin", "POST /v1/tokens/find",
}  # fmt: skip


def operations():
    """The operations of the page, by name."""
    page = make_app(Settings(None, None, POLICY, Rates())).openapi()
    found = (result.ok() for result in schemathesis.openapi.from_dict(page).get_all_operations())
    return {operation.label: operation for operation in found}


# To a key of scope verify, most of it is forbidden before it is looked at.
@pytest.mark.parametrize(("scope", "examples"), [(Scope.VERIFY, 6), (Scope.ADMIN, 20)])
@pytest.mark.parametrize("name", operations())
def test_every_answer_is_as_the_page_says(serving, name, scope, examples):
    headers = {"Authorization": f"Bearer {serving.keys[scope]}"}

    beyond = [positive_data_acceptance] if name in MORE_THAN_A_SCHEMA_SAYS else []

    @given(operations()[name].as_strategy())
    @settings(max_examples=examples, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def ask(case):
        case.call_and_validate(base_url=serving.url, headers=headers, excluded_checks=beyond)

    ask()


def test_the_page_has_every_path_and_asks_for_a_key():
    page = make_app(Settings(None, None, POLICY, Rates())).openapi()
    for path, methods in page["paths"].items():
        for method in methods.values():
            assert ("security" in method) is path.startswith(("/v1/", "/metrics"))
    assert set(operations()) == {
        "GET /healthz", "GET /readyz", "GET /metrics", "POST /v1/verify", "POST /v1/resync", "GET /v1/tokens",
        "POST /v1/tokens", "GET /v1/tokens/{token_id}", "PUT /v1/tokens/{token_id}/status",
        "GET /v1/tokens/{token_id}/history", "PUT /v1/tokens/{token_id}/user",
        "POST /v1/tokens/{token_id}/lost", "POST /v1/tokens/find", "GET /v1/fleet",
        "POST /v1/tokens/{token_id}/found", "GET /v1/users", "POST /v1/users", "GET /v1/users/{name}",
        "DELETE /v1/users/{name}", "PUT /v1/users/{name}/pin", "PUT /v1/users/{name}/lock",
    }  # fmt: skip

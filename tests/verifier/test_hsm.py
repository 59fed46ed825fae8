"""A master key in a hardware module: it opens the store and cannot be taken out."""

import json

import pytest
from click.testing import CliRunner
from tokencore.errors import BadValue

from host_verify import audit, masterkeys, rotation
from host_verify.apikeys import Scope
from host_verify.cli import cli
from host_verify.core import Reason
from host_verify.database import file_place
from host_verify.errors import NotDone, VerifierError
from host_verify.hsm import PIN_VARIABLE, key_of
from host_verify.keys import SoftwareMaster
from host_verify.opening import Opener
from host_verify.service import add_token, verify
from host_verify.store import create

from .parts import MASTER, NOON, POLICY, SECRET, account, code_at, code_of, new_store, open_store
from .serving import Serving
from .softhsm import PIN, Module, why_not

HOTP = account(kind="hotp", secret=b"h" * 20)


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    module = Module(tmp_path_factory.mktemp("hsm"))
    yield module
    module.remove()


def opener(module, folder, label="store", **more):
    return Opener(
        file_place(folder / "verifier.db"), folder / "none.key", None, key_of(module.uri(label, **more))
    )


def test_a_key_in_a_module_opens_the_store_that_was_made_with_it(module, tmp_path):
    opening = opener(module, tmp_path, "first")
    assert opening.make_key()
    assert not opening.make_key()
    create(opening.place, opening.master(), NOON)
    with opening.open() as store:
        add_token(store, "anna", None, account(), NOON)
        assert verify(store, "anna", code_at(account(), NOON), NOON, POLICY).accepted
        assert masterkeys.every(store)[0].source == "PKCS#11 fob/first"
    with opening.open() as store:
        assert store.account(store.tokens("anna")[0]).secret == SECRET
        assert audit.examine(store).faults == []
    with pytest.raises(VerifierError, match="another key"):
        open_store(opening.place)


def test_the_module_does_not_give_the_key_away(module, tmp_path):
    import pkcs11

    opening = opener(module, tmp_path, "sensitive")
    opening.make_key()
    library = pkcs11.lib(opening.key_hardware.library)
    with library.get_token(token_label="fob").open(user_pin=PIN) as session:
        key = session.get_key(pkcs11.ObjectClass.SECRET_KEY, label="sensitive")
        assert key.key_length == 256
        assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


def test_a_module_unwraps_for_its_key_and_one_context_only(module, tmp_path):
    masters = []
    for label in ("one", "two"):
        opening = opener(module, tmp_path, label)
        opening.make_key()
        masters.append(opening.master())
    wrapped = masters[0].wrap(SECRET, b"row")
    assert masters[0].unwrap(wrapped, b"row") == SECRET
    assert masters[0].unwrap(wrapped, b"other") is None
    assert masters[0].unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"row") is None
    assert masters[0].unwrap(wrapped[:20], b"row") is None
    assert masters[1].unwrap(wrapped, b"row") is None


def test_a_store_goes_over_from_a_file_to_a_module_while_it_is_used(module, tmp_path, monkeypatch):
    """Who has it open does not notice; a service that is started with the module's key works beside."""
    place = file_place(new_store(tmp_path))
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    opening = opener(module, tmp_path, "moved", pin_file=False)
    opening.make_key()
    with open_store(place) as old:
        add_token(old, "bob", None, HOTP, NOON)
        masterkeys.add(old, SoftwareMaster(MASTER), opening.master(), NOON)
        first = masterkeys.opening(old, SoftwareMaster(MASTER))
        with Serving(place, key=("--key-hsm", module.uri("moved"))) as new:
            masterkeys.remove(old, opening.master(), first.id, NOON)
            with new.client(Scope.HELPDESK) as client:
                for counter in (0, 1):
                    code = code_of(HOTP, counter)
                    assert client.post("/v1/verify", json={"user": "bob", "code": code}).json()["accepted"]
                    assert verify(old, "bob", code, NOON, POLICY).reason is Reason.REPLAYED
        assert verify(old, "bob", code_of(HOTP, 2), NOON, POLICY).accepted
    assert PIN not in new.said
    with pytest.raises(VerifierError, match="another key"):
        open_store(place)
    with pytest.raises(NotDone, match="host-verify master add"):
        rotation.rotate(opening, NOON)


def run(module, folder, *arguments, uri=None, status=0, **environment):
    options = ["--json", "--store", f"sqlite:///{folder}/verifier.db"]
    env = {"HOST_VERIFY_KEY_HSM": uri or module.uri("command")} | environment
    result = CliRunner().invoke(cli, [*options, *arguments], env=env)
    assert result.exit_code == status, result.output
    assert PIN not in result.output
    return result.output


def test_the_command_makes_the_key_in_the_module_and_uses_it(module, tmp_path):
    made = json.loads(run(module, tmp_path, "init"))
    assert (made["key"], made["key_made"]) == ("command in the hardware module's token fob", True)
    (key,) = json.loads(run(module, tmp_path, "master", "list"))["keys"]
    assert (key["kind"], key["in_use"]) == ("PKCS#11 fob/command", True)
    assert [file.name for file in tmp_path.iterdir()] == ["verifier.db"]


@pytest.mark.parametrize(
    ("label", "more", "said"),
    [
        ("nothing", {}, "has no secret key 'nothing'"),
        ("command", {"token": "nowhere"}, "no token 'nowhere': plug it in"),
        ("command", {"pin_file": False}, "the environment variable HOST_VERIFY_HSM_PIN"),
    ],
)
def test_what_is_wrong_with_the_module_is_said(module, tmp_path, label, more, said):
    run(module, tmp_path, "init", uri=module.uri("command"))
    assert said in run(module, tmp_path, "token", "list", uri=module.uri(label, **more), status=3)


def test_a_wrong_pin_and_an_open_pin_file_are_refused(module, tmp_path):
    run(module, tmp_path, "init")
    uri = module.uri("command", pin_file=False)
    said = run(module, tmp_path, "token", "list", uri=uri, status=3, HOST_VERIFY_HSM_PIN="20010911")
    assert "refuses the PIN" in said
    assert "20010911" not in said
    module.pin_file.chmod(0o644)
    try:
        assert "others may read the file of the PIN" in run(module, tmp_path, "token", "list", status=3)
    finally:
        module.pin_file.chmod(0o600)


def test_a_library_that_is_none_is_named(module, tmp_path):
    run(module, tmp_path, "init")
    uri = f"pkcs11:token=fob;object=command?module-path={tmp_path}/none.so&pin-source=file:{module.pin_file}"
    assert "none.so" in run(module, tmp_path, "token", "list", uri=uri, status=3)


@pytest.mark.parametrize(
    "uri",
    [
        "fob",
        "pkcs11:",
        "pkcs11:token=fob?module-path=/x",
        "pkcs11:object=store?module-path=/x",
        "pkcs11:token=fob;object=store",
        "pkcs11:token=fob;token=fob;object=store?module-path=/x",
        "pkcs11:token=fob;object=store;serial=1?module-path=/x",
        "pkcs11:token=fob;object=store?module-path=/x&pin-source=|cat /etc/pin",
    ],
)
def test_a_uri_that_does_not_name_a_key_is_refused(uri):
    with pytest.raises(BadValue, match=r"^key: "):
        key_of(uri)


def test_a_pin_in_the_uri_is_refused_and_not_repeated():
    with pytest.raises(BadValue, match="consider it known") as caught:
        key_of("pkcs11:token=fob;object=store?module-path=/x&pin-value=48151623")
    assert "48151623" not in str(caught.value)


@pytest.mark.parametrize("held", [b"", b" \n", b"12\xff34"])
def test_a_file_without_a_pin_costs_no_try(tmp_path, held):
    file = tmp_path / "pin"
    file.touch(0o600)
    file.write_bytes(held)
    key = key_of(f"pkcs11:token=fob;object=store?module-path=/none.so&pin-source=file:{file}")
    with pytest.raises(VerifierError, match="holds none"):
        key.master({})


def test_labels_may_be_escaped():
    key = key_of("pkcs11:token=my%20fob;object=a%3Bb?module-path=/x%20y.so&pin-source=file:///etc/fob/pin")
    assert (key.token, key.label, key.library, str(key.pin_file)) == (
        "my fob",
        "a;b",
        "/x y.so",
        "/etc/fob/pin",
    )

"""Sealed enrolments: opened, proved by a code, and taken whole or not at all."""

import json
from base64 import b32encode, b64decode, b64encode

import pytest
from tokencore import otpauth, seals

from host_verify.core import Status

from .importing import SERIAL, Command, document, entry
from .parts import NOON, SECRET, account, code_at, code_of, open_store

ANNA = account(issuer="ACME", name="anna")


@pytest.fixture
def command(tmp_path):
    made = Command(tmp_path)
    made.public = made.key()
    made.secrets = [b32encode(SECRET).decode(), SECRET.decode(), SECRET.hex()]
    return made


def box(command, *entries):
    return command.file("box.json", document(*entries))


def test_a_code_proves_an_enrolment_and_is_then_used_up(command):
    file = box(command, entry(ANNA, command.public))
    code = code_at(ANNA, NOON + 30)
    report = command.json("import", file, "--user", "anna", "--at", NOON, given=f"{code}\n")
    token = report["added"][0]["token"]
    assert (token["user"], token["serial"], token["issuer"], token["status"]) == (
        "anna", SERIAL, "ACME", "active",
    )  # fmt: skip
    # What the code shows of the token's clock is known from the start.
    assert token["clock"]["offset"] > 0
    assert command.code("anna", code, status=1) == "replayed"
    assert command.code("anna", code_at(ANNA, NOON + 60), NOON + 30) == "accepted"


def test_a_counter_based_token_is_proved_too(command):
    token = account(kind="hotp", counter=7, name="door")
    file = box(command, entry(token, command.public))
    command.run("import", file, "--name-is-user", "--at", NOON, given=code_of(token, 9))
    (found,) = command.tokens()
    assert (found.user, found.state.status, found.state.next_step) == ("door", Status.ACTIVE, 10)


@pytest.mark.parametrize("given", ["", "000000\n", "12345\n", "otpauth://x\n", "\n"])
def test_without_the_right_code_nothing_is_imported(command, given):
    file = box(command, entry(ANNA, command.public))
    said = command.run("import", file, "--user", "anna", "--at", NOON, given=given, status=1)
    assert "nothing was imported" in said.stderr
    assert given.strip() in ("", *command.secrets) or given.strip() not in said.output
    assert command.tokens() == []


def test_without_a_proof_a_token_is_new_until_its_first_accepted_code(command):
    file = box(command, entry(ANNA, command.public))
    said = command.run("import", file, "--user", "anna", "--without-proof").stdout
    assert said.splitlines()[0].endswith("ACME: anna, of anna, new")
    (token,) = command.tokens()
    assert "no code of it was seen yet" in command.run("token", "show", token.id).stdout
    assert command.code("anna", "000000", status=1) == "wrong_code"
    assert command.tokens()[0].state.status is Status.NEW
    assert command.code("anna", code_at(ANNA, NOON)) == "accepted"
    assert command.tokens()[0].state.status is Status.ACTIVE


def test_a_box_of_tokens_is_proved_by_a_code_each_in_their_order(command):
    tokens = [account(secret=bytes([65 + i]) * 20, name=f"user{i}") for i in range(5)]
    entries = [entry(token, command.public, f"S{i}") for i, token in enumerate(tokens)]
    first = command.file("one", document(*entries[:2]))
    second = command.file("two", document(*entries[2:]))
    codes = [code_at(token, NOON) for token in tokens]
    swapped = "\n".join([codes[1], codes[0], *codes[2:]])
    command.run("import", first, second, "--name-is-user", "--at", NOON, given=swapped, status=1)
    assert command.tokens() == []
    command.run("import", first, second, "--name-is-user", "--at", NOON, given="\n".join(codes))
    assert {(token.user, token.serial) for token in command.tokens()} == {
        (f"user{i}", f"S{i}") for i in range(5)
    }


def test_one_bad_entry_keeps_all_out_and_each_is_named(command):
    good = entry(ANNA, command.public)
    bad = entry(account(secret=b"b" * 20), command.public, "S2") | {"serial": "S3"}
    report = command.json("import", box(command, good, bad, {}), "--without-proof", status=1)
    assert [each["place"] for each in report["problems"]] == ["entry 2", "entry 3"]
    assert "changed or cut short" in report["problems"][0]["why"]
    assert report["changed"] is False
    assert command.tokens() == []


def test_every_changed_byte_is_noticed(command):
    good = entry(ANNA, command.public)
    altered = []
    for name in ("enc", "sealed"):
        data = b64decode(good[name])
        for at in range(len(data)):
            changed = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
            altered.append(good | {name: b64encode(changed).decode()})
    altered += [good | {"sealed": good["sealed"][:-length]} for length in (4, 40, 100)]
    report = command.json("import", box(command, *altered), "--without-proof", status=1)
    assert len(report["problems"]) == len(altered)
    assert report["added"] == []


def test_what_is_sealed_to_another_verifier_is_named_by_its_key(command, tmp_path):
    (tmp_path / "other").mkdir()
    key = Command(tmp_path / "other").key()
    said = command.run("import", box(command, entry(ANNA, key)), "--without-proof", status=1).stdout
    assert f"sealed to another key ({seals.fingerprint(key)})" in said
    assert "host-verify key show" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "newer format (2, this release knows 1): update"),
        ({"version": "1"}, "newer format"),
        ({"version": 0}, "newer format"),
        ({"fobsmith": "backup"}, "provisioner restore"),
        ({"fobsmith": ["x"]}, "another of Fobsmith's"),
        ({"entries": None}, "no entries"),
        ({"entries": {}}, "no entries"),
    ],
)
def test_files_of_another_kind_or_version_are_refused_in_words(command, change, said):
    file = command.file("box", document(entry(ANNA, command.public)) | change)
    assert said in command.run("import", file, "--without-proof", status=1).stderr
    assert command.tokens() == []


@pytest.mark.parametrize("length", [1, 10, 100, 300])
def test_a_truncated_file_is_refused(command, length):
    whole = json.dumps(document(entry(ANNA, command.public)))
    file = command.file("box", whole[:-length])
    command.run("import", file, "--without-proof", status=1)
    assert command.tokens() == []


@pytest.mark.parametrize(
    "value", [None, 5, [], "", "!", "=", "AAAA", "A" * 5000, {"enc": 1}, "é", "\ud800"], ids=repr
)
@pytest.mark.parametrize("field", ["serial", "key", "enc", "sealed"])
def test_hostile_fields_are_a_problem_and_no_fault(command, field, value):
    file = box(command, entry(ANNA, command.public) | {field: value})
    report = command.json("import", file, "--without-proof", status=1)
    assert len(report["problems"]) == 1
    assert command.tokens() == []


@pytest.mark.parametrize("text", [b"hello", b"\xff\xfe", b"otpauth://totp/x?secret=1", b"otpauth://totp/x"])
def test_what_is_sealed_must_be_an_account(command, text):
    file = box(command, entry(ANNA, command.public, text=text))
    said = command.run("import", file, "--without-proof", status=1).stdout
    assert "what the token sealed is no account" in said


def test_an_enrolment_is_imported_once(command):
    file = box(command, entry(ANNA, command.public))
    command.run("import", file, "--user", "anna", "--without-proof")
    (token,) = command.tokens()
    said = command.run("import", file, "--user", "bob", "--without-proof", status=1).stdout
    assert f"token {token.id} of anna has this secret" in said
    report = command.json("import", file, "--skip-known", "--without-proof")
    assert (report["added"], len(report["known"]), report["changed"]) == ([], 1, False)
    # Twice in one file is as bad.
    again = account(secret=b"c" * 20)
    entries = [entry(again, command.public, serial) for serial in ("S1", "S2")]
    assert "entry 1 has this secret" in command.run("import", box(command, *entries), status=1).stdout


def test_two_accounts_of_one_token_need_no_serial(command):
    entries = [entry(account(secret=bytes([i]) * 20, name=f"n{i}"), command.public) for i in (1, 2)]
    file = box(command, *entries)
    said = command.run("import", file, "--without-proof", status=1).stdout
    assert "entry 1 has this serial number" in said
    command.run("import", file, "--without-proof", "--without-serial")
    assert [token.serial for token in command.tokens()] == [None, None]


def test_a_dry_run_says_the_same_and_changes_nothing(command):
    file = box(command, entry(ANNA, command.public))
    before = command.json("audit", "show")
    said = command.run("import", file, "--user", "anna", "--dry-run").stdout
    assert "would be added, ACME: anna, of anna" in said
    assert "Would add 1 token" in said
    assert command.tokens() == []
    assert command.json("audit", "show") == before


def test_what_was_imported_is_in_the_audit(command):
    file = box(command, entry(ANNA, command.public))
    command.run("import", file, "--user", "anna", "--at", NOON, given=code_at(ANNA, NOON))
    (token,) = command.tokens()
    whole, one = command.json("audit", "show")["entries"][-2:]
    assert whole["action"] == "import"
    assert whole["reason"].startswith("1 tokens from sealed enrolment ")
    assert (one["action"], one["reason"], one["user"], one["token"]) == (
        "import token", "active", "anna", token.id,
    )  # fmt: skip
    command.run("audit", "verify")


def test_a_token_in_the_drawer_lets_nobody_in_until_it_is_assigned(command):
    command.run("import", box(command, entry(ANNA, command.public)), "--without-proof")
    (token,) = command.tokens()
    assert token.user == ""
    assert "(nobody's)" in command.run("token", "list").stdout
    for name in ("", " ", "anna"):
        assert command.code(name, code_at(ANNA, NOON), status=1) == "unknown_user"
    said = command.run("token", "assign", token.id, "anna").stdout
    assert said == f"Token {token.id} is anna's now\n"
    assert command.code("anna", code_at(ANNA, NOON)) == "accepted"
    command.run("token", "assign", token.id, "bob")
    assert command.code("anna", code_at(ANNA, NOON + 30), NOON + 30, status=1) == "unknown_user"
    assert command.code("bob", code_at(ANNA, NOON + 30), NOON + 30) == "accepted"
    with open_store(command.path) as store:
        assert store.account(store.token(token.id)).secret == SECRET
    command.run("token", "revoke", token.id)
    assert "for good" in command.run("token", "assign", token.id, "eve", status=1).stderr


def test_a_secret_as_an_argument_is_called_known(command):
    said = command.run("import", otpauth.build(ANNA), status=2).stderr
    assert "consider that secret known" in said


def test_a_file_that_is_not_there_is_no_fault(command):
    assert "cannot be read" in command.run("import", command.folder / "none", status=2).stderr
    assert "cannot be read" in command.run("import", command.folder, status=2).stderr

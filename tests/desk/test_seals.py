"""Enrolment, backup and restore at the desk: what is in the files, and what is nowhere."""

from __future__ import annotations

import json
import stat
from base64 import b32encode, b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tokencore import otpauth, seals
from tokencore.account import Account

from host_verify.cli import cli as host_verify
from provisioner import Token, backups, enrolling, private_files, recovery, sealed
from provisioner.cli import main
from tests.desk.line import LineToken
from tests.docs.pages import ROOT

CHEAP = {"iterations": 1, "lanes": 1, "memory_cost": 32}
SHARED = b"12345678901234567890"
ACCOUNTS = [
    Account(SHARED, "anna", "ACME"),
    Account(b"hotp" * 8, "böb", kind="hotp", counter=2**40, algorithm="SHA256", digits=8, typing="enter"),
    Account(bytes(range(64)), "carol", algorithm="SHA512", period=60, typing="off"),
]


def run(*arguments: object, given: str = "", status: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=given)
    assert result.exit_code == status, (result.stdout, result.stderr, result.exception)
    return result


@pytest.fixture
def line(key_file: Path):
    """A token where somebody presses confirm whenever it asks; its time runs faster."""
    with LineToken(presses=True, speed=8) as token:
        yield token


@pytest.fixture
def desk(line: LineToken):
    def call(*arguments: object, **more: Any) -> Result:
        return run("--port", line.port, *arguments, **more)

    return call


class Verifier:
    """A verifier's command, and the public key that it gives out."""

    def __init__(self, folder: Path) -> None:
        self.options = ["--store", f"sqlite:///{folder}/verifier.db"]
        self.run("init")
        self.key = folder / "verifier.pem"
        self.key.write_text(self.run("key", "show").stdout)

    def run(self, *arguments: object, given: str = "", status: int = 0) -> Result:
        result = CliRunner().invoke(host_verify, [*self.options, *map(str, arguments)], input=given)
        assert result.exit_code == status, result.output
        return result


@pytest.fixture
def verifier(tmp_path: Path) -> Verifier:
    (tmp_path / "verifier").mkdir()
    return Verifier(tmp_path / "verifier")


@pytest.fixture
def recovery_file(tmp_path: Path) -> Path:
    file = tmp_path / "recovery"
    recovery.init(file)
    return file


def forms(secret: bytes) -> list[bytes]:
    base64s = [b64encode(bytes(skip) + secret)[4:-4] for skip in range(3)]
    return [secret, secret.hex().encode(), b32encode(secret).rstrip(b"="), *base64s]


class TestEnroll:
    def test_the_verifier_takes_what_the_token_drew_after_a_code(self, verifier, tmp_path) -> None:
        box = tmp_path / "box.json"
        with LineToken(presses=True, serial="ONE") as token:
            said = run("--port", token.port, "enroll", "ACME:anna", "--verifier-key", verifier.key, "-o", box)
            assert said.stdout.splitlines()[0] == "Enrolled ACME:anna on token ONE"
            code = run("--port", token.port, "code", "anna").stdout
        said = verifier.run("import", box, "--name-is-user", given=code)
        assert "of anna, proved by a code" in said.stdout
        assert stat.S_IMODE(box.stat().st_mode) == 0o600

    def test_every_kind_of_account_comes_as_it_was_asked_for(self, line, desk, verifier, tmp_path) -> None:
        box = tmp_path / "box.json"
        asked = ("--kind", "hotp", "--algorithm", "sha256", "--digits", "8", "--counter", "7")
        desk("enroll", "door", "--verifier-key", verifier.key, "-o", box, *asked)
        code = desk("code", "door").stdout
        verifier.run("import", box, "--user", "door", given=code)
        kept = line.vault.account(0)
        assert (kept.kind, kept.algorithm, kept.digits, kept.counter) == ("hotp", "SHA256", 8, 8)

    def test_the_seed_is_neither_on_the_line_nor_at_the_desk(
        self, line, desk, verifier, tmp_path, key_file
    ) -> None:
        box = tmp_path / "box.json"
        said = b""
        heard: list[bytes] = []
        line.to_host = lambda data: heard.append(data) or [data]
        for number in range(5):
            result = desk("--json", "enroll", f"n{number}", "--verifier-key", verifier.key, "-o", box)
            said += result.output.encode()
        places = [said, b"".join(line.requests), b"".join(line.messages), b"".join(heard)]
        folders = [tmp_path, key_file.parent]
        places += [file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()]
        for position in range(5):
            for form in forms(line.vault.account(position).secret):
                assert [place for place in places if form in place] == []

    def test_a_file_is_added_to_token_after_token(self, line, desk, verifier, tmp_path) -> None:
        box = tmp_path / "box.json"
        desk("enroll", "a", "--verifier-key", verifier.key, "-o", box)
        said = json.loads(
            desk("--json", "enroll", "b", "c", "--verifier-key", verifier.key, "-o", box, given="\n").stdout
        )
        assert ([one["name"] for one in said["enrolled"]], said["entries"]) == (["b", "c"], 3)
        assert [entry["name"] for entry in json.loads(box.read_text())["entries"]] == ["a", "b", "c"]
        verifier.run("import", box, "--without-proof", "--without-serial", "--name-is-user")
        assert len(line.vault) == 3

    def test_what_another_program_added_meanwhile_stays(self, line, verifier, tmp_path, key) -> None:
        public = sealed.verifier_key(verifier.key)
        boxes = [enrolling.Box(tmp_path / "box.json") for _ in range(2)]
        with Token.open(line.port, desk=key) as token:
            for box, name in zip(boxes, "ab", strict=True):
                done = box.enroll(token, Account(b"0", name), public, 1_800_000_000)
        assert done.entries == 2
        entries = json.loads((tmp_path / "box.json").read_text())["entries"]
        assert [entry["name"] for entry in entries] == ["a", "b"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ('{"fobsmith": "enrolments", "version": 2, "entries": []}', "newer format (2"),
            ('{"fobsmith": "backup", "version": 1}', "is a backup, not a sealed enrolment"),
            ('{"fobsmith": "enrolments", "version": 1}', "damaged or cut short"),
            ("hello", "damaged or cut short"),
            ("[" * 100_000, "damaged or cut short"),
        ],
    )
    def test_another_file_is_never_written_over(self, line, desk, verifier, tmp_path, content, said) -> None:
        box = tmp_path / "box.json"
        box.write_text(content)
        told = desk("enroll", "a", "--verifier-key", verifier.key, "-o", box, status=2).stderr
        assert said in told
        assert box.read_text() == content
        assert len(line.vault) == 0

    @pytest.mark.parametrize(
        "content", ["", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
    )
    def test_what_is_no_verifiers_key_is_refused_at_once(self, line, desk, tmp_path, content) -> None:
        key = tmp_path / "key"
        key.write_text(content)
        assert (
            "host-verify key show" in desk("enroll", "a", "--verifier-key", key, "-o", "x", status=2).stderr
        )
        missing = desk("enroll", "a", "--verifier-key", tmp_path / "none", "-o", "x", status=2).stderr
        assert "cannot be read" in missing
        assert line.asked() == []

    def test_an_account_whose_seal_is_not_on_the_disk_does_not_stay(
        self, line, desk, verifier, tmp_path, monkeypatch
    ) -> None:
        box = tmp_path / "box.json"
        replace = private_files.replace

        def full(path: Path, content: bytes) -> None:
            if path == box:
                raise OSError(28, "No space left on device")
            replace(path, content)

        monkeypatch.setattr(private_files, "replace", full)
        said = desk("enroll", "a", "--verifier-key", verifier.key, "-o", box, status=2).stderr
        assert "No space left on device" in said
        assert (line.asked()[-1], len(line.vault), box.exists()) == ("remove", 0, False)

    def test_without_a_press_there_is_no_file(self, line, desk, verifier, tmp_path) -> None:
        line.presses = False
        box = tmp_path / "box.json"
        said = desk("enroll", "a", "--verifier-key", verifier.key, "-o", box, status=1).stderr
        assert "press confirm" in said
        assert (len(line.vault), box.exists()) == (0, False)

    @pytest.mark.parametrize("wrong", [("--digits", "9"), ("--kind", "hotp", "--period", "30")])
    def test_accounts_that_cannot_be_are_refused_at_once(self, line, desk, verifier, wrong) -> None:
        desk("enroll", "a", "--verifier-key", verifier.key, "-o", "x", *wrong, status=2)
        assert line.asked() == []


class TestRecoveryKey:
    def test_a_pair_of_files_is_made_once_and_the_secret_one_is_secret(self, tmp_path) -> None:
        file = tmp_path / "recovery"
        said = run("recovery", "init", file).stdout
        key, secret = recovery.load(file), recovery.load_secret(tmp_path / "recovery.secret")
        assert secret.public == key.public
        assert key.fingerprint in said
        assert stat.S_IMODE((tmp_path / "recovery.secret").stat().st_mode) == 0o600
        hidden = b64encode(secret.private)
        assert hidden not in file.read_bytes()
        assert hidden.decode() not in said + repr(secret)
        before = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
        assert "there already" in run("recovery", "init", file, status=2).stderr
        file.unlink()
        assert "there already" in run("recovery", "init", file, status=2).stderr
        assert (tmp_path / "recovery.secret").read_bytes() in before

    def test_a_passphrase_costs_whoever_guesses_more_than_rfc_9106_asks_for(self) -> None:
        assert recovery.COSTS["memory_cost"] >= 64 * 1024
        assert recovery.COSTS["iterations"] >= 3

    def test_a_passphrase_gives_the_same_key_wherever_it_is_typed(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(recovery, "COSTS", CHEAP)
        file = tmp_path / "recovery"
        phrase = "five words that nobody guesses"
        said = run("--json", "recovery", "init", file, "--passphrase", given=phrase + "\n").stdout
        assert json.loads(said)["secret"] is None
        assert [path.name for path in tmp_path.iterdir()] == ["recovery"]
        key = recovery.load(file)
        assert {name: key.passphrase[name] for name in recovery.COSTS} == recovery.COSTS
        assert recovery.of_passphrase(key.passphrase, phrase.encode()).public == key.public
        assert phrase not in file.read_text() + said

    @pytest.mark.parametrize("phrase", ["", "short", "a" * 11, "é" * 11])
    def test_a_short_passphrase_is_refused(self, tmp_path, phrase) -> None:
        said = run("recovery", "init", tmp_path / "r", "--passphrase", given=phrase + "\n", status=2).stderr
        assert "passphrase" in said
        assert list(tmp_path.iterdir()) == []


class TestBackup:
    def test_all_accounts_come_back_on_another_token(self, line, desk, tmp_path, recovery_file) -> None:
        line.vault.add_all(ACCOUNTS)
        file = tmp_path / "backup"
        said = desk("backup", file, "--recovery", recovery_file).stdout
        assert f"holds 3 accounts of token {line.app.identity.serial}" in said
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with LineToken(serial="OTHER") as other:
            secret = recovery_file.with_name("recovery.secret")
            told = run("--port", other.port, "restore", file, "--recovery", secret).stdout
            assert told.splitlines()[-1] == "Token OTHER got 3 accounts"
            for position, account in enumerate(ACCOUNTS):
                kept = other.vault.account(position)
                assert otpauth.build(kept) == otpauth.build(account)
                assert kept.typing == account.typing
            for account in ACCOUNTS:
                for form in forms(account.secret):
                    assert form not in file.read_bytes() + said.encode() + told.encode()

    def test_by_a_passphrase_on_the_prompt(self, line, desk, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(recovery, "COSTS", CHEAP)
        line.vault.add_all(ACCOUNTS)
        key, file = tmp_path / "recovery", tmp_path / "backup"
        recovery.init_passphrase(key, b"correct horse battery")
        desk("backup", file, "--recovery", key)
        with LineToken(serial="OTHER") as other:
            said = run("--port", other.port, "restore", file, given="wrong horse battery\n", status=2).stderr
            assert "passphrase is not that of the backup" in said
            assert len(other.vault) == 0
            run("--port", other.port, "restore", file, given="correct horse battery\n")
            assert len(other.vault) == 3

    def test_a_hundred_accounts(self, line, desk, tmp_path, recovery_file) -> None:
        accounts = [Account(bytes([number]) * 20, f"user{number}", "ACME") for number in range(100)]
        line.vault.add_all(accounts)
        file = tmp_path / "backup"
        desk("backup", file, "--recovery", recovery_file)
        found = backups.load(file)
        content = backups.opened(found, recovery.load_secret(tmp_path / "recovery.secret"), file)
        assert [otpauth.build(account) for account in content.accounts] == [*map(otpauth.build, accounts)]

    def test_without_a_press_there_is_no_file(self, line, desk, tmp_path, recovery_file) -> None:
        line.presses = False
        line.vault.add_all(ACCOUNTS)
        desk("backup", tmp_path / "backup", "--recovery", recovery_file, status=1)
        assert not (tmp_path / "backup").exists()

    def test_a_file_that_is_there_is_kept_and_nobody_is_asked_to_press(
        self, line, desk, tmp_path, recovery_file
    ) -> None:
        line.vault.add_all(ACCOUNTS)
        file = tmp_path / "backup"
        file.write_text("older")
        assert "there already" in desk("backup", file, "--recovery", recovery_file, status=2).stderr
        assert file.read_text() == "older"
        assert "backup" not in line.asked()

    def test_the_secret_half_is_not_what_a_backup_is_made_with(
        self, line, desk, tmp_path, recovery_file
    ) -> None:
        secret = recovery_file.with_name("recovery.secret")
        said = desk("backup", tmp_path / "x", "--recovery", secret, status=2).stderr
        assert "is the secret half of a recovery key, not a recovery key" in said


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, Any], bytes]:
    """A backup's values as its file has them, made by the token's own sealing; and the secret half."""
    from tokencore import hpke, noise

    from provisioner.primitives import HostPrimitives

    primitives = HostPrimitives()
    private = primitives.random(32)
    public = primitives.public(private)
    sender = noise.run(hpke.sender(primitives, public, seals.backup_info("ONE", len(ACCOUNTS))))
    pages = [sender.seal(b"", otpauth.build(account).encode()) for account in ACCOUNTS]
    values = {
        "fobsmith": "backup", "version": 1, "serial": "ONE", "made": 1_800_000_000,
        "recovery": {"public": b64encode(public).decode(), "argon2id": None},
        "enc": b64encode(sender.enc).decode(), "pages": [b64encode(page).decode() for page in pages],
    }  # fmt: skip
    return values, private


@pytest.fixture
def restore(made, tmp_path, desk):
    values, private = made
    secret = tmp_path / "secret"
    public = values["recovery"]["public"]
    sealed.write(secret, recovery.SECRET, {"public": public, "private": b64encode(private).decode()})

    def call(*options: str, status: int = 0, **changes: Any) -> Result:
        file = tmp_path / "backup"
        file.write_text(json.dumps(values | changes))
        return desk("restore", file, "--recovery", secret, *options, status=status)

    return call


class TestRestore:
    def test_a_dry_run_names_what_would_be_done(self, line, restore) -> None:
        said = restore("--dry-run").stdout
        assert "Backup of token ONE, 2027-01-15 08:00:00 UTC" in said
        assert "Would add ACME:anna" in said
        assert len(line.vault) == 0

    def test_names_that_are_there_stop_it_before_the_first_account(self, line, restore) -> None:
        line.vault.add_all([Account(b"other", "carol")])
        assert "accounts of these names already: :carol" in restore(status=1).stderr
        assert len(line.vault) == 1
        said = restore("--missing").stdout
        assert "Was there carol" in said
        assert (len(line.vault), line.vault.account(0).secret) == (3, b"other")

    def test_too_little_room_stops_it_before_the_first_account(self, restore, made, tmp_path) -> None:
        with LineToken(capacity=7, serial="SMALL") as small:
            small.vault.add_all([Account(b"x", f"x{number}") for number in range(5)])
            arguments = ("--port", small.port, "restore", tmp_path / "backup")
            restore("--dry-run")  # writes the file
            said = run(*arguments, "--recovery", tmp_path / "secret", status=1).stderr
            assert "room for 2 more accounts, and 3 are to be restored" in said
            assert len(small.vault) == 5

    def test_a_line_that_breaks_says_how_far_it_got_and_how_to_go_on(self, line, restore) -> None:
        def unplug(data: bytes) -> list[bytes]:
            if line.asked().count("add") >= 2:
                line.vanish()
                return []
            return [data]

        line.to_host = unplug
        said = restore(status=3).stderr
        assert "1 of 3 accounts were restored" in said
        assert "--missing" in said

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"version": 2}, "newer format (2, this program knows 1)"),
            ({"version": "1"}, "damaged"),
            ({"fobsmith": "enrolments"}, "is a sealed enrolment, not a backup"),
            ({"serial": "TWO"}, "damaged"),
            ({"serial": 5}, "damaged"),
            ({"serial": "\ud800"}, "damaged"),
            ({"made": None}, "damaged"),
            ({"made": 10**30}, "damaged"),
            ({"made": -1}, "damaged"),
            ({"pages": None}, "damaged"),
            ({"pages": ["!"]}, "damaged"),
            ({"enc": ""}, "damaged"),
            ({"enc": b64encode(bytes(32)).decode()}, "damaged"),
            ({"recovery": None}, "damaged"),
            ({"recovery": {"public": "AAAA", "argon2id": None}}, "damaged"),
        ],
    )
    def test_changed_files_are_refused_in_words(self, line, restore, changes, said) -> None:
        assert said in restore(status=2, **changes).stderr
        assert len(line.vault) == 0

    def test_pages_left_out_moved_or_changed_are_noticed(self, line, restore, made) -> None:
        pages = made[0]["pages"]
        flipped = bytearray(b64decode(pages[1]))
        flipped[5] ^= 1
        for wrong in (
            pages[:2], [*pages, pages[0]], [pages[1], pages[0], pages[2]],
            [pages[0], b64encode(flipped).decode(), pages[2]], [pages[0], pages[0], pages[2]],
        ):  # fmt: skip
            restore(status=2, pages=wrong)
        assert len(line.vault) == 0

    def test_a_truncated_file_is_refused(self, line, desk, tmp_path, made) -> None:
        text = json.dumps(made[0])
        for length in range(0, len(text), 97):
            (tmp_path / "cut").write_text(text[:length])
            assert "damaged or cut short" in desk("restore", tmp_path / "cut", status=2).stderr

    def test_the_key_is_asked_for_by_its_fingerprint(self, desk, restore, tmp_path, made) -> None:
        restore("--dry-run")
        said = desk("restore", tmp_path / "backup", status=2).stderr
        public = b64decode(made[0]["recovery"]["public"])
        assert f"sealed to the recovery key {seals.fingerprint(public)}" in said
        recovery.init(tmp_path / "another")
        said = desk(
            "restore", tmp_path / "backup", "--recovery", tmp_path / "another.secret", status=2
        ).stderr
        assert "is another recovery key's" in said

    @pytest.mark.parametrize(
        "how",
        [{}, CHEAP, CHEAP | {"salt": 5}, CHEAP | {"salt": "AAAA", "memory_cost": 2**40}, {"salt": "A"}],
    )
    def test_hostile_costs_do_not_hang_the_desk(self, desk, tmp_path, made, how) -> None:
        values = made[0] | {"recovery": {"public": made[0]["recovery"]["public"], "argon2id": how}}
        (tmp_path / "b").write_text(json.dumps(values))
        said = desk("restore", tmp_path / "b", given="some passphrase here\n", status=2).stderr
        assert "damaged" in said

    def test_what_was_damaged_on_the_token_is_named(self, line, desk, tmp_path) -> None:
        from tokencore import hpke, noise

        from provisioner.primitives import HostPrimitives

        recovery.init(tmp_path / "key")
        key = recovery.load(tmp_path / "key")
        sender = noise.run(hpke.sender(HostPrimitives(), key.public, seals.backup_info("ONE", 2)))
        pages = [
            sender.seal(b"", text) for text in (b"", otpauth.build(ACCOUNTS[0]).encode() + b"\nfuture=1")
        ]
        values = {"serial": "ONE", "made": 0, "recovery": key.values(), "enc": sealed.text_of(sender.enc)}
        sealed.write(tmp_path / "b", "backup", values | {"pages": [sealed.text_of(page) for page in pages]})
        said = desk("restore", tmp_path / "b", "--recovery", tmp_path / "key.secret").stdout
        assert "Not in it: the account at position 1, which was damaged on the token" in said
        assert len(line.vault) == 1


def test_the_page_opens_a_backup_with_another_library(made, tmp_path, monkeypatch, capsys) -> None:
    values, private = made
    monkeypatch.chdir(tmp_path)
    Path("accounts.backup").write_text(json.dumps(values))
    Path("recovery.key.secret").write_text(json.dumps({"private": b64encode(private).decode()}))
    page = (ROOT / "docs/backup.md").read_text()
    exec(page.partition("```python\n")[2].partition("```")[0])
    assert capsys.readouterr().out.split() == [otpauth.build(account) for account in ACCOUNTS]


def test_the_page_shows_files_as_they_are(tmp_path, made) -> None:
    """Each JSON of the page has the keys of the file that is made."""
    page = (ROOT / "docs/backup.md").read_text()
    shown = [json.loads(block.partition("```")[0]) for block in page.split("```json\n")[1:]]
    by_kind = {one["fobsmith"]: one for one in shown}
    recovery.init(tmp_path / "key")
    assert by_kind["backup"].keys() == made[0].keys()
    assert by_kind["recovery key"].keys() == sealed.read(tmp_path / "key", "recovery key").keys()
    assert by_kind["recovery key"]["argon2id"].keys() == {"salt", *recovery.COSTS}
    assert {by_kind["recovery key"]["argon2id"][name] for name in recovery.COSTS} == {
        *recovery.COSTS.values()
    }
    assert set(by_kind["enrolments"]["entries"][0]) == {
        "serial", "issuer", "name", "made", "key", "enc", "sealed",
    }  # fmt: skip
    assert "Twelve characters are the least" in page
    assert recovery.SHORTEST == 12


def test_secrets_are_in_no_repr() -> None:
    secret = recovery.Secret(bytes(range(32)))
    assert bytes(range(32)).hex() not in repr(secret)
    assert str(bytes(range(32))) not in repr(secret)

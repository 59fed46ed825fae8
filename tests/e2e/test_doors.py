"""A token lets its user in at every door of the verifier, asked by programs of others where possible."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tokencore import otpauth

from host_verify import client
from host_verify.apikeys import Scope
from host_verify.database import file_place
from host_verify.service import add_token
from tests.e2e.fob import Fob
from tests.e2e.test_typing import typed
from tests.verifier import freeradius, sshd
from tests.verifier.filled import FILES, configuration
from tests.verifier.parts import NOON, new_store, open_store
from tests.verifier.radius import Asking, Listening, by_radclient, request
from tests.verifier.serving import Serving

URI = "otpauth://hotp/Door:root?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Door&counter=0"
BLANKLESS = "no-blank-in-this-secret"


class Holder:
    """Whoever has the token in the hand."""

    def __init__(self, fob: Fob) -> None:
        self._fob = fob
        fob.do("add", "-", given=URI)

    def code(self) -> str:
        """Hold the button until the token types its next code."""
        typed(self._fob, "--clear")
        self._fob.ask("press", button="confirm", hold_ms=1500)
        text: str = typed(self._fob)["text"]
        return text


def test_a_tokens_codes_let_its_user_in_at_every_door(tmp_path: Path) -> None:
    place = file_place(new_store(tmp_path))
    with open_store(place) as store:
        add_token(store, "root", None, otpauth.parse(URI), NOON)
    not_tried = []
    with (
        Fob(tmp_path / "token") as fob,
        Serving(place) as serving,
        Listening(place, tmp_path) as radius,
    ):
        token = Holder(fob)
        key = serving.keys[Scope.VERIFY]
        with client.Client(serving.url, key) as asking:
            code = token.code()
            assert asking.verify("root", code).accepted

        # What was let in at one door is used up at the others.
        with Asking(radius.port) as by_us:
            assert by_us.ask(request("root", code)) == "reject"
            assert by_us.ask(request("root", token.code())) == "accept"
        if shutil.which("radclient"):
            assert by_radclient(radius.port, token.code(), "root") == "Access-Accept"
        else:
            not_tried.append("radclient is not installed (Debian: freeradius-utils)")

        if reason := freeradius.why_not():
            not_tried.append(reason)
        else:
            with freeradius.FreeRadius(serving.url, key, BLANKLESS) as server, Asking(server.port) as by_it:
                packet = request("root", token.code(), BLANKLESS.encode())
                by_it.send(packet.RequestPacket())
                answer = by_it.answer()
                assert answer is not None
                reply = packet.CreateReply(packet=answer)
                assert packet.VerifyReply(reply, answer)
                assert reply.code == 2

        if reason := sshd.why_not("pam_exec.so"):
            not_tried.append(reason)
        else:
            configuration(tmp_path, serving.url, key)
            shutil.copy(client.__file__, tmp_path / "client.py")
            lines = (FILES / "pam/exec").read_text().replace("/usr/bin/python3", sys.executable)
            for folder in ("/usr/local/lib/fobsmith", "/etc/fobsmith"):
                lines = lines.replace(folder, str(tmp_path))
            with sshd.Sshd(lines, (FILES / "pam/sshd_config").read_text()) as server:
                code = token.code()
                assert server.login(code), server.said()
                assert not server.login(code)
    if not_tried:
        pytest.skip("; ".join(not_tried))

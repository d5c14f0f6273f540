# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dav_import where the server, the way to it or its name is not as one would wish; and right when run again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dav.test_dav_import import User
from tests.support.dav_faults import DavFaults, LostAnswer, Said
from tests.support.dav_servers import RadicaleServer
from tests.support.knot import KnotServer

CARD = "BEGIN:VCARD\nVERSION:3.0\nUID:n{0}\nFN:Person {0}\nEND:VCARD\n"


@pytest.fixture(scope="module")
def radicale() -> Iterator[RadicaleServer]:
    with RadicaleServer() as server:
        yield server


@pytest.fixture
def front(radicale: RadicaleServer) -> Iterator[DavFaults]:
    with DavFaults(radicale.url) as faults:
        yield faults


@pytest.fixture
def anna(radicale: RadicaleServer, front: DavFaults, tmp_path: Path) -> User:
    name = f"anna-{uuid.uuid4().hex[:8]}@example.com"
    anna = User(radicale, radicale.add_user(name), tmp_path, name)
    anna.files = {"c.vcf": cards(5)}
    return anna


def cards(number: int) -> str:
    return "".join(map(CARD.format, range(number)))


def through(front: DavFaults, **more: Any) -> dict[str, Any]:
    return {"destination": {"url": front.url, **more}}


def held(anna: User) -> int:
    return len(list((anna.server.folder / "collections" / "collection-root" / anna.mailbox).glob("*/*.vcf")))


def test_a_server_that_is_busy_is_asked_again_as_it_says(anna: User, front: DavFaults) -> None:
    front.fault = lambda method, _path, number: (
        Said(503, {"Retry-After": "1"}) if method == "PUT" and number == 1 else None
    )
    assert anna.result(**through(front), connections=1)["counts"]["created"] == 5
    assert front.count("PUT") == 6 and held(anna) == 5


def test_an_answer_that_is_lost_makes_nothing_twice(anna: User, front: DavFaults) -> None:
    front.fault = lambda method, _path, number: LostAnswer() if method == "PUT" and number == 2 else None
    first = anna.result(**through(front), connections=1)
    assert first["counts"]["created"] + first["counts"]["unchanged"] == 5 and held(anna) == 5
    again = anna.result(**through(front))
    assert not again["changed"] and again["counts"]["unchanged"] == 5


def test_a_lost_answer_to_all_at_once_makes_nothing_twice(anna: User, front: DavFaults) -> None:
    anna.files = {"c.vcf": cards(60)}
    front.fault = lambda method, _path, number: LostAnswer() if method == "PUT" and number == 1 else None
    first = anna.result(**through(front))
    assert first["counts"]["created"] == 60 and held(anna) == 60 and front.count("PUT") == 2
    again = anna.result(**through(front))
    assert not again["changed"] and again["counts"]["unchanged"] == 60


def test_a_full_server_ends_the_run_and_the_next_one_completes_it(anna: User, front: DavFaults) -> None:
    front.fault = lambda method, _path, number: Said(507) if method == "PUT" and number > 2 else None
    full = anna.run(**through(front), connections=1)
    assert full["failed"] and "no room left" in full["msg"] and "quota" in full["msg"]
    assert (full["counts"]["created"], full["counts"]["failed"]) == (2, 3) and front.count("PUT") == 3
    front.fault = lambda *_request: None
    rest = anna.result(**through(front))
    assert (rest["counts"]["created"], rest["counts"]["unchanged"], held(anna)) == (3, 2, 5)


def test_a_login_by_digest_is_made_where_the_server_asks_for_it(anna: User, front: DavFaults) -> None:
    front.digest = (anna.login.username, anna.login.password)
    assert anna.result(**through(front))["counts"]["created"] == 5
    refused = anna.run(**through(front, password="wrong-horse"))
    assert refused["failed"] and "did not take the login" in refused["msg"] and "wrong-horse" not in str(refused)


def test_a_redirect_is_followed_on_the_same_host_and_to_no_other(anna: User, front: DavFaults) -> None:
    front.fault = lambda _method, path, _number: (
        Said(301, {"Location": "/"}) if path.startswith("/.well-known/") else Said(404) if path == "/dav/" else None
    )
    assert anna.result(destination={"url": f"{front.url}dav/"})["counts"]["created"] == 5
    with DavFaults(anna.login.url) as elsewhere:
        target = elsewhere.url.replace("localhost", "127.0.0.1")
        front.fault = lambda *_request: Said(301, {"Location": target})
        sent_away = anna.run(**through(front))
        assert sent_away["failed"] and "127.0.0.1" in sent_away["msg"] and not elsewhere.asked


def test_the_domains_records_name_server_and_path(tmp_path: Path) -> None:
    domain = f"d{uuid.uuid4().hex[:8]}.example"
    with RadicaleServer({f"anna@{domain}": "secret"}, tls=True) as server:
        records = [(f"_{kind}s._tcp", *rest) for kind in ("carddav", "caldav")
                   for rest in (("SRV", f"0 0 {server.port} localhost."), ("TXT", f'"path=/anna@{domain}/"'))]
        with KnotServer({domain: records}) as names:
            anna = User(server, server.login(f"anna@{domain}"), tmp_path, f"anna@{domain}")
            asked = {"destination": {"url": ""}, "nameservers": [f"127.0.0.1:{names.server.port}"]}
            assert anna.result(**asked)["counts"]["created"] == 5
            names.replace(domain, "_carddavs._tcp", "SRV", "0 0 0 .")
            names.replace(domain, "_caldavs._tcp", "SRV", "0 0 0 .")
            none = anna.run(**asked)
            assert none["failed"] and domain in none["msg"]

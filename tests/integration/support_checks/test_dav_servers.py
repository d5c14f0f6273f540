# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tests' DAV servers take their users' logins, refuse others, and serve the tests' own certificate."""

from __future__ import annotations

import requests

from tests.support.dav_servers import DavLogin, DavServer, RadicaleServer, XandikosServer

ANNA = "anna@example.com"


def status(server: DavServer, login: DavLogin, path: str = "", password: str = "") -> int:
    answer = requests.request("PROPFIND", login.url + path, auth=(login.username, password or login.password),
                              headers={"Depth": "0"}, verify=str(server.ca_file), timeout=20)
    return answer.status_code


def test_radicale_lets_users_into_their_own_and_the_administrator_everywhere() -> None:
    with RadicaleServer() as server:
        anna, ben = server.add_user(ANNA), server.add_user("ben@example.com")
        assert status(server, anna, f"{ANNA}/") == 207
        assert status(server, server.admin(), f"{ANNA}/") == 207
        assert status(server, ben, f"{ANNA}/") == 403
        assert status(server, anna, password="wrong") == 401


def test_tls_is_by_the_authority_and_xandikos_asks_for_a_login() -> None:
    with RadicaleServer({ANNA: "secret"}, tls=True) as radicale, XandikosServer("anna", tls=True) as xandikos:
        assert status(radicale, radicale.login(ANNA), f"{ANNA}/") == 207
        assert status(xandikos, xandikos.login(), "anna/") == 207
        assert status(xandikos, xandikos.login(), "anna/", "wrong") == 401


def test_what_a_server_holds_survives_its_restart() -> None:
    with XandikosServer("anna") as server:
        url = f"{server.url}anna/calendars/work/"
        assert requests.request("MKCALENDAR", url, timeout=20).status_code == 201
        server.stop()
        server.start()
        assert status(server, server.login(), "anna/calendars/work/") == 207

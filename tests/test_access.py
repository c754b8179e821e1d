"""Every route × role × own or another agency, walked from the routes themselves. What nobody allowed is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import url_for
from flask.testing import FlaskClient
from lxml import html
from werkzeug.routing import Rule

from server.access import SAFE, rule_of
from tests.conftest import METADATA, PASSWORD, PEOPLE, City
from tests.test_every_step import LAYER
from workflow.sop import Role

EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.WALIDATA, Role.PEMBINA_DATA})
PRODUSEN, WALIDATA, PEMBINA, ADMIN = (
    frozenset({role}) for role in (Role.PRODUSEN_DATA, Role.WALIDATA, Role.PEMBINA_DATA, Role.ADMIN)
)
# By room, and by route where one differs from its room.
ROLES: dict[str, str | frozenset[Role]] = {
    "static": "public",
    "ogc": "public",
    "csw": "public",
    "portal": "public",
    "verification": "public",
    "health": "public",
    "sign_in": "public",
    "sign_in.desk": EVERYONE,
    "api": EVERYONE,
    "api.openapi": "public",
    "api.ledger": EVERYONE - PRODUSEN,
    "api.set_severity": ADMIN,
    **dict.fromkeys(("api.begin_upload", "api.upload_state", "api.take_part", "api.drop_upload"), PRODUSEN),
    "api.overridden": PRODUSEN,
    "produsen_data": PRODUSEN,
    "walidata": WALIDATA,
    "pembina_data": PEMBINA,
    "admin": ADMIN,
    "daftar_data": EVERYONE - ADMIN,
    "planned_list": WALIDATA,
    "planned_list.overview": EVERYONE - ADMIN,
    "weekly": WALIDATA | ADMIN,
    "mending": EVERYONE,
    "mending.letter": WALIDATA,
    "submission": EVERYONE,
    "submission.waive": WALIDATA,
    "submission.metadata": PRODUSEN,
    "submission.columns": PRODUSEN,
    "submission.reading": PRODUSEN,
    "submission.file": PRODUSEN,
    "submission.attach": PRODUSEN,
    "submission.again": PRODUSEN | WALIDATA,
    "understood": PRODUSEN,
    "corrections": PRODUSEN,
    "corrections.repaired_shapes": EVERYONE,
    "notes": EVERYONE,
    "notices": EVERYONE,
    "queues": EVERYONE,
    "delegations": ADMIN,
    "review": EVERYONE,
    "changes": EVERYONE,
    "submission_files": EVERYONE,
    "submission_files.sheet": OFFICERS,
}
CHANGES_NOTHING = frozenset({"csw.post", "ogc.ogc"})
"""Public routes with another method than GET: CSW is asked by POST, and OGC API answers 405 there."""
OWN_AGENCY = "produsen"
OTHER_AGENCY = "produsen2"
ROLE_OF = {username: role for username, _, role, _ in PEOPLE}


@dataclass
class House:
    """A city with one submission of `produsen`, and everybody signed in."""

    city: City
    values: dict[str, object]
    sessions: dict[str, FlaskClient] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def sign_in(self, username: str) -> None:
        http = self.city.app.test_client()
        token = csrf(http.get("/masuk").text)
        http.post("/masuk", data={"username": username, "password": PASSWORD, "csrf_token": token})
        self.sessions[username] = http
        self.tokens[username] = csrf(http.get("/meja/", follow_redirects=True).text)

    def path(self, rule: Rule) -> str:
        values = {name: self.values[name] for name in rule.arguments}
        if rule.endpoint.startswith("daftar_data"):
            values |= {"id": self.values["batch"], "step": "submit"} if "id" in values or "step" in values else {}
        if rule.endpoint == "api.take_on_dataset":
            values |= {"id": self.values["dataset"], "step": "withdraw"}
        with self.city.app.test_request_context():
            return url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})


def csrf(page: str) -> str:
    return str(html.fromstring(page).xpath('//input[@name="csrf_token"]/@value')[0])


@pytest.fixture
def house(embedded_city: City) -> House:
    caller = embedded_city.client(OWN_AGENCY)
    made = caller.submit_file("titik.geojson", LAYER, METADATA).json
    values = {
        "id": made["id"],
        "dataset": made["dataset"],
        "batch": made["batch"],
        "path": "collections",
        "name": "data.gpkg",
        "number": 1,
        "filename": "sebar.css",
        "step": "submit",
        "ending": "csv",
        "key": "0" * 12,
        "note": "0" * 12,
        "what": "selesai",
        "feature": "1",
        **dict.fromkeys("xyz", 0),
        "sha256": "0" * 64,
        "upload": "0" * 32,
        "n": 1,
        "code": "PHONE",
    }
    house = House(embedded_city, values)
    for username, *_ in PEOPLE:
        house.sign_in(username)
    return house


def rules(house: House) -> Iterator[tuple[Rule, str]]:
    for rule in house.city.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def allowed(endpoint: str) -> str | frozenset[Role]:
    return ROLES.get(endpoint, ROLES.get(endpoint.partition(".")[0], frozenset()))


def of_one_agency(rule: Rule) -> bool:
    """Whether the address names one agency's data on its way."""
    rooms = (
        "submission",
        "submission_files",
        "mending",
        "understood",
        "corrections",
        "notes",
        "queues",
        "review",
        "changes",
        "api",
    )
    inside = rule.endpoint.partition(".")[0] in rooms or rule.endpoint.endswith(".berita_acara")
    return inside and "id" in rule.arguments


def test_every_route_has_exactly_the_rule_that_is_written_here(house: House) -> None:
    app = house.city.app
    for rule, _ in rules(house):
        assert rule_of(app, rule.endpoint) == allowed(rule.endpoint), rule.endpoint
    known = {rule.endpoint for rule, _ in rules(house)} | {rule.endpoint.partition(".")[0] for rule, _ in rules(house)}
    assert set(ROLES) <= known


def test_strangers_are_sent_to_the_door(house: House) -> None:
    for rule, method in rules(house):
        if allowed(rule.endpoint) == "public":
            continue
        answer = house.city.app.test_client().open(house.path(rule), method=method, headers={"Accept": "text/html"})
        if rule.endpoint.startswith("api."):
            assert answer.status_code == 401, rule
        else:
            assert answer.status_code == 302, rule
            assert answer.location.startswith("/masuk?next="), rule


@pytest.mark.parametrize("username", ROLE_OF)
def test_every_page_answers_its_role_and_no_other(house: House, username: str) -> None:
    for rule, method in rules(house):
        permitted = allowed(rule.endpoint)
        if method not in SAFE or permitted == "public":
            continue
        answer = house.sessions[username].get(house.path(rule), headers={"Accept": "text/html"})
        answer.close()
        if ROLE_OF[username] not in permitted:
            assert answer.status_code == 403, (rule, username)
        elif username == OTHER_AGENCY and of_one_agency(rule):
            assert answer.status_code == 404, (rule, username)
        else:
            assert answer.status_code in (200, 302, 404), (rule, username, answer.text)


@pytest.mark.parametrize("username", ROLE_OF)
def test_nothing_changes_without_the_pages_own_token(house: House, username: str) -> None:
    for rule, method in rules(house):
        if method in SAFE or rule.endpoint in CHANGES_NOTHING:
            continue
        answer = house.sessions[username].open(house.path(rule), method=method)
        may = allowed(rule.endpoint) == "public" or ROLE_OF[username] in allowed(rule.endpoint)
        may |= rule.endpoint.startswith("api.")  # asks for the token before it asks who somebody is
        assert answer.status_code == (400 if may else 403), (rule, answer.text)


@pytest.mark.parametrize("username", [OTHER_AGENCY, "walidata", "pembina-geospasial", "admin"])
def test_nobody_changes_what_is_not_theirs(house: House, username: str) -> None:
    """With session and token: another agency's data do not exist, and a wrong role is told so."""
    before = house.city.journey.records.submission(str(house.values["id"]))
    for rule, method in rules(house):
        if method in SAFE or rule.endpoint in CHANGES_NOTHING or rule.endpoint.startswith("sign_in."):
            continue
        headers = {"X-CSRFToken": house.tokens[username], "Accept": "text/html"}
        body = {"csrf_token": house.tokens[username]} if not rule.endpoint.startswith("api.") else None
        answer = house.sessions[username].open(house.path(rule), method=method, data=body, headers=headers)
        if ROLE_OF[username] not in allowed(rule.endpoint):
            assert answer.status_code == 403, (rule, username)
        elif username == OTHER_AGENCY and of_one_agency(rule):
            nowhere = house.path(rule).replace(str(house.values["id"]), "tidak-ada")
            absent = house.sessions[username].open(nowhere, method=method, data=body, headers=headers)
            assert answer.status_code == absent.status_code, (rule, username)
            assert answer.status_code in (400, 404), (rule, username)
        else:
            assert answer.status_code < 500, (rule, username, answer.text)
    assert house.city.journey.records.submission(str(house.values["id"])) == before


def test_a_session_alone_does_not_open_the_api_to_other_sites(house: House) -> None:
    answer = house.sessions[OWN_AGENCY].post("/api/v1/tokens", json={"name": "curian"})
    assert (answer.status_code, answer.json["code"]) == (400, "CSRF")

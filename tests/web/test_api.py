"""The REST API, as a program meets it."""

import uuid

from flask.testing import FlaskClient
from house import House
from sqlalchemy import func, select

from takedown.people.models import Scope, User
from takedown.urls.models import Report, Url

ITEMS = {
    "urls": [
        {"url": "hxxps://media[.]example[.]test/a.jpg", "reference": "R-1"},
        {"url": "nonsense"},
        {"url": "https://media.example.test/a.jpg"},
        {"url": "https://media.example.test/b.jpg", "colour": "red"},
        "no object",
    ]
}


def post(house: House, path: str, body: object, *scopes: Scope, **headers: str):
    client: FlaskClient = house.app.test_client()
    return client.post(path, json=body, headers=house.bearer(*scopes) | headers)


def test_each_item_is_answered_on_its_own_in_its_order(house: House) -> None:
    answer = post(house, "/api/v1/urls", ITEMS, Scope.REGISTER, Scope.READ)
    assert answer.status_code == 200
    body = answer.get_json()
    assert [item["status"] for item in body["items"]] == [
        "registered",
        "refused",
        "repeated",
        "refused",
        "refused",
    ]
    assert body["items"][0]["id"] == body["items"][2]["id"]
    assert body["items"][1]["field"] == "url"
    assert (body["registered"], body["repeated"], body["refused"]) == (1, 1, 3)


def test_a_register_only_token_cannot_tell_new_from_known(house: House) -> None:
    first = post(house, "/api/v1/urls", ITEMS, Scope.REGISTER).get_json()
    second = post(house, "/api/v1/urls", ITEMS, Scope.REGISTER).get_json()
    assert first == second
    assert first["items"][0] == {"status": "accepted"}


def test_the_same_key_gives_the_same_answer_and_registers_once(house: House) -> None:
    client, bearer = house.app.test_client(), house.bearer(Scope.REGISTER, Scope.READ)
    headers = bearer | {"Idempotency-Key": "k-1"}
    first = client.post("/api/v1/urls", json=ITEMS, headers=headers)
    again = client.post("/api/v1/urls", json=ITEMS, headers=headers)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    with house.ports.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 2
    other = client.post("/api/v1/urls", json={"urls": [{"url": "x"}]}, headers=headers)
    assert other.status_code == 422
    house.clock.later(days=1, minutes=1)
    later = client.post("/api/v1/urls", json=ITEMS, headers=headers)
    assert "Idempotent-Replayed" not in later.headers


def test_errors_are_problems(house: House) -> None:
    too_many = {"urls": [{"url": "x"}] * 10_001}
    answer = post(house, "/api/v1/urls", too_many, Scope.REGISTER)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["status"] == 422 and "errors" in body
    missing = house.app.test_client().get(
        f"/api/v1/urls/{uuid.UUID(int=1)}", headers=house.bearer(Scope.READ)
    )
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    anonymous = house.app.test_client().get("/api/v1/urls")
    assert anonymous.status_code == 401
    assert anonymous.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_a_case_is_read_without_its_location(house: House) -> None:
    answer = post(house, "/api/v1/urls", ITEMS, Scope.REGISTER, Scope.READ)
    url_id = answer.get_json()["items"][0]["id"]
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)
    one = client.get(f"/api/v1/urls/{url_id}", headers=bearer)
    assert one.get_json()["reference"] == "R-1"
    assert one.get_json()["status"] == "registered"
    assert "example" not in one.text


def test_lists_come_by_cursor_until_the_end(house: House) -> None:
    body = {"urls": [{"url": f"https://media.example.test/{n}"} for n in range(5)]}
    post(house, "/api/v1/urls", body, Scope.REGISTER)
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)
    numbers, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/api/v1/urls?limit=2&cursor={cursor}", headers=bearer).get_json()
        numbers += [item["number"] for item in page["items"]]
        cursor = page["next"]
    assert len(numbers) == len(set(numbers)) == 5
    assert numbers == sorted(numbers, reverse=True)
    assert client.get("/api/v1/urls?cursor=%21", headers=bearer).status_code == 400
    assert client.get("/api/v1/urls?status=removed", headers=bearer).get_json()["items"] == []


def test_held_and_not_checkable_ones_are_listed_though_no_status_says_so(house: House) -> None:
    body = {
        "urls": [
            {"url": "https://media.example.test/a"},
            {"url": "https://other.example.test/b", "not_checkable": True},
            {"url": "https://third.example.test/c"},
        ]
    }
    items = post(house, "/api/v1/urls", body, Scope.REGISTER, Scope.READ).get_json()["items"]
    hold = {"asked_by": "Police unit", "probes_go_on": True, "reference": "PU 7"}
    post(house, f"/api/v1/urls/{items[0]['id']}/hold", hold, Scope.WORK)
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)

    def listed(status: str) -> list[str]:
        page = client.get(f"/api/v1/urls?status={status}", headers=bearer).get_json()
        return [item["id"] for item in page["items"]]

    assert listed("held") == [items[0]["id"]]
    assert listed("not_checkable") == [items[1]["id"]]
    held = client.get(f"/api/v1/urls/{items[0]['id']}", headers=bearer).get_json()
    (told,) = held["holds"]
    assert (told["subject"], told["asked_by"], told["reference"]) == ("url", "Police unit", "PU 7")


def test_withdraw_and_hold_by_a_program(house: House) -> None:
    answer = post(house, "/api/v1/urls", ITEMS, Scope.REGISTER, Scope.READ)
    url_id = answer.get_json()["items"][0]["id"]
    hold = {"asked_by": "Police unit", "probes_go_on": False}
    held = post(house, f"/api/v1/urls/{url_id}/hold", hold, Scope.WORK)
    assert held.get_json()["status"] == "held"
    early = post(house, f"/api/v1/urls/{url_id}/check", {}, Scope.WORK)
    assert early.status_code == 409
    gone = post(house, f"/api/v1/urls/{url_id}/withdraw", {"why": "wrong"}, Scope.WORK)
    assert gone.get_json()["status"] == "withdrawn"
    with house.ports.sessions() as session:
        assert session.get_one(Url, uuid.UUID(url_id)).status == "withdrawn"


def test_an_ended_token_opens_nothing(house: House) -> None:
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)
    assert client.get("/api/v1/providers", headers=bearer).status_code == 200
    house.clock.later(days=366)
    assert client.get("/api/v1/providers", headers=bearer).status_code == 401


def test_statistics_have_the_shape_of_the_command_line(house: House) -> None:
    client, bearer = house.app.test_client(), house.bearer(Scope.READ)
    early = client.get("/api/v1/statistics/providers", headers=bearer)
    assert early.status_code == 409 and "no facts yet" in early.get_json()["detail"]
    house.count()
    body = client.get("/api/v1/statistics/providers?clock=received", headers=bearer).get_json()
    assert body["clock"] == "received"
    assert body["items"] == []
    assert client.get("/api/v1/statistics/overview", headers=bearer).status_code == 200


def test_the_description_names_every_operation(house: House) -> None:
    spec = house.app.test_client().get("/api/v1/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    assert "post" in spec["paths"]["/api/v1/urls"]
    assert set(spec["paths"]) >= {
        "/api/v1/urls/{url_id}",
        "/api/v1/urls/{url_id}/hold",
        "/api/v1/notices",
        "/api/v1/providers",
        "/api/v1/statistics/countries",
    }


def test_health_needs_nobody(house: House) -> None:
    client = house.app.test_client()
    assert client.get("/healthz").get_json() == {"status": "alive"}
    assert client.get("/readyz/web").get_json() == {"ready": True, "problems": []}
    with house.ports.sessions() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0

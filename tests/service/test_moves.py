"""A host that answers from elsewhere: its Urls' episodes end there, begin here, and are routed."""

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from stories import Story

from takedown.hosts.models import Trace
from takedown.outbox.models import Delivery, Notice
from takedown.people.tasks import Task, TaskKind
from takedown.routes.models import UrlRoute


def goes(world: Story, name: str, provider: str, **more: object) -> None:
    world.town.script({"host": name, "provider": provider, **more})


def counted(world: Story, table: type) -> int:
    with world.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_notified_url_that_moves_ends_its_episode_and_begins_the_next(world: Story) -> None:
    goes(world, "wanders.story.test", "northhost")
    url_id = world.located("wanders.story.test")
    world.calibrate()
    world.notify()
    world.clock.by(hours=6)
    goes(world, "wanders.story.test", "eastserve")
    world.stages("check", "locate")
    left, here = world.episodes()
    assert (left.outcome, left.country, left.removed_by) == ("moved", "NL", "moved")
    assert left.notified_at is not None and left.first_down_at == world.clock.now
    assert (here.outcome, here.country, here.ordinal) == ("open", "DE", 2)
    case = world.case(url_id)
    assert (case["trace"]["provider"], case["status"]) == ("Eastserve", "notified")
    with world.session() as session:
        routes = session.scalars(select(UrlRoute).order_by(UrlRoute.id)).all()
        assert [route.country for route in routes] == ["NL", "DE"]
        assert routes[-1].provider_id == here.provider_id
        kinds = session.scalars(select(Task.kind).where(Task.subject_id == url_id)).all()
    assert TaskKind.MOVED in kinds
    english, french = world.told(url_id, "en"), world.told(url_id, "fr")
    assert "episode ended: moved: Northhost" in english
    assert "episode began: Eastserve, host" in english
    assert "Northhost" in french and "Eastserve, hébergeur" in french


def test_a_url_that_moved_since_its_notice_was_approved_is_taken_out_and_noticed_anew(
    world: Story,
) -> None:
    goes(world, "hurries.story.test", "northhost")
    url_id = world.located("hurries.story.test")
    world.calibrate()
    world.approve_all()
    world.clock.by(hours=2)  # the Trace is older than an hour, and no check has seen the move
    goes(world, "hurries.story.test", "eastserve")
    before = len(world.town.ledger())
    world.stages("send")
    assert len(world.town.ledger()) == before, "nothing went to the provider that was left"
    assert [one.outcome for one in world.episodes()] == ["moved", "open"]
    world.notify()
    assert world.town.ledger()[-1]["recipient"] == "abuse@eastserve.example"
    assert world.case(url_id)["status"] == "notified"


def test_another_address_of_the_same_provider_is_no_move(world: Story) -> None:
    goes(world, "shuffles.story.test", "northhost", addresses=["127.20.1.10"])
    url_id = world.located("shuffles.story.test")
    world.calibrate()
    world.notify()
    world.clock.by(hours=6)
    goes(world, "shuffles.story.test", "northhost", addresses=["127.20.1.11"])
    world.stages("check", "locate")
    assert counted(world, Trace) == 2
    assert [one.outcome for one in world.episodes()] == ["open"]
    assert counted(world, UrlRoute) == 1, "what was sent and has not moved keeps its route"
    assert world.case(url_id)["notices"][0]["status"] == "accepted"


def test_a_name_that_fails_just_before_hand_over_has_not_moved(world: Story) -> None:
    goes(world, "stays.story.test", "northhost")
    world.located("stays.story.test")
    world.calibrate()
    world.approve_all()
    goes(world, "stays.story.test", "northhost", dns="servfail")
    world.clock.by(minutes=90)
    world.stages("send")
    assert counted(world, Trace) == 1
    with world.session() as session:
        assert session.scalars(select(Delivery)).one().status == "ready", "it waits for a look"
        assert session.scalars(select(Notice)).one().status == "approved"


def test_a_host_that_answers_nothing_is_looked_up_again_after_half_a_day(world: Story) -> None:
    goes(world, "silent.story.test", "northhost")
    url_id = world.located("silent.story.test")
    world.calibrate()
    since = world.clock.now
    outage = [since.isoformat(), (since + timedelta(days=3)).isoformat()]
    goes(world, "silent.story.test", "northhost", outage=outage, status="refused")
    look(world, url_id, hours=6)
    assert counted(world, Trace) == 1
    look(world, url_id, hours=7)
    assert counted(world, Trace) == 2


def look(world: Story, url_id: uuid.UUID, *, hours: int) -> None:
    world.clock.by(hours=hours)
    world.stages("check", "locate")
    assert world.case(url_id)["verdict"] == "unreachable"

"""Photos: downloaded after the commit, until they are on disk, from nowhere but the platform's media."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.filetypes import PHOTO_BYTES
from bot.media import LEASE
from bot.standin.faults import Fault
from handlers import evidence
from models.files import Photo, PhotoState, claim_photo
from models.people import Role
from tests.files.conftest import OTHER, World
from tests.files.samples import JPG, PDF, PNG, photo

GET = "/cgi-bin/media/get"


def fail(world: World, *faults: Fault) -> None:
    """Let the next downloads fail."""
    for fault in faults:
        world.platform.world.faults.add(GET, fault)


def only(world: World) -> Photo:
    """Return the one photo."""
    with world.bot.db.read() as session:
        return session.scalars(select(Photo)).one()


def asked(world: World) -> list[str]:
    """Return the paths that the bot asked the platform for, without their queries."""
    return [each.path.partition("?")[0] for each in world.platform.exchanges.since(0) if not each.to_bot]


def test_the_handler_fetches_nothing(world: World) -> None:
    """The answer comes before anything is downloaded; the drain then fetches by media id and keeps by SHA-256."""
    world.say("wang", "手册500本")
    answer = world.photo("wang", photo("甲"))
    assert answer.startswith("图片已收到，作为 #1 的佐证")
    assert only(world).state is PhotoState.WAITING
    assert GET not in asked(world)
    world.engine.drain_all()
    row = only(world)
    digest = hashlib.sha256(photo("甲")).hexdigest()
    assert (row.state, row.sha256, row.kind, row.report_id) == (PhotoState.STORED, digest, "png", 1)
    assert (world.files / digest[:2] / digest).read_bytes() == photo("甲")
    assert asked(world).count(GET) == 1
    world.engine.drain_all()
    assert asked(world).count(GET) == 1


def test_the_address_in_a_message_is_never_fetched(world: World) -> None:
    """PicUrl, and links in texts and cards, may name anything: nobody ever asks there."""
    world.say("wang", "手册500本，见 http://127.0.0.1:9/admin 和 http://169.254.169.254/latest/meta-data/")
    world.answer(world.platform.send_link("wang", "作品", f"{world.platform.api_base}user/get?userid=li"))
    world.photo("wang", photo("甲"))
    world.engine.drain_all()
    assert {path for path in asked(world) if path.startswith("/cgi-bin/")} <= {
        "/cgi-bin/gettoken",
        GET,
        "/cgi-bin/message/send",
    }
    assert not [path for path in asked(world) if "/standin/media" in path]


def test_a_strange_media_id_stays_a_parameter(world: World) -> None:
    """A media id is sent as a parameter, whatever it looks like; it never becomes part of the address."""
    xml = (
        f"<xml><ToUserName><![CDATA[{world.platform.world.corp_id}]]></ToUserName>"
        "<FromUserName><![CDATA[wang]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[image]]></MsgType>"
        "<PicUrl><![CDATA[http://127.0.0.1:9/x]]></PicUrl><MediaId><![CDATA[../../user/get?userid=li#&x=1]]></MediaId>"
        f"<MsgId>77</MsgId><AgentID>{world.platform.world.agent_id}</AgentID></xml>"
    )
    world.answer(world.platform.deliver(xml))
    world.engine.drain_all()
    assert "/cgi-bin/user/get" not in asked(world)
    assert only(world).state is PhotoState.FAILED


@pytest.mark.parametrize(
    "fault", [Fault(drop=True), Fault(status=502), Fault(errcode=-1), Fault(errcode=45009), Fault(errcode=60020)]
)
def test_tried_again(world: World, fault: Fault) -> None:
    """What may be better later is tried again after a pause, and nobody is bothered with it."""
    world.say("wang", "手册500本")
    fail(world, fault)
    world.photo("wang", JPG)
    world.engine.drain_all()
    assert only(world).state is PhotoState.WAITING
    world.engine.drain_all()
    assert asked(world).count(GET) == 1
    world.wall.offset += timedelta(seconds=11)
    world.engine.run()
    assert only(world).state is PhotoState.STORED
    assert world.told("wang") == []


def test_pauses_grow(world: World) -> None:
    """The pause doubles with each try up to half an hour."""
    fail(world, *[Fault(status=502)] * 12)
    world.photo("wang", JPG)
    pauses = []
    for _ in range(12):
        world.engine.drain_all()
        pause = only(world).next_try_at - world.wall.now()
        pauses.append(round(pause.total_seconds()))
        world.wall.offset += pause
    assert pauses[:4] == [10, 20, 40, 80]
    assert pauses[-1] == 1800


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PDF, "不是jpg或png图片"),
        (b"<svg onload=alert(1)>", "不是jpg或png图片"),
        (PNG + b"0" * PHOTO_BYTES, "超过10MB"),
    ],
    ids=["pdf", "svg", "big"],
)
def test_refused(world: World, content: bytes, words: str) -> None:
    """What is no photo, or too big, is not kept, and the sender is told once what to do."""
    world.say("wang", "手册500本")
    world.photo("wang", content)
    (text,) = world.told("wang")
    assert words in text
    assert "#1" in text
    assert only(world).state is PhotoState.FAILED
    assert not world.files.exists()
    world.engine.run()
    assert len(world.told("wang")) == 1


def test_gone(world: World) -> None:
    """A photo that the platform does not know any more is given up, and the sender asked to send it again."""
    fail(world, Fault(errcode=40007))
    world.photo("wang", JPG)
    (text,) = world.told("wang")
    assert "请再发一次" in text


def test_given_up_after_three_days(world: World) -> None:
    """The platform keeps a photo for three days; a failure after that is the last."""
    fail(world, Fault(status=502), Fault(status=502))
    world.photo("wang", JPG)
    world.engine.drain_all()
    world.wall.offset += timedelta(days=3)
    (text,) = world.told("wang")
    assert "没能取到" in text


def test_a_process_that_dies_in_between(world: World) -> None:
    """A claim that nobody finished comes back after its lease: the photo is fetched by the next drain."""
    world.photo("wang", JPG)
    with world.bot.db.begin() as session:
        assert claim_photo(session, world.wall.now(), LEASE)
    world.engine.drain_all()
    assert only(world).state is PhotoState.WAITING
    world.wall.offset += LEASE
    world.engine.drain_all()
    assert only(world).state is PhotoState.STORED


def test_a_disk_that_is_full(world: World) -> None:
    """While the disk takes nothing the photo waits; no row says that it is there."""
    world.files.parent.mkdir(parents=True, exist_ok=True)
    world.files.write_text("a file where the folder should be")
    world.photo("wang", JPG)
    world.engine.drain_all()
    assert only(world).state is PhotoState.WAITING
    world.files.unlink()
    world.wall.offset += timedelta(minutes=5)
    world.engine.drain_all()
    assert only(world).state is PhotoState.STORED


def test_repeat_of_the_callback(world: World) -> None:
    """The same MsgId twice is one photo."""
    world.say("wang", "手册500本")
    sent = world.platform.send_image("wang", JPG)
    again = world.platform.deliver(sent.xml)
    assert again.reply == sent.reply
    world.engine.drain_all()
    assert only(world).state is PhotoState.STORED


def test_window(world: World) -> None:
    """The window is real time, counted from the sending of the report; the campaign's clock has no say."""
    world.say("wang", "手册500本")
    world.clock.advance(timedelta(days=2))
    world.wall.offset += timedelta(minutes=29, seconds=50)
    assert "作为 #1 的佐证" in world.photo("wang", photo("甲"))
    world.wall.offset += timedelta(seconds=20)
    assert "先存着" in world.photo("wang", photo("乙"))


def test_someone_elses_report(world: World) -> None:
    """A photo never goes to a colleague's report."""
    world.admit("zhao", "赵敏", "长沙市公安局")
    world.say("wang", "手册500本")
    assert "先存着" in world.photo("zhao", photo("甲"))


def test_undone_report(world: World) -> None:
    """A report that was undone takes no evidence."""
    world.say("wang", "手册500本")
    world.say("wang", "撤销")
    assert "先存着" in world.photo("wang", photo("甲"))


def test_too_many(world: World) -> None:
    """Sixty photos a day are plenty; the next is refused and reporting goes on."""
    world.say("wang", "手册500本")
    for number in range(evidence.MOST_PHOTOS):
        world.photo("wang", photo(str(number)))
    assert "一天最多收60张" in world.photo("wang", photo("more"))
    assert world.say("wang", "横幅2条").startswith("已记录")


def test_same_photo_of_the_same_org_is_no_news(world: World) -> None:
    """Only another org's same photo is told, once for each org, whoever of it sends it."""
    world.admit("li", "李强", "省联席办", Role.ADMIN)
    world.admit("zhou", "周游", OTHER)
    for userid in ("wang", "zhou"):
        world.say(userid, "手册500本")
    for userid in ("wang", "wang", "zhou", "zhou", "wang"):
        world.photo(userid, photo("同一张"))
        world.engine.drain_all()
    assert len(world.told("li")) == 1
    assert len([each for each in world.platform.accepted if each.kind == "image" and "li" in each.shown]) == 1

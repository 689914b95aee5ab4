"""What the jobs write: lists, rankings, briefs, the welcome and the wrap-up, word for word where a person reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select

from models import beats
from models.campaign.definition import Campaign
from models.excuses import Excuse
from models.issues import IssueStatus, RankingIssue
from models.outbox import Notice, Status
from models.people import Identity, Membership, Org, Person, Role
from models.state import calendar_gap
from tests.schedules.world import ADMIN, World, at

Make = Callable[..., World]


def issues(world: World) -> list[RankingIssue]:
    """List the published issues."""
    with world.db.read() as session:
        found = list(session.scalars(select(RankingIssue).order_by(RankingIssue.id)))
        session.expunge_all()
        return found


def test_the_weekly_cycle_of_the_carriers(make_world: Make) -> None:
    """All on the first Tuesday, only the missing on Thursday and Sunday, the list on Monday: who is told what."""
    world = make_world()
    world.through("05-12 09:00")
    world.report("移动:sms=32000000@05-12; 移动:!sms-weekly@05-12")
    world.through("05-14 09:00")
    world.report("电信:sms=1000@05-14")
    world.through("05-17 09:17")
    told = [(o.rule, o.notices) for o in world.occurrences() if o.rule.startswith("sms")]
    assert told == [("sms-monday", 3), ("sms-thursday", 2), ("sms-sunday", 2), ("sms-monday", 3), ("sms-list", 1)]
    assert world.told("sms-list") == [
        (
            "admin",
            "【反诈宣传月】每周防骗提醒短信（5月11日至16日），3家中1家按时完成\n"
            "还没完成1家：湖南联通\n"
            "报了数，没说“已覆盖全部用户”1家：湖南电信\n"
            "最新情况回“未报 短信”。",
        )
    ]


def test_a_list_without_anybody_on_it_says_so(make_world: Make) -> None:
    """All three in time: one line to the admin, so that silence never means a broken bot."""
    world = make_world("05-15 09:00")
    for org in ("移动", "电信", "联通"):
        world.report(f"{org}:sms=1@05-15; {org}:!sms-weekly@05-15")
    world.through("05-17 09:17")
    assert world.told("sms-list") == [("admin", "【反诈宣传月】每周防骗提醒短信（5月11日至16日）：3家都按时完成了。")]


def test_the_follow_rate_is_issued_by_the_clock_itself(make_world: Make) -> None:
    """Text and picture go to the group's robot, the issue is frozen with its number in the same transaction."""
    world = make_world("05-14 08:00")
    world.report("长沙:fans=1000000@05-13; 株洲:fans=500000@05-13")
    world.through("05-14 10:12")
    (issue,) = issues(world)
    (occurrence,) = world.occurrences("follow-rate-weekly")
    assert (issue.number, issue.occurrence_id, issue.published_by_id) == (1, occurrence.id, None)
    assert world.told("follow-rate-weekly") == [
        (
            "robot:office",
            "万人关注率 第1期\n"
            "数据截至2021年5月14日10:12，单位：人/万人\n"
            "1. 株洲市公安局 1,281.2（缺5平台）\n"
            "2. 长沙市公安局 995.2（缺5平台）\n"
            "注：5个平台关注总人数÷常住人口×1万；常住人口为第七次全国人口普查数。四舍五入保留1位小数。",
        ),
        ("robot:office", "[picture]"),
    ]
    picture = world.notices("follow-rate-weekly")[1]
    assert picture.content["table"] == issue.table


def test_the_next_issue_shows_the_movement(make_anywhere: Make) -> None:
    """A week later 长沙 has passed 株洲: numbers and arrows say so."""
    world = make_anywhere("05-14 08:00")
    world.report("长沙:fans=1000000@05-13; 株洲:fans=500000@05-13")
    world.through("05-20 12:00")
    world.report("长沙:fans=2000000@05-20")
    world.through("05-21 10:12")
    text = world.told("follow-rate-weekly")[2][1]
    assert "第2期" in text
    first, second = "1. 长沙市公安局 1,990.5 ▲1 +995.3（缺5平台）", "2. 株洲市公安局 1,281.2 ▼1 持平（缺5平台）"
    assert f"{first}\n{second}" in text


def test_a_ranking_without_data_goes_to_the_admins_only(make_world: Make) -> None:
    """Nobody has reported: no issue number is used, the group hears nothing, the admin is told why."""
    world = make_world("05-14 08:00")
    world.through("05-14 10:12")
    assert issues(world) == []
    assert world.told("follow-rate-weekly") == [
        (
            "admin",
            "【反诈宣传月】万人关注率：本期暂无数据，没有发到群里。各单位报来“抖音关注12.1万”这样的数字后就能排。",
        )
    ]


def test_other_rankings_wait_for_an_admin(make_world: Make) -> None:
    """A ranking that wants approval goes to the admin as a preview that says how to publish it."""
    world = make_world("05-14 12:00")
    world.report("长沙:handbook=1200@05-13")
    world.through("05-14 15:12")
    (waiting,) = issues(world)
    assert (waiting.status, waiting.number) == (IssueStatus.WAITING, None)
    assert world.told("handouts-weekly") == [
        (
            "admin",
            "【反诈宣传月】手册资料发放排名已算好，等审定，还没有发到群里。"
            "要发布，回“发布 手册”；这一期不发，回“不发布 手册”。",
        ),
        (
            "admin",
            "手册资料发放（预览，尚未发布）\n"
            "数据截至2021年5月14日15:12，单位：份\n"
            "1. 长沙市公安局 1,200\n"
            "未报1家：株洲市公安局\n"
            "注：宣传手册与宣传资料合计。",
        ),
        ("admin", "[picture]"),
        *[
            (
                "admin",
                "【反诈宣传月】提示：手册资料发放排名还在等审定，没有发到群里。"
                "要发布，回“发布 手册”；这一期不发，回“不发布 手册”。",
            )
        ]
        * 2,
    ]
    reminders = [notice.not_before for notice in world.notices("handouts-weekly")[3:]]
    assert reminders == [at("05-14 19:12"), at("05-17 09:07")]  # the same evening, and on the next working day


def test_the_welcome_goes_to_everybody_once(make_world: Make) -> None:
    """Each person hears it once, in the name of the org, and needs not answer."""
    world = make_world()
    with world.session() as session:  # a liaison of two orgs
        session.add(Membership(person_id=2, org_id=3, role=Role.LIAISON, since_at=world.clock.now()))
    world.through("05-11 09:03")
    told = dict(world.told("welcome"))
    assert sorted(told) == ["admin", "u2", "u3", "u4", "u5", "u6", "u7"]
    assert told["u2"].startswith("【反诈宣传月】通知\n长沙市公安局：")
    assert told["u2"].endswith("本条不用回复。")


def test_the_morning_brief_says_where_things_stand(make_world: Make) -> None:
    """Reports since the last working day, what is due within a week in full, the rest in a line, what comes next."""
    world = make_world("05-12 20:00")
    world.report("长沙:handbook=5@05-12; 移动:sms=1@05-12; 移动:!sms-weekly@05-12")
    world.through("05-13 08:47")
    assert world.told("morning-brief") == [
        (
            "admin",
            "【反诈宣传月】早报 5月13日（第3天，共21天）\n"
            "5月12日以来收到2家单位3次报送。\n"
            "· 每周防骗提醒短信（5月11日至16日）：1家完成，2家还没有（湖南电信、湖南联通），"
            "5月16日23:59截止（还有3天）\n"
            "· 一周以后到期、还没报齐的：总结6家、发布会3家、投稿2家、采用2家、民警关注2家、民警安装2家\n"
            "接下来：5月13日09:12 每周短信：周四提醒未报的\n"
            "机器人运行正常：5月12日以来发出0条通知；没有积压。",
        )
    ]


def test_the_brief_names_orgs_that_nobody_has_joined(make_world: Make) -> None:
    """An org without a person cannot be reminded: the admin reads its name and how to invite."""
    world = make_world("05-13 08:00")
    with world.session() as session:
        session.get_one(Person, 7).active = False
    world.through("05-13 08:47")
    assert "还没有人绑定，提醒发不到：湖南联通（回“邀请 单位名”取邀请码）" in world.told("morning-brief")[0][1]


def test_the_brief_counts_what_was_sent_and_what_was_not(make_anywhere: Make) -> None:
    """Delivery is told honestly."""
    world = make_anywhere()
    world.through("05-11 09:12")
    with world.session() as session:
        for number, notice in enumerate(session.scalars(select(Notice).order_by(Notice.id))):
            notice.status = Status.FAILED if number < 2 else Status.SENT
            notice.settled_at = at("05-11 09:15")
    world.through("05-12 08:47")
    last = world.told("morning-brief")[-1][1].split("\n")[-1]
    assert last == "机器人运行正常：5月11日以来发出9条通知，2条没发成；没有积压。"


def test_the_brief_is_a_heartbeat(make_world: Make) -> None:
    """Its last line says what waits and how long, which channel is blocked, and what was let go."""
    world = make_world("05-12 09:00")
    world.through("05-13 09:12")
    with world.session() as session:
        beats.note(session, "host:1", world.clock.now(), {"robot:office": "alert (93000)"}, ["robot:office"])
    world.to("05-17 08:47")
    assert world.told("morning-brief")[-1][1].split("\n")[-1] == (
        "机器人在运行，但群“宣传月工作群”发不出去，请技术人员处理：5月14日以来发出0条通知，"
        "4件到了时间没有发，回“状态”看；5条还没发出去，最久的已等4天。"
    )


def test_admins_of_orgs_below_get_their_own_part(make_world: Make) -> None:
    """Who is admin of a city with others under it that owe something reads of these, and nothing of the bot."""
    world = make_world("05-12 09:00")
    with world.session() as session:
        session.get_one(Org, 6).parent_id = 5  # of two carriers one stands under the other
        for number, org in ((50, 5), (60, 6)):
            session.add(Person(id=number, name=f"管{number}", created_at=world.clock.now()))
            session.flush()
            session.add(Identity(person_id=number, channel="wecom_app", user_ref=f"a{number}"))
            session.add(Membership(person_id=number, org_id=org, role=Role.ADMIN, since_at=world.clock.now()))
    world.report("电信:sms=1@05-12; 电信:!sms-weekly@05-12; 长沙:handbook=5@05-12")
    world.through("05-13 08:47")
    (office, whole), (below, part) = world.told("morning-brief")[-2:]
    assert (office, below) == ("admin", "a50")
    assert "收到2家单位3次报送" in whole
    assert part == (
        "【反诈宣传月】早报 湖南移动及下属 5月13日（第3天，共21天）\n"
        "5月12日以来收到1家单位2次报送。\n"
        "· 每周防骗提醒短信（5月11日至16日）：1家完成，1家还没有（湖南移动），5月16日23:59截止（还有3天）\n"
        "· 一周以后到期、还没报齐的：总结2家\n"
        "接下来：5月13日09:12 每周短信：周四提醒未报的"
    )


def test_who_is_excused_is_neither_done_nor_missing(make_world: Make) -> None:
    """The brief counts without an excused org; it is not reminded either."""
    world = make_world("05-12 09:00")
    with world.session() as session:
        session.add(Excuse(org_id=5, duty="sms-weekly", made_at=world.clock.now(), made_by_id=ADMIN))
    world.through("05-13 09:12")
    assert "（5月11日至16日）：0家完成，2家还没有（湖南电信、湖南联通）" in world.told("morning-brief")[-1][1]
    assert [whom for whom, _ in world.told("sms-thursday")] == ["u6", "u7"]


def test_the_brief_says_from_november_on_that_a_year_is_not_published(hunan: Campaign) -> None:
    """A campaign that goes on into a year without a published calendar says so from November on."""
    long = hunan.model_copy(update={"closes_on": date(2027, 2, 1)})
    asked = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 31), date(2027, 1, 4)]
    assert [calendar_gap(long, day) for day in asked] == [None, 2027, 2027, 2027]
    assert calendar_gap(hunan.model_copy(update={"closes_on": date(2026, 12, 31)}), date(2026, 12, 1)) is None


def test_the_wrap_up_tells_how_it_ended(make_anywhere: Make) -> None:
    """By duty and week: on time, late, not done; and what happens until closes_on."""
    world = make_anywhere("05-27 10:00")
    world.report("长沙:!summary@05-27; 长沙:press=1@05-27")
    world.through("05-29 10:00")
    world.report("株洲:!summary@05-29")
    world.through("06-01 08:47")
    text = world.told("wrap-up")[0][1]
    assert text.startswith("【反诈宣传月】收尾小结（5月11日至31日）\n共收到2家单位3次报送。")
    assert "· 宣传月工作总结：按时1家，逾期补上1家，没完成4家（省教育厅、湖南移动、湖南电信、湖南联通）" in text
    assert "· 新闻发布会至少1场：按时1家，没完成2家（省联席办、株洲市公安局）" in text
    assert text.endswith("也不再收数，要补记由省联席办的管理员“代报”。")


def test_a_backup_is_told_only_where_there_is_no_liaison(make_world: Make) -> None:
    """The backup of an org with a liaison stays in peace; without one the backup is told."""
    world = make_world("05-13 08:50")
    with world.session() as session:
        for number, org in ((50, 5), (60, 6)):
            session.add(Person(id=number, name=f"备{number}", created_at=world.clock.now()))
            session.flush()
            session.add(Identity(person_id=number, channel="wecom_app", user_ref=f"b{number}"))
            session.add(
                Membership(person_id=number, org_id=org, role=Role.LIAISON, backup=True, since_at=world.clock.now())
            )
        session.get_one(Person, 6).active = False
    world.through("05-13 09:12")
    assert [whom for whom, _ in world.told("sms-thursday")] == ["u5", "b60", "u7"]


def test_a_liaison_of_two_orgs_reads_which_org_owes_what(make_world: Make) -> None:
    """One message, with the org before each line."""
    world = make_world("05-13 08:50")
    with world.session() as session:
        session.add(Membership(person_id=5, org_id=6, role=Role.LIAISON, since_at=world.clock.now()))
        session.get_one(Person, 6).active = False
    world.through("05-13 09:12")
    assert dict(world.told("sms-thursday"))["u5"] == (
        "【反诈宣传月】提示：有2项还没报齐：\n"
        "1. 湖南移动 每周防骗提醒短信（5月11日至16日），5月16日23:59截止（还有3天）\n"
        "2. 湖南电信 每周防骗提醒短信（5月11日至16日），5月16日23:59截止（还有3天）\n"
        "办了直接回复即可，例如“短信3200万条，已覆盖全部用户”。已报的不用再回。"
    )


def test_a_reminder_opens_with_the_rules_own_words(make_world: Make, hunan: Campaign) -> None:
    """The campaign file may put a sentence before it, with {name}, {org} and {due} filled in."""
    rule = hunan.rules["sms-thursday"].model_copy(update={"text": "{org}好，{name}{due}。"})
    world = make_world("05-13 08:50", hunan.model_copy(update={"rules": {"sms-thursday": rule}}))
    world.through("05-13 09:12")
    text = dict(world.told())["u5"]
    assert text.startswith(
        "【反诈宣传月】提示：湖南移动好，每周防骗提醒短信5月16日23:59截止（还有3天）。\n每周防骗提醒短信（"
    )


def test_every_text_fits_the_platform(make_world: Make) -> None:
    """No text of the whole month reaches 2048 bytes; also not when two hundred cities owe everything."""
    world = make_world()
    with world.session() as session:
        for number in range(200, 400):
            session.add(Org(id=number, name=f"第{number}个很长名字的市州公安局", kind="city", headcount=10, aliases=[]))
            session.flush()
            session.add(Membership(person_id=2, org_id=number, role=Role.LIAISON, since_at=world.clock.now()))
    world.through("06-06 12:00")
    texts = [text for _, text in world.told()]
    assert len(texts) > 100
    assert max(len(text.encode()) for text in texts) <= 2048
    assert any("项，回“我的”看全部" in text for text in texts)


def test_papers_come_as_drafts_to_the_admins(make_world: Make) -> None:
    """On Friday the week's brief, before 28 May the summary, each as one line and a Word file."""
    world = make_world("05-14 09:00")
    world.report("长沙:handbook=5000@05-13")
    world.through("05-14 16:12")
    line, file = world.notices("weekly-paper")
    assert line.content["text"].startswith("【反诈宣传月】周报已按台账写好")
    assert (file.content["name"], file.content["params"]["title"]) == ("反诈宣传月周报-0514.docx", "反诈宣传月工作周报")
    world.through("05-27 16:12")
    assert world.notices("closing-paper")[1].content["params"]["blocks"][0][1].startswith("按照打击治理")

"""The table of the ladder: who is told of something overdue on which day, and why before his day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from models.audience import Audience
from models.campaign.definition import Campaign, Ladder, LadderStep
from models.campaign.loader import HUNAN, parse
from models.campaign.periods import Period
from models.duties import DutyState, OrgState, Standing
from models.errors import ConfigError
from models.messages import About, Text
from models.people import Contact, Role
from models.reminder_words import ADMINS, SUPERIOR
from models.reminding import Ask, about, told, write
from schedules import ladder
from tests.rules.test_rule_tables import numbered, rows
from tests.schedules.world import at

ORGS = {"办": 1, "市": 2, "区": 3, "厅": 4, "乡": 5}
PARENTS = {1: None, 2: 1, 3: 2, 4: 1, 5: 3}
KINDS = {"联": (Role.LIAISON, False), "候": (Role.LIAISON, True), "管": (Role.ADMIN, False), "看": (Role.VIEWER, False)}
STEPS = {"联": "liaison", "候": "backup", "上": "superior", "管": "admins"}
LADDER = rows("ladder.tsv", 7)


def people(words: str) -> Audience:
    """Read "区联 区候 -市联": who is reachable; - before whom is on leave."""
    found, away = [], []
    for number, word in enumerate(words.split(), 1):
        name = word.lstrip("-")
        away += [number] if name != word else []
        role, backup = KINDS[name[1]]
        found.append(Contact(ORGS[name[0]], number, name, role, backup, "wecom_app", f"u{number}"))
    return Audience(found, 1, PARENTS, away)


def with_steps(hunan: Campaign, words: str) -> Campaign:
    """Read "1联 2候 3上 4管"; - for no ladder."""
    steps = tuple(
        LadderStep.model_validate({"after": int(word[:-1]), "to": STEPS[word[-1]]})
        for word in words.replace("-", "").split()
    )
    return hunan.model_copy(update={"ladder": Ladder(steps=steps)})


def overdue(hunan: Campaign, org: str, due: str) -> DutyState:
    """Return the summary of one org, overdue since a moment."""
    number = ORGS[org]
    state = OrgState(number, org, "county", PARENTS[number])
    period = Period("all", 0, hunan.first_day, hunan.last_day)
    duty = hunan.duties["summary"]
    return DutyState(
        state,
        "summary",
        duty,
        period,
        Standing.OVERDUE,
        at(due),
        Decimal(0),
        Decimal(1),
        pledge_missing=False,
        met_at=None,
    )


@pytest.mark.parametrize("row", LADDER, ids=numbered(LADDER))
def test_what_is_overdue_goes_up_as_the_table_says(hunan: Campaign, row: list[str]) -> None:
    """On each day exactly those are told whom the table names, with the reason why before their day."""
    why, steps, who, due, moment, before, expected = row
    audience = people(who)
    org, _, due = due.rpartition(" ") if due[0] in ORGS else ("区", "", due)
    state = overdue(hunan, org or "区", due.replace("T", " "))
    above, told_at = {"上": SUPERIOR, "管": ADMINS}, state.due_at + timedelta(minutes=1)
    known = None if before == "?" else {(about(state), above[word]): told_at for word in before.strip("-")}
    found = ladder.Ladder(with_steps(hunan, steps), audience).now(state, at(moment), known)
    words = {step: word for word, step in STEPS.items()}
    lines = [
        f"{words[rung.to]}:{'+'.join(contact.name for contact in told(audience, state.org.id, rung.to))}"
        + (f"({rung.cause})" if rung.cause else "")
        for rung in found
    ]
    assert (" ".join(lines) or "-") == expected, why


def test_an_undisturbed_run_tells_each_step_once(hunan: Campaign) -> None:
    """Day by day, with and without the memory of what was told, the same go out: the rehearsal shows what will be."""
    for who in (
        "区联 区候 市联 办管",
        "区联 市联 办管",
        "市联 办管",
        "-区联 市联 办管",
        "区联 办管",
        "办管",
        "区联 区候",
    ):
        climbing = ladder.Ladder(with_steps(hunan, "1联 2候 3上 4管"), people(who))
        state = overdue(hunan, "区", "05-20 18:00")
        known: dict[tuple[About, str], datetime] = {}
        for day in range(21, 29):
            if day in (22, 23):
                continue
            moment = at(f"05-{day} 09:12")
            plain = climbing.now(state, moment)
            remembered = climbing.now(state, moment, known)
            assert plain == remembered, (who, day)
            known |= {(about(state), rung.to): moment for rung in remembered if rung.to in (SUPERIOR, ADMINS)}


def test_a_deadline_that_was_moved_starts_the_ladder_again(hunan: Campaign) -> None:
    """What was told of the first deadline does not count for the new one."""
    climbing = ladder.Ladder(with_steps(hunan, "1联 2候 3上 4管"), people("区联 区候 市联 办管"))
    told_then = {(about(overdue(hunan, "区", "05-20 18:00")), SUPERIOR): at("05-25 09:12")}
    moved = overdue(hunan, "区", "05-28 18:00")
    steps = [[rung.to for rung in climbing.now(moved, at(f"{day} 09:12"), told_then)] for day in ("05-31", "06-02")]
    assert steps == [["liaison"], ["liaison", "backup", "superior"]]


def texts(hunan: Campaign, who: str, asks: list[tuple[str, str, str]], moment: str = "06-02 09:12") -> dict[str, str]:
    """Return by account what people read. asks: org, step, cause."""
    audience = people(who)
    every = [Ask("r", None, overdue(hunan, org, "05-28 18:00"), rung, cause) for org, rung, cause in asks]
    drafts = write(hunan, every, audience, at(moment))
    assert len({draft.recipient.person_id for draft in drafts}) == len(drafts)
    return {f"{draft.recipient.user_ref}": draft.content.text for draft in drafts if isinstance(draft.content, Text)}


def test_each_step_has_words_of_its_own(hunan: Campaign) -> None:
    """催办 to the liaison, 请协助 to the backup, 请督促 to the superior, a list to the admins."""
    steps = [("区", "liaison", ""), ("区", "backup", ""), ("区", "superior", ""), ("区", "admins", "")]
    assert texts(hunan, "区联 区候 市联 办管", steps) == {
        "u1": "【反诈宣传月】催办：宣传月工作总结还没报，5月28日18:00已截止，方便时请补上。\n"
        "交了回一句“总结已报送”就行。已报的不用再回。",
        "u2": "【反诈宣传月】请协助：区的宣传月工作总结，5月28日18:00已截止，联络员还没报，方便时请您帮忙补上。\n"
        "交了回一句“总结已报送”就行。已报的不用再回。",
        "u3": "【反诈宣传月】请督促：1家下属单位逾期还没报\n· 宣传月工作总结（5月28日18:00已截止）：区\n"
        "方便时请提醒他们直接报送。最新名单回“未报 总结”。本条不用回复。",
        "u4": "【反诈宣传月】转办名单：1家单位逾期还没报\n· 宣传月工作总结（5月28日18:00已截止）：区\n"
        "催办情况回“未报 总结”。本条不用回复。",
    }


def test_a_superior_gets_one_message_also_with_duties_of_his_own(hunan: Campaign) -> None:
    """What the city owes itself and what its counties owe stand in one message, its own first."""
    steps = [("区", "superior", "nobody"), ("市", "liaison", ""), ("厅", "admins", "no-backup")]
    found = texts(hunan, "市联", steps)
    assert found == {
        "u1": "【反诈宣传月】催办：宣传月工作总结还没报，5月28日18:00已截止，方便时请补上。\n"
        "交了回一句“总结已报送”就行。已报的不用再回。\n"
        "另请督促：1家下属单位逾期还没报\n· 宣传月工作总结（5月28日18:00已截止）：区\n"
        "区还没有人登记，没法直接提醒。\n"
        "方便时请提醒他们直接报送。最新名单回“未报 总结”。"
    }


def test_who_stands_on_two_steps_is_asked_on_the_lower_one(hunan: Campaign) -> None:
    """The only liaison, marked as backup, reads 催办 once."""
    assert list(texts(hunan, "区候", [("区", "liaison", ""), ("区", "backup", "")])) == ["u1"]


def test_a_list_of_thousands_fits_one_message(hunan: Campaign) -> None:
    """With 2,000 orgs the admins' list names a dozen and counts the rest."""
    audience = people("办管")
    one = overdue(hunan, "区", "05-28 18:00")
    every = [
        replace(one, org=replace(one.org, id=number, name=f"第{number}号很长名字的公安分局")) for number in range(2000)
    ]
    (draft,) = write(hunan, [Ask("r", None, state, ADMINS, "nobody") for state in every], audience, at("06-02 09:12"))
    assert isinstance(draft.content, Text)
    assert len(draft.content.text.encode()) <= 2048
    assert "2000家" in draft.content.text
    assert draft.expires_at == at("06-02 09:12") + timedelta(hours=12)


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ('[{ after = 1, to = "backup" }]', 'begins with "backup"'),
        ('[{ after = 1, to = "liaison" }, { after = 1, to = "backup" }]', "has the days 1, 1"),
        ('[{ after = 1, to = "liaison" }, { after = 2, to = "admins" }, { after = 3, to = "backup" }]', "upwards"),
        ('[{ after = 0, to = "liaison" }]', "ladder.steps"),
        ('[{ after = 1, to = "boss" }]', "ladder.steps"),
    ],
)
def test_a_ladder_that_does_not_lead_upwards_is_refused(steps: str, problem: str) -> None:
    """The file is refused with the place and with what to write."""
    text = HUNAN.read_text(encoding="utf-8")
    start = text.index("steps = [")
    end = text.index("]\n", start) + 1
    with pytest.raises(ConfigError) as caught:
        parse(text[:start] + f"steps = {steps}" + text[end:], "x.toml")
    assert problem in str(caught.value)

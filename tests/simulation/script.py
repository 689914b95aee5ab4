"""What people say in the simulated month: always the same, so that two runs can be compared.

Some report before a reminder fires (it leaves them out), some while it waits for the morning (it is cancelled, or says
less), some after the deadline. Between two lines of one minute nothing else happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.schedules.world import at

CODE = "{code}"  # stands for the one-time code of the last answer to this person


@dataclass(frozen=True)
class Said:
    """One line of one person."""

    at: datetime
    userid: str
    text: str


def _month(*lines: tuple[str, str, str]) -> tuple[Said, ...]:
    return tuple(Said(at(moment), userid, text) for moment, userid, text in lines)


MONTH = _month(
    ("05-11 10:05", "zhangsan_cs", "今天发放手册3000余册，悬挂横幅20条，进社区5场"),
    ("05-12 22:14", "lijianguo", "催报 短信"),  # at night: what it writes waits for the morning
    ("05-12 22:16", "lijianguo", f"确认 {CODE}"),
    ("05-13 07:35", "liangyan_yd", "短信3200万条，已覆盖全部用户"),  # while the chase waits
    ("05-13 17:41", "zhangsan_cs", "抖音粉丝12.1万，快手关注3万"),
    ("05-13 17:52", "liuyang_zz", "抖音粉丝5.2万"),
    ("05-14 16:08", "wangfang_xt", "手册800册，宣传资料2000份"),
    ("05-16 20:17", "guoliang_dx", "短信1900万条，已覆盖全部用户"),
    ("05-17 10:44", "songjia_lt", "短信2100万条，已覆盖全部用户"),
    ("05-20 11:31", "zhangsan_cs", "新闻发布会1场"),
    ("05-20 16:18", "zhangsan_cs", "更正 手册 3200"),
    ("05-21 09:48", "chenchen_hy", "总结已报送"),
    ("05-24 19:20", "liuyang_zz", "投稿2条，采用1条"),
    ("05-25 14:24", "zhangsan_cs", "总结已报送"),
    ("05-26 21:47", "lijianguo", "催报 总结"),
    ("05-26 21:49", "lijianguo", f"确认 {CODE}"),
    ("05-27 07:22", "huangli_yy", "总结已报送"),
    ("05-28 09:33", "liuyang_zz", "抖音粉丝6.4万"),
    ("05-31 10:39", "zhaoyong_cd", "新闻发布会1场，投稿1条"),
    ("06-01 11:21", "zhaoyong_cd", "总结已报送"),  # late
)

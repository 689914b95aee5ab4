"""How long reading takes, beside cn2an converting just the numerals of the same text. `make bench` runs it.

Medians on one core after a warm-up. Our column is the whole reading (normalise, tokens, binding, verdict, steps);
cn2an's only turns
the numerals, already cut out, into numbers. The reader compiles its patterns and builds its automaton once, at the
start.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import cn2an

from bot.render.png import table_png
from handlers.names import OrgNames
from handlers.reading.numerals import scan
from handlers.reading.reader import Reader
from models.campaign import loader
from tests.render.tables import counties, table

SHORT = "今天发手册一百二十本，挂横幅八条，入户走访六十户。"  # 25 characters
BULLETIN = (
    "为切实提升辖区群众防骗意识，5月13日，石桥派出所联合镇平安办、农商行在集镇开展反诈宣传活动1场，悬挂横幅5条，摆放展板十二块，"
    "发放宣传手册四百六十余本、宣传折页1800余份，解答群众咨询七十余人次，现场指导安装国家反诈中心APP二百一十人。"
    "截至目前，全镇累计走访企业36家、入户走访四千三百户，举办讲座二十六场，覆盖师生9600余人，发送提醒短信3.2万条，"
    "利用大喇叭播放防骗提示三百六十次，电子屏58块滚动播放反诈标语，成功劝阻9起，避免群众损失四十六万余元，其中最高一起18.6万元。"
)
HOSTILE = {
    "一 x 10,000": "一" * 10_000,
    "( x 10,000": "(" * 10_000,
    "手册1， x 2,500": "手册1，" * 2_500,
    "1\\t x 5,000": "1\t" * 5_000,
}


def median(work: Callable[[], object], times: int = 400) -> float:
    """Return the median time of one call in microseconds."""
    for _ in range(20):
        work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e6


def numerals(text: str) -> list[str]:
    """Return the numerals of a text that cn2an accepts."""
    accepted = []
    for numeral in scan(text):
        written = text[numeral.start : numeral.end].rstrip("余多来几")
        try:
            cn2an.cn2an(written, "smart")
        except (ValueError, KeyError):
            continue
        accepted.append(written)
    return accepted


def main() -> None:
    """Print the table."""
    start = time.perf_counter()
    reader = Reader(loader.load(loader.HUNAN))
    print(f"building the reader: {(time.perf_counter() - start) * 1e3:.0f} ms\n")
    print(f"{'text':24}{'reader':>12}{'cn2an':>12}   (median, microseconds)")
    for name, text in (("25 characters", SHORT), (f"{len(BULLETIN)} characters", BULLETIN)):
        cut = numerals(text)
        ours = median(lambda text=text: reader.read(text))  # type: ignore[misc]  # bound in the loop
        theirs = median(lambda cut=cut: [cn2an.cn2an(each, "smart") for each in cut])  # type: ignore[misc]  # bound in the loop
        print(f"{name:24}{ours:12.0f}{theirs:12.0f}   {len(cut)} numerals")
    print()
    for name, text in HOSTILE.items():
        start = time.perf_counter()
        reader.read(text)
        print(f"{name:24}{(time.perf_counter() - start) * 1e3:9.1f} ms")


def other_parts() -> None:
    """Print what else people wait for: the picture of a ranking, a name among 30,000 orgs."""
    drawn = table(counties(14))
    index = OrgNames([(key, f"第{key}社区居委会", [f"{key}号"]) for key in range(30_000)])
    picture = median(lambda: table_png(drawn), 3)
    name = median(lambda: index.find("第29999", lambda _: True, loose=True), 20)
    print(f"\n{'a picture of 14 rows':24}{picture / 1e3:9.1f} ms\n{'a name of 30,000':24}{name / 1e3:9.1f} ms")


if __name__ == "__main__":
    main()
    other_parts()

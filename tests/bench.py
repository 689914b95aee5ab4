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
from xml.etree import ElementTree

import cn2an

from bot.render.png import font_file, pages, rasterise, table_png
from bot.render.svg import Sheet
from bot.render.words import CHINA
from handlers.names import OrgNames
from handlers.reading.numerals import scan
from handlers.reading.reader import Reader
from models.campaign import loader
from models.messages import Table
from tests.render.charts import MATRICES, TRENDS
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
    "是1 x 5,000": "是1" * 5_000,
    "1、 x 5,000": "1、" * 5_000,
}


def median(work: Callable[[], object], times: int = 400, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median time of one call in microseconds."""
    for _ in range(min(times, 20)):
        work()
    taken = []
    for _ in range(times):
        start = clock()
        work()
        taken.append(clock() - start)
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
    print("hostile texts, milliseconds of one core (median of 9)")
    for name, text in HOSTILE.items():
        taken = []
        for _ in range(9):
            start = time.thread_time()
            reader.read(text)
            taken.append(time.thread_time() - start)
        print(f"{name:24}{statistics.median(taken) * 1e3:9.1f}")


def pictures() -> None:
    """Print what a page of each picture takes, beside an empty sheet of the same size through the same rasteriser."""
    print(f"\n{'a page, ms of one core':24}{'drawn':>9}{'empty':>9}{'bytes':>12}")
    tables: dict[str, Table] = {
        "ranking of 14": table(counties(14)),
        "ranking of 20": table(counties(20)),
        "matrix of 14": MATRICES["14"],
        "matrix of 30": MATRICES["30"],
        "trend of a month": TRENDS["full-month"],
    }
    for name, drawn in tables.items():
        (page,) = pages(drawn, CHINA)
        empty = Sheet(1080).done(int(ElementTree.fromstring(page).attrib["height"]))
        whole = median(lambda drawn=drawn: table_png(drawn), 5, time.process_time)  # type: ignore[misc]  # bound in the loop
        sheet = median(lambda empty=empty: rasterise(empty, font_file()), 5, time.process_time)  # type: ignore[misc]  # bound in the loop
        print(f"{name:24}{whole / 1e3:9.0f}{sheet / 1e3:9.0f}{len(table_png(drawn)[0]):12,}")


def other_parts() -> None:
    """Print what else people wait for: a name among 30,000 orgs."""
    index = OrgNames([(key, f"第{key}社区居委会", [f"{key}号"]) for key in range(30_000)])
    name = median(lambda: index.find("第29999", lambda _: True, loose=True), 20)
    print(f"\n{'a name of 30,000':24}{name / 1e3:9.1f} ms")


if __name__ == "__main__":
    main()
    pictures()
    other_parts()

"""Measure words: which say the same, which may count anything, and which are seen only so that they are not taken for
another.

General Chinese; what an indicator accepts stands in the campaign file. Called by lexicon.py, binding.py and tables.py.
"""

from __future__ import annotations

from decimal import Decimal

from handlers.reading.numerals import BIG


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# May count anything: they name no thing by themselves, so the noun must stand close.
GENERIC = frozenset(_words("个 次 处 家 人 名 位 人次 项 种 类 批"))
# How often something was done: the noun may stand far off.
FREQUENCY = frozenset(_words("次 遍 回 趟 场次 期 人次"))
PERSONS = frozenset(_words("人 名 位 人次 余人 个人 号人"))
BOXES = frozenset(
    _words("箱 包 捆 盒 套 袋 沓 摞 批 车 大箱 小箱 大包 大捆 大袋 大盒 整箱 大摞 大沓 大车 整车 整包 整袋 整捆")
)  # of unknown size
# Pieces of a thing that was given away or set up, though no indicator counts in them: 书签80枚
PIECES = frozenset(_words("枚 支 把 顶 件 只 盏 瓶 桶 双 副 盆 箱 包 盒 套 袋 根 盘 卷 粒 提 捆 串 扇 筒 捧 束 间"))
# Money, time, length: of whatever, but never how many of a thing
NO_COUNT = frozenset(
    _words(
        "元 块钱 元钱 万元 亿元 美元 米 公里 厘米 平方米 平米 吨 斤 公斤 岁 天 周 年 月 小时 个小时 分钟 秒 秒钟 个月"
    )
)
# Stand behind a number in the name of a place: 一村, 3组
PLACES = frozenset(_words("村 组 队 班 校 厂 店 区"))
# Hold the noun that they count: 上了三节课
WITH_NOUN = frozenset(_words("节课 堂课 课"))
# Words before a bare number that say its measure: 人数：450
LABELS = {f"{word}数": word for word in _words("人 户 份 张 次 场 条 起 册 本 块 篇 家 个 台")}
LABELS |= {"场次": "场", "人次": "人次"}

# Other ways to say a measure that an indicator accepts.
_ALIASES = {
    "场": _words("场次"),
    "人": _words("人次 名 位 余人 个人 号人"),
    "户": _words("户次 户人家"),
    "家": _words("家次"),
    "台": _words("台次"),
    "条": _words("条次 条儿"),
    "篇": _words("篇次"),
    "次": _words("次数 趟 回"),
    "元": _words("块钱 元钱 块"),
    "份": _words("人份 份儿 分"),
    "节": _words("节课 课"),
    "堂": _words("堂课"),
    "期": _words("期班"),
    "起": _words("起案"),
    "处": _words("处次"),
}
# Typed by sound and not turned into characters: 320ren
_LATIN = {
    "人": "REN",
    "个": "GE",
    "条": "TIAO",
    "份": "FEN",
    "次": "CI",
    "户": "HU",
    "本": "BEN",
    "张": "ZHANG",
    "场": "CHANG",
}
_LATIN |= {"块": "KUAI"}

# Further classifiers, so that 5辆 is seen as five of something else.
OTHER = _words(
    """笔 单 枚 辆 座 所 间 栋 幢 层 岁 天 周 年 月 日 号 小时 个小时 分钟 分 秒 秒钟 点 点钟 时 公里 米 平方米 平米
    厘米 吨 斤 公斤 箱 包 捆 盒 套 袋 沓 摞 打 支 把 顶 件 只 头 匹 艘 架 门 项 种 类 批 波 组 队 班 代 例 宗 桩 级 届
    版
    章 款 倍 成 折 度 家 户 人 名 位 个 台 部 条 张 份 册 本 页 封 块 面 幅 处 次 遍 场 期 堂 节 起 篇 集 站 路 层楼
    楼 室
    元 美元 个月 季度 周岁 % 份钱 期次 个班 课时 学时 杯 桌 首 曲 段 句 字 帧 行 列 轮 圈 村 镇 乡 县 市 区 校 厂 店
    队次
    大箱 小箱 大包 大捆 大袋 大盒 整箱 大摞 大沓 大车 整车 整包 整袋 整捆
    趟 回 席 株 棵 车 车次 辆次 盏 瓶 桶 双 副 盆 根 盘 卷 粒 束"""
)


def accepted(measures: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return every way to write an indicator's measures -> factor to its base measure.

    Keys that only hold a multiplier (万) are left out: numerals.py reads those as part of the number.
    """
    known = {word: factor for word, factor in measures.items() if word[0] not in BIG}
    for word, factor in list(known.items()):
        for alias in (*_ALIASES.get(word, ()), *filter(None, [_LATIN.get(word)])):
            known.setdefault(alias, factor)
    if "人次" in known:
        known.setdefault("人", known["人次"])
    return known

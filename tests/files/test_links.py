"""Links in canonical form: a table of what people paste, and that the form is stable."""

from __future__ import annotations

import pytest

from models.links import LONGEST, MOST, blanked, canonical, find_links, same

CANONICAL = [
    ("https://v.douyin.com/abc/", "https://v.douyin.com/abc/"),
    ("HTTP://V.Douyin.COM/iRNBho5/?utm_source=x", "https://v.douyin.com/iRNBho5/"),
    ("v.douyin.com/abc", "https://v.douyin.com/abc/"),
    ("https://www.douyin.com/video/7123?previous_page=app_code_link", "https://www.douyin.com/video/7123"),
    ("https://www.iesdouyin.com/share/video/7123/?region=CN&mid=1&u_code=2", "https://www.douyin.com/video/7123"),
    ("https://www.douyin.com/discover?modal_id=7123", "https://www.douyin.com/video/7123"),
    ("https://v.kuaishou.com/3xAbC", "https://v.kuaishou.com/3xAbC"),
    ("https://www.kuaishou.com/short-video/3xq?authorId=9", "https://www.kuaishou.com/short-video/3xq"),
    ("https://weixin.qq.com/sph/A5bC", "https://weixin.qq.com/sph/A5bC"),
    ("http://mp.weixin.qq.com/s/AbC?chksm=1#rd", "https://mp.weixin.qq.com/s/AbC"),
    (
        "https://mp.weixin.qq.com/s?__biz=MzA==&mid=22&idx=1&sn=ab&chksm=99&scene=21#wechat_redirect",
        "https://mp.weixin.qq.com/s?__biz=MzA%3D%3D&idx=1&mid=22&sn=ab",
    ),
    ("https://m.weibo.cn/status/4637?sourceType=weixin", "https://m.weibo.cn/status/4637"),
    ("https://weibo.com/1618051664/KeJx?from=page", "https://weibo.com/1618051664/KeJx"),
    ("https://b23.tv/abc?share_medium=android", "https://b23.tv/abc"),
    ("https://m.bilibili.com/video/BV1xx?share_source=qq", "https://www.bilibili.com/video/BV1xx"),
    ("http://Example.com:80/a//b?b=2&a=1&utm_medium=x#top", "http://example.com/a//b?a=1&b=2"),
    ("http://example.com:8080", "http://example.com:8080/"),
    ("https://example.com/#/news/12", "https://example.com/#/news/12"),
    ("https://user:pass@example.com/x", "https://example.com/x"),
    ("https://example.com/%E6%B9%96%e5%8d%97", "https://example.com/%E6%B9%96%E5%8D%97"),
    ("https://example.com/a?cid=12&key=3", "https://example.com/a?cid=12&key=3"),
]


@pytest.mark.parametrize(("written", "form"), CANONICAL, ids=[written[:40] for written, _ in CANONICAL])
def test_canonical(written: str, form: str) -> None:
    """Scheme and host are lowered, what says how it was passed on is gone, what says what it shows stays."""
    assert canonical(written) == form
    assert canonical(form) == form


@pytest.mark.parametrize(
    "written",
    ["", "abc", "ftp://a.b/c", "javascript:alert(1)", "https://", "https://a b", "https://[::1", "https://x:99999/"],
)
def test_no_link(written: str) -> None:
    """What is no web address has no canonical form."""
    assert canonical(written) == ""


FOUND = [
    ("短视频2条 https://v.douyin.com/abc/", ["https://v.douyin.com/abc/"]),
    ("短视频2条https://v.douyin.com/abc/，手册300册", ["https://v.douyin.com/abc/"]),
    ("（https://v.douyin.com/abc）。", ["https://v.douyin.com/abc/"]),
    ("见 v.douyin.com/abc 和 https://b23.tv/x。", ["https://v.douyin.com/abc/", "https://b23.tv/x"]),
    ("https://v.douyin.com/a https://v.douyin.com/a/?x=1", ["https://v.douyin.com/a/"]),
    ("7.53 复制打开抖音，看看【反诈】 https://v.douyin.com/iRN/ 09/12 Njc:/ a@B.cD", ["https://v.douyin.com/iRN/"]),
    ("🎬https://v.douyin.com/a🎬", ["https://v.douyin.com/a/"]),
    ("<https://a.cn/x?q=1>", ["https://a.cn/x?q=1"]),
    ("手册3.5万册", []),
    ("mail@v.douyin.com/x", []),
]


@pytest.mark.parametrize(("text", "urls"), FOUND, ids=[str(number) for number in range(len(FOUND))])
def test_find_links(text: str, urls: list[str]) -> None:
    """Links are found where people put them, each once, without the marks around them."""
    found = find_links(text)
    assert [link.url for link in found] == urls
    assert all(text[link.start :].startswith(link.as_written) for link in found)


def test_limits() -> None:
    """A message full of links keeps twenty; one that is endless is left out; time stays linear."""
    assert len(find_links(" ".join(f"https://a.cn/{n}" for n in range(100)))) == MOST
    assert find_links("https://a.cn/" + "x" * LONGEST) == []
    assert find_links("https://" * 20_000 + "a") == []
    assert len(blanked("https://a.cn/" + "?" * 20_000)) == len("https://a.cn/") + 20_000


def test_blanked() -> None:
    """Blanking keeps every other character where it was."""
    text = "短视频1条 https://v.douyin.com/abc/?x=9 手册300册"
    assert len(blanked(text)) == len(text)
    assert blanked(text).index("手册300册") == text.index("手册300册")
    assert "?" not in blanked(text)


@pytest.mark.parametrize(
    "text",
    [
        "7.53 复制打开抖音，看看【反诈】 https://v.douyin.com/iRN/ 09/12 Njc:/ a@B.cD",
        "8.92 yTR:/ 复制打开抖音，看看 https://v.douyin.com/iRN/",
        "https://v.kuaishou.com/x 反诈 该作品在快手被播放过 1.2万次，点击链接，打开【快手】直接观看！",
    ],
)
def test_words_of_an_app(text: str) -> None:
    """The numbers that an app writes around a shared link are gone, those of people stay."""
    assert not any(char.isdigit() for char in blanked(text))
    assert "手册300册" in blanked(f"手册300册 {text}")


def test_same() -> None:
    """http and https, with www or without, are one thing."""
    assert same(canonical("http://www.a.cn/x/")) == same(canonical("https://a.cn/x"))

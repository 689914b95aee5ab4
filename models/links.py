"""Links in reports: found in a text, written in one canonical form, never fetched. Pure.

Two people who copy the address of one video get different texts: other tracking parameters, other hosts of the same
platform. The canonical form is what they have in common. The short forms that a platform's app hands out cannot be
resolved without fetching, so a short and a long form of one video stay two links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

MOST = 20  # links kept of one message
LONGEST = 500  # characters of a link that is kept

_STOP = r"\s<>\"'`|\\^{}\[\]\u2000-\u206f\u2600-\u27bf\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\U00010000-\U0010ffff"
_WITH_SCHEME = re.compile(rf"https?://[^{_STOP}]{{3,}}", re.IGNORECASE)
_BARE = re.compile(
    rf"(?<![\w@./-])(?:v\.douyin\.com|www\.douyin\.com|v\.kuaishou\.com|www\.kuaishou\.com|b23\.tv|t\.cn|weibo\.com"
    rf"|weixin\.qq\.com/sph|mp\.weixin\.qq\.com|xhslink\.com)/[^{_STOP}]+",
    re.IGNORECASE,
)
_SHARED = re.compile(  # 7.53 复制打开抖音; 09/12 Njc:/ a@B.cD; 该作品在快手被播放过 1.2万次
    r"\b\d{1,2}\.\d{2}\s+(?:\S{1,20}\s+){0,2}复制打开|\b\d\d/\d\d\s+\w{1,9}:/\s*(?:\S+@\S+)?"
    r"|该作品在快手被播放过[\s\d.万亿,]{1,12}次",
    re.ASCII,
)
_TRAILING = ".,;:!?)&*~'"
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")

_TRACKING = re.compile(  # parameters that say how a link was passed on, not what it shows; no name that may be an id
    r"^(utm_.*|spm.*|share_.*|sharer_.*|wxshare.*|nsukey|isappinstalled|from|timestamp|fbclid|gclid|vd_source|chksm|"
    r"tdsourcetag|xsec_.*|tt_from|utm|unique_k|buvid|pass_ticket|exportkey)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """One link of a text."""

    url: str  # canonical
    as_written: str
    start: int  # index in the text


@dataclass(frozen=True, slots=True)
class _Platform:
    """How a platform writes the address of one thing: patterns of host and path, and the one form that we keep."""

    hosts: re.Pattern[str]
    path: re.Pattern[str]
    form: str


def _platform(hosts: str, path: str, form: str) -> _Platform:
    return _Platform(re.compile(hosts), re.compile(path, re.ASCII), form)


_PLATFORMS = (
    _platform(r"v\.douyin\.com|v\.iesdouyin\.com", r"/([\w-]+)", "https://v.douyin.com/{0}/"),
    _platform(
        r"(?:www\.|m\.)?(?:ies)?douyin\.com",
        r"/(?:share/)?(?:video|note|slides)/(\d+)",
        "https://www.douyin.com/video/{0}",
    ),
    _platform(r"v\.kuaishou\.com|v\.kuaishouapp\.com", r"/([\w-]+)", "https://v.kuaishou.com/{0}"),
    _platform(
        r"(?:www\.|m\.|live\.|v\.m\.)?(?:kuaishou|gifshow|chenzhongtech)\.com",
        r"/(?:fw/)?(?:short-video|photo|long-video)/([\w-]+)",
        "https://www.kuaishou.com/short-video/{0}",
    ),
    _platform(r"weixin\.qq\.com", r"/sph/([\w-]+)", "https://weixin.qq.com/sph/{0}"),
    _platform(r"mp\.weixin\.qq\.com", r"/s/([\w-]+)", "https://mp.weixin.qq.com/s/{0}"),
    _platform(r"m\.weibo\.cn", r"/(?:status|detail)/(\w+)", "https://m.weibo.cn/status/{0}"),
    _platform(r"(?:www\.)?weibo\.com", r"/tv/show/(\d+:\d+)", "https://weibo.com/tv/show/{0}"),
    _platform(r"(?:www\.)?weibo\.com", r"/(\d+)/(\w+)", "https://weibo.com/{0}/{1}"),
    _platform(r"t\.cn", r"/(\w+)", "https://t.cn/{0}"),
    _platform(r"b23\.tv", r"/(\w+)", "https://b23.tv/{0}"),
    _platform(r"(?:www\.|m\.)?bilibili\.com", r"/video/(\w+)", "https://www.bilibili.com/video/{0}"),
    _platform(r"xhslink\.com", r"/((?:[a-z]/)?[\w-]+)", "https://xhslink.com/{0}"),
    _platform(
        r"(?:www\.)?xiaohongshu\.com", r"/(?:explore|discovery/item)/(\w+)", "https://www.xiaohongshu.com/explore/{0}"
    ),
    _platform(r"(?:www\.|m\.)?ixigua\.com", r"/(?:i|group/)?(\d+)", "https://www.ixigua.com/{0}"),
    _platform(
        r"(?:www\.|m\.)?toutiao\.com", r"/(?:video/|article/|w/|i|group/|a)(\d+)", "https://www.toutiao.com/article/{0}"
    ),
)
_IN_QUERY: Mapping[str, tuple[str, str]] = {  # host -> parameter that names the thing, the one form that we keep
    "www.douyin.com": ("modal_id", "https://www.douyin.com/video/{}"),
    "douyin.com": ("modal_id", "https://www.douyin.com/video/{}"),
}
_KEPT_PARAMETERS: Mapping[str, tuple[str, ...]] = {  # hosts of which only these matter
    "mp.weixin.qq.com": ("__biz", "mid", "idx", "sn"),
}
_DEFAULT_PORTS = {"http": 80, "https": 443}


def find_links(text: str) -> list[FoundLink]:
    """List the links of a text in order, each once; at most MOST, those that are too long or no links left out."""
    found: dict[str, FoundLink] = {}
    for start, written in sorted(_candidates(text)):
        url = canonical(written)
        if url and len(url) <= LONGEST:
            found.setdefault(same(url), FoundLink(url, written, start))
    return list(found.values())[:MOST]


def _candidates(text: str) -> Iterator[tuple[int, str]]:
    taken: list[tuple[int, int]] = []
    for pattern in (_WITH_SCHEME, _BARE):
        for match in pattern.finditer(text):
            if not any(start <= match.start() < end for start, end in taken):
                taken.append(match.span())
                yield match.start(), match[0].rstrip(_TRAILING)


def blanked(text: str) -> str:
    """Return a text with a blank for each character of a link, however many there are.

    What a platform's app writes around a link that is shared from it goes too: its numbers are nobody's figures.
    """
    places = [(start, start + len(written)) for start, written in _candidates(text)]
    if places:
        places += [match.span() for match in _SHARED.finditer(text)]
    for start, end in places:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def canonical(written: str) -> str:
    """Return the canonical form of a link as written; empty when it is none. canonical(canonical(x)) = canonical(x)."""
    try:
        parts = urlsplit(written if "://" in written else f"https://{written}")
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    if scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        return ""
    known = _of_platform(host, parts)
    if known:
        return known
    place = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=-._~") or "/"
    query = urlencode(sorted(_telling(host, parts.query)))
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""  # a page inside a page
    return f"{scheme}://{place}{path}{f'?{query}' if query else ''}{fragment}"


def _of_platform(host: str, parts: SplitResult) -> str:
    path = parts.path.rstrip("/")
    for platform in _PLATFORMS:
        match = platform.path.fullmatch(path) if platform.hosts.fullmatch(host) else None
        if match:
            return platform.form.format(*match.groups())
    parameter, form = _IN_QUERY.get(host, ("", ""))
    value = dict(parse_qsl(parts.query)).get(parameter, "")
    return form.format(value) if value.isascii() and value.isdigit() else ""


def _telling(host: str, query: str) -> list[tuple[str, str]]:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100) if query.count("&") < 100 else []
    kept = _KEPT_PARAMETERS.get(host)
    if kept:
        return [(name, value) for name, value in pairs if name in kept]
    return [(name, value) for name, value in pairs if not _TRACKING.match(name)]


def same(url: str) -> str:
    """Return what two canonical links of one thing share: without the scheme, www. and m., and a closing slash."""
    return re.sub(r"^https?://(?:www\.|m\.)?", "", url).rstrip("/")

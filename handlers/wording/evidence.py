"""Photos, links and documents: what is kept, what it belongs to, and who sent the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handlers.wording.words import day_words, example_report, moment_words, names_list
from models.campaign.definition import Campaign, Duty

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """What is told of one version of a document."""

    number: int
    version: int
    name: str
    size: int
    person: str
    made_at: datetime


# ----- beside reports


def links_kept(count: int) -> str:
    """Say that links were kept, behind a figure or as a line."""
    return f"链接{count}个已存"


def links_known(numbers: Sequence[int]) -> str:
    """Say that a link was reported before."""
    return f"这个链接以前报过（{_numbers(numbers)}），没有重复存。如果数也报重了，请更正或撤销"


def evidence_adopted(photos: int, links: int) -> str:
    """Say that what was sent shortly before now belongs to this report."""
    parts = [*([f"{photos}张图片"] if photos else []), *([f"{links}个链接"] if links else [])]
    return f"刚才发的{'和'.join(parts)}已作为这条的佐证"


def photo_taken(number: int, count: int) -> str:
    """Answer a photo that belongs to a report; the second and later ones shortly."""
    if count > 1:
        return f"第{count}张已收到，同为 #{number} 的佐证。"
    return f"图片已收到，作为 #{number} 的佐证。图片不读数，数字请打成文字。"


def photo_waits(campaign: Campaign, count: int) -> str:
    """Answer a photo that came without a report."""
    if count > 1:
        return f"第{count}张已收到，也先存着。"
    return (
        "图片已收到，先存着：最近30分钟没有您的上报，不知道是哪一条的佐证。"
        f"30分钟内把数字发来（例如“{example_report(campaign)}”），就自动归到那一条。"
    )


def photo_failed(number: int | None, code: str) -> str:
    """Say that a photo could not be kept."""
    whose = f"#{number} 的一张图片" if number else "刚才的一张图片"
    reasons = {
        "too-big": "超过10MB，没有存下。请压缩或截图后再发一次。",
        "wrong-type": "不是jpg或png图片，没有存下。请换成照片再发一次。",
        "gone": "没能取到，没有存下。请再发一次。",
    }
    return f"通知：{whose}{reasons[code]}上报的数字不受影响。"


def link_taken(number: int, count: int) -> str:
    """Answer a link that belongs to a report."""
    return f"{links_kept(count)}，作为 #{number} 的佐证。"


def link_waits(campaign: Campaign, count: int) -> str:
    """Answer a link that came without a figure and without a report."""
    kept = f"{links_kept(count)}，但没有记数" if count else "这个链接刚才存过了，没有记数"
    return f"{kept}：没写是什么、多少。30分钟内把数字发来（例如“{_link_example(campaign)}”），就自动归到那一条。"


def _link_example(campaign: Campaign) -> str:
    """Take the example of an indicator that is shown on the web, else any."""
    hints = [indicator.hint for indicator in campaign.indicators.values() if "视频" in indicator.hint]
    return hints[0] if hints else example_report(campaign)


def evidence_list(number: int, stored: int, waiting: int, failed: int, sent: int, links: Sequence[str]) -> str:
    """Answer 佐证 #12."""
    if not (stored or waiting or failed or links):
        return f"#{number} 没有照片，也没有链接。照片可发可不发，不影响完成情况。"
    parts = []
    if stored:
        parts.append(f"照片{stored}张" + ("，随后发来" if sent == stored else f"，随后发来前{sent}张"))
    if waiting:
        parts.append(f"另有{waiting}张正在下载" if stored else f"照片{waiting}张正在下载，过一会儿再看")
    if failed:
        parts.append(f"{failed}张没有存下")
    lines = [f"#{number} 的佐证：{'；'.join(parts)}".rstrip("：")]
    if links:
        lines += [f"链接{len(links)}个：", *links]
    return "\n".join(lines)


def shared_notice(what: str, url: str, senders: Sequence[tuple[str, int | None]]) -> str:
    """Tell admins that several orgs sent the same."""
    thing = "同一张照片" if what == "photo" else f"同一个链接 {url}"
    lines = [_sender(name, number) for name, number in senders]
    tail = "可能是联合开展的活动，也可能报重了，请看一下。全部清单回“重复照片”。"
    return "\n".join([f"提示：{len(senders)}家单位发了{thing}：", *lines, tail])


def shared_line(what: str, url: str, senders: Sequence[tuple[str, int | None]]) -> str:
    """Write one line of 重复照片."""
    thing = "照片" if what == "photo" else f"链接 {url}"
    return f"{thing}：{'、'.join(_sender(name, number) for name, number in senders)}"


def shared_list(lines: Sequence[str]) -> str:
    """Write 重复照片."""
    if not lines:
        return "没有发现不同单位发同样的照片或链接。"
    return "\n".join([f"不同单位发了同样的照片或链接，共{len(lines)}处：", *lines, "看照片回“佐证 #号”。"])


# ----- documents


def size_words(size: int) -> str:
    """Write the size of a file: 1.2MB, 340KB."""
    return f"{size / MEGABYTE:.1f}MB" if size >= MEGABYTE else f"{max(1, round(size / 1024))}KB"


def until_words(campaign: Campaign, due_at: datetime, now: datetime) -> str:
    """Say until when a document is due."""
    moment = moment_words(campaign, due_at)
    return f"截止：{moment}" if now <= due_at else f"已过截止时间（{moment}），还可以补交"


def upload_link(duty: Duty, org: str, url: str, minutes: int, due: str, before: str) -> str:
    """Answer 总结: the link, what may be sent, until when."""
    lines = [
        f"{org} {duty.name}，点下面的链接上传（{minutes}分钟内有效，请勿转发）：",
        url,
        f"可以交 docx、pdf、txt、jpg、png，不超过20MB。{due}。",
        before
        or f"收到后在这里告诉您编号。已经用别的方式交了，回“{duty.names[0] if duty.names else duty.name}已报送”。",
    ]
    return "\n".join(lines)


def uploaded_before(number: int, name: str, version: int) -> str:
    """Say beside a new link that there is a file already."""
    return f"您单位交过 #{number} {name}（第{version}版）。再交会作为新的一版，旧版留着备查。"


def stated_before(number: int) -> str:
    """Say beside a new link that the duty was ticked off by word."""
    return f"您单位已用 #{number} 登记为已报送；再上传文件也可以，两条都留着。"


def no_uploads(campaign: Campaign, duty: Duty) -> str:
    """Say honestly that there is no upload here, and what works instead."""
    return (
        f"这里还没有开通网页上传。请按原来的方式把{duty.name}发给{campaign.office}，"
        f"发完回一句“{duty.names[0] if duty.names else duty.name}已报送”，就登记好了。\n"
        "（要开通请技术人员在配置文件 [server] 里填 public_url，即手机能打开的网址。）"
    )


def document_taken(number: int, org: str, duty: Duty, name: str, size: int, version: int, day: date) -> str:
    """Tell the sender that a file has come in."""
    lines = [f"已记录 #{number} {org} {day_words(day)}", f"{duty.name}：文件已收到，已登记为已报送"]
    lines.append(f"文件：{name}（{size_words(size)}，第{version}版）")
    if version > 1:
        lines.append("以这一版为准，旧版留着备查")
    short = duty.names[0] if duty.names else duty.name
    lines.append(f"要换文件再回“{short}”，交错了请回“撤销 #{number}”")
    return "\n".join(lines)


def document_told(campaign: Campaign, org: str, duty: Duty, version: DocumentWords, others: Sequence[int]) -> str:
    """Go before a file that an admin has asked for."""
    which = f"（第{version.version}版，共{len(others) + 1}版）" if others else ""
    by = f"{version.person} {moment_words(campaign, version.made_at)}上传，#{version.number}"
    lines = [f"{org} {duty.name}{which}", f"{version.name}，{size_words(version.size)}", f"{by}。文件随后发来。"]
    if others:
        short = duty.names[0] if duty.names else duty.name
        lines.append(f"看别的版本回“{short} {org} 第{others[-1]}版”。")
    return "\n".join(lines)


def no_such_version(org: str, duty: Duty, wanted: int, versions: Sequence[int]) -> str:
    """Refuse a version that is not there."""
    return f"{org}的{duty.name}没有第{wanted}版，现有：{'、'.join(f'第{each}版' for each in versions)}。"


def no_document(org: str, duty: Duty, stated: int | None) -> str:
    """Say that an org has sent no file."""
    if stated:
        return f"{org}用 #{stated} 说明{duty.name}已报送，但没有上传文件，这里取不到。"
    return f"{org}还没有交{duty.name}。"


def documents_list(
    duty: Duty, rows: Sequence[str], stated: Sequence[str], missing: Sequence[str], may_chase: bool
) -> str:
    """Answer 总结 of an admin: who has handed in."""
    short = duty.names[0] if duty.names else duty.name
    total = len(rows) + len(stated) + len(missing)
    lines = [f"{duty.name}：已交{len(rows) + len(stated)}/{total}"]
    if rows:
        lines += [f"【有文件】{len(rows)}家", *rows]
    if stated:
        lines.append(f"【已说明报送，没有文件】{len(stated)}家\n{names_list(stated)}")
    if missing:
        lines.append(f"【未交】{len(missing)}家\n{names_list(missing)}")
    if rows:
        lines.append(f"取文件回“{short} 单位名”。")
    elif missing and may_chase:
        lines.append(f"催交回“催报 {short}”。")
    return "\n".join(lines)


def document_row(campaign: Campaign, org: str, number: int, name: str, version: int, made_at: datetime) -> str:
    """Write one line of documents_list()."""
    again = f"，第{version}版" if version > 1 else ""
    return f"{org} #{number} {day_words(made_at.astimezone(campaign.tz).date())} {name}{again}"


# ----- the upload page


def page_form(
    campaign: Campaign, org: str, duty: Duty, due_at: datetime | None, now: datetime, minutes: int
) -> dict[str, object]:
    """Word the page with the form."""
    return {
        "title": f"上传{duty.name}",
        "lines": [org, *([until_words(campaign, due_at, now)] if due_at else [])],
        "pick": "点这里选文件",
        "send": "上传",
        "sending": "正在上传，请不要关页面",
        "none": "还没有选文件。",
        "too_big": "这个文件超过20MB。请压缩图片或另存为 PDF 后再传。",
        "lost": "没有传上去，可能是网络断了。请再点一次“上传”。",
        "small": [
            "可以交 docx、pdf、txt、jpg、png，一个文件，不超过20MB。",
            f"这个链接还有{minutes}分钟有效，只能交一次。请勿转发给别人。",
        ],
    }


def page_done(org: str, duty: Duty, number: int, name: str, version: int) -> dict[str, object]:
    """Word the page after a file has come in."""
    lines = [f"{org} {duty.name}", f"{name}（第{version}版）", f"编号 #{number}，已登记为已报送。"]
    if version > 1:
        lines.append("以这一版为准，旧版留着备查。")
    return {"title": "已收到", "lines": [*lines, "聊天里也会告诉您。可以关掉这个页面了。"]}


def page_used(number: int, name: str) -> str:
    """Say what a used link has handed in."""
    return f"已收到 {name}，编号 #{number}。"


def page_refused(reason: str, done: str) -> dict[str, object]:
    """Word the page of a link that does nothing."""
    again = "请回到聊天里发“总结”，会得到一个新链接。"
    titles = {
        "used": ("这个链接已经用过了", [done, "要换文件，" + again]),
        "expired": ("链接已过期", ["链接只在30分钟内有效。" + again]),
        "revoked": ("这个链接不能用了", ["您现在不负责这个单位的报送。有疑问请联系管理员。"]),
        "closed": ("活动已结束", ["已经不再收文件。需要补交请联系管理员。"]),
        "bad": ("链接不对", ["可能没有复制完整。" + again]),
    }
    title, lines = titles[reason]
    return {"title": title, "lines": [line for line in lines if line]}


def page_busy() -> dict[str, object]:
    """Word the page while the database or the disk does not take it."""
    return {"title": "暂时存不了", "lines": ["文件还没有收下。请过一两分钟，返回上一页再传一次。"]}


def _sender(name: str, number: int | None) -> str:
    return f"{name} #{number}" if number else f"{name}（还没有上报）"


def _numbers(numbers: Sequence[int]) -> str:
    return "、".join(f"#{number}" for number in numbers)

"""导出: the ledger as a workbook, to the admin who asked and nobody else.

The handler notes the moment; the workbook is made at delivery, which knows openpyxl and is outside the transaction.
Ledger and audit are append only, so it shows that moment however late it is made, and a retry shows the same.
"""

from __future__ import annotations

from handlers import wording
from handlers.base import Context, Match, find_org, route
from models import records
from models.errors import UserError
from models.messages import File, Reply
from models.people import Role, all_orgs, descendants

MOST = 20_000  # figures of a workbook sent in chat: while it is made (4 s, measured) no other notice goes out
_ALL = ("全部", "所有", "数据", "明细", "台账", "表格", "excel", "Excel", "EXCEL")  # behind 导出: no org, everything


@route(
    "export",
    words=("导出", "台账", "下载台账", *(f"导出{each}" for each in _ALL)),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("导出", "导出 长沙"),
    help="导出：全部明细做成表格发给您；导出 单位：只要一家",
)
def export_ledger(ctx: Context, match: Match) -> Reply:
    """Send the admin a workbook of all that he may act on, or of one org and those under it."""
    own, scope = ctx.known.orgs(Role.ADMIN), ctx.scope(Role.ADMIN)
    roots, org_name = own, ""
    if match.rest and match.rest not in _ALL:
        org = find_org(ctx, match.rest)
        if org.id not in scope:
            raise UserError("not-your-org", name=org.name, own=[each.name for each in own])
        roots, org_name = [org], org.name
    chosen = descendants(ctx.session, [root.id for root in roots])
    everybody = all(org.id in chosen for org in all_orgs(ctx.session))
    figures = records.count(ctx.session, None if everybody else chosen)
    if not figures:
        return Reply(wording.export_empty(org_name or wording.all_orgs_words()), outcome="refused")
    if figures > MOST:
        return Reply(wording.export_too_big(figures, MOST), outcome="refused")
    if not everybody and len(roots) == 1:
        org_name = roots[0].name
    shot = records.snapshot(ctx.session, ctx.now, None if everybody else [root.id for root in roots])
    ctx.audit("export", f"org:{roots[0].id}", roots[0].id, after={"figures": figures})
    file = File("export", wording.export_file(ctx.campaign, ctx.now, org_name), shot.to_json())
    as_of = wording.moment_words(ctx.campaign, ctx.now)
    return Reply(wording.export_follows(wording.export_what(), as_of, figures), more=(file,), outcome="exported")

"""read: what the bot would understand, as JSON."""

from __future__ import annotations

import argparse
import json

from bot.commands.base import DONE, WRONG, say


def read(args: argparse.Namespace) -> int:
    """Print what the bot would understand of a text, or of a file of texts."""
    from handlers.linkless import LinklessReader
    from handlers.reading.contract import to_contract_json
    from handlers.reading.explain import explain
    from models.campaign import loader

    campaign = loader.load(args.campaign or loader.HUNAN)
    reader = LinklessReader(campaign)
    if args.jsonl is None and args.explain:
        print("\n".join(explain(reader.read(args.text), args.text, campaign)) or "no number in it")
        return DONE
    if args.jsonl is None:
        print(json.dumps(to_contract_json(reader.read(args.text), campaign), ensure_ascii=False))
        return DONE
    try:
        lines = args.jsonl.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return say(f"{args.jsonl}: cannot be read ({error})", WRONG)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            told = {"id": case["id"], **to_contract_json(reader.read(str(case["text"])), campaign)}
        except (ValueError, KeyError, TypeError):
            return say(f'{args.jsonl}: line {number}: not like {{"id": ..., "text": "..."}}', WRONG)
        print(json.dumps(told, ensure_ascii=False))
    return DONE

// The drawer of raw exchanges between platform and bot, newest first.

import { byId, call, el } from "./dom.js";
import { wall } from "./when.js";

const POLL = 1000; // ms, only while the drawer is open

let boot = "";
let newest = 0;

function part(title, text) {
  if (!text) return null;
  return el("div", { className: "raw-part" }, el("h3", { textContent: title }), el("pre", { textContent: text, tabIndex: 0 }));
}

function entry(exchange) {
  const [, errcode] = exchange.answered.match(/"errcode": (-?\d+)/) || [];
  const good = exchange.status === 200 && (errcode === undefined || errcode === "0");
  const status = exchange.status === null ? "无回应" : good ? "200" : [exchange.status, errcode && `errcode ${errcode}`].filter(Boolean).join(" · ");
  const time = new Date(exchange.at * 1000).toISOString().slice(17, 19);
  const summary = el(
    "summary",
    {},
    el("span", { className: exchange.to_bot ? "way to-bot" : "way to-platform", textContent: exchange.to_bot ? "平台 → 机器人" : "机器人 → 平台" }),
    el("span", { className: good ? "status" : "status bad", textContent: status }),
    el("span", { className: "path", textContent: `${exchange.method} ${exchange.path}` }),
    el("span", { className: "cost", textContent: `${wall("", exchange.at).time}:${time} · ${exchange.ms} ms` }),
  );
  const parts = [
    exchange.note ? el("p", { className: "raw-note", textContent: exchange.note }) : null,
    part(exchange.sent_wire ? "发出（解密后）" : "发出", exchange.sent),
    part("发出（网络上的密文）", exchange.sent_wire),
    part(exchange.answered_wire ? "回应（解密后）" : "回应", exchange.answered || (exchange.status === 200 ? "（空）" : "")),
    part("回应（网络上的密文）", exchange.answered_wire),
  ];
  return el("details", {}, summary, ...parts);
}

async function refresh() {
  if (!byId("raw").open) return;
  const answer = await call(`exchanges?since=${newest}`);
  if (answer && answer.boot !== boot) {
    byId("raw-list").replaceChildren();
    const again = newest > 0;
    [boot, newest] = [answer.boot, 0];
    if (again) return setTimeout(refresh, 0);
  }
  if (answer && answer.exchanges.length) {
    byId("raw-list").querySelector(".empty")?.remove();
    newest = answer.exchanges.at(-1).id;
    byId("raw-list").prepend(...answer.exchanges.reverse().map(entry));
  } else if (!byId("raw-list").childElementCount) {
    byId("raw-list").append(el("p", { className: "empty", textContent: "还没有往来。说一句话，这里就会出现平台发给机器人的加密回调。" }));
  }
  return setTimeout(refresh, POLL);
}

/** Wire the drawer up. */
export function setUpRaw() {
  byId("open-raw").addEventListener("click", () => {
    byId("raw").showModal();
    refresh();
  });
  byId("raw-close").addEventListener("click", () => byId("raw").close());
  byId("raw").addEventListener("click", (event) => event.target === byId("raw") && byId("raw").close());
  byId("viewer").addEventListener("click", () => byId("viewer").close());
}

// The drawer of faults: switch them on and off, and watch what the bot makes of it.

import { byId, call, el, postJson } from "./dom.js";
import { wall } from "./when.js";

const POLL = 1000; // ms, only while the drawer is open
const SLOW_POLL = 5000; // ms, for the number on the button

let who = () => "";
const rows = new Map(); // key -> its row
let drawnCalls = "";

const clock = (iso) => {
  const at = new Date(iso).getTime() / 1000;
  return `${wall("", at).time}:${new Date(iso).toISOString().slice(17, 19)}`;
};

function wish() {
  const [name, count] = document.querySelector('input[name="length"]:checked').value.split(":");
  return name ? { [name]: Number(count) } : {};
}

async function turn(fault, on) {
  // What is a state of the platform has no calls to be counted: it lasts for a time, or until it is switched off.
  const length = on ? wish() : {};
  if (!fault.counts) delete length.times;
  const answer = await postJson("faults", { key: fault.key, on, userid: who(), ...length });
  if (answer) draw(answer.faults);
}

function row(fault) {
  const button = el("button", { type: "button", className: "fault-switch", attrs: { role: "switch" } });
  const left = el("span", { className: "fault-left" });
  const node = el(
    "div",
    { className: "fault" },
    el("div", { className: "fault-text" }, el("p", { className: "fault-name" }, el("strong", { textContent: fault.name }), left), el("p", { textContent: fault.what }), el("p", { className: "fault-copes", textContent: `机器人：${fault.copes}` })),
    button,
  );
  button.setAttribute("aria-label", fault.name);
  button.addEventListener("click", () => turn(rows.get(fault.key).fault, button.getAttribute("aria-checked") !== "true"));
  return { node, button, left, fault };
}

function lasting(fault) {
  if (!fault.on) return "";
  const parts = [fault.who, fault.times ? `还有${fault.times}次` : "", fault.seconds !== null ? `还剩${fault.seconds}秒` : ""].filter(Boolean);
  return parts.join(" · ") || "开着";
}

function build(faults) {
  const parts = Map.groupBy ? Map.groupBy(faults, (fault) => fault.part) : new Map();
  if (!Map.groupBy) for (const fault of faults) parts.set(fault.part, [...(parts.get(fault.part) || []), fault]);
  const sections = [...parts].map(([name, members]) => {
    const made = members.map((fault) => {
      const one = row(fault);
      rows.set(fault.key, one);
      return one.node;
    });
    return el("section", { className: "fault-part" }, el("h3", { textContent: name }), ...made);
  });
  byId("faults-list").replaceChildren(...sections);
}

function draw(faults) {
  if (!rows.size) build(faults);
  let count = 0;
  for (const fault of faults) {
    const one = rows.get(fault.key);
    one.fault = fault;
    one.node.classList.toggle("on", fault.on);
    one.button.setAttribute("aria-checked", String(fault.on));
    one.left.textContent = lasting(fault);
    count += fault.on ? 1 : 0;
  }
  byId("faults-off").disabled = !count;
  byId("faults-on").hidden = !count;
  byId("faults-on").textContent = count;
}

function line(text, kind = "") {
  return el("p", { className: `coping-line ${kind}`, textContent: text });
}

function drawCoping(bot, tokens) {
  if (!bot) return byId("coping").replaceChildren(line("机器人没有回应", "bad"));
  const retry = bot.retry_at ? `，${clock(bot.retry_at)}再试` : "";
  byId("coping").replaceChildren(
    line(bot.waiting ? `等着发：${bot.waiting}条${retry}` : "等着发：没有"),
    ...bot.resting.map((each) => line(`${each.words}，${clock(each.until)}再试`, "bad")),
    ...(bot.incidents.length ? bot.incidents.map((text) => line(text, text.startsWith("异常") ? "bad" : "good")) : [line("异常：没有")]),
    line(`用过的令牌：${tokens}个`),
  );
  byId("calls-count").textContent = bot.calls.length ? `（${bot.calls.length}次）` : "（还没有）";
  const drawn = JSON.stringify(bot.calls);
  if (drawn === drawnCalls) return null;
  drawnCalls = drawn;
  const calls = bot.calls.map((each) =>
    el(
      "li",
      { className: `call is-${each.outcome}` },
      el("span", { className: "call-at", textContent: clock(each.at) }),
      el("span", { className: "call-words", textContent: each.words }),
      el("span", { className: "call-text", textContent: `${each.channel}${each.group ? "" : ` ${each.people}人`} ${each.text}` }),
    ));
  return byId("calls").replaceChildren(...calls);
}

async function refresh() {
  const open = byId("faults").open;
  if (!open) return;
  const answer = await call("faults");
  if (answer) {
    draw(answer.faults);
    drawCoping(answer.bot, answer.tokens);
  }
  setTimeout(refresh, POLL);
}

/** Keep the number on the button while the drawer is shut and something is on. */
async function glance() {
  if (!byId("faults").open && !byId("faults-on").hidden && !document.hidden) {
    const answer = await call("faults");
    if (answer) draw(answer.faults);
  }
  setTimeout(glance, SLOW_POLL);
}

/** Wire the drawer up. active: who is played now. */
export function setUpFaults(active) {
  who = active;
  byId("open-faults").addEventListener("click", () => {
    byId("faults").showModal();
    refresh();
  });
  byId("faults-close").addEventListener("click", () => byId("faults").close());
  byId("faults").addEventListener("click", (event) => event.target === byId("faults") && byId("faults").close());
  byId("faults-off").addEventListener("click", async () => {
    for (const { fault } of [...rows.values()]) if (fault.on) await turn(fault, false);
  });
  glance();
}

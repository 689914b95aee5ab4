// The month: each day its events, past ones with what became of them. A grid on a wide screen, a list on a phone.

import { byId, call, el } from "./dom.js";
import { shortDay, wall } from "./when.js";

const WEEKDAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
const HINT = "点一件事，看发给谁、写了什么。";

const wide = matchMedia("(min-width: 860px)");
let chosen = null; // the button of the event whose detail is shown

export function setUpCalendar() {
  const dialog = byId("calendar");
  byId("open-calendar").addEventListener("click", async () => {
    dialog.showModal();
    await draw();
  });
  byId("calendar-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  wide.addEventListener("change", () => show(null, null));
}

async function draw() {
  chosen = null;
  const list = byId("calendar-days");
  list.replaceChildren(el("li", { className: "calendar-wait", textContent: "正在排…" }));
  byId("calendar-detail").replaceChildren(el("p", { className: "calendar-hint", textContent: HINT }));
  const answer = await call("calendar");
  const calendar = answer && answer.calendar;
  if (!calendar) {
    list.replaceChildren(el("li", { className: "calendar-wait", textContent: "机器人没有回应，等会儿再打开看看" }));
    return;
  }
  byId("calendar-title").textContent = `${calendar.title} 整月安排`;
  const heads = WEEKDAYS.map((name) => el("li", { className: "weekday", textContent: name, attrs: { "aria-hidden": "true" } }));
  list.replaceChildren(...heads, ...calendar.days.map((day, index) => cell(day, calendar, index)));
  list.querySelector(".today")?.scrollIntoView({ block: "center" });
}

function cell(day, calendar, index) {
  const at = wall(`${day.date}T00:00`);
  const column = WEEKDAYS.indexOf(at.weekday);
  const classes = ["day", day.rest && "rest", day.date < calendar.today && "gone", day.date === calendar.today && "today", !day.events.length && "empty-day"];
  const mark = day.mark ? el("span", { className: `mark ${day.mark === "班" ? "works" : "off"}`, textContent: day.mark, title: day.mark === "班" ? "调休上班" : "放假" }) : null;
  const name = index === 0 || at.day === 1 || !wide.matches ? shortDay(at) : String(at.day);
  const head = el("h3", { className: "day-head" }, el("span", { className: "day-name", textContent: name }), el("span", { className: "day-weekday", textContent: at.weekday }), mark,
    day.date === calendar.today ? el("span", { className: "today-word", textContent: "今天" }) : null);
  const node = el("li", { className: classes.filter(Boolean).join(" ") }, head, ...day.events.map((event) => line(event, at)));
  if (index === 0) node.style.gridColumnStart = String(column + 1);
  return node;
}

function line(event, at) {
  const button = el("button", { type: "button", className: `event is-${event.state}`, title: `${event.at} ${event.name}`, attrs: { "aria-expanded": "false" } },
    el("time", { textContent: event.at }),
    el("span", { className: "event-name", textContent: event.name }),
    el("span", { className: "event-became", textContent: event.became || event.to }));
  button.addEventListener("click", () => show(button, chosen === button && !wide.matches ? null : detail(event, at)));
  return button;
}

/** Show the detail of an event beside the grid, or on a phone below its line; null closes it. */
function show(button, node) {
  chosen?.setAttribute("aria-expanded", "false");
  for (const old of document.querySelectorAll(".day > .event-detail")) old.remove();
  chosen = node ? button : null;
  if (!wide.matches) {
    if (node) button.after(node);
    button?.setAttribute("aria-expanded", String(Boolean(node)));
    return;
  }
  byId("calendar-detail").replaceChildren(node || el("p", { className: "calendar-hint", textContent: HINT }));
  button?.setAttribute("aria-expanded", "true");
}

const WORDS = { sent: "已发", failed: "有没发成的", skipped: "没有发", silent: "没有单独发", coming: "还没到" };

function detail(event, at) {
  const facts = [wide.matches && event.became, event.why, (wide.matches || event.became) && event.to && `发给：${event.to}`, event.orgs].filter(Boolean);
  return el("div", { className: "event-detail" },
    el("p", { className: "detail-when" }, `${shortDay(at)} ${at.weekday} ${event.at}`, el("span", { className: `state is-${event.state}`, textContent: WORDS[event.state] })),
    el("h3", { textContent: event.name }),
    ...facts.map((fact) => el("p", { className: "detail-fact", textContent: fact })),
    ...event.texts.map((text) => el("p", { className: "detail-text", textContent: text })),
    event.others ? el("p", { className: "detail-fact", textContent: event.others }) : null);
}

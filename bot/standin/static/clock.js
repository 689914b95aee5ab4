// The campaign's clock: show it running, push it on, say what arrived because of it.

import { byId, call, el, postJson } from "./dom.js";
import { dayAndTime, later, longDay, wall } from "./when.js";

const POLL = 5000; // ms between readings
const ARRIVAL_TIME = 20000; // ms after a push in which what arrives is put down to it

export class Clock {
  /** open: go to a conversation; nameOf: how it is called. */
  constructor(open, nameOf) {
    this.open = open;
    this.nameOf = nameOf;
    this.reading = null;
    this.readAt = 0;
    this.pushing = false;
    this.pushedAt = 0;
    this.arrived = new Map();
    this.buttons = [...document.querySelectorAll("[data-push]")];
    for (const button of this.buttons) button.addEventListener("click", () => this.push(button.dataset.push));
  }

  start() {
    byId("clock").hidden = false;
    this.poll();
    setInterval(() => this.draw(), 1000);
  }

  async poll() {
    if (!this.pushing && !document.hidden) this.take(await call("clock"));
    setTimeout(() => this.poll(), POLL);
  }

  async push(how) {
    this.pushing = true;
    this.pushedAt = performance.now();
    this.arrived.clear();
    byId("arrivals").replaceChildren(el("span", { textContent: "正在拨表…" }));
    this.enable();
    const answer = await postJson("clock", how === "next" ? { to: "next" } : { advance_seconds: Number(how) });
    this.pushing = false;
    this.pushedAt = performance.now();
    this.take(answer);
    this.drawArrivals(answer && answer.clock);
  }

  take(answer) {
    this.reading = answer && answer.clock;
    this.readAt = performance.now();
    this.draw();
  }

  /** Put a new notice down to the last push, if that was just now. */
  arrive(bubble) {
    if (bubble.incoming || bubble.via === "被动回复" || !this.pushedAt) return;
    if (!this.pushing && performance.now() - this.pushedAt > ARRIVAL_TIME) return;
    this.arrived.set(bubble.chat, (this.arrived.get(bubble.chat) || 0) + 1);
    if (!this.pushing) this.drawArrivals(true);
  }

  drawArrivals(worked) {
    const box = byId("arrivals");
    if (!worked) return box.replaceChildren(el("span", { textContent: "机器人没有回应，时钟没有拨动" }));
    if (!this.arrived.size) return box.replaceChildren(el("span", { textContent: "已拨动，还没有新的通知" }));
    const links = [...this.arrived].map(([chat, count]) =>
      el("button", { type: "button", textContent: `${this.nameOf(chat)} ${count}条`, on: { click: () => this.open(chat) } }));
    box.replaceChildren(el("span", { textContent: "拨表后收到" }), ...links);
  }

  enable() {
    for (const button of this.buttons) {
      const nothing = button.dataset.push === "next" && this.reading && !this.reading.next;
      button.disabled = this.pushing || !this.reading || Boolean(nothing);
    }
  }

  draw() {
    this.enable();
    if (!this.reading) {
      byId("clock-time").textContent = "--:--";
      byId("clock-day").textContent = "机器人没有回应";
      byId("clock-next").textContent = "";
      return;
    }
    const passed = ((performance.now() - this.readAt) / 1000) * this.reading.speed;
    const at = wall(later(this.reading.now, passed));
    byId("clock-time").textContent = at.time;
    byId("clock-time").dateTime = this.reading.now;
    byId("clock-day").textContent = longDay(at);
    const next = this.reading.next;
    byId("clock-next").textContent = next ? `下一件事：${dayAndTime(wall(next.at))} ${next.what}` : "活动已结束，重新开始请用 make run FRESH=1";
    byId("clock-next").title = byId("clock-next").textContent;
  }
}

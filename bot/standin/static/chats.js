// The conversations: what was said, what is unread, which one is open. Draws the list of people and the log.

import { row, summary } from "./bubbles.js";
import { avatar, byId, dress, el } from "./dom.js";
import { dayAndTime, shortDay, wall } from "./when.js";

const PAUSE = 300; // s between two bubbles after which the time is shown again
const GROUP_COLOUR = "#8fa3b5";
const APP_COLOUR = "#3b7dd8";

const at = (bubble) => wall(bubble.campaign_at, bubble.at);

export class Chats {
  constructor(start, onOpen) {
    this.onOpen = onOpen;
    this.boot = start.boot;
    this.app = start.app;
    this.faces = new Map();
    this.bubbles = new Map();
    for (const group of start.groups) this.add(group.chat, { name: group.name, initials: "群", label: "工作群 · 只看", colour: GROUP_COLOUR, group: true });
    for (const persona of start.personas) this.add(persona.userid, { name: persona.name, initials: persona.name, label: persona.label, colour: persona.avatar_colour });
    this.read = JSON.parse(sessionStorage.getItem(`standin.read.${this.boot}`) || "{}");
    this.active = start.personas[0]?.userid || start.groups[0]?.chat;
    this.atEnd = true; // whether the log follows what is new
  }

  add(chat, face) {
    this.faces.set(chat, { ...face, chat, seed: chat });
    this.bubbles.set(chat, new Map());
  }

  nameOf(chat) {
    return this.faces.get(chat)?.name || chat;
  }

  /** Take bubbles that are new or have changed; answers the new ones. */
  take(changed) {
    const fresh = [];
    for (const bubble of changed) {
      const chat = this.bubbles.get(bubble.chat);
      if (!chat) continue;
      if (!chat.has(bubble.id)) fresh.push(bubble);
      chat.set(bubble.id, bubble);
    }
    if (changed.some((bubble) => bubble.chat === this.active)) this.drawLog();
    if (changed.length) this.drawPeople();
    return fresh;
  }

  open(chat) {
    this.active = chat;
    this.drawLog(true);
    this.drawPeople();
    this.onOpen(this.faces.get(chat));
  }

  unread(chat) {
    return [...this.bubbles.get(chat).values()].filter((bubble) => !bubble.incoming && bubble.id > (this.read[chat] || 0)).length;
  }

  markRead() {
    const last = [...this.bubbles.get(this.active).keys()].at(-1) || 0;
    if (this.read[this.active] === last || document.hidden) return;
    this.read[this.active] = last;
    sessionStorage.setItem(`standin.read.${this.boot}`, JSON.stringify(this.read));
  }

  drawPeople() {
    this.markRead();
    const focused = document.activeElement?.dataset?.chat;
    byId("chats").replaceChildren(...[...this.faces.values()].map((face) => this.person(face)));
    if (focused) byId("chats").querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
    const elsewhere = [...this.faces.keys()].reduce((sum, chat) => sum + this.unread(chat), 0);
    byId("who-unread").hidden = !elsewhere;
    byId("who-unread").textContent = elsewhere > 99 ? "99+" : elsewhere;
  }

  person(face) {
    const last = [...this.bubbles.get(face.chat).values()].at(-1);
    const unread = this.unread(face.chat);
    const badge = unread ? el("span", { className: "badge", textContent: unread > 99 ? "99+" : unread, attrs: { "aria-label": `${unread}条未读` } }) : null;
    const button = el(
      "button",
      { type: "button", className: "person", on: { click: () => this.open(face.chat) } },
      el("span", { className: "face" }, avatar(face.initials, face.colour, face.seed), badge),
      el("span", { className: "person-name" }, el("strong", { textContent: face.name }), el("time", { textContent: last ? this.shortTime(last) : "" })),
      el("span", { className: "person-label", textContent: face.label }),
      el("span", { className: "person-last", textContent: last ? summary(last) : "还没有消息" }),
    );
    button.dataset.chat = face.chat;
    if (face.chat === this.active) button.setAttribute("aria-current", "true");
    return el("li", {}, button);
  }

  /** Show the time of today's bubbles and the day of older ones; today is the newest bubble's day. */
  shortTime(bubble) {
    const newest = [...this.bubbles.values()].flatMap((chat) => [...chat.values()]).reduce((a, b) => (a.id > b.id ? a : b));
    return at(newest).date === at(bubble).date ? at(bubble).time : shortDay(at(bubble));
  }

  drawLog(jump = false) {
    const log = byId("log");
    const face = this.faces.get(this.active);
    this.atEnd = jump || this.atEnd;
    log.setAttribute("aria-busy", String(jump));
    const rows = [];
    let before = null;
    for (const bubble of this.bubbles.get(this.active).values()) {
      const now = at(bubble);
      if (!before || bubble.at - before.at > PAUSE || at(before).date !== now.date || Math.abs(Date.parse(bubble.campaign_at) - Date.parse(before.campaign_at)) > PAUSE * 1000) {
        rows.push(el("p", { className: "when", textContent: dayAndTime(now) }));
      }
      rows.push(row(bubble, bubble.incoming ? face : { name: this.app, colour: APP_COLOUR, seed: "app" }));
      before = bubble;
    }
    if (!rows.length) rows.push(el("p", { className: "empty", textContent: face.group ? "群里还没有消息\n排名和通报会由群机器人发到这里，拨快时钟就能等到" : `现在你是${face.name}（${face.label}）\n还没有对话，说句话试试` }));
    this.patch(log, rows);
    this.follow();
    byId("newer").hidden = this.atEnd;
    log.setAttribute("aria-busy", "false");
  }

  /** Stay at the end, also when a picture has loaded or the log has become smaller. */
  follow() {
    if (this.atEnd) byId("log").scrollTop = byId("log").scrollHeight;
  }

  scrolled() {
    const log = byId("log");
    this.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (this.atEnd) byId("newer").hidden = true;
  }

  /** Replace only what differs, so that a screen reader hears the new bubbles and not all again. */
  patch(log, rows) {
    const old = [...log.children];
    rows.forEach((node, index) => {
      if (!old[index]) log.append(node);
      else if (!old[index].isEqualNode(node)) old[index].replaceWith(node);
    });
    for (const rest of old.slice(rows.length)) rest.remove();
  }

  drawHead() {
    const face = this.faces.get(this.active);
    dress(byId("who-avatar"), face.initials, face.colour, face.seed);
    byId("who-name").textContent = face.name;
    byId("who-label").textContent = face.label;
  }
}

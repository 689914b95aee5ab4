// The page: choose who you are, say something, see what comes back. Everything comes from /standin/ as JSON.

import { setUpCalendar } from "./calendar.js";
import { Chats } from "./chats.js";
import { Clock } from "./clock.js";
import { byId, call, el, postJson } from "./dom.js";
import { setUpFaults } from "./faults.js";
import { setUpRaw } from "./raw.js";

const WAIT = 12; // s that a request for news is held open
const RETRY = 1000; // ms before asking again when the server is away
const DISMISSED = "standin.try.dismissed";

let chats = null;
let clock = null;
let start = null;
let since = 0;
const drafts = new Map(); // what stands unsent in the input, by conversation

const input = byId("input");
const narrow = matchMedia("(max-width: 859px)");

function fit() {
  input.style.height = "auto";
  input.style.height = `${Math.min(input.scrollHeight, 150)}px`;
  byId("send").disabled = !input.value.trim();
}

/** Open or close the drawer of people; on a wide screen they always stand there. */
function togglePeople(wanted) {
  const open = wanted && narrow.matches;
  const closed = !open && document.body.classList.contains("people-open");
  for (const part of document.querySelectorAll(".chat, .side")) part.inert = open;
  byId("open-people").disabled = !narrow.matches;
  document.body.classList.toggle("people-open", open);
  byId("shade").hidden = !open;
  byId("open-people").setAttribute("aria-expanded", String(open));
  if (open) byId("chats").querySelector("[aria-current]")?.focus();
  if (closed) byId("open-people").focus();
}

function opened(face) {
  chats.drawHead();
  byId("composer").hidden = Boolean(face.group);
  byId("readonly").hidden = !face.group;
  input.value = drafts.get(face.chat) || "";
  input.placeholder = `以${face.name}的身份发消息`;
  document.title = `${face.name} · ${start.title}`;
  sessionStorage.setItem("standin.active", face.chat);
  fit();
  togglePeople(false);
}

async function say() {
  if (!chats) return;
  const [userid, text] = [chats.active, input.value.trim()];
  if (!text) return;
  input.value = "";
  drafts.delete(userid);
  fit();
  chats.atEnd = true;
  const sent = await postJson("say", { userid, text });
  if (sent === null && chats.active === userid && !input.value) {
    input.value = text;
    fit();
  }
}

async function sendPhoto() {
  const [file] = byId("photo").files;
  byId("photo").value = "";
  if (file) await call(`photo?userid=${encodeURIComponent(chats.active)}`, { method: "POST", headers: { "Content-Type": file.type }, body: file });
}

function offerLines() {
  const lines = localStorage.getItem(DISMISSED) ? [] : start.try_lines;
  byId("try").hidden = !lines.length;
  const chips = lines.map((line) =>
    el(
      "button",
      { type: "button", className: "chip", on: { click: () => useLine(line) } },
      el("span", { className: "chip-who", textContent: chats.nameOf(line.userid) }),
      el("span", { className: "chip-text", textContent: line.text }),
    ));
  byId("try-lines").replaceChildren(...chips);
}

function useLine(line) {
  drafts.set(line.userid, line.text);
  chats.open(line.userid);
  input.focus();
  input.setSelectionRange(line.text.length, line.text.length);
}

function wire() {
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  input.addEventListener("input", () => {
    drafts.set(chats.active, input.value);
    fit();
  });
  input.addEventListener("keydown", (event) => {
    // While a Chinese input method is composing, Enter picks a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    say();
  });
  byId("pick-photo").addEventListener("click", () => byId("photo").click());
  byId("photo").addEventListener("change", sendPhoto);
  byId("open-people").addEventListener("click", () => togglePeople(!document.body.classList.contains("people-open")));
  narrow.addEventListener("change", () => togglePeople(false));
  byId("shade").addEventListener("click", () => togglePeople(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && togglePeople(false));
  document.addEventListener("visibilitychange", () => chats?.drawPeople());
  byId("newer").addEventListener("click", () => chats?.drawLog(true));
  byId("log").addEventListener("scroll", () => chats?.scrolled());
  byId("log").addEventListener("load", () => chats?.follow(), true);
  new ResizeObserver(() => chats?.follow()).observe(byId("log"));
  byId("try-close").addEventListener("click", () => {
    localStorage.setItem(DISMISSED, "1");
    byId("try").hidden = true;
  });
  setUpRaw();
  setUpFaults(() => chats?.active);
  setUpCalendar();
}

/** Begin, or begin anew after the server was restarted. */
async function begin() {
  const answer = await call("start");
  if (!answer) return false;
  start = answer;
  since = 0;
  byId("title").textContent = start.title;
  chats = new Chats(start, opened);
  const news = await call("state?since=0");
  if (!news) return false;
  const before = sessionStorage.getItem("standin.active");
  if (chats.faces.has(before)) chats.active = before;
  chats.take(news.bubbles);
  since = news.version;
  chats.open(chats.active);
  offerLines();
  if (start.clock && !clock) {
    clock = new Clock((chat) => chats.open(chat), (chat) => chats.nameOf(chat));
    clock.start();
  }
  return true;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function follow() {
  let ready = false;
  for (;;) {
    ready = ready || (await begin());
    const news = ready ? await call(`state?boot=${start.boot}&since=${since}&wait=${WAIT}`) : null;
    byId("offline").hidden = news !== null;
    if (news === null) await pause(RETRY);
    else if (news.boot !== start.boot) ready = false;
    else {
      since = news.version;
      for (const bubble of chats.take(news.bubbles)) clock?.arrive(bubble);
    }
  }
}

wire();
follow();

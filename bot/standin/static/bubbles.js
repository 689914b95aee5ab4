// Draw one bubble. Links and the platform's small markdown become elements, never markup from outside.

import { avatar, byId, el } from "./dom.js";

const LINKS = /<a\s+href="(https?:\/\/[^"\s]+)"\s*>([^<]*)<\/a>|(https?:\/\/[^\s<>"，。；！？、（）“”]+)/g;
const INLINE = /\*\*(.+?)\*\*|`([^`]+)`|<font color="(info|comment|warning)">(.*?)<\/font>|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;

const link = (href, text) =>
  el("a", { href, target: "_blank", rel: "noopener noreferrer", textContent: text || href });

function pieces(text, pattern, make, plain) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push(...plain(text.slice(end, match.index)));
    found.push(make(match));
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push(...plain(text.slice(end)));
  return found;
}

const linked = (text) => pieces(text, LINKS, (m) => link(m[1] || m[3], m[2] || ""), (rest) => [rest]);

function styled(match) {
  const [, bold, code, colour, coloured, label, href] = match;
  if (bold !== undefined) return el("strong", {}, ...inline(bold));
  if (code !== undefined) return el("code", { textContent: code });
  if (colour !== undefined) return el("span", { className: `tone-${colour}` }, ...inline(coloured));
  return link(href, label);
}

const inline = (text) => pieces(text, INLINE, styled, linked);

function markdownLine(line) {
  const heading = line.match(/^#{1,6}\s+(.*)/);
  if (heading) return el("p", { className: "md-heading" }, ...inline(heading[1]));
  const quote = line.match(/^>\s?(.*)/);
  if (quote) return el("p", { className: "md-quote" }, ...inline(quote[1]));
  const item = line.match(/^[-*]\s+(.*)/);
  if (item) return el("p", { className: "md-item" }, ...inline(item[1]));
  return el("p", {}, ...(line ? inline(line) : [" "]));
}

function card(text) {
  const [title, ...rest] = text.split("\n");
  return [el("strong", { className: "card-title", textContent: title }), ...rest.map((line) => el("p", {}, ...linked(line)))];
}

function picture(bubble) {
  const source = `/standin/media/${encodeURIComponent(bubble.media_id)}`;
  const image = el("img", { src: source, alt: `${bubble.who}发的图片`, loading: "lazy" });
  const open = () => {
    byId("viewer-image").src = source;
    byId("viewer-image").alt = image.alt;
    byId("viewer").showModal();
  };
  return el("button", { type: "button", className: "picture", attrs: { "aria-label": "看大图" }, on: { click: open } }, image);
}

function file(bubble) {
  const source = `/standin/media/${encodeURIComponent(bubble.media_id)}`;
  return el("a", { className: "file", href: source, download: "" }, el("span", { className: "file-icon", attrs: { "aria-hidden": "true" } }), bubble.text || "文件");
}

function content(bubble) {
  if (bubble.kind === "image") return [picture(bubble)];
  if (bubble.kind === "file" && bubble.media_id) return [file(bubble)];
  if (bubble.kind === "markdown") return bubble.text.split("\n").map(markdownLine);
  if (bubble.kind === "card") return card(bubble.text);
  return linked(bubble.text);
}

function mark(bubble) {
  if (bubble.state === "pending") return el("span", { className: "spinner", role: "img", ariaLabel: "正在送达" });
  if (bubble.state === "failed") return el("span", { className: "failed", role: "img", ariaLabel: "没有送达", textContent: "!" });
  return null;
}

/** Draw a bubble as a row of the conversation. */
export function row(bubble, face) {
  if (bubble.recalled) return el("p", { className: "told", textContent: `${bubble.who}撤回了一条消息` });
  const side = bubble.incoming ? "own" : "other";
  const body = el("div", { className: `bubble ${bubble.kind}` }, ...content(bubble));
  const below = bubble.state === "failed" ? el("p", { className: "note bad", textContent: bubble.note }) : bubble.via ? el("p", { className: "note", textContent: bubble.via }) : null;
  return el(
    "div",
    { className: `row ${side}`, id: `bubble-${bubble.id}` },
    avatar(face.name, face.colour, face.seed),
    el("div", { className: "said" }, el("span", { className: "visually-hidden", textContent: `${bubble.who}：` }), el("div", { className: "line" }, body, mark(bubble)), below),
  );
}

/** Say in one line what a bubble holds, for the list of conversations. */
export function summary(bubble) {
  if (bubble.recalled) return "撤回了一条消息";
  if (bubble.kind === "image") return "[图片]";
  if (bubble.kind === "file") return bubble.text.startsWith("[") ? bubble.text : `[文件] ${bubble.text}`;
  return bubble.text.replace(/<[^>]*>|\*\*|^#+\s*/g, "").split("\n").find((line) => line.trim()) || "";
}

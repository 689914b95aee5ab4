"use strict";
// The form works without this: here the size is checked before anything is sent, and one sees how far it is.
const form = document.getElementById("form");
const input = document.getElementById("file");
const picked = document.getElementById("picked");
const problem = document.getElementById("problem");
const button = document.getElementById("send");
const bar = document.getElementById("progress");
const asked = picked.textContent;

function say(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function tooBig() {
  return input.files.length > 0 && input.files[0].size > Number(form.dataset.limit);
}

input.addEventListener("change", () => {
  picked.textContent = input.files.length ? input.files[0].name : asked;
  say(tooBig() ? form.dataset.tooBig : "");
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.disabled) return;
  if (!input.files.length) return say(form.dataset.none);
  if (tooBig()) return say(form.dataset.tooBig);
  say("");
  const said = button.textContent;
  const request = new XMLHttpRequest();
  request.open("POST", location.href);
  request.upload.addEventListener("progress", (at) => {
    if (at.lengthComputable) bar.value = (100 * at.loaded) / at.total;
  });
  const lost = () => {
    button.disabled = false;
    button.textContent = said;
    bar.hidden = true;
    say(form.dataset.lost);
  };
  request.addEventListener("error", lost);
  request.addEventListener("timeout", lost);
  request.addEventListener("load", () => {
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.querySelector("main");
    if (!main) return lost();
    if (main.className === "form") {  // refused, but the link still works: the person picks another file
      lost();
      return say(page.getElementById("problem").textContent);
    }
    document.title = page.title;
    document.querySelector("main").replaceWith(main);
  });
  button.disabled = true;
  button.textContent = form.dataset.sending;
  bar.hidden = false;
  request.send(new FormData(form));
});

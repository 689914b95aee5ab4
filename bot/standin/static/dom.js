// Build elements from data. Text from outside only ever becomes a text node.

/** Make an element: properties, data attributes and listeners by name, then children (nodes or texts). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "attrs") for (const [key, text] of Object.entries(value)) node.setAttribute(key, text);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const byId = (id) => document.getElementById(id);

const COLOURS = ["#6b8fb3", "#7a9e87", "#b08968", "#8d86b5", "#a8788a", "#5f9ea0", "#9a9467", "#7f8c9b"];

function quietColour(seed) {
  let sum = 0;
  for (const letter of seed) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length];
}

/** Fill an avatar: the last two characters of a Chinese name, as the real client does. */
export function dress(node, name, colour, seed) {
  node.textContent = [...name].slice(-2).join("");
  node.style.backgroundColor = colour || quietColour(seed || name);
  return node;
}

export function avatar(name, colour, seed) {
  return dress(el("span", { className: "avatar", attrs: { "aria-hidden": "true" } }), name, colour, seed);
}

/** Talk to the stand-in; null when it cannot be reached or refuses. */
export async function call(path, options = {}) {
  try {
    const headers = { "X-Standin": "1", ...options.headers };
    const response = await fetch(`/standin/${path}`, { ...options, headers, cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

export function postJson(path, values) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(values) });
}

/* Generated from crates/schema/src/pages/assets/app.js by cargo xtask schema generate; edit that file instead. */
"use strict";

// Loaded before the body, so that no page flashes in the wrong theme.
const page = document.documentElement;
page.classList.add("js");
try {
  const chosen = localStorage.getItem("vsa-schema-theme");
  if (chosen) page.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing for files follows the system.
}

addEventListener("DOMContentLoaded", () => {
  theme();
  for (const figure of document.querySelectorAll(".diagram")) diagram(figure);
  search();
});

function theme() {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (page.dataset.theme ? page.dataset.theme === "dark" : system.matches);
  const show = () => button.setAttribute("aria-pressed", isDark());
  button.hidden = false;
  show();
  system.addEventListener("change", show);
  button.addEventListener("click", () => {
    page.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("vsa-schema-theme", page.dataset.theme);
    } catch {
      // It holds for this page.
    }
    show();
  });
}

// Moving and zooming: the viewBox says which part of the drawing is seen.
function diagram(figure) {
  const canvas = figure.querySelector(".canvas");
  const svg = canvas.querySelector("svg");
  const whole = svg.viewBox.baseVal;
  const [left, top, width, height] = [whole.x, whole.y, whole.width, whole.height];
  const view = { x: left, y: top, scale: 1 };
  const size = () => [canvas.clientWidth || width, canvas.clientHeight || height];

  function draw() {
    const [w, h] = size();
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${w / view.scale} ${h / view.scale}`);
  }
  // Everything, unless that would be too small to read: then the middle of what the diagram is about.
  function fit(least) {
    const [w, h] = size();
    view.scale = Math.min(1, Math.max(least, Math.min(w / width, h / height)));
    const about = figure.querySelector(".centre, .own, .start, .state");
    const box = about.getBBox();
    const middle = (start, length, seen, from, extent) =>
      length * view.scale <= seen + 1
        ? start + length / 2 - seen / view.scale / 2
        : Math.max(start, Math.min(from + extent / 2 - seen / view.scale / 2, start + length - seen / view.scale));
    view.x = middle(left, width, w, box.x, box.width);
    view.y = middle(top, height, h, box.y, box.height);
    draw();
  }
  function zoom(factor, at) {
    const [w, h] = size();
    const scale = Math.max(0.15, Math.min(4, view.scale * factor));
    const [x, y] = at || [w / 2, h / 2];
    view.x += x / view.scale - x / scale;
    view.y += y / view.scale - y / scale;
    view.scale = scale;
    draw();
  }
  function move(x, y) {
    view.x += x / view.scale;
    view.y += y / view.scale;
    draw();
  }
  function place() {
    const least = 0.62;
    const scale = Math.min(1, Math.max(least, canvas.clientWidth / width));
    canvas.style.height = `${Math.max(120, Math.min(height * scale, innerHeight * 0.8))}px`;
    fit(least);
  }
  place();
  addEventListener("resize", place);

  figure.querySelector(".tools").hidden = false;
  for (const button of figure.querySelectorAll("[data-zoom]")) {
    const what = { in: () => zoom(1.3), out: () => zoom(1 / 1.3), all: () => fit(0) };
    button.addEventListener("click", what[button.dataset.zoom]);
  }
  canvas.addEventListener("keydown", (event) => {
    const what = {
      ArrowLeft: () => move(-60, 0), ArrowRight: () => move(60, 0),
      ArrowUp: () => move(0, -60), ArrowDown: () => move(0, 60),
      "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: () => fit(0),
      Escape: () => canvas.classList.remove("active"),
    }[event.key];
    if (!what || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    what();
  });
  // The wheel scrolls the page until the diagram was clicked.
  canvas.addEventListener("wheel", (event) => {
    if (!canvas.classList.contains("active") && !event.ctrlKey) return;
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * 0.0016), [event.clientX - box.left, event.clientY - box.top]);
  }, { passive: false });
  addEventListener("pointerdown", (event) => {
    canvas.classList.toggle("active", canvas.contains(event.target));
  });

  let dragged = false;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" && !event.isPrimary) return;
    let [x, y, far] = [event.clientX, event.clientY, 0];
    dragged = false;
    const onMove = (now) => {
      far += Math.abs(now.clientX - x) + Math.abs(now.clientY - y);
      if (far > 4) {
        dragged = true;
        canvas.classList.add("dragging");
      }
      move(x - now.clientX, y - now.clientY);
      [x, y] = [now.clientX, now.clientY];
    };
    const onUp = () => {
      canvas.classList.remove("dragging");
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onUp);
      removeEventListener("pointercancel", onUp);
    };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onUp);
    addEventListener("pointercancel", onUp);
  });
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
  canvas.addEventListener("click", (event) => dragged && event.preventDefault(), true);

  // A box shows its lines.
  for (const box of figure.querySelectorAll("[data-node]")) {
    const mark = (near) => () => {
      for (const edge of figure.querySelectorAll(".edge")) {
        if (edge.dataset.ends.split(" ").includes(box.dataset.node)) edge.classList.toggle("near", near);
      }
    };
    for (const name of ["mouseenter", "focus"]) box.addEventListener(name, mark(true));
    for (const name of ["mouseleave", "blur"]) box.addEventListener(name, mark(false));
  }
}

function search() {
  const input = document.getElementById("search");
  const list = document.getElementById("results");
  input.closest(".search").hidden = false;
  const index = window.schemaIndex.map((entry) => [...entry, entry[1].toLowerCase(), entry[2].toLowerCase()]);
  let chosen = -1;

  // Every word must occur; a name counts more than a comment, its beginning more than its middle.
  function find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (const entry of words.length ? index : []) {
      const [kind, , , , name, comment] = entry;
      let points = { table: 3, enum: 2, column: 1 }[kind] || 0;
      const all = words.every((word) => {
        const at = name.indexOf(word);
        if (at < 0 && !comment.includes(word)) return false;
        points += at < 0 ? 0 : at === 0 || /[._]/.test(name[at - 1]) ? 20 : 8;
        if (name === word || name.endsWith(`.${word}`)) points += 30;
        return true;
      });
      if (all) found.push([points, entry]);
    }
    return found.sort((a, b) => b[0] - a[0]).slice(0, 30).map(([, entry]) => entry);
  }
  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }
  function choose(nth) {
    const options = list.querySelectorAll("[role=option]");
    chosen = options.length ? (nth + options.length) % options.length : -1;
    options.forEach((option, at) => option.setAttribute("aria-selected", at === chosen));
    if (chosen >= 0) options[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen < 0 ? "" : options[chosen].id);
  }
  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", open);
  }
  function refresh() {
    const found = find(input.value);
    list.replaceChildren(...found.map(([kind, name, comment, target], nth) => {
      const option = document.createElement("li");
      option.id = `result-${nth}`;
      option.setAttribute("role", "option");
      const link = document.createElement("a");
      link.href = page.dataset.root + target;
      link.tabIndex = -1;
      link.append(element("b", name), element("i", kind), element("span", comment));
      option.append(link);
      return option;
    }));
    if (!found.length) {
      const nothing = element("li", "Nothing found.");
      nothing.setAttribute("role", "option");
      nothing.setAttribute("aria-disabled", "true");
      list.append(nothing);
    }
    show(input.value.trim() !== "");
    choose(0);
  }
  input.addEventListener("input", refresh);
  input.addEventListener("focus", () => input.value && refresh());
  input.addEventListener("keydown", (event) => {
    const what = {
      ArrowDown: () => choose(chosen + 1),
      ArrowUp: () => choose(chosen - 1),
      Enter: () => list.querySelector("[aria-selected=true] a")?.click(),
      Escape: () => show(false),
    }[event.key];
    if (!what) return;
    event.preventDefault();
    what();
  });
  list.addEventListener("click", () => show(false));
  addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".search")) show(false);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input")) return;
    event.preventDefault();
    input.focus();
  });
}

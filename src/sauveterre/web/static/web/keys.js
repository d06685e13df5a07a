// The keyboard: ? shows the keys, / searches, g and a letter goes to a page, j and k move, Enter opens.

const PATIENCE = 1200;
let going = 0;

const dialog = document.getElementById("keys");
const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

function lines() {
  const lists = [...document.querySelectorAll("table.rows > tbody, .tiles.rows, ul.results.rows")];
  return lists.flatMap((list) => [...list.children]).filter((line) => line.querySelector("a"));
}

function chosen() {
  return document.querySelector(".rows [aria-selected='true']");
}

function choose(line) {
  chosen()?.removeAttribute("aria-selected");
  line.setAttribute("aria-selected", "true");
  (line.querySelector("a.main") ?? line.querySelector("a")).focus({ preventScroll: true });
  line.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = lines();
  if (all.length === 0) return;
  const here = all.indexOf(chosen());
  const shown = () => Math.max(0, all.findIndex((line) => line.getBoundingClientRect().top >= 0));
  choose(all[here < 0 ? shown() : Math.min(all.length - 1, Math.max(0, here + step))]);
}

function across() {
  const tiles = [...document.querySelectorAll(".tiles > .tile")];
  if (tiles.length === 0) return 0;
  return tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;
}

function go(key) {
  const link = [...document.querySelectorAll("[data-go]")].find((one) => one.dataset.go === key);
  if (link) location.assign(link.href);
}

function act(key) {
  const link = [...document.querySelectorAll("[data-act]")].find((one) => one.dataset.act === key);
  link?.click();
  return Boolean(link);
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape" && typing(event.target)) event.target.blur();
  if (typing(event.target) || dialog?.open) return;
  if (Date.now() - going < PATIENCE) {
    going = 0;
    go(event.key);
    return;
  }
  const wide = across();
  const acts = {
    "?": () => dialog?.showModal(),
    "/": () => document.getElementById("q")?.focus(),
    g: () => { going = Date.now(); },
    j: () => move(1),
    k: () => move(-1),
  };
  const pile = chosen()?.querySelector("a.pile");
  if (pile) acts.s = () => pile.click();
  if (wide) {
    Object.assign(acts, {
      ArrowRight: () => move(1), ArrowLeft: () => move(-1),
      ArrowDown: () => move(wide), ArrowUp: () => move(-wide),
    });
  }
  const move_to = acts[event.key];
  if (move_to) move_to();
  if (move_to || act(event.key)) event.preventDefault();
}

// Lists that renew themselves keep the line that was chosen.
let kept = "";
document.addEventListener("htmx:beforeSwap", () => {
  kept = chosen()?.querySelector("a.main")?.getAttribute("href") ?? "";
});
document.addEventListener("htmx:afterSwap", () => {
  const line = kept && !chosen() && lines().find((one) => one.querySelector("a.main")?.getAttribute("href") === kept);
  if (line) choose(line);
});

const list = document.getElementById("acts");
for (const one of list ? document.querySelectorAll("[data-act]") : []) {
  const [key, name] = [document.createElement("dt"), document.createElement("dd")];
  key.append(Object.assign(document.createElement("kbd"), { textContent: one.dataset.act }));
  name.textContent = [...one.childNodes].filter((part) => part.nodeName !== "KBD").map((part) => part.textContent).join("").trim();
  list.append(key, name);
}

document.addEventListener("keydown", press);
for (const button of document.querySelectorAll("[data-open-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => dialog?.showModal());
}

// Tables of class "sortable" sort by a column when its head is pressed. Without this they keep the server's order.

const order = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

function value(row, column) {
  const cell = row.cells[column];
  const time = cell?.querySelector("time");
  return time ? time.dateTime : (cell?.textContent.trim() ?? "");
}

function count(text) {
  const digits = text.replace(/[\s\u00a0\u202f,%]/g, "");
  return /^-?\d+(\.\d+)?$/.test(digits) ? Number(digits) : null;
}

function compare(one, other) {
  const [a, b] = [count(one), count(other)];
  return a !== null && b !== null ? a - b : order.compare(one, other);
}

function sort(table, head, column) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compare(value(a, column), value(b, column)) * (down ? -1 : 1));
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, column));
  });
}

"use strict";
/* Keys j k x over rows, Shift for a range, sorting of tables, and what HTMX needs. No inline code. */
(() => {
  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const typing = (where) => where.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  let last = null;

  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement.closest("tr[data-row]"));
    all[Math.min(Math.max(here + by, 0), all.length - 1)].focus();
  };
  const paint = (box) => box.closest("tr")?.classList.toggle("chosen", box.checked);
  const choose = (box, checked) => {
    box.checked = checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const row = event.target.closest("tr[data-row]");
    const box = row?.querySelector("input[type=checkbox]");
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "x" && box) choose(box, !box.checked);
    else if (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)) document.querySelector(`[data-key="${CSS.escape(event.key)}"]`).click();
    else if (event.key === "Enter" && row === event.target) row.querySelector("a[href]")?.click();
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const box = event.target.closest("tr[data-row] input[type=checkbox]");
    if (!box) return;
    const all = rows();
    const here = all.indexOf(box.closest("tr"));
    if (event.shiftKey && last !== null) {
      for (const row of all.slice(Math.min(here, last), Math.max(here, last) + 1)) {
        const other = row.querySelector("input[type=checkbox]");
        if (other && other !== box) choose(other, box.checked);
      }
    }
    last = here;
  });

  const count = (form) => {
    const chosen = form.querySelectorAll("tr[data-row] input[type=checkbox]:checked").length;
    for (const shown of form.querySelectorAll("[data-chosen]")) shown.textContent = chosen;
    for (const act of form.querySelectorAll("[data-needs-choice]")) act.disabled = chosen === 0;
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-all]")) {
      for (const one of box.form.querySelectorAll("tr[data-row] input[type=checkbox]")) choose(one, box.checked);
    }
    if (box.matches("tr[data-row] input[type=checkbox]")) paint(box);
    if (box.matches("[data-sends]")) box.form.requestSubmit();
    if (box.form) count(box.form);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("th[aria-sort] button");
    if (!button) return;
    const head = button.closest("th");
    const table = head.closest("table");
    const column = [...head.parentNode.children].indexOf(head);
    const down = head.getAttribute("aria-sort") !== "descending";
    for (const other of head.parentNode.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.children[column].dataset.value ?? row.children[column].textContent.trim();
    const body = table.tBodies[0];
    [...body.rows]
      .sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const order = x === "" || y === "" ? (x === "") - (y === "") || 0
          : isNaN(x) || isNaN(y) ? x.localeCompare(y) * (down ? -1 : 1)
          : (Number(x) - Number(y)) * (down ? -1 : 1);
        return order;
      })
      .forEach((row) => body.append(row));
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const box = document.getElementById(button.dataset.copies);
    box.select();
    try {
      await navigator.clipboard.writeText(box.value);
    } catch {
      document.execCommand("copy"); // without TLS the newer way is closed
    }
    button.textContent = button.dataset.copied;
  });

  const narrow = window.matchMedia("(max-width: 800px)");
  const menu = document.querySelector(".side details");
  const fold = () => menu && (menu.open = !narrow.matches);
  narrow.addEventListener("change", fold);
  fold();
  for (const form of document.querySelectorAll("form")) count(form);
})();
